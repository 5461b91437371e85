import { rmSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { Finding } from '../oracle/finding.ts';
import { makeDirectory } from './directory.ts';
import { processorTimeOf } from './processor.ts';
import {
  createMemory,
  END,
  PlaceOfWork,
  type SharedMemory,
  type WorkerReport,
  type WorkerTask,
} from './shared.ts';
import { addUp, noStatistics, type Statistics } from './statistics.ts';

export interface CampaignOptions {
  readonly seed: string;
  readonly only?: string;
  readonly threads?: number;
  /** The first input. */
  readonly from?: number;
  /** How many inputs at the most. */
  readonly inputs?: number | undefined;
  readonly minutes?: number | undefined;
  /** Milliseconds of processor time for one input. */
  readonly limit?: number;
  /** Megabytes of heap for a thread. */
  readonly heap?: number;
  readonly subject?: string;
  /** Ends with the first finding. */
  readonly untilFound?: boolean;
  readonly onProgress?: (outcome: Outcome) => void;
}

/** What came of many inputs. */
export interface Outcome {
  readonly seed: string;
  readonly statistics: Statistics;
  readonly findings: readonly Finding[];
  readonly seconds: number;
  readonly slowest: WorkerReport['slowest'];
  /** Bytes on the heap of a thread, at the most. */
  readonly heap: number;
  /** Whether a thread is left that cannot be ended. */
  readonly isStuck: boolean;
  /** Bytes of the process in memory: after the first seconds, at the most, and at the end. */
  readonly resident: { readonly early: number; readonly most: number; readonly last: number };
}

const WORKER = new URL('./worker.ts', import.meta.url);

/** Milliseconds between two looks at the threads. */
const LOOK_EVERY = 250;

/** An input that takes so many times its limit on the wall waits for something. */
const PATIENCE = 15;

/** Milliseconds for a thread to end. */
const FAREWELL = 5_000;

/** More than the threads together may hold. */
const MAX_RESIDENT = 3 * 2 ** 30;

const ALL = 2 ** 31 - 2;

/** Tries many inputs in several threads, and watches over them. */
export class Campaign {
  readonly #options: CampaignOptions;
  readonly #memory: SharedMemory;
  readonly #directory = makeDirectory();
  readonly #running = new Set<Promise<void>>();
  readonly #start = performance.now();
  readonly #limit: number;
  #outcome: Outcome;

  constructor(options: CampaignOptions) {
    const { seed, threads = 1, from = 0, inputs = ALL, limit = 2_000 } = options;
    this.#options = options;
    this.#limit = limit;
    this.#memory = createMemory(threads, from, Math.min(ALL, from + inputs));
    this.#outcome = {
      seed,
      statistics: noStatistics(),
      findings: [],
      seconds: 0,
      slowest: { index: -1, ms: 0 },
      heap: 0,
      isStuck: false,
      resident: { early: 0, most: 0, last: 0 },
    };
  }

  async run(): Promise<Outcome> {
    const { threads = 1, minutes, onProgress } = this.#options;
    const end = minutes === undefined ? undefined : setTimeout(() => this.#stop(), minutes * 60e3);
    const looks = setInterval(() => {
      this.#look();
      onProgress?.(this.#outcome);
    }, LOOK_EVERY);
    try {
      for (let slot = 0; slot < threads; slot++) this.#launch(slot);
      // One that was ended is followed by another.
      while (this.#running.size > 0) await Promise.all(this.#running);
      this.#look();
      return this.#outcome;
    } finally {
      clearTimeout(end);
      clearInterval(looks);
      rmSync(this.#directory, { recursive: true, force: true });
    }
  }

  #launch(slot: number): void {
    const run = this.#watch(slot).finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  async #watch(slot: number): Promise<void> {
    const { seed, only = '', subject, heap = 512 } = this.#options;
    const directory = this.#directory;
    const memory = this.#memory;
    const limit = this.#limit;
    const task: WorkerTask = { seed, only, subject, directory, slot, memory, limit };
    const worker = new Worker(WORKER, {
      workerData: task,
      resourceLimits: { maxOldGenerationSizeMb: heap },
    });
    const place = new PlaceOfWork(memory, slot);
    const ended = Promise.withResolvers<void>();
    const guard = this.#guard(worker, place, () => {
      worker.unref();
      this.#outcome = { ...this.#outcome, isStuck: true };
      ended.resolve();
    });
    worker.on('message', (report: WorkerReport) => this.#add(report));
    worker.on('error', (error) => this.#crashed(place, error));
    worker.on('exit', () => ended.resolve());
    await ended.promise;
    clearInterval(guard);
    const isUnfinished = place.index !== undefined;
    place.end();
    if (isUnfinished && !this.#isOver) this.#launch(slot);
  }

  /** Ends a thread that is stuck with an input. */
  #guard(worker: Worker, place: PlaceOfWork, onLost: () => void): NodeJS.Timeout {
    let seen: number | undefined;
    let since = 0;
    return setInterval(() => {
      const { index } = place;
      const now = performance.now();
      if (index !== seen) [seen, since] = [index, now];
      const waited = now - since;
      if (index === undefined || waited < this.#limit) return;
      void this.#endIfStuck(worker, place, index, waited, onLost);
    }, LOOK_EVERY);
  }

  async #endIfStuck(
    worker: Worker,
    place: PlaceOfWork,
    index: number,
    waited: number,
    onLost: () => void,
  ): Promise<void> {
    const total = await this.#used(worker);
    const used = total === undefined ? 0 : total - place.begunAt;
    const isStuck = used > this.#limit || waited > PATIENCE * this.#limit;
    if (place.index !== index || !isStuck) return;
    const what = `ended after ${Math.round(used)} ms of processor time, ${Math.round(waited)} ms`;
    this.#find({ kind: 'too slow', index, seed: '', steps: [], what });
    // Nothing ends a thread that waits in a call of the system.
    const waitedFor = setTimeout(onLost, FAREWELL);
    await worker.terminate();
    clearTimeout(waitedFor);
  }

  async #used(worker: Worker): Promise<number | undefined> {
    try {
      return await processorTimeOf(worker);
    } catch {
      // It has ended meanwhile.
      return undefined;
    }
  }

  #crashed(place: PlaceOfWork, error: unknown): void {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const kind = code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'too much memory' : 'foreign error';
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#find({ kind, index: place.index ?? -1, seed: '', steps: [], what });
    // Before the first input it would crash again and again.
    if (place.index === undefined) this.#stop();
  }

  #add({ statistics, findings, slowest, heap }: WorkerReport): void {
    const before = this.#outcome;
    this.#outcome = {
      ...before,
      statistics: addUp(before.statistics, statistics),
      slowest: slowest.ms > before.slowest.ms ? slowest : before.slowest,
      heap: Math.max(before.heap, heap),
    };
    for (const finding of findings) this.#find(finding);
  }

  #find(finding: Finding): void {
    this.#outcome = { ...this.#outcome, findings: [...this.#outcome.findings, finding] };
    if (this.#options.untilFound === true) this.#stop();
  }

  #look(): void {
    const last = process.memoryUsage.rss();
    const seconds = (performance.now() - this.#start) / 1000;
    const { resident } = this.#outcome;
    const early = seconds < 30 ? last : resident.early;
    const most = Math.max(resident.most, last);
    this.#outcome = { ...this.#outcome, seconds, resident: { early, most, last } };
    if (last > MAX_RESIDENT && resident.most <= MAX_RESIDENT) {
      this.#find({
        kind: 'too much memory',
        index: -1,
        seed: '',
        steps: [],
        what: `${last} bytes`,
      });
    }
  }

  get #isOver(): boolean {
    const [next = 0, end = 0] = new Int32Array(this.#memory.queue);
    return next >= end;
  }

  #stop(): void {
    Atomics.store(new Int32Array(this.#memory.queue), END, 0);
  }
}
