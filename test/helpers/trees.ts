import fc from 'fast-check';
import type { Files } from './model.ts';

/** Names of directories and files, of any characters that a file system takes. */
const component = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 12 })
  .filter((name) => isPossible(name) && Buffer.byteLength(name) <= 60);

function isPossible(name: string): boolean {
  return name.isWellFormed() && !/[/\0]/.test(name) && name !== '.' && name !== '..';
}

const GIT = new Set(['.git', '.gitattributes', '.github', '.gitignore']);

/** A canonical name of one to three components. */
export const canonicalName = fc
  .array(component, { minLength: 1, maxLength: 3 })
  .filter(([first = '']) => !GIT.has(first))
  .map((components) => components.join('/'));

/** A tree of at least one file. No file stands where another needs a directory. */
export const tree: fc.Arbitrary<Files> = fc
  .array(fc.tuple(canonicalName, fc.uint8Array({ maxLength: 40 })), { minLength: 1, maxLength: 8 })
  .map((entries) => {
    const files: Record<string, Uint8Array> = Object.create(null);
    const taken = new Set<string>();
    for (const [name, content] of entries) {
      const parents = name.split('/').map((_, index, all) => all.slice(0, index + 1).join('/'));
      const blocked = parents.some((parent) => parent in files) || taken.has(name);
      if (blocked) continue;
      for (const parent of parents) taken.add(parent);
      files[name] = content;
    }
    return files;
  });
