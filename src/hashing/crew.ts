import { extname } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { OmsError, reasonOf } from '../errors.ts';
import { quoted } from '../printable.ts';
import { stopQueue } from './queue.ts';
import { JobTable } from './table.ts';
import { currentJob } from './tally.ts';
import type { SharedMemory } from './thread.ts';

/** @internal What a worker is given. */
export interface WorkerTask {
  readonly memory: SharedMemory;
  readonly slot: number;
}

/** @internal The error with which a worker's work ended. */
export type Failure = Pick<OmsError, 'code' | 'summary' | 'expected' | 'found' | 'hint'>;

/**
 * The file beside this one, whether this runs as TypeScript, as compiled JavaScript, or as part of
 * the bundled command line.
 */
const WORKER_FILE = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);

/** The workers of one run. */
export class Crew {
  readonly #memory: SharedMemory;
  readonly #workers: Worker[] = [];
  /** One a worker: when it has nothing left to do, and when its thread is gone. */
  readonly #completions: Promise<void>[] = [];
  readonly #exits: Promise<void>[] = [];
  #lost = 0;
  #isDismissed = false;
  readonly #failed = Promise.withResolvers<never>();

  constructor(memory: SharedMemory) {
    this.#memory = memory;
    // Nobody may be waiting when it fails.
    this.#failed.promise.catch(() => {});
  }

  get size(): number {
    return this.#workers.length;
  }

  /** How many of them could not begin. */
  get lost(): number {
    return this.#lost;
  }

  /**
   * Starts workers, or fewer where the system refuses more. That may show only later, by those that
   * are {@link lost}.
   */
  async start(count: number): Promise<void> {
    if (count < 1) return;
    const { Worker } = await import('node:worker_threads');
    for (let left = count; left > 0 && !this.#isDismissed; left--) {
      try {
        this.#start(Worker);
      } catch {
        return;
      }
    }
  }

  /**
   * Resolves when no worker has anything left to do.
   *
   * @throws {OmsError} the first failure of a worker, or what {@link fail} was given.
   */
  async finished(): Promise<void> {
    let waitedFor: number;
    do {
      waitedFor = this.size;
      await Promise.race([this.#failed.promise, Promise.all(this.#completions)]);
    } while (this.size > waitedFor);
  }

  /** Ends the run with an error. */
  fail(error: unknown): void {
    stopQueue(this.#memory.queue);
    this.#failed.reject(error);
  }

  /** Stops what still works. Every thread has ended when this returns. */
  async dismiss(): Promise<void> {
    this.#isDismissed = true;
    stopQueue(this.#memory.queue);
    for (const worker of this.#workers) void worker.terminate();
    await Promise.all(this.#exits);
  }

  #start(Thread: typeof Worker): void {
    // The place 0 in the tally is the calling thread's.
    const slot = this.#workers.length + 1;
    const workerData: WorkerTask = { memory: this.#memory, slot };
    const worker = new Thread(WORKER_FILE, { workerData, execArgv: [] });
    this.#workers.push(worker);
    const completed = Promise.withResolvers<void>();
    const exited = Promise.withResolvers<void>();
    this.#completions.push(completed.promise);
    this.#exits.push(exited.promise);
    let isDone = false;
    worker.on('message', (failure: Failure | undefined) => {
      isDone = failure === undefined;
      if (failure === undefined) completed.resolve();
      else this.fail(revive(failure));
    });
    const onCrash = (cause: unknown): void => this.fail(this.#crashed(slot, cause));
    worker.on('error', (cause: unknown) => {
      if (!isStillborn(cause)) return onCrash(cause);
      isDone = true;
      this.#lost += 1;
      completed.resolve();
    });
    worker.on('messageerror', onCrash);
    worker.on('exit', (code) => {
      if (!isDone) onCrash(new Error(`the thread ended with code ${code}`));
      exited.resolve();
    });
  }

  #crashed(slot: number, cause: unknown): OmsError {
    const job = currentJob(this.#memory.tally, slot);
    const name = job === undefined ? undefined : new JobTable(this.#memory.table).job(job).name;
    const where = name === undefined ? '' : ` at ${quoted(name)}`;
    return new OmsError('WORKER_FAILED', `a hashing thread failed${where}`, {
      found: reasonOf(cause),
      cause,
    });
  }
}

/** Whether the system refused a thread what it needs to begin with: then others do its work. */
function isStillborn(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ERR_WORKER_INIT_FAILED';
}

/** An error that crossed from a thread. */
function revive({ code, summary, expected, found, hint }: Failure): OmsError {
  return new OmsError(code, summary, {
    expected,
    found,
    hint,
  });
}
