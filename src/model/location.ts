import { realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';

/**
 * The canonical name that a path has inside a model, or `undefined` when it is outside or is the
 * model itself. The file need not exist. Links on the way to it are followed, the last component is
 * taken as it stands.
 */
export function nameInModel(model: string, path: string): string | undefined {
  const absolute = resolve(path);
  const parent = realpathOrSame(dirname(absolute));
  const inside = relative(realpathOrSame(resolve(model)), join(parent, basename(absolute)));
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

function realpathOrSame(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
