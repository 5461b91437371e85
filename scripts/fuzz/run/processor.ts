import type { Worker } from 'node:worker_threads';

/**
 * Milliseconds of processor time that the calling thread has used. Where Node cannot tell (before
 * version 24), the time on the wall, of which more passes on a busy machine.
 */
export function processorTime(): number {
  if (typeof process.threadCpuUsage !== 'function') return performance.now();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** The same of another thread; `undefined` where it cannot be told. */
export async function processorTimeOf(worker: Worker): Promise<number | undefined> {
  if (typeof worker.cpuUsage !== 'function') return undefined;
  const { user, system } = await worker.cpuUsage();
  return (user + system) / 1000;
}
