/**
 * Canonical names of resources (§6.1.2): relative to the model root, `/` between components, no
 * empty, `.` or `..` component, valid Unicode, compared byte for byte.
 */

/**
 * Characters of a name. Linux opens no path of more than 4096 bytes. V8 hashes strings beyond some
 * thousand characters by their length alone, so that many long names would be compared each with
 * each.
 */
export const MAX_NAME_LENGTH = 4096;

/** What is wrong with a resource name, or `undefined` for a canonical one. */
export function flawInName(name: string, platform = process.platform): string | undefined {
  if (name === '') return 'it is empty';
  if (name.length > MAX_NAME_LENGTH) return `it has more than ${MAX_NAME_LENGTH} characters`;
  if (!name.isWellFormed()) return 'it is not valid Unicode';
  if (name.includes('\0')) return 'it holds a NUL';
  if (name.startsWith('/')) return 'it is absolute';
  if (name.endsWith('/')) return 'it ends with a slash';
  for (const component of name.split('/')) {
    if (component === '') return 'it has an empty component';
    if (component === '.' || component === '..') return `it has a "${component}" component`;
  }
  // On Windows these change which file a name means: separator, drive, alternate data stream.
  if (platform === 'win32' && /[\\:]/.test(name)) return 'it holds a backslash or a colon';
  return undefined;
}

/**
 * Orders names by Unicode code point, which is the byte order of their UTF-8 (§5.2.1). JavaScript's
 * own `<` compares UTF-16 code units and puts U+10000 and above before U+E000 to U+FFFF.
 */
export function compareNames(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/**
 * Puts things into the order of {@link compareNames}. Where no name has a surrogate, that is the
 * order of JavaScript's own comparison, which takes a third of the time.
 */
export function sortByName<T extends { readonly name: string }>(things: Iterable<T>): T[] {
  const all = Array.from(things);
  const isPlain = all.every(({ name }) => !/[\ud800-\udfff]/.test(name));
  return all.toSorted(isPlain ? byUnits : (a, b) => compareNames(a.name, b.name));
}

function byUnits({ name: a }: { name: string }, { name: b }: { name: string }): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Moves surrogates, which stand for the highest code points, above all other code units. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
