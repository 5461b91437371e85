/** The body of a thread that pulls from a queue and hashes nothing, for queue-threads.test.ts. */
import { parentPort } from 'node:worker_threads';
import { Queue, type QueueMemory } from '../../src/hashing/queue.ts';

export interface PullTask {
  readonly memory: QueueMemory;
  /** Of each job. */
  readonly sizes: readonly number[];
  /** Jobs of this size and more are set aside. */
  readonly large: number;
  readonly maxGrab: number | undefined;
  /** How many jobs to look at before leaving; `undefined` to stay to the end. */
  readonly leavesAfter: number | undefined;
  /** Counts the threads that are ready, so that all begin together. */
  readonly gate: Int32Array;
  readonly threads: number;
}

export interface Pulled {
  readonly small: readonly number[];
  readonly large: readonly number[];
  readonly end: 'nothing' | 'left' | 'stopped' | 'stuck';
}

/** Milliseconds after which a thread that waits is taken to wait for ever. */
const PATIENCE = 10_000;

parentPort?.on('message', (task: PullTask) => parentPort?.postMessage(pull(task)));

function pull(task: PullTask): Pulled {
  const { memory, sizes, leavesAfter } = task;
  const queue = new Queue(memory, sizes.length, task.maxGrab);
  const small: number[] = [];
  const large: number[] = [];
  let looked = 0;
  const deadline = performance.now() + PATIENCE;
  Atomics.add(task.gate, 0, 1);
  // Not Atomics.wait: threads that wake one by one do not meet.
  while (Atomics.load(task.gate, 0) < task.threads && performance.now() < deadline);
  for (;;) {
    if (queue.isStopped) return { small, large, end: 'stopped' };
    if (looked === leavesAfter) {
      queue.leave();
      return { small, large, end: 'left' };
    }
    const unseen = queue.takeUnseen();
    if (unseen !== undefined) {
      looked++;
      const size = sizes[unseen] ?? 0;
      if (size < task.large) small.push(unseen);
      else queue.setAside(unseen, size);
      continue;
    }
    const next = queue.takeLarge();
    if (next === undefined) return { small, large, end: 'nothing' };
    if (next !== 'wait') large.push(next.job);
    else if (performance.now() > deadline) return { small, large, end: 'stuck' };
  }
}
