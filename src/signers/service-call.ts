import { OmsError } from '../errors.ts';
import { type Answer, type Call, callPatiently, memberOf } from '../network/http.ts';
import { quotedWithout } from '../network/redact.ts';
import { MAX_TIMEOUT } from '../pace.ts';
import { quoted } from '../printable.ts';

/** How calls to the services of one signature are made. */
export interface CallOptions {
  /** For each attempt, in milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
  /** Texts that must not show in a message, whatever a server answers. */
  readonly secrets: readonly string[];
  /** What to check when a service fails: where its URL comes from. */
  readonly configuredBy: string;
}

/** @throws {OmsError} `USAGE` */
export function checkTimeout(timeout: number): void {
  if (Number.isFinite(timeout) && timeout > 0 && timeout <= MAX_TIMEOUT) return;
  throw new OmsError('USAGE', 'the time for a service must be a number of milliseconds', {
    expected: `from 1 to ${MAX_TIMEOUT}`,
    found: String(timeout),
  });
}

/**
 * What an answer is instead of a good one, in words of ours, as in "a timestamp of another
 * signature". Those of other errors may repeat the question.
 */
export class UnfitAnswer extends Error {}

/** One question to a service. */
export interface Question<T> extends Pick<Call, 'method' | 'headers' | 'body'> {
  /** What is asked for, as in "a certificate". */
  readonly what: string;
  /** The service, as its owner knows it. */
  readonly service: string;
  readonly url: string;
  /**
   * Takes a good answer apart. Whatever it throws means that the answer is none; only the words of
   * {@link UnfitAnswer} are shown.
   */
  readonly read: (answer: Answer) => T;
  /** Statuses, besides those of success, that `read` can make something of. */
  readonly accept?: readonly number[];
}

/** Log entries and timestamps with their certificates have up to twenty kilobytes. */
export const MAX_ANSWER_BYTES = 256 * 1024;

/**
 * Asks a service, and makes one clear error of whatever goes wrong there. No redirect is followed:
 * a question may hold an identity token. The error has no cause, since an answer may repeat it.
 *
 * @throws {OmsError} `SERVICE_FAILED`, `ABORTED`
 */
export async function ask<T>(question: Question<T>, options: CallOptions): Promise<T> {
  const { url, method = 'POST', headers = {}, body, accept = [] } = question;
  const { timeout, signal } = options;
  const answer = await callPatiently({
    url: new URL(url),
    method,
    headers,
    ...(body === undefined ? {} : { body }),
    timeout,
    signal,
    limit: MAX_ANSWER_BYTES,
  });
  if ('failed' in answer) throw failure(question, options, answer.failed);
  const { status } = answer;
  if ((status < 200 || status > 299) && !accept.includes(status)) {
    const message = memberOf(answer, 'message') ?? memberOf(answer, 'error');
    const said = message === undefined ? '' : `: ${quotedWithout(options.secrets, message)}`;
    throw failure(question, options, `it answered with status ${status}${said}`, { status });
  }
  try {
    return question.read(answer);
  } catch (error) {
    if (!(error instanceof UnfitAnswer)) {
      throw failure(question, options, 'it answered something else');
    }
    const hint = `check ${options.configuredBy}; if it answers so again, ask who runs it, or use another`;
    throw failure(question, options, `it answered with ${error.message}`, { hint });
  }
}

const LOGGED = 'no file was written, but the log may have the entry, with your identity';

/** What a question that failed may have left, where that is not nothing. */
const LEFT: Readonly<Record<string, string>> = { 'log entry': LOGGED };

/** The HTTP statuses of failures: a service's word, and no part of the error. */
const statuses = new WeakMap<OmsError, number>();

/** The HTTP status that a question ended with, if it came to one. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof OmsError ? statuses.get(error) : undefined;
}

function failure(
  { service, what }: Pick<Question<unknown>, 'service' | 'what'>,
  { configuredBy }: CallOptions,
  found: string,
  { status, hint }: { readonly status?: number; readonly hint?: string } = {},
): OmsError {
  const error = new OmsError('SERVICE_FAILED', `no ${what} from ${quoted(service, 200)}`, {
    found,
    hint: `${LEFT[what] ?? 'nothing was written'}; ${hint ?? `try again, or check ${configuredBy} and the network`}`,
  });
  if (status !== undefined) statuses.set(error, status);
  return error;
}
