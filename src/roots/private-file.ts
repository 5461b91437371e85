import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

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
  removeLeft(path);
}

/** The end of a name beside the place. */
const ASIDE = /^\.[0-9a-f]{12}\.new$/;

/** A process that has not renamed its file after so many milliseconds will not. */
const PATIENCE = 10 * 60_000;

/** Removes what processes have left that were killed while they wrote. */
function removeLeft(path: string): void {
  const [directory, name] = [dirname(path), basename(path)];
  try {
    for (const other of readdirSync(directory)) {
      if (!other.startsWith(name) || !ASIDE.test(other.slice(name.length))) continue;
      const aside = join(directory, other);
      if (Date.now() - lstatSync(aside).mtimeMs > PATIENCE) remove(aside);
    }
  } catch {
    // It may not be allowed to list the directory, and another process may be quicker.
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
