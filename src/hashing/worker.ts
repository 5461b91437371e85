import { parentPort, workerData } from 'node:worker_threads';
import { OmsError } from '../errors.ts';
import { type HashedJob, type HashJob, JobRunner } from './job.ts';
import type { BatchReply, BatchRequest, WorkerSettings } from './pool.ts';

/** The body of a hashing thread: takes batches of jobs, answers each with its digests. */
const { algorithm } = workerData as WorkerSettings;
const runner = new JobRunner(algorithm);

parentPort?.on('message', ({ id, jobs }: BatchRequest) => {
  parentPort?.postMessage(answer(id, jobs));
});

function answer(id: number, jobs: readonly HashJob[]): BatchReply {
  const hashed: HashedJob[] = [];
  try {
    for (const job of jobs) hashed.push(runner.run(job));
    return { id, hashed };
  } catch (error) {
    if (!(error instanceof OmsError)) throw error;
    const { code, message, hint } = error;
    return { id, failure: { code, message, hint } };
  }
}
