import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  type Stats,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { OmsError, reasonOf } from '../errors.ts';
import { BUNDLE_LIMITS } from '../format/limits.ts';
import { whatIs } from '../model/kind.ts';
import { statOf } from '../model/link.ts';
import { quoted } from '../printable.ts';
import { looksLikeToken } from './token-form.ts';

/** Keys, certificates, tokens and trust roots are text files of some kilobytes. */
const MAX_NAMED_FILE_BYTES = 1024 * 1024;

/**
 * Reads a small file that the user named: a key, a certificate, a token. It may be a pipe, so that a secret need not
 * lie on a disk.
 *
 * @throws {OmsError} `FILE_UNREADABLE`
 */
export function readNamedFile(path: string, what: string): Buffer {
  if (/-----BEGIN|\n/.test(path) || looksLikeToken(path)) {
    // Not shown: it may be the key, or the token.
    throw new OmsError('USAGE', `${what} is given as text`, {
      expected: 'the path of a file',
      hint: 'write the text to a file, or pass it through a pipe: <(printf %s "$TEXT")',
    });
  }
  return readFile(
    path,
    what,
    constants.O_RDONLY,
    (descriptor) => {
      const tooLarge = { expected: `at most ${MAX_NAMED_FILE_BYTES} bytes` };
      return readUpTo(descriptor, MAX_NAMED_FILE_BYTES, () => {
        return new OmsError('FILE_UNREADABLE', `${what} ${quoted(path)} is too large`, tooLarge);
      });
    },
    () => `check the path; it stands for ${quoted(resolve(path))}`,
  );
}

/**
 * Reads a signature file. Only a regular one: in a model from outside it may be a FIFO, which
 * would never end.
 *
 * @param hint for the case that it cannot be read.
 * @throws {OmsError} `FILE_UNREADABLE`, `BUNDLE_MALFORMED`
 */
export function readSignatureFile(path: string, hint?: () => string): Buffer {
  const what = 'the signature file';
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK || 0);
  return readFile(
    path,
    what,
    flags,
    (descriptor) => {
      const stats = fstatSync(descriptor);
      if (!stats.isFile()) {
        throw new OmsError('FILE_UNREADABLE', `${what} ${quoted(path)} cannot be read`, {
          expected: 'a regular file',
          found: whatIs(stats),
          hint: hint?.(),
        });
      }
      const limit = BUNDLE_LIMITS.bytes;
      const tooLarge = (): OmsError =>
        new OmsError('BUNDLE_MALFORMED', `${what} ${quoted(path)} is too large`, {
          expected: `at most ${limit} bytes`,
        });
      if (stats.size > limit) throw tooLarge();
      return readUpTo(descriptor, limit, tooLarge, stats.size);
    },
    hint,
  );
}

function readFile(
  path: string,
  what: string,
  flags: number,
  read: (descriptor: number) => Buffer,
  hint?: () => string,
): Buffer {
  try {
    const descriptor = openSync(path, flags);
    try {
      return read(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    if (cause instanceof OmsError) throw cause;
    throw new OmsError('FILE_UNREADABLE', `${what} ${quoted(path)} cannot be read`, {
      found: reasonOf(cause),
      hint: hint?.(),
      cause,
    });
  }
}

const CHUNK_BYTES = 1024 * 1024;

/** @param expected bytes. A file of hundreds of megabytes should not be in the memory twice. */
function readUpTo(
  descriptor: number,
  limit: number,
  tooLarge: () => OmsError,
  expected = 0,
): Buffer {
  let bytes = Buffer.allocUnsafeSlow(Math.max(expected + 1, CHUNK_BYTES));
  for (let length = 0; ; ) {
    const read = readSync(descriptor, bytes, length, bytes.length - length, null);
    if (read === 0) return bytes.subarray(0, length);
    length += read;
    if (length > limit) throw tooLarge();
    // It is a pipe, or it grows.
    const more = Math.min(2 * length, limit + CHUNK_BYTES);
    if (length === bytes.length) bytes = Buffer.concat([bytes], more);
  }
}

/** Names under which signatures are published, besides our own default. */
const KNOWN_NAMES = ['model.sig', 'skill.oms.sig', 'result.sigstore', '.kaggle/signing.json'];

/**
 * Where the signature of a model is unless the user says otherwise.
 *
 * @throws {OmsError} `FILE_UNREADABLE` when it cannot be seen what the model is.
 */
export function defaultSignaturePath(model: string): string {
  return statOf(model)?.isDirectory() === true ? join(model, 'model.sig') : `${model}.sig`;
}

/** A hint for the user whose model has its signature under another usual name. */
export function hintForMissingSignature(model: string, tried: string): string {
  const found = KNOWN_NAMES.map((name) => join(model, name)).filter(
    (path) => resolve(path) !== resolve(tried) && isFile(path),
  );
  return found.length === 0
    ? 'give the path of the signature with --signature'
    : `there is ${found.map((path) => quoted(path)).join(' and ')}: give the path with --signature`;
}

function isFile(path: string): boolean {
  try {
    return lstatSync(path).isFile();
  } catch {
    return false;
  }
}

/** @throws {OmsError} `FILE_UNREADABLE` for a model that is not there at all. */
export function lookAtModel(model: string): Stats {
  try {
    return lstatSync(model);
  } catch (cause) {
    const found = reasonOf(cause);
    throw new OmsError('FILE_UNREADABLE', `the model ${quoted(model)} cannot be read`, {
      found,
      hint: `check the path; it stands for ${quoted(resolve(model))}`,
      cause,
    });
  }
}
