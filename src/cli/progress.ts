import type { HashOptions } from '../hashing/pool.ts';
import type { Progress } from '../hashing/progress.ts';
import { now } from '../pace.ts';
import { printable } from '../printable.ts';
import { type Counted, columnsOf, progressLine } from './progress-line.ts';
import { type CommonOptions, interruptible, isTalkative, type Session } from './session.ts';

/** What every command has the library do in the same way while it hashes. */
export type WorkOptions = Pick<HashOptions, 'signal' | 'onProgress' | 'useCallingThread'>;

/** A second part of the work may wait for somebody: the text says for whom, none that it is over. */
export type OnWait = (text?: string) => void;

/**
 * Runs what takes long, so that a signal ends it in order and whoever waits sees how far it is.
 *
 * @param shardSize of the model, if it is hashed in shards.
 */
export function working<T>(
  session: Session,
  options: CommonOptions,
  shardSize: number | undefined,
  work: (options: WorkOptions, onWait: OnWait) => Promise<T>,
): Promise<T> {
  return interruptible(session, async (signal) => {
    if (!isTalkative(options)) return work({ signal, useCallingThread: true }, () => {});
    const display = new ProgressDisplay(session, shardSize === undefined ? 'file' : 'shard');
    const onProgress = (progress: Progress): void => {
      if (!signal.aborted) display.show(progress);
    };
    const onWait = (text?: string): void => {
      if (text === undefined) display.end();
      else if (!signal.aborted) display.wait(text);
    };
    try {
      return await work({ signal, useCallingThread: true, onProgress }, onWait);
    } finally {
      display.end();
    }
  });
}

/** When something is shown, in milliseconds since the start. */
interface Rhythm {
  /** A multiple of `every`. */
  readonly first: number;
  readonly every: number;
}

const ON_TERMINAL: Rhythm = { first: 500, every: 100 };
const IN_LOG: Rhythm = { first: 10_000, every: 10_000 };

/** For terminals that do not tell their width. */
const USUAL_COLUMNS = 80;

/** Longer names than this has room for are cut in a log, too. */
const LOG_COLUMNS = 200;

/** Erases from the cursor to the end of the line, and to the end of the screen. */
const ERASE_LINE = '\u001b[K';
const ERASE_BELOW = '\u001b[J';

/** What is shown of a run: a line on a terminal that is drawn over, or now and then one in a log. */
export class ProgressDisplay {
  readonly #session: Pick<Session, 'env'> & { readonly stderr: Screen };
  readonly #counted: Counted;
  readonly #clock: () => number;
  readonly #start: number;
  /** Number of the last interval in which something was shown. */
  #last = -1;
  /** Columns that are drawn on. */
  #drawn = 0;

  constructor(
    session: Pick<Session, 'env'> & { readonly stderr: Screen },
    counted: Counted,
    clock = now,
  ) {
    this.#session = session;
    this.#counted = counted;
    this.#clock = clock;
    this.#start = clock();
  }

  show(progress: Progress): void {
    const elapsed = this.#clock() - this.#start;
    // Asked first: standard error is opened when it is first asked for, which takes a moment.
    if (elapsed < ON_TERMINAL.first || progress.done === progress.total) return;
    const isTerminal = this.#isTerminal();
    if (!this.#isDue(elapsed, isTerminal ? ON_TERMINAL : IN_LOG)) return;
    if (isTerminal) this.#draw(progress);
    else this.#session.stderr.write(`${progressLine(progress, this.#counted, LOG_COLUMNS)}\n`);
  }

  /** Says what is waited for, where there is a line to draw over. */
  wait(text: string): void {
    if (this.#isTerminal()) this.#drawLine(printable(text).slice(0, this.#columns() - 1));
  }

  /** Leaves the terminal as it was. */
  end(): void {
    if (this.#drawn === 0) return;
    this.#session.stderr.write(`\r${this.#isBroken() ? ERASE_BELOW : ERASE_LINE}`);
    this.#drawn = 0;
  }

  #isTerminal(): boolean {
    return this.#session.stderr.isTTY === true && this.#session.env['TERM'] !== 'dumb';
  }

  /** At most once in every interval. */
  #isDue(elapsed: number, { first, every }: Rhythm): boolean {
    const interval = Math.floor(elapsed / every);
    if (elapsed < first || interval === this.#last) return false;
    this.#last = interval;
    return true;
  }

  /**
   * The last column stays free, since a character there makes some terminals start a line. The
   * cursor waits at the start, where the `^C` that terminals show is drawn over.
   */
  #draw(progress: Progress): void {
    this.#drawLine(progressLine(progress, this.#counted, this.#columns() - 1));
  }

  #drawLine(line: string): void {
    const broken = this.#isBroken() ? ERASE_BELOW : '';
    this.#session.stderr.write(`\r${broken}${line}${ERASE_LINE}\r`);
    this.#drawn = columnsOf(line);
  }

  /** A terminal that was made narrower may have broken the line into several. */
  #isBroken(): boolean {
    return this.#drawn > this.#columns();
  }

  /** As it is now. Some terminals say 0, and mean that they do not know. */
  #columns(): number {
    return this.#session.stderr.columns || USUAL_COLUMNS;
  }
}

/** The part of a stream that matters here. */
interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly write: (text: string) => unknown;
}
