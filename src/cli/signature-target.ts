import { accessSync, constants, lstatSync, type Stats } from 'node:fs';
import { dirname, sep } from 'node:path';
import { isSystemError, OmsError, reasonOf } from '../errors.ts';
import { parseBundle } from '../format/bundle.ts';
import { isAboutModel } from '../format/statement.ts';
import { whatIs } from '../model/kind.ts';
import { statOf } from '../model/link.ts';
import { quoted } from '../printable.ts';
import { lookAtModel, readSignatureFile } from './files.ts';

/**
 * Refuses to replace anything that is not a signature of a model: a typing error in `--signature`
 * must not cost somebody a file of weights. `force` allows any file and any link (which is replaced
 * itself, never written through), but no directory, no device or pipe behind a
 * link, and never the model.
 *
 * @param seen what an earlier call returned: the same file need not be read again.
 * @returns what is there now.
 * @throws {OmsError} `SIGNATURE_EXISTS`, `WRITE_FAILED`; `FILE_UNREADABLE` when a disk does not let
 *   it be seen what is there.
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
  const special = specialAt(path, stats);
  if (special !== undefined) throw taken(path, special, elsewhere);
  if (isSame(stats, lookAtModel(model))) throw taken(path, 'the model itself', elsewhere);
  if (force) return stats;
  if (!stats.isFile()) throw taken(path, whatIs(stats));
  const flaw = seen !== undefined && isUntouched(seen, stats) ? undefined : flawInSignature(path);
  if (flaw !== undefined) throw taken(path, flaw);
  return stats;
}

/** A device, or a link such as `/dev/stdout`: nobody means to replace these by a file. */
function specialAt(path: string, stats: Stats): string | undefined {
  if (stats.isCharacterDevice() || stats.isBlockDevice()) return whatIs(stats);
  if (!stats.isSymbolicLink()) return undefined;
  const end = statOf(path);
  if (end === undefined || end.isFile() || end.isDirectory()) return undefined;
  return `a symbolic link to ${whatIs(end)}`;
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
    throw notWritten(path, cause, `check its directory, ${quoted(dirname(path))}`);
  }
}

function isSame(a: Stats, b: Stats): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

function flawInSignature(path: string): string | undefined {
  try {
    const { envelope } = parseBundle(readSignatureFile(path));
    return isAboutModel(envelope.payload) ? undefined : 'a bundle that is not about a model';
  } catch (error) {
    if (!(error instanceof OmsError)) throw error;
    if (error.outcome === 'refused') return 'a file that is not a signature bundle';
    if (isForbidden(error.cause)) return 'a file that cannot be read';
    throw error;
  }
}

function isForbidden(cause: unknown): boolean {
  return isSystemError(cause) && (cause.code === 'EACCES' || cause.code === 'EPERM');
}

function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw notWritten(path, cause);
  }
}

function taken(path: string, found: string, hint = 'to replace it, use --force'): OmsError {
  return new OmsError('SIGNATURE_EXISTS', `${quoted(path)} is not overwritten`, {
    expected: 'nothing there, or an older signature',
    found,
    hint,
  });
}

/** @internal */
export function notWritten(path: string, cause: unknown, hint?: string): OmsError {
  return new OmsError('WRITE_FAILED', `the signature file ${quoted(path)} cannot be written`, {
    found: reasonOf(cause),
    hint,
    cause,
  });
}
