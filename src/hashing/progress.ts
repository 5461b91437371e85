import { now } from '../pace.ts';
import { isSurveyed } from './queue.ts';
import { JobTable } from './table.ts';
import { largestJob, totalsOf } from './tally.ts';
import type { SharedMemory } from './thread.ts';

/** How far hashing has come. */
export interface Progress {
  /** Bytes hashed so far. */
  readonly bytes: number;
  /** Bytes to hash in all; `undefined` until all files were looked at. */
  readonly totalBytes: number | undefined;
  /** Files, or shards, hashed so far. */
  readonly done: number;
  /** Files, or shards, in all. */
  readonly total: number;
  /** Bytes a second over the last seconds; 0 before anything was hashed. */
  readonly bytesPerSecond: number;
  /** Seconds until the end if it goes on like this; `undefined` while nobody can tell. */
  readonly secondsLeft: number | undefined;
  /** Name of the largest file that is being hashed, if it takes more than a moment. */
  readonly current: string | undefined;
}

/** Files that take more than a moment, in bytes: about 40 ms. */
const LARGE = 64 * 2 ** 20;

/** The rate is taken over this time, in milliseconds, so that it follows but does not jump. */
const WINDOW = 3_000;

interface Sample {
  readonly time: number;
  readonly bytes: number;
  readonly done: number;
}

/** Reads the counters of a run. */
export class ProgressMeter {
  readonly #memory: SharedMemory;
  readonly #table: JobTable;
  #samples: readonly Sample[];

  constructor(memory: SharedMemory, time = now()) {
    this.#memory = memory;
    this.#table = new JobTable(memory.table);
    this.#samples = [{ time, bytes: 0, done: 0 }];
  }

  /** @param time of the clock of the threads, in milliseconds. */
  read(time = now()): Progress {
    const { queue, tally } = this.#memory;
    // Asked first: what is found after that is in the totals.
    const surveyed = isSurveyed(queue);
    const { hashed: bytes, found, done } = totalsOf(tally);
    const sample = { time, bytes, done };
    const oldest = this.#remember(sample);
    const seconds = (time - oldest.time) / 1000;
    const bytesPerSecond = seconds > 0 ? (bytes - oldest.bytes) / seconds : 0;
    const total = this.#table.count;
    const totalBytes = surveyed ? found : undefined;
    const jobsPerSecond = seconds > 0 ? (done - oldest.done) / seconds : 0;
    const secondsLeft =
      totalBytes === undefined
        ? quotient(total - done, jobsPerSecond)
        : quotient(totalBytes - bytes, bytesPerSecond);
    const largest = largestJob(tally);
    const current =
      largest !== undefined && largest.bytes >= LARGE
        ? this.#table.job(largest.job).name
        : undefined;
    return { bytes, totalBytes, done, total, bytesPerSecond, secondsLeft, current };
  }

  #remember(sample: Sample): Sample {
    const from = sample.time - WINDOW;
    const recent = this.#samples.filter(({ time }) => time >= from);
    // One from before the window keeps the rate steady while there are few.
    const oldest = recent[0] ?? this.#samples.at(-1) ?? sample;
    this.#samples = [...recent, sample];
    return oldest;
  }
}

function quotient(left: number, rate: number): number | undefined {
  if (left === 0) return 0;
  return rate > 0 ? left / rate : undefined;
}
