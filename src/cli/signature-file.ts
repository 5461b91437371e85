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
 * @throws {OmsError} `SIGNATURE_EXISTS`, `WRITE_FAILED`
 */
export function checkSignatureTarget(path: string, model: string, force: boolean): void {
  checkDirectory(path);
  const stats = lookAt(path);
  if (stats === undefined) return;
  const elsewhere = 'give another path with --signature';
  if (stats.isDirectory()) throw taken(path, 'a directory', elsewhere);
  if (isSame(stats, lookAt(model))) throw taken(path, 'the model itself', elsewhere);
  if (force) return;
  if (!stats.isFile()) throw taken(path, whatIs(stats));
  const flaw = flawInSignature(path);
  if (flaw !== undefined) throw taken(path, flaw);
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
 * @throws {OmsError} `SIGNATURE_EXISTS`, `WRITE_FAILED`
 */
export function writeSignatureFile(
  path: string,
  model: string,
  bundle: Bundle,
  force: boolean,
): void {
  const beside = join(dirname(path), `.oms-${randomBytes(6).toString('hex')}.tmp`);
  let written = false;
  try {
    writeDurably(beside, Buffer.from(`${JSON.stringify(bundle)}\n`));
    written = true;
    // Hashing may have taken an hour: what is at the path now counts.
    checkSignatureTarget(path, model, force);
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

function writeDurably(path: string, bytes: Uint8Array): void {
  const descriptor = openSync(path, 'wx', 0o666);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
  } catch (cause) {
    removeQuietly(path);
    throw cause;
  } finally {
    closeSync(descriptor);
  }
}

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
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}
