import { hrtime } from 'node:process';
import { setImmediate as turn } from 'node:timers/promises';
import { OmsError } from './errors.ts';

/** Milliseconds since some moment. The first use of `performance` in a process takes 1 ms. */
export function now(): number {
  const [seconds, nanoseconds] = hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

/** How long a calculation may keep its thread to itself, in milliseconds. */
const SLICE = 10;

/**
 * Lets a calculation share its thread with the events of the program that called, and lets one of
 * these end it.
 */
export class Pace {
  readonly #signal: AbortSignal | undefined;
  #end = now() + SLICE;

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** Whether others have waited long enough; then {@link rest} is due. */
  get isDue(): boolean {
    return now() >= this.#end;
  }

  /** @throws {OmsError} `ABORTED` when the signal has fired. */
  async rest(): Promise<void> {
    this.check();
    await turn();
    this.check();
    this.#end = now() + SLICE;
  }

  /** @throws {OmsError} `ABORTED` when the signal has fired. */
  check(): void {
    if (this.#signal?.aborted === true) throw aborted(this.#signal);
  }
}

export function aborted(signal: AbortSignal): OmsError {
  return new OmsError('ABORTED', 'the operation was cancelled', { cause: signal.reason });
}

/** @throws {OmsError} when the signal has fired: its reason if that is one, else `ABORTED`. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw signal.reason instanceof OmsError ? signal.reason : aborted(signal);
}

/**
 * The end of some work, or an error when the signal fires first. The work may go on, unseen.
 *
 * @throws {OmsError} as {@link throwIfAborted}
 */
export async function unlessAborted<T>(
  signal: AbortSignal | undefined,
  work: Promise<T>,
): Promise<T> {
  if (signal === undefined) return work;
  const ended = Promise.withResolvers<never>();
  const onAbort = (): void => {
    try {
      throwIfAborted(signal);
    } catch (error) {
      ended.reject(error);
    }
  };
  signal.addEventListener('abort', onAbort, { once: true });
  onAbort();
  try {
    return await Promise.race([work, ended.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Timers know no longer time, in milliseconds. */
export const MAX_TIMEOUT = 2 ** 31 - 1;
