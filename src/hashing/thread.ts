import { now } from '../pace.ts';
import { BUFFER_BYTES, JobRunner } from './job.ts';
import { Queue, type QueueMemory } from './queue.ts';
import { JobTable, type TableMemory } from './table.ts';
import { Tally, type TallyMemory } from './tally.ts';

/** All that the threads of one run share. */
export interface SharedMemory {
  readonly table: TableMemory;
  readonly queue: QueueMemory;
  readonly tally: TallyMemory;
}

/** Bytes of a large file between two looks at the clock and at the others: about 1 ms. */
const STRETCH = 8 * BUFFER_BYTES;

/** What is left to do for a thread. */
export type Outlook = 'more' | 'wait' | 'nothing';

/**
 * Takes jobs and hashes them until none is left: the work of one thread, a worker or the one that
 * called. It can be left and taken up again between two stretches.
 */
export class HashingThread {
  readonly #queue: Queue;
  readonly #tally: Tally;
  readonly #table: JobTable;
  readonly #runner: JobRunner;
  /** The job whose file is open. */
  #current = -1;

  /**
   * @param slot the thread's own place in the tally.
   * @param maxGrab small jobs to take at once; 1 for a thread that may be called away.
   */
  constructor({ table, queue, tally }: SharedMemory, slot: number, maxGrab?: number) {
    this.#table = new JobTable(table);
    this.#queue = new Queue(queue, this.#table.count, maxGrab);
    this.#tally = new Tally(tally, slot);
    this.#runner = new JobRunner(table.algorithm);
  }

  /**
   * Works until a time of `now()`, or until nothing is left or the queue is stopped.
   *
   * @param scanOnly leaves large jobs to others.
   * @throws {OmsError} of the file that is unreadable or changes.
   */
  work(until: number, scanOnly = false): Outlook {
    while (!this.#queue.isStopped) {
      const outlook = this.#step(scanOnly);
      if (outlook !== 'more') return outlook;
      if (now() >= until) return 'more';
    }
    return 'nothing';
  }

  /** Leaves what is not begun to others, and closes a file that was. */
  leave(): void {
    this.#queue.leave();
    try {
      this.#runner.close();
    } catch {
      // Nobody wants the file's digest any more.
    }
  }

  #step(scanOnly: boolean): Outlook {
    if (this.#current >= 0) return this.#hashOn();
    const unseen = this.#queue.takeUnseen();
    if (unseen !== undefined) return this.#look(unseen);
    if (scanOnly) return 'nothing';
    const large = this.#queue.takeLarge();
    if (large === 'wait') return 'wait';
    if (large === undefined) return 'nothing';
    this.#tally.start(large.job);
    const bytes = this.#open(large.job);
    this.#tally.size(bytes);
    // It may have become another since it was set aside.
    this.#tally.found(bytes - large.bytes);
    this.#current = large.job;
    return 'more';
  }

  /** Hashes a small file, which is one read and one call; sets a large one aside. */
  #look(job: number): Outlook {
    this.#tally.start(job);
    const known = this.#table.knownSize(job);
    const bytes = known !== undefined && known >= BUFFER_BYTES ? known : this.#open(job);
    this.#tally.found(bytes);
    if (bytes < BUFFER_BYTES) {
      this.#current = job;
      return this.#hashOn();
    }
    this.#runner.close();
    this.#tally.leave();
    this.#queue.setAside(job, bytes);
    return 'more';
  }

  #open(job: number): number {
    return this.#runner.open(this.#table.job(job));
  }

  #hashOn(): Outlook {
    const { digest, bytes } = this.#runner.advance(STRETCH);
    this.#tally.hashed(bytes);
    if (digest === undefined) return 'more';
    this.#table.keep(this.#current, digest);
    this.#tally.finish();
    this.#current = -1;
    return 'more';
  }
}
