import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';

/** A link is not followed, and a FIFO not waited for. */
const READING = constants.O_RDONLY | (constants.O_NOFOLLOW || 0) | (constants.O_NONBLOCK || 0);

/**
 * Reads a regular file that only this user can write to.
 *
 * @param limit the most bytes that it may have.
 * @throws the reason, of any class.
 */
export function readPrivately(path: string, limit: number): Buffer {
  const descriptor = openSync(path, READING);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile() || !isPrivate(stats) || stats.size > limit) throw new Error('not usable');
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Writes a file beside its place and renames it, so that two processes at once cannot tear it.
 *
 * @throws the reason, of any class.
 */
export function replacePrivately(path: string, text: string): void {
  const aside = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    writeFileSync(aside, text, { flag: 'wx', mode: 0o600 });
    renameSync(aside, path);
  } catch (error) {
    remove(aside);
    throw error;
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Where nothing can be written there is nothing to remove.
  }
}

/** Whether only this user can write to it. Windows has no such owners and modes. */
export function isPrivate({ uid, mode }: Stats): boolean {
  return process.geteuid === undefined || (uid === process.geteuid() && (mode & 0o022) === 0);
}
