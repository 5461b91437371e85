import { constants } from 'node:os';
import { clipped, printable } from './printable.ts';

/**
 * How a call that did not succeed ended:
 * - `refused`: it was checked, and it is not good;
 * - `usage`: the caller asked for something that makes no sense;
 * - `unchecked`: it could not be checked (I/O, a key that cannot be read, cancellation).
 */
export type Outcome = 'refused' | 'usage' | 'unchecked';

/** The exit code of the command line for each outcome; 0 is good. */
export const EXIT_CODES: Readonly<Record<Outcome, number>> = {
  refused: 1,
  usage: 2,
  unchecked: 3,
};

const OUTCOMES = {
  /** The bytes are not a Sigstore bundle that OMS allows (§4, §8.1). */
  BUNDLE_MALFORMED: 'refused',
  /** The bundle was made with another signing method than the one asked for (§4.1). */
  METHOD_MISMATCH: 'refused',
  /** The signature is not by the key or certificate that it should be by (§8.2). */
  SIGNATURE_INVALID: 'refused',
  /** The bundle names another public key than the one given (§4.1, §11.2). */
  KEY_MISMATCH: 'refused',
  /** The certificate does not lead to an anchor, or may not be used for this (§8.2). */
  CERTIFICATE_REFUSED: 'refused',
  /** The signer is somebody else than the one asked for, or the certificate does not say who (§8.2). */
  IDENTITY_MISMATCH: 'refused',
  /** The transparency log does not vouch for this signature (§8.2). */
  LOG_ENTRY_INVALID: 'refused',
  /** No trusted clock says when the signature was made, or one says something impossible (§8.2). */
  TIMESTAMP_INVALID: 'refused',
  /** The signed statement is not an OMS statement, or contradicts itself (§5, §8.3). */
  STATEMENT_MALFORMED: 'refused',
  /** The model differs from its signed manifest (§8.4). Thrown as {@link MismatchError}. */
  MODEL_MISMATCH: 'refused',
  /** The model holds something that no manifest can describe: a link, a device, a bad name (§6.1). */
  MODEL_UNSIGNABLE: 'refused',
  /** Nothing is left to sign after exclusions (§6.1). */
  MODEL_EMPTY: 'refused',
  /** The arguments contradict each other or are out of range. */
  USAGE: 'usage',
  /** What is already at the signature's path is not a bundle, so it was not overwritten. */
  SIGNATURE_EXISTS: 'usage',
  /** A file or directory could not be read, or is not what it should be. */
  FILE_UNREADABLE: 'unchecked',
  /** A file was replaced, truncated, extended or touched while it was hashed. */
  FILE_CHANGED: 'unchecked',
  /** The signature file could not be written. */
  WRITE_FAILED: 'unchecked',
  /** A key or certificate given by the caller cannot be used. */
  KEY_UNUSABLE: 'unchecked',
  /** A trusted root or signing configuration cannot be used, or cannot be had. */
  TRUST_UNUSABLE: 'unchecked',
  /** There is no identity token, or it cannot be used to sign. */
  TOKEN_UNUSABLE: 'unchecked',
  /** The interactive login did not end with a token. */
  LOGIN_FAILED: 'unchecked',
  /** A service (Fulcio, Rekor, a timestamp authority) is down, too slow, or answers nonsense. */
  SERVICE_FAILED: 'unchecked',
  /** A hashing thread failed. */
  WORKER_FAILED: 'unchecked',
  /** The caller's `AbortSignal` fired. */
  ABORTED: 'unchecked',
  /** A fault of this program. */
  INTERNAL: 'unchecked',
} as const satisfies Record<string, Outcome>;

/** The stable codes of {@link OmsError}. New ones may come; none changes its meaning. */
export type ErrorCode = keyof typeof OUTCOMES;

