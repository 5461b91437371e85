import { randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { OmsError, reasonOf } from '../errors.ts';
import { type Bundle, parseBundle } from '../format/bundle.ts';
import { isAboutModel } from '../format/statement.ts';
import { whatIs } from '../model/kind.ts';
import { quoted } from '../printable.ts';
import { readSignatureFile } from './files.ts';

/**
 * Refuses to replace anything that is not a signature of a model: a typing error in `--signature`
 * must not cost somebody a file of weights. `force` allows any file and any link (which is replaced
 * itself, never written through), but no directory, and never the model.
 *
 * @param seen what an earlier call returned: the same file need not be read again.
 * @returns what is there now.
 * @throws {OmsError} `SIGNATURE_EXISTS`, `WRITE_FAILED`
 */
export function checkSignatureTarget(
  path: string,
  model: string,
  force: boolean,
  seen?: Stats,
): Stats | undefined {
  checkDirectory(path);
  const stats = lookAt(path);
  if (stats === undefined) return undefined;
  const elsewhere = 'give another path with --signature';
  if (stats.isDirectory()) throw taken(path, 'a directory', elsewhere);
  if (isSame(stats, lookAt(model))) throw taken(path, 'the model itself', elsewhere);
  if (force) return stats;
  if (!stats.isFile()) throw taken(path, whatIs(stats));
  const flaw = seen !== undefined && isUntouched(seen, stats) ? undefined : flawInSignature(path);
  if (flaw !== undefined) throw taken(path, flaw);
  return stats;
}

function isUntouched(before: Stats, now: Stats): boolean {
  return isSame(before, now) && before.size === now.size && before.ctimeMs === now.ctimeMs;
}

/** Whoever waits an hour for the hashing should not learn then that there is no such directory. */
function checkDirectory(path: string): void {
  try {
    // With a separator behind it, a file in the place of the directory is told as the reason.
    accessSync(dirname(path) + sep, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw failed(path, cause, `check its directory, ${quoted(dirname(path))}`);
  }
}

function isSame(a: Stats, b: Stats | undefined): boolean {
  return a.dev === b?.dev && a.ino === b.ino;
}

function flawInSignature(path: string): string | undefined {
  try {
    const { envelope } = parseBundle(readSignatureFile(path));
    return isAboutModel(envelope.payload) ? undefined : 'a bundle that is not about a model';
  } catch (error) {
    return error instanceof OmsError && error.code === 'FILE_UNREADABLE'
      ? 'a file that cannot be read'
      : 'a file that is not a signature bundle';
  }
}

function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw failed(path, cause);
  }
}

function taken(path: string, found: string, hint = 'to replace it, use --force'): OmsError {
  return new OmsError('SIGNATURE_EXISTS', `${quoted(path)} is not overwritten`, {
    expected: 'nothing there, or an older signature',
    found,
    hint,
  });
}

/**
 * Writes a signature file: beside its place, to the disk, then renamed into it, so that at every
 * moment there is the old one or the new one, whole.
 *
 * @param seen what {@link checkSignatureTarget} returned before.
 * @throws {OmsError} `SIGNATURE_EXISTS`, `WRITE_FAILED`
 */
export function writeSignatureFile(
  path: string,
  model: string,
  bundle: Bundle,
  force: boolean,
  seen?: Stats,
): void {
  const beside = join(dirname(path), `.oms-${randomBytes(6).toString('hex')}.tmp`);
  let written = false;
  try {
    writeDurably(beside, bundle);
    written = true;
    // Hashing may have taken an hour: what is at the path now counts.
    checkSignatureTarget(path, model, force, seen);
    renameSync(beside, path);
    written = false;
    syncDirectory(dirname(path));
  } catch (cause) {
    if (cause instanceof OmsError) throw cause;
    throw failed(path, cause);
  } finally {
    if (written) removeQuietly(beside);
  }
}

function writeDurably(path: string, bundle: Bundle): void {
  const descriptor = openSync(path, 'wx', 0o666);
  try {
    for (const piece of textOf(bundle)) {
      const bytes = Buffer.from(piece);
      for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    }
    fsyncSync(descriptor);
  } catch (cause) {
    removeQuietly(path);
    throw cause;
  } finally {
    closeSync(descriptor);
  }
}

/** Characters of a payload that are written at once. */
const PIECE = 2 ** 20;

/**
 * The JSON text of a bundle, in pieces: nearly all of it is the payload, which is there once
 * already and may have hundreds of megabytes. Base64 needs no escapes.
 */
function* textOf({ dsseEnvelope, ...others }: Bundle): Generator<string, void> {
  const { payload, ...envelope } = dsseEnvelope;
  const text = JSON.stringify({ ...others, dsseEnvelope: { payload: '', ...envelope } });
  const cut = text.lastIndexOf(EMPTY_PAYLOAD) + EMPTY_PAYLOAD.length - 1;
  yield text.slice(0, cut);
  for (let at = 0; at < payload.length; at += PIECE) yield payload.slice(at, at + PIECE);
  yield `${text.slice(cut)}\n`;
}

const EMPTY_PAYLOAD = '"dsseEnvelope":{"payload":""';

/** Makes the rename itself durable where the platform can. */
function syncDirectory(path: string): void {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    fsyncSync(descriptor);
  } catch {
    // Windows opens no directories, and some network file systems do not sync them.
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // The error that is already on its way says more.
  }
}

function failed(path: string, cause: unknown, hint?: string): OmsError {
  return new OmsError('WRITE_FAILED', `the signature file ${quoted(path)} cannot be written`, {
    found: reasonOf(cause),
    hint,
    cause,
  });
}
