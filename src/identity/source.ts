import { OmsError } from '../errors.ts';
import { type Answer, memberOf, type Silence } from '../network/http.ts';
import { hasTokenForm } from './token.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface AmbientOptions {
  /** The environment variables to look at, and those that the helper programs of a CI run with. */
  readonly env: Environment;
  /** Whom the token shall be meant for. */
  readonly audience: string;
  readonly signal?: AbortSignal;
  /** Milliseconds for each request and each program; the default depends on the source. */
  readonly timeout?: number;
  /** Milliseconds before each further try of a request. */
  readonly pauses?: readonly number[];
  /** Up to and without `/computeMetadata`. */
  readonly googleMetadataUrl?: string;
  readonly googleCredentialsUrl?: string;
  /** The file in which Linux tells the name of the machine's maker. */
  readonly googleProductFile?: string;
}

/** Why a source has no token without being at fault: "not running there". */
export interface Absent {
  readonly why: string;
}

/** An environment that gives tokens to what runs in it. */
export interface AmbientSource {
  readonly name: string;
  /**
   * @throws {OmsError} `TOKEN_UNUSABLE` when we do run there and get no token; its text holds
   *   neither the token nor what it was asked for with.
   */
  find(options: AmbientOptions): Promise<string | Absent>;
}

export const ELSEWHERE: Absent = { why: 'not running there' };

/** Whether one of the variables is set by which these environments tell of themselves. */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && !/^(|0|false)$/i.test(value);
}

/** The value of a variable, unless it is empty. */
export function valueOf(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
}

/** No cause: the errors of `fetch` and of programs quote what they were given. */
export function noToken(source: string, reason: string, hint: string): OmsError {
  const summary = `no identity token from ${source}`;
  return new OmsError('TOKEN_UNUSABLE', summary, { found: reason, hint });
}

/**
 * Takes the token out of an answer: from a member of its JSON, or the whole answer.
 *
 * @throws {OmsError} `TOKEN_UNUSABLE`
 */
export function tokenIn(
  answer: Answer | Silence,
  member: string | undefined,
  source: string,
  hint: string,
): string {
  requireSuccess(answer, source, hint);
  const text =
    member === undefined ? Buffer.from(answer.bytes).toString() : memberOf(answer, member);
  return checkedForm(text, source, hint);
}

/** @throws {OmsError} `TOKEN_UNUSABLE` */
export function requireSuccess(
  answer: Answer | Silence,
  source: string,
  hint: string,
): asserts answer is Answer {
  if ('failed' in answer) throw noToken(source, answer.failed, hint);
  if (answer.status !== 200) throw noToken(source, `it answered HTTP ${answer.status}`, hint);
}

/** @throws {OmsError} `TOKEN_UNUSABLE` */
export function checkedForm(text: string | undefined, source: string, hint: string): string {
  const token = text?.trim() ?? '';
  if (!hasTokenForm(token)) throw noToken(source, 'its answer is not a token', hint);
  return token;
}
