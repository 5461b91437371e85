import { setTimeout as wait } from 'node:timers/promises';
import { OmsError } from '../errors.ts';
import type { HashAlgorithm } from '../format/manifest.ts';
import { aborted, now, Pace } from '../pace.ts';
import { Crew } from './crew.ts';
import type { Plan } from './plan.ts';
import { usableProcessors } from './processors.ts';
import { type Progress, ProgressMeter } from './progress.ts';
import { createQueue, leftIn } from './queue.ts';
import { JobTable, layOut } from './table.ts';
import { createTally, totalsOf } from './tally.ts';
import { HashingThread, type SharedMemory } from './thread.ts';

export interface HashOptions {
  /**
   * Hashing threads. By default as many as the process may use processors, container quotas
   * included, and up to twice as many while they wait for a disk.
   */
  readonly jobs?: number;
  readonly signal?: AbortSignal;
  /** Called ten times a second at the most, and once at the end. What it throws ends the run. */
  readonly onProgress?: (progress: Progress) => void;
  /**
   * Whether the calling thread is one of the hashing threads, in slices of some milliseconds, for
   * programs that have nothing else to do meanwhile. By default it only waits.
   */
  readonly useCallingThread?: boolean;
}

/** The digests of a plan. */
export interface Digests {
  /** Lower-case hex, by the number of the job. */
  of(job: number): string;
  /** How many bytes were hashed. */
  readonly bytes: number;
}

/** More threads than any machine has use for. */
const MAX_THREADS = 128;

/** How long the calling thread hashes before it looks at its events, in milliseconds. */
const SLICE = 10;

/** Time in milliseconds that the calling thread hashes alone, to learn whether workers pay. */
const TRIAL = 5;

/** Work of less than this many milliseconds is done before a worker would have started. */
const WORTHWHILE = 25;

/** The same in bytes of large files, which take about 1 ms for every 2 MiB. */
const WORTHWHILE_BYTES = 32 * 2 ** 20;

/** When it is judged whether the threads wait for a disk, in milliseconds after their start. */
const JUDGE_AFTER = 150;

/** Threads that use less of their processors than this wait for a disk. */
const BUSY = 0.75;

/** Milliseconds between two reports. */
const REPORT_EVERY = 100;

/**
 * Computes all digests of a plan. Every thread has ended when this returns.
 *
 * @throws {OmsError} the first failure of a file; `WORKER_FAILED`; `ABORTED`.
 */
export async function hashAll(
  plan: Plan,
  algorithm: HashAlgorithm,
  options: HashOptions = {},
): Promise<Digests> {
  new Pace(options.signal).check();
  const memory: SharedMemory = {
    table: layOut(plan, algorithm),
    queue: createQueue(plan.count),
    tally: createTally(MAX_THREADS + 1),
  };
  await new Run(memory, options).finish();

  const { done, hashed } = totalsOf(memory.tally);
  if (done !== plan.count) {
    throw new OmsError('INTERNAL', `only ${done} of ${plan.count} digests were computed`);
  }
  const table = new JobTable(memory.table);
  return { of: (job) => table.digest(job), bytes: hashed };
}

/** The calling thread's part in a run: tries alone, calls workers, helps or waits. */
class Run {
  readonly #memory: SharedMemory;
  readonly #options: HashOptions;
  readonly #own: HashingThread;
  readonly #crew: Crew;
  readonly #meter: ProgressMeter;
  readonly #pace: Pace;
  #judgement: NodeJS.Timeout | undefined;

  constructor(memory: SharedMemory, options: HashOptions) {
    this.#memory = memory;
    this.#options = options;
    this.#own = new HashingThread(memory, 0, 1);
    this.#crew = new Crew(memory);
    this.#meter = new ProgressMeter(memory);
    this.#pace = new Pace(options.signal);
  }

  async finish(): Promise<void> {
    const { signal, onProgress } = this.#options;
    const onAbort = (): void => {
      if (signal !== undefined) this.#crew.fail(aborted(signal));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    const reports = onProgress && setInterval(() => this.#report(), REPORT_EVERY);
    try {
      await this.#hash();
      onProgress?.(this.#meter.read());
    } finally {
      signal?.removeEventListener('abort', onAbort);
      clearInterval(reports);
      clearTimeout(this.#judgement);
      try {
        this.#own.leave();
      } finally {
        await this.#crew.dismiss();
      }
    }
  }

  async #hash(): Promise<void> {
    const alone = await this.#try();
    if (!alone) await this.#callWorkers();
    if (alone || this.#crew.size === 0 || this.#options.useCallingThread === true) {
      await this.#help();
    }
    this.#own.leave();
    await this.#crew.finished();
    if (this.#crew.lost === 0) return;
    await this.#help();
    this.#own.leave();
  }

  /** Hashes small files until it is clear what there is. Returns whether workers would not pay. */
  async #try(): Promise<boolean> {
    const total = leftIn(this.#memory.queue).unseen;
    const start = now();
    let worked = 0;
    for (;;) {
      const sliceStart = now();
      const outlook = this.#own.work(sliceStart + TRIAL, true);
      worked += now() - sliceStart;
      const { unseen, large, largeBytes } = leftIn(this.#memory.queue);
      if (outlook !== 'more') {
        const gain = this.#options.useCallingThread === true ? large > 1 : large > 0;
        return !gain || largeBytes < WORTHWHILE_BYTES;
      }
      const rest = (worked / (total - unseen)) * unseen;
      if (rest > WORTHWHILE || largeBytes >= WORTHWHILE_BYTES) return false;
      // A slow disk makes few files take long; the caller's thread is not for waiting.
      if (now() - start > 2 * WORTHWHILE) return false;
      await this.#pace.rest();
    }
  }

  async #callWorkers(): Promise<void> {
    const { unseen, large } = leftIn(this.#memory.queue);
    const threads = Math.min(this.#options.jobs ?? usableProcessors(), MAX_THREADS);
    const own = this.#options.useCallingThread === true ? 1 : 0;
    await this.#crew.start(Math.min(threads, unseen + large) - own);
    if (this.#options.jobs === undefined) this.#judgeLater(threads);
  }

  /**
   * On cold storage threads wait for the disk, and twice as many keep it busier. On warm files more
   * threads than processors only get into each other's way.
   */
  #judgeLater(threads: number): void {
    const before = process.cpuUsage();
    const start = now();
    this.#judgement = setTimeout(() => {
      const { user, system } = process.cpuUsage(before);
      const busy = (user + system) / 1000 / ((now() - start) * threads);
      const { unseen, large } = leftIn(this.#memory.queue);
      const more = Math.min(threads, unseen + large, MAX_THREADS - this.#crew.size);
      if (busy < BUSY) void this.#crew.start(more);
    }, JUDGE_AFTER);
  }

  /** Hashes on the calling thread, in slices, until nothing is left. */
  async #help(): Promise<void> {
    for (;;) {
      const outlook = this.#own.work(now() + SLICE);
      if (outlook === 'nothing') return;
      if (outlook === 'wait') await wait(1);
      else await this.#pace.rest();
    }
  }

  #report(): void {
    try {
      this.#options.onProgress?.(this.#meter.read());
    } catch (error) {
      // Thrown by the caller's function: it ends the run like any other error.
      this.#crew.fail(error);
    }
  }
}
