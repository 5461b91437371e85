import type { Finding } from '../oracle/finding.ts';
import type { Statistics } from './statistics.ts';

/** What a thread of the fuzzer is given. */
export interface WorkerTask {
  readonly seed: string;
  readonly only: string;
  /** Module with what is tested; the product itself by default. */
  readonly subject: string | undefined;
  /** Where models may be put. */
  readonly directory: string;
  readonly slot: number;
  readonly memory: SharedMemory;
  readonly limit: number;
}

export interface SharedMemory {
  /** The next input, and behind which to stop. */
  readonly queue: SharedArrayBuffer;
  /** For each thread: its input, and the processor time at which it began with it. */
  readonly places: SharedArrayBuffer;
}

/** What a thread tells from time to time. */
export interface WorkerReport {
  readonly statistics: Statistics;
  readonly findings: readonly Finding[];
  /** The slowest input, in milliseconds of processor time. */
  readonly slowest: { readonly index: number; readonly ms: number };
  /** Bytes on the heap and outside of it, at the most. */
  readonly heap: number;
}

export const NEXT = 0;
export const END = 1;

const FIELDS = 2;
const NOTHING = -1;

/** What one thread does at the moment, for the one that watches. */
export class PlaceOfWork {
  readonly #fields: Float64Array;

  constructor({ places }: SharedMemory, slot: number) {
    this.#fields = new Float64Array(places, slot * FIELDS * 8, FIELDS);
  }

  begin(index: number, processorTime: number): void {
    this.#fields[1] = processorTime;
    this.#fields[0] = index;
  }

  end(): void {
    this.#fields[0] = NOTHING;
  }

  /** The input that is worked on, if there is one. */
  get index(): number | undefined {
    const index = this.#fields[0] ?? NOTHING;
    return index === NOTHING ? undefined : index;
  }

  get begunAt(): number {
    return this.#fields[1] ?? 0;
  }
}

export function createMemory(threads: number, from: number, end: number): SharedMemory {
  const queue = new SharedArrayBuffer(8);
  new Int32Array(queue).set([from, end]);
  const places = new SharedArrayBuffer(threads * FIELDS * 8);
  new Float64Array(places).fill(NOTHING);
  return { queue, places };
}
