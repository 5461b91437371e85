/**
 * How far each thread has come, counted where it costs nothing: every thread writes figures of its
 * own, and whoever wants to know reads them all.
 */
export interface TallyMemory {
  readonly numbers: Float64Array;
}

/** A cache line a thread, in numbers of 8 bytes, so that threads do not slow each other down. */
const STRIDE = 8;
const HASHED = 0;
const FOUND = 1;
const DONE = 2;
const CURRENT = 3;
const CURRENT_BYTES = 4;

export function createTally(threads: number): TallyMemory {
  const numbers = new Float64Array(new SharedArrayBuffer(threads * STRIDE * 8));
  for (let slot = 0; slot < threads; slot++) numbers[slot * STRIDE + CURRENT] = -1;
  return { numbers };
}

/** What all threads have done together. */
export interface Totals {
  /** Bytes hashed. */
  readonly hashed: number;
  /** Bytes of the jobs that were looked at. */
  readonly found: number;
  /** Jobs done. */
  readonly done: number;
}

export function totalsOf({ numbers }: TallyMemory): Totals {
  const sum = (field: number): number => {
    let total = 0;
    for (let at = field; at < numbers.length; at += STRIDE) total += numbers[at] as number;
    return total;
  };
  return { hashed: sum(HASHED), found: sum(FOUND), done: sum(DONE) };
}

/** The largest of the jobs that are being hashed now. */
export function largestJob({ numbers }: TallyMemory): { job: number; bytes: number } | undefined {
  let largest: { job: number; bytes: number } | undefined;
  for (let at = 0; at < numbers.length; at += STRIDE) {
    const job = numbers[at + CURRENT] as number;
    const bytes = numbers[at + CURRENT_BYTES] as number;
    if (job >= 0 && bytes > (largest?.bytes ?? -1)) largest = { job, bytes };
  }
  return largest;
}

/** The job that a thread is at, or was when it died. */
export function currentJob({ numbers }: TallyMemory, slot: number): number | undefined {
  const job = numbers[slot * STRIDE + CURRENT] ?? -1;
  return job < 0 ? undefined : job;
}

/** The figures of one thread, which alone writes them. */
export class Tally {
  readonly #numbers: Float64Array;

  constructor({ numbers }: TallyMemory, slot: number) {
    this.#numbers = numbers.subarray(slot * STRIDE, (slot + 1) * STRIDE);
  }

  start(job: number): void {
    this.#numbers[CURRENT_BYTES] = 0;
    this.#numbers[CURRENT] = job;
  }

  /** The size of the job that was started. */
  size(bytes: number): void {
    this.#numbers[CURRENT_BYTES] = bytes;
  }

  /** Counts a job that was looked at for the first time. */
  found(bytes: number): void {
    this.#add(FOUND, bytes);
  }

  hashed(bytes: number): void {
    this.#add(HASHED, bytes);
  }

  finish(): void {
    this.#add(DONE, 1);
    this.#numbers[CURRENT] = -1;
  }

  /** Forgets the current job, which was set aside. */
  leave(): void {
    this.#numbers[CURRENT] = -1;
  }

  #add(field: number, amount: number): void {
    this.#numbers[field] = (this.#numbers[field] as number) + amount;
  }
}
