import { compareNames } from './names.ts';

/** Excluded at the top level of every model unless asked otherwise (§6.2). */
export const GIT_PATHS: readonly string[] = ['.git', '.gitattributes', '.github', '.gitignore'];

/**
 * Brings an ignore path into the form in which it is compared (§6.2.1): `./`, doubled and trailing
 * slashes go. Two kinds of path never match anything and are kept apart:
 *
 * - `root`: it names the model itself (`.`, `""`), which would exclude everything;
 * - `outside`: absolute or with `..`. Old signers recorded paths of their working directory.
 */
export function normaliseIgnorePath(
  path: string,
): { readonly kind: 'inside'; readonly name: string } | { readonly kind: 'root' | 'outside' } {
  const components = path.split('/').filter((part) => part !== '' && part !== '.');
  if (components.includes('..')) return { kind: 'outside' };
  if (components.length === 0) return { kind: 'root' };
  if (path.startsWith('/')) return { kind: 'outside' };
  return { kind: 'inside', name: components.join('/') };
}

/** Tells whether a name, or a directory that it is in, is among these paths (§6.2.1). */
export function ignoring(paths: readonly string[]): (name: string) => boolean {
  const ignored = new Set(paths);
  const longest = paths.reduce((length, path) => Math.max(length, path.length), 0);
  return (name) => {
    // Longer beginnings of a name are none of them. To cut them out all the same would take time
    // with the square of its length.
    let end = name.length;
    if (end > longest) end = name.lastIndexOf('/', longest);
    for (; end > 0; end = name.lastIndexOf('/', end - 1)) {
      if (ignored.has(name.slice(0, end))) return true;
    }
    return false;
  };
}

/** Sorted, without duplicates. */
export function mergeIgnorePaths(...lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())].toSorted(compareNames);
}
