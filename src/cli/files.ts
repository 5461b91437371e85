import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorCode, OmsError, reasonOf } from '../errors.ts';
import { BUNDLE_LIMITS } from '../format/limits.ts';
import { quoted } from '../printable.ts';

/** Keys and certificates are text files of some kilobytes. */
const MAX_KEY_FILE_BYTES = 1024 * 1024;

/**
 * Reads a key or certificate file that the user named. It may be a pipe, so that a secret need not
 * lie on a disk.
 *
 * @throws {OmsError} `FILE_UNREADABLE`
 */
export function readKeyFile(path: string, what: string): Buffer {
  return readFile(path, what, MAX_KEY_FILE_BYTES, constants.O_RDONLY, 'FILE_UNREADABLE');
}

/**
 * Reads a signature file. Only a regular one: in a model from outside it may be a FIFO, which
 * would never end.
 *
 * @throws {OmsError} `FILE_UNREADABLE`, `BUNDLE_MALFORMED`
 */
export function readSignatureFile(path: string): Buffer {
  const what = 'the signature file';
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK || 0);
  return readFile(path, what, BUNDLE_LIMITS.bytes, flags, 'BUNDLE_MALFORMED');
}

function readFile(
  path: string,
  what: string,
  limit: number,
  flags: number,
  tooLarge: ErrorCode,
): Buffer {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, flags);
    const stats = fstatSync(descriptor);
    if ((flags & constants.O_NONBLOCK) !== 0 && !stats.isFile()) {
      throw new OmsError('FILE_UNREADABLE', `${what} ${quoted(path)} cannot be read`, {
        expected: 'a regular file',
        found: stats.isDirectory() ? 'a directory' : 'something else',
      });
    }
    return readUpTo(descriptor, limit, () => {
      const summary = `${what} ${quoted(path)} is too large`;
      return new OmsError(tooLarge, summary, { expected: `at most ${limit} bytes` });
    });
  } catch (cause) {
    if (cause instanceof OmsError) throw cause;
    throw new OmsError('FILE_UNREADABLE', `${what} ${quoted(path)} cannot be read`, {
      found: reasonOf(cause),
      cause,
    });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

const CHUNK_BYTES = 1024 * 1024;

function readUpTo(descriptor: number, limit: number, tooLarge: () => OmsError): Buffer {
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const read = readSync(descriptor, chunk);
    if (read === 0) return Buffer.concat(chunks, length);
    length += read;
    if (length > limit) throw tooLarge();
    chunks.push(chunk.subarray(0, read));
  }
}

/** Names under which signatures are published, besides our own default. */
const KNOWN_NAMES = ['model.sig', 'skill.oms.sig', 'result.sigstore', '.kaggle/signing.json'];

/** Where the signature of a model is unless the user says otherwise. */
export function defaultSignaturePath(model: string): string {
  return isDirectory(model) ? join(model, 'model.sig') : `${model}.sig`;
}

/** A hint for the user whose model has its signature under another usual name. */
export function hintForMissingSignature(model: string): string {
  const found = KNOWN_NAMES.filter((name) => exists(join(model, name)));
  return found.length === 0
    ? 'give its path with --signature'
    : `there is ${found.map((name) => quoted(join(model, name))).join(' and ')}: give it with --signature`;
}

function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

function isDirectory(path: string): boolean {
  try {
    return lstatSync(`${path}/`).isDirectory();
  } catch {
    return false;
  }
}
