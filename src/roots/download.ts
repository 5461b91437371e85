import { setTimeout as pause } from 'node:timers/promises';
import { reasonOf } from '../errors.ts';
import { readBody } from '../network/http.ts';

/** How long one waits for a repository, in milliseconds. */
export interface Patience {
  /** For one answer, from the connection to its last byte. */
  readonly answer: number;
  /** For all answers and pauses together. */
  readonly total: number;
  /** Before each new try of one file; as many tries more as there are pauses. */
  readonly pauses: readonly number[];
}

export const PATIENCE: Patience = { answer: 10_000, total: 30_000, pauses: [250, 1_000] };

/** A file could not be had; the message says why. */
export class DownloadError extends Error {
  readonly isWorthAnotherTry: boolean;

  constructor(message: string, isWorthAnotherTry: boolean, cause?: unknown) {
    super(message, { cause });
    this.name = 'DownloadError';
    this.isWorthAnotherTry = isWorthAnotherTry;
  }
}

/** Downloads small files: no longer than they may be, no longer than one waits. */
export class Downloads {
  readonly #patience: Patience;
  readonly #signal: AbortSignal;
  /** Why the last file could not be had, if it could not. */
  failure: DownloadError | undefined;

  /** @param signal of the caller; the time for everything begins now. */
  constructor(signal: AbortSignal | undefined, patience: Patience = PATIENCE) {
    this.#patience = patience;
    const end = AbortSignal.timeout(patience.total);
    this.#signal = signal === undefined ? end : AbortSignal.any([signal, end]);
  }

  /**
   * @param limit the most bytes that the file may have.
   * @returns `undefined` when there is no such file.
   * @throws {DownloadError}
   */
  async get(url: string, limit: number): Promise<Buffer | undefined> {
    for (let tries = 0; ; tries++) {
      try {
        const bytes = await this.#once(url, limit);
        this.failure = undefined;
        return bytes;
      } catch (error) {
        if (!(error instanceof DownloadError)) throw error;
        this.failure = error;
        const rest = this.#patience.pauses[tries];
        if (!error.isWorthAnotherTry || rest === undefined || this.#signal.aborted) throw error;
        await this.#rest(rest, error);
      }
    }
  }

  /** The same for a file that has to be there. @throws {DownloadError} */
  async need(url: string, limit: number): Promise<Buffer> {
    const bytes = await this.get(url, limit);
    if (bytes !== undefined) return bytes;
    this.failure = new DownloadError(`${url}: there is no such file`, false);
    throw this.failure;
  }

  async #once(url: string, limit: number): Promise<Buffer | undefined> {
    const fail = (reason: string, again: boolean, cause?: unknown): DownloadError =>
      new DownloadError(`${url}: ${reason}`, again, cause);
    // Ends the connection too where an answer is not read to its end.
    const controller = new AbortController();
    const end = AbortSignal.timeout(this.#patience.answer);
    const signal = AbortSignal.any([this.#signal, end, controller.signal]);
    try {
      const response = await fetch(url, { signal, headers: { 'user-agent': 'oms-signing' } });
      // What a repository on a storage service answers when there is no such file.
      if (response.status === 404 || response.status === 403) return undefined;
      if (!response.ok) {
        const { status } = response;
        throw fail(`the answer is HTTP status ${status}`, status >= 500 || status === 429);
      }
      const bytes = await readBody(response, limit);
      if (bytes === undefined) throw fail(`the answer is longer than ${limit} bytes`, false);
      return bytes;
    } catch (error) {
      if (error instanceof DownloadError) throw error;
      const isLate = end.aborted || this.#signal.aborted;
      throw fail(isLate ? 'no answer in time' : whyNot(error), true, error);
    } finally {
      controller.abort();
    }
  }

  async #rest(milliseconds: number, failure: DownloadError): Promise<void> {
    try {
      await pause(milliseconds, undefined, { signal: this.#signal });
    } catch {
      throw failure;
    }
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut',
  ENOTFOUND: 'the name of the server is not known',
  EAI_AGAIN: 'the name of the server could not be looked up',
  ENETUNREACH: 'the network cannot be reached',
  EHOSTUNREACH: 'the server cannot be reached',
  ETIMEDOUT: 'no answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'no answer in time',
  UND_ERR_SOCKET: 'the connection was cut',
};

/** `fetch` says of nearly everything that it failed, and keeps the reason in the cause. */
function whyNot(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const known = REASONS[code];
  return known === undefined ? reasonOf(cause) : `${known} (${code})`;
}
