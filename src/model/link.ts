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

/**
 * Where a path leads to, as the system goes it; otherwise as {@link statOf}. Node's own way takes a
 * `..` in a link's target off the text before it, which may be another link.
 *
 * @throws {OmsError} `FILE_UNREADABLE` too where a name is not UTF-8: Node's text of it may be
 *   another's.
 */
export function realpathOf(path: string): string | undefined {
  const real = unlessNowhere(path, () =>
    // The system's own there names network drives otherwise.
    process.platform === 'win32' ? realpathSync(path) : realpathSync.native(path),
  );
  if (real !== undefined) checkAlike(path, real);
  return real;
}

/** @throws {OmsError} `FILE_UNREADABLE` unless both paths lead to one thing, or both nowhere. */
export function checkAlike(path: string, other: string): void {
  const [one, two] = [path, other].map((each) =>
    unlessNowhere(each, () => statSync(each, { bigint: true })),
  );
  if (one?.dev === two?.dev && one?.ino === two?.ino) return;
  const summary = `${quoted(path)} cannot be followed`;
  if (one === undefined) {
    throw new OmsError('FILE_UNREADABLE', summary, { found: 'it leads nowhere' });
  }
  throw new OmsError('FILE_UNREADABLE', summary, {
    found: `it leads elsewhere than ${quoted(other)}`,
    hint: 'a name on the way may not be UTF-8: rename it',
  });
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
