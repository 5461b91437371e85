import { realpathSync, type Stats, statSync } from 'node:fs';
import { isSystemError, OmsError, reasonOf } from '../errors.ts';
import { quoted } from '../printable.ts';

/** What the system says of a link that leads into nothing, in a circle, or where nobody may go. */
const NOWHERE: ReadonlySet<string | undefined> = new Set([
  'ENOENT',
  'ENOTDIR',
  'ELOOP',
  'EACCES',
  'ENAMETOOLONG',
]);

/**
 * What a path leads to, links followed, or `undefined` where it leads nowhere.
 *
 * @throws {OmsError} `FILE_UNREADABLE` when it cannot be found out.
 */
export function statOf(path: string): Stats | undefined {
  return unlessNowhere(path, () => statSync(path));
}

/** Where a path leads to; otherwise as {@link statOf}. */
export function realpathOf(path: string): string | undefined {
  return unlessNowhere(path, () => realpathSync(path));
}

function unlessNowhere<T>(path: string, look: () => T): T | undefined {
  try {
    return look();
  } catch (cause) {
    if (isSystemError(cause) && NOWHERE.has(cause.code)) return undefined;
    const found = reasonOf(cause);
    throw new OmsError('FILE_UNREADABLE', `${quoted(path)} cannot be read`, { found, cause });
  }
}
