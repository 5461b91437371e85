import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { OmsError, reasonOf } from '../errors.ts';
import { type Bundle, parseBundle } from '../format/bundle.ts';
import { quoted } from '../printable.ts';
import { readSignatureFile } from './files.ts';

/**
 * Refuses to replace anything that is not a signature: a typing error in `--signature` must not
 * cost somebody a file of weights. `force` allows any file and any link (which is replaced itself,
 * never written through), but no directory.
 *
 * @throws {OmsError} `SIGNATURE_EXISTS`, `WRITE_FAILED`
 */
export function checkSignatureTarget(path: string, force: boolean): void {
  const stats = lookAt(path);
  if (stats === undefined) return;
  if (stats.isDirectory()) throw taken(path, 'a directory', 'give another path with --signature');
  if (force) return;
  if (!stats.isFile()) {
    throw taken(path, stats.isSymbolicLink() ? 'a symbolic link' : 'not a file');
  }
  try {
    parseBundle(readSignatureFile(path));
  } catch {
    throw taken(path, 'a file that is not a signature bundle');
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
export function writeSignatureFile(path: string, bundle: Bundle, force: boolean): void {
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  let written = false;
  try {
    writeDurably(beside, Buffer.from(`${JSON.stringify(bundle)}\n`));
    written = true;
    // Hashing may have taken an hour: what is at the path now counts.
    checkSignatureTarget(path, force);
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

function failed(path: string, cause: unknown): OmsError {
  return new OmsError('WRITE_FAILED', `the signature file ${quoted(path)} cannot be written`, {
    found: reasonOf(cause),
    cause,
  });
}