/** What an {@link OmsError} says besides its code. */
export interface ErrorDetails {
  /** What should have been there. */
  readonly expected?: string | undefined;
  /** What was there instead. */
  readonly found?: string | undefined;
  /** What the reader can do about it, as a sentence without a full stop. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** Longer parts of a message only repeat an attacker's text. */
const MAX_LENGTH = 1_000;

/** Every failure of this library. The message is one line, safe to print on a terminal. */
export class OmsError extends Error {
  readonly code: ErrorCode;
  readonly outcome: Outcome;
  /** What happened, without what was expected and found. Not made safe to print. */
  readonly summary: string;
  readonly expected: string | undefined;
  readonly found: string | undefined;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, summary: string, details: ErrorDetails = {}) {
    const { hint, cause } = details;
    const [expected, found] = [details.expected, details.found].map((part) =>
      part === undefined ? undefined : clipped(part, MAX_LENGTH),
    );
    const short = clipped(summary, MAX_LENGTH);
    const message = [short, clashOf(expected, found)].filter(Boolean);
    super(printable(message.join(': ')), cause === undefined ? {} : { cause });
    this.name = 'OmsError';
    this.code = code;
    this.outcome = OUTCOMES[code];
    this.summary = short;
    this.expected = expected;
    this.found = found;
    this.hint = hint === undefined ? undefined : printable(clipped(hint, MAX_LENGTH));
  }
}

/** The same error in other words, or with another way out. */
export function retold(
  error: OmsError,
  { summary = error.summary, hint }: { readonly summary?: string; readonly hint: string },
): OmsError {
  const { code, expected, found } = error;
  return new OmsError(code, summary, { expected, found, hint, cause: error });
}

function clashOf(expected: string | undefined, found: string | undefined): string | undefined {
  if (expected === undefined) return found;
  return found === undefined ? `expected ${expected}` : `expected ${expected}, found ${found}`;
}

/** Whether something thrown came from the operating system, and not from a fault of a program. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

/**
 * Whether the system said that there is nothing at a path. Anything else it says, such as that the
 * disk reported an error, tells nothing of what is there.
 */
export function isAbsence(error: unknown): boolean {
  return isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

/** The one-line reason of anything thrown, for use inside another message. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return printable(String(error));
  const code = codeOf(error);
  const known = SYSTEM_REASONS[code] ?? ownReason(code, error);
  return known === undefined ? printable(error.message) : `${known} (${code})`;
}

/** How libuv names a system error that it has no name for, depending on who asks. */
const NAMELESS = /^(?:UNKNOWN|Unknown system error.*)$/;

/** What a system error is called, such as `EIO`. */
function codeOf(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (!NAMELESS.test(code) || !isSystemError(error)) return code;
  const number = Math.abs(error.errno ?? 0);
  const [name] = Object.entries(constants.errno).find(([, value]) => value === number) ?? [];
  return name ?? `error ${number}`;
}

/** Of `ECODE: the reason, syscall 'path'` the reason alone. */
function ownReason(code: string, error: Error): string | undefined {
  if (!isSystemError(error)) return undefined;
  if (NAMELESS.test(error.code ?? '')) return 'the system reported an error';
  const [start, end] = [`${code}: `, `, ${error.syscall}`];
  const { message } = error;
  if (!message.startsWith(start) || !message.includes(end)) return undefined;
  return printable(message.slice(start.length, message.indexOf(end)));
}

const SYSTEM_REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a directory',
  ENOTDIR: 'part of the path is not a directory',
  ELOOP: 'it is a symbolic link',
  EIO: 'the disk reported an error',
  ENOSPC: 'the disk is full',
  EDQUOT: "the user's share of the disk is used up",
  EFBIG: 'the file would be too large',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files in the whole system',
  ENOMEM: 'there is not enough memory',
  ENAMETOOLONG: 'the path is too long',
  ESTALE: 'the network file system lost the file',
  ETIMEDOUT: 'nothing answered in time',
  ERR_MEMORY_ALLOCATION_FAILED: 'there is not enough memory',
  ERR_WORKER_OUT_OF_MEMORY: 'it ran out of memory',
};
