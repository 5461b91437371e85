/**
 * Which job comes next, for threads that pull: a cursor in shared memory instead of a message a
 * file. Small files are taken in grabs in the order of the table. What turns out to be large is set
 * aside, and follows one by one, the largest first, so that no thread is left alone with a large
 * file at the end. Nobody has to look at all files before the first is hashed.
 */
export interface QueueMemory {
  readonly control: Int32Array;
  /** Jobs that were set aside, in the order of their finding. */
  readonly large: Int32Array;
  /** Bytes of each of these. */
  readonly sizes: Float64Array;
}

/** Places in `control`. */
const CURSOR = 0;
/** Threads that may still find large jobs. */
const SEARCHING = 1;
const LARGE_COUNT = 2;
const LARGE_CURSOR = 3;
const STOPPED = 4;
const CONTROL_FIELDS = 5;

/** Jobs in one grab: with more, nothing is saved; with less, threads meet at the cursor. */
const MAX_GRAB = 32;

export function createQueue(count: number): QueueMemory {
  return {
    control: new Int32Array(new SharedArrayBuffer(CONTROL_FIELDS * 4)),
    large: new Int32Array(new SharedArrayBuffer(count * 4)),
    sizes: new Float64Array(new SharedArrayBuffer(count * 8)),
  };
}

/** Tells all threads to end after the buffer they are hashing. */
export function stopQueue({ control }: QueueMemory): void {
  Atomics.store(control, STOPPED, 1);
}

/** A job that was set aside, and how large it was found. */
export interface LargeJob {
  readonly job: number;
  readonly bytes: number;
}

/** What is still to be taken. */
export interface Left {
  /** Jobs that nobody has looked at. */
  readonly unseen: number;
  /** Jobs that are set aside. */
  readonly large: number;
  /** Bytes of all that were ever set aside. */
  readonly largeBytes: number;
}

export function leftIn({ control, large, sizes }: QueueMemory): Left {
  const count = Atomics.load(control, LARGE_COUNT);
  return {
    unseen: Math.max(0, large.length - Atomics.load(control, CURSOR)),
    large: Math.max(0, count - Atomics.load(control, LARGE_CURSOR)),
    largeBytes: sizes.subarray(0, count).reduce((sum, bytes) => sum + bytes, 0),
  };
}

/** Whether every job has been looked at, so that the size of all is known. */
export function isSurveyed({ control, large }: QueueMemory): boolean {
  return Atomics.load(control, CURSOR) >= large.length && Atomics.load(control, SEARCHING) === 0;
}

/** One thread's hold on the queue. */
export class Queue {
  readonly #memory: QueueMemory;
  readonly #count: number;
  readonly #maxGrab: number;
  /** The grab: from the next job to the one behind the last. */
  #next = 0;
  #end = 0;
  #searching = false;
  /** Places of the large jobs, largest first, once all are known. */
  #ordered: Int32Array | undefined;

  /** @param maxGrab jobs to take at once; with 1, a thread that leaves owes none to the others. */
  constructor(memory: QueueMemory, count: number, maxGrab = MAX_GRAB) {
    this.#memory = memory;
    this.#count = count;
    this.#maxGrab = maxGrab;
  }

  get isStopped(): boolean {
    return Atomics.load(this.#memory.control, STOPPED) === 1;
  }

  /** The next job of those that nobody has looked at, or `undefined` when all are taken. */
  takeUnseen(): number | undefined {
    if (this.#next === this.#end && !this.#grab()) return undefined;
    return this.#next++;
  }

  /** Sets a job aside that {@link takeUnseen} gave. */
  setAside(job: number, bytes: number): void {
    const { control, large, sizes } = this.#memory;
    const slot = Atomics.add(control, LARGE_COUNT, 1);
    large[slot] = job;
    sizes[slot] = bytes;
  }

  /**
   * The largest job of those that were set aside and not taken; `undefined` when all are taken, or
   * `'wait'` while other threads may still set some aside. To be asked after {@link takeUnseen} has
   * given `undefined`.
   */
  takeLarge(): LargeJob | 'wait' | undefined {
    const { control, large, sizes } = this.#memory;
    if (this.#ordered === undefined) {
      if (Atomics.load(control, SEARCHING) > 0) return 'wait';
      this.#ordered = this.#sort();
    }
    const place = this.#ordered[Atomics.add(control, LARGE_CURSOR, 1)];
    if (place === undefined) return undefined;
    return { job: large[place] as number, bytes: sizes[place] as number };
  }

  /** Says that this thread, which holds no job, will look at no more. */
  leave(): void {
    if (!this.#searching) return;
    this.#searching = false;
    Atomics.sub(this.#memory.control, SEARCHING, 1);
  }

  /** While a thread holds a grab, the others may not think that they know all large jobs. */
  #grab(): boolean {
    const { control } = this.#memory;
    if (!this.#searching) {
      this.#searching = true;
      Atomics.add(control, SEARCHING, 1);
    }
    const left = this.#count - Atomics.load(control, CURSOR);
    // Smaller towards the end, so that nobody has to wait for another's last grab.
    const size = Math.max(1, Math.min(this.#maxGrab, left >> 3));
    const start = left <= 0 ? this.#count : Atomics.add(control, CURSOR, size);
    if (start < this.#count) {
      this.#next = start;
      this.#end = Math.min(start + size, this.#count);
      return true;
    }
    this.leave();
    return false;
  }

  /** Every thread sorts for itself and comes to the same order, so none waits for another's. */
  #sort(): Int32Array {
    const { control, sizes } = this.#memory;
    const places = new Int32Array(Atomics.load(control, LARGE_COUNT)).map((_, place) => place);
    return places.toSorted((a, b) => (sizes[b] as number) - (sizes[a] as number) || a - b);
  }
}
