import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { OmsError, reasonOf } from '../errors.ts';
import { quoted } from '../printable.ts';
import { realpathOf } from './link.ts';

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

/** @throws {OmsError} `FILE_UNREADABLE` when the working directory is gone. */
export function absolutePath(path: string): string {
  try {
    return resolve(path);
  } catch (cause) {
    const found = `the working directory: ${reasonOf(cause)}`;
    throw new OmsError('FILE_UNREADABLE', `${quoted(path)} cannot be found`, { found, cause });
  }
}

function leadsTo(path: string): string {
  return realpathOf(path) ?? path;
}
