import { setTimeout as pause } from 'node:timers/promises';
import { Fields } from '../format/fields.ts';
import { type JsonLimits, readJson } from '../format/json.ts';
import { MAX_TIMEOUT, throwIfAborted } from '../pace.ts';

/** Tokens have one or two kilobytes, the metadata of a provider two to eight. */
const MAX_ANSWER_BYTES = 64 * 1024;

const ANSWER_LIMITS: JsonLimits = { bytes: MAX_ANSWER_BYTES, depth: 8, values: 1_000, keys: 200 };

export interface Call {
  readonly url: URL;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** Milliseconds for the whole call, the body of the answer included. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
  /** The most bytes of an answer; 64 KiB unless said. */
  readonly limit?: number;
}

/** What a server said, whatever its status. Redirects are answers too: none is followed. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Why there is no answer. */
export interface Silence {
  /** A reason in our own words: those of `fetch` can quote the address and the secrets in it. */
  readonly failed: string;
  /** Whether another try may end better. */
  readonly isPassing: boolean;
}

/**
 * Calls a server once.
 *
 * @throws {OmsError} `ABORTED`, or the `OmsError` that the signal was aborted with.
 */
export async function call(request: Call): Promise<Answer | Silence> {
  const { url, method = 'GET', headers = {}, body = null, timeout, signal } = request;
  const { limit = MAX_ANSWER_BYTES } = request;
  throwIfAborted(signal);
  const end = new AbortController();
  const onAbort = (): void => end.abort();
  signal?.addEventListener('abort', onAbort, { once: true });
  let isLate = false;
  const timer = setTimeout(
    () => {
      isLate = true;
      end.abort();
    },
    Math.min(timeout, MAX_TIMEOUT),
  );
  try {
    const init = { method, headers: { ...headers }, body, redirect: 'manual' } as const;
    const response = await fetch(url, { ...init, signal: end.signal });
    const bytes = await readBody(response, limit);
    if (bytes === undefined) {
      return { failed: `it answered with more than ${limit} bytes`, isPassing: false };
    }
    return { status: response.status, headers: response.headers, bytes };
  } catch (error) {
    throwIfAborted(signal);
    const seconds = `${timeout / 1000} second${timeout === 1000 ? '' : 's'}`;
    const failed = isLate ? `it did not answer within ${seconds}` : connectionFailure(error);
    return { failed, isPassing: true };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    // Ends the connection of an answer that was not read to its end.
    end.abort();
  }
}

/** @returns `undefined` when there are more bytes than that. */
export async function readBody(
  response: Response,
  limit: number,
): Promise<Buffer<ArrayBuffer> | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function connectionFailure(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'UND_ERR_SOCKET') return 'the connection was cut';
  const isCode = typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code);
  return isCode ? `the connection failed (${code})` : 'the connection failed';
}

/** Milliseconds to wait before each further try. */
const PAUSES = [500, 1_500];

/** As {@link call}, with two further tries when the server is down, late or troubled. */
export async function callPatiently(
  request: Call,
  pauses: readonly number[] = PAUSES,
): Promise<Answer | Silence> {
  for (const wait of pauses) {
    const answer = await call(request);
    const isPassing = 'failed' in answer ? answer.isPassing : isTrouble(answer.status);
    if (!isPassing) return answer;
    await rest(wait, request.signal);
  }
  return call(request);
}

/** The server is troubled, or is asked too much (RFC 9110 §15.5.9, RFC 6585 §4). */
function isTrouble(status: number): boolean {
  return status >= 500 || status === 408 || status === 429;
}

async function rest(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await pause(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  }
}

/** One text of a JSON object, or nothing. Errors are not passed on, for they quote the answer. */
export function memberOf({ bytes }: Answer, key: string): string | undefined {
  try {
    const json = readJson(bytes, ANSWER_LIMITS, 'the answer', 'TOKEN_UNUSABLE');
    return new Fields(json, '', 'TOKEN_UNUSABLE').string(key);
  } catch {
    return undefined;
  }
}
