import { lstatSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type ErrorCode, OmsError, reasonOf } from '../errors.ts';
import type { HashAlgorithm } from '../format/manifest.ts';
import { quoted } from '../printable.ts';
import { type HashedJob, type HashJob, JobRunner } from './job.ts';

/** How far hashing has come. */
export interface Progress {
  /** Bytes hashed so far. */
  readonly bytes: number;
  /** Files, or shards, hashed so far. */
  readonly done: number;
  readonly total: number;
}

export interface HashOptions {
  /** Hashing threads; by default as many as the process may use processors. */
  readonly jobs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** @internal */
export interface WorkerSettings {
  readonly algorithm: HashAlgorithm;
}

/** @internal */
export interface BatchRequest {
  readonly id: number;
  readonly jobs: readonly HashJob[];
}

/** @internal */
export type BatchReply =
  | { readonly id: number; readonly hashed: readonly HashedJob[] }
  | { readonly id: number; readonly failure: Failure };

interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
}

/** Jobs in one message: so few that a thread does not end up with all large files. */
const MAX_BATCH = 64;

/** More threads than any machine has use for. */
const MAX_THREADS = 128;

/** Up to this many bytes are hashed without threads: about 10 ms, where starting one takes 25. */
const INLINE_BYTES = 16 * 2 ** 20;

/** Up to this many files it costs nothing to ask for all sizes first. */
const INLINE_FILES = 64;

/**
 * Computes all digests, in the order of the jobs. Every thread has ended when this returns.
 *
 * @throws {OmsError} the first failure of a job; `WORKER_FAILED`; `ABORTED`.
 */
export async function hashAll(
  jobs: readonly HashJob[],
  algorithm: HashAlgorithm,
  options: HashOptions = {},
): Promise<readonly HashedJob[]> {
  throwIfAborted(options.signal);
  if (isSmall(jobs)) return hashInline(jobs, algorithm, options);
  const pool = new Pool(jobs, algorithm, options);
  return pool.run();
}

function isSmall(jobs: readonly HashJob[]): boolean {
  if (jobs.length > INLINE_FILES) return false;
  let bytes = 0;
  for (const { path, start, end } of jobs) bytes += (end ?? sizeOf(path)) - start;
  return bytes <= INLINE_BYTES;
}

/** A file that cannot be looked at counts nothing here: its job will say what is wrong with it. */
function sizeOf(path: string): number {
  try {
    return lstatSync(path).size;
  } catch {
    return 0;
  }
}

function hashInline(
  jobs: readonly HashJob[],
  algorithm: HashAlgorithm,
  { onProgress, signal }: HashOptions,
): readonly HashedJob[] {
  const runner = new JobRunner(algorithm);
  let bytes = 0;
  return jobs.map((job, index) => {
    throwIfAborted(signal);
    const hashed = runner.run(job);
    bytes += hashed.bytes;
    onProgress?.({ bytes, done: index + 1, total: jobs.length });
    return hashed;
  });
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw aborted(signal);
}

function aborted(signal: AbortSignal): OmsError {
  return new OmsError('ABORTED', 'the operation was cancelled', { cause: signal.reason });
}

/** The file beside this one, whether this runs as TypeScript or as compiled JavaScript. */
const WORKER_FILE = new URL(
  import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js',
  import.meta.url,
);

/** Threads that take batches of jobs until none is left or one fails. */
class Pool {
  readonly #jobs: readonly HashJob[];
  readonly #algorithm: HashAlgorithm;
  readonly #options: HashOptions;
  readonly #results: HashedJob[];
  readonly #batchSize: number;
  readonly #workers: Worker[] = [];
  #next = 0;
  #done = 0;
  #bytes = 0;

  constructor(jobs: readonly HashJob[], algorithm: HashAlgorithm, options: HashOptions) {
    this.#jobs = jobs;
    this.#algorithm = algorithm;
    this.#options = options;
    this.#results = Array.from({ length: jobs.length });
    const threads = this.#threads();
    this.#batchSize = Math.max(1, Math.min(MAX_BATCH, Math.ceil(jobs.length / (threads * 8))));
  }

  async run(): Promise<readonly HashedJob[]> {
    const { signal } = this.#options;
    const ended = Promise.withResolvers<void>();
    // Threads that are ended below report that too, when nobody waits any more.
    ended.promise.catch(() => {});
    const onAbort = (): void => {
      if (signal) ended.reject(aborted(signal));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      this.#startAll(ended);
      await ended.promise;
      return this.#results;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      await Promise.all(this.#workers.map((worker) => worker.terminate()));
    }
  }

  #threads(): number {
    const wanted = this.#options.jobs ?? availableParallelism();
    return Math.min(wanted, this.#jobs.length, MAX_THREADS);
  }

  /** One thread is enough to go on with, where the system refuses to start more. */
  #startAll(ended: PromiseWithResolvers<void>): void {
    for (let count = this.#threads(); count > 0; count--) {
      try {
        this.#start(ended);
      } catch (cause) {
        if (this.#workers.length === 0) throw crashed(undefined, cause);
        return;
      }
    }
  }

  #start(ended: PromiseWithResolvers<void>): void {
    const workerData: WorkerSettings = { algorithm: this.#algorithm };
    const worker = new Worker(WORKER_FILE, { workerData });
    this.#workers.push(worker);
    let current: BatchRequest | undefined;
    const takeNext = (): void => {
      current = this.#nextBatch();
      if (current !== undefined) worker.postMessage(current);
    };
    worker.on('message', (reply: BatchReply) => {
      if ('failure' in reply) {
        ended.reject(revive(reply.failure));
        return;
      }
      try {
        this.#record(reply.id, reply.hashed);
      } catch (error) {
        // Thrown by the caller's onProgress: it ends the run like any other error.
        ended.reject(error);
        return;
      }
      if (this.#done === this.#jobs.length) ended.resolve();
      else takeNext();
    });
    const onCrash = (cause: unknown): void => ended.reject(crashed(current, cause));
    worker.on('error', onCrash);
    worker.on('messageerror', onCrash);
    worker.on('exit', (code) => onCrash(new Error(`the thread ended with code ${code}`)));
    takeNext();
  }

  #nextBatch(): BatchRequest | undefined {
    if (this.#next >= this.#jobs.length) return undefined;
    const id = this.#next;
    this.#next += this.#batchSize;
    return { id, jobs: this.#jobs.slice(id, this.#next) };
  }

  #record(from: number, hashed: readonly HashedJob[]): void {
    for (const [index, job] of hashed.entries()) {
      this.#results[from + index] = job;
      this.#bytes += job.bytes;
    }
    this.#done += hashed.length;
    this.#options.onProgress?.({
      bytes: this.#bytes,
      done: this.#done,
      total: this.#jobs.length,
    });
  }
}

/** An error that crossed from a thread: its message holds expected and found already. */
function revive({ code, message, hint }: Failure): OmsError {
  return new OmsError(code, message, hint === undefined ? {} : { hint });
}

function crashed(batch: BatchRequest | undefined, cause: unknown): OmsError {
  const name = batch?.jobs[0]?.name;
  const where = name === undefined ? '' : ` at or after ${quoted(name)}`;
  return new OmsError('WORKER_FAILED', `a hashing thread failed${where}`, {
    found: reasonOf(cause),
    cause,
  });
}
