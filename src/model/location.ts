import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { OmsError, reasonOf } from '../errors.ts';
import { quoted } from '../printable.ts';
import { checkAlike, realpathOf } from './link.ts';

/**
 * The canonical name that a path has inside a model, or `undefined` when it is outside or is the
 * model itself. The file need not exist. Links on the way to it are followed, the last component is
 * taken as it stands.
 *
 * @throws {OmsError} `FILE_UNREADABLE` when it cannot be found out.
 */
export function nameInModel(model: string, path: string): string | undefined {
  const absolute = absolutePath(path);
  const parent = leadsTo(dirname(absolute));
  const inside = relative(leadsTo(absolutePath(model)), join(parent, basename(absolute)));
  if (
    inside === '' ||
    inside === '..' ||
    inside.startsWith(`..${sep}`) ||
    resolve(inside) === inside
  ) {
    return undefined;
  }
  return inside.split(sep).join('/');
}

/**
 * The same place without the working directory, and without `.` and `..`.
 *
 * @throws {OmsError} `FILE_UNREADABLE` when the working directory is gone, or has a name that is
 *   not UTF-8.
 */
export function absolutePath(path: string): string {
  const absolute = resolved(path);
  // The system knows no file with a slash behind it; people write one all the same.
  checkAlike(path.replace(/(?<=[^/])\/+$/, ''), absolute);
  return absolute;
}

/**
 * A path as it was given, unless Node's `join`, `dirname` and `resolve` would make another place of
 * it; then, and for them, {@link absolutePath}.
 *
 * @throws {OmsError} as {@link absolutePath}
 */
export function joinable(path: string): string {
  const absolute = absolutePath(path);
  return absolute === resolve(path) ? path : absolute;
}

function resolved(path: string): string {
  try {
    const absolute = resolve(path);
    if (process.platform === 'win32' || !path.split(sep).includes('..')) return absolute;
  } catch (cause) {
    const found = `the working directory: ${reasonOf(cause)}`;
    throw new OmsError('FILE_UNREADABLE', `${quoted(path)} cannot be found`, { found, cause });
  }
  // Behind a link, `..` leads to what holds the link's target, and not to what holds the link.
  const last = basename(path);
  return /^\.\.?$/.test(last)
    ? resolve(leadsTo(path))
    : join(resolve(leadsTo(dirname(path))), last);
}

function leadsTo(path: string): string {
  return realpathOf(path) ?? path;
}
