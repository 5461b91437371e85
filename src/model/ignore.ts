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

/** Whether a name, or a directory that it is in, is among these paths (§6.2.1). */
export function isIgnored(name: string, ignorePaths: ReadonlySet<string>): boolean {
  for (let end = name.length; end > 0; end = name.lastIndexOf('/', end - 1)) {
    if (ignorePaths.has(name.slice(0, end))) return true;
  }
  return false;
}

/** Sorted, without duplicates. */
export function mergeIgnorePaths(...lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())].toSorted(compareNames);
}
