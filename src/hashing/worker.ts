import { parentPort, workerData } from 'node:worker_threads';
import { OmsError } from '../errors.ts';
import type { Failure, WorkerTask } from './crew.ts';
import { HashingThread } from './thread.ts';

/** The body of a hashing thread: works until nothing is left, says so, and ends. */
const { memory, slot } = workerData as WorkerTask;
parentPort?.postMessage(work());

function work(): Failure | undefined {
  const thread = new HashingThread(memory, slot);
  const pause = new Int32Array(new SharedArrayBuffer(4));
  try {
    // Only the last grabs of small files are ever waited for.
    while (thread.work(Number.POSITIVE_INFINITY) === 'wait') Atomics.wait(pause, 0, 0, 1);
    return undefined;
  } catch (error) {
    if (!(error instanceof OmsError)) throw error;
    const { code, summary, expected, found, hint } = error;
    return { code, summary, expected, found, hint };
  } finally {
    thread.leave();
  }
}
