import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareNames, flawInName, sortByName } from '../../src/model/names.ts';
import { canonicalName } from '../helpers/trees.ts';

describe('the order of names', () => {
  const anyName = fc.string({ unit: 'binary', maxLength: 6 }).filter((name) => name.isWellFormed());
  /** Around the places where UTF-16 order and code point order part. */
  const hardName = fc
    .array(
      fc.constantFrom('a', '/', '-', '.', '\uD7FF', '\uE000', '\uFFFF', '\u{10000}', '\u{10FFFF}'),
      {
        maxLength: 5,
      },
    )
    .map((parts) => parts.join(''));

  it.each([
    ['any', anyName],
    ['hard', hardName],
  ])('is that of their UTF-8 bytes, for %s names (§5.2.1)', (_, names) => {
    fc.assert(
      fc.property(names, names, (a, b) => {
        const expected = Buffer.compare(Buffer.from(a), Buffer.from(b));
        expect(Math.sign(compareNames(a, b))).toBe(expected);
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    ['any', anyName],
    ['hard', hardName],
  ])('is that in which %s names are sorted', (_, names) => {
    fc.assert(
      fc.property(fc.array(names, { maxLength: 20 }), (list) => {
        const sorted = sortByName(list.map((name) => ({ name })));
        expect(sorted.map(({ name }) => name)).toEqual(list.toSorted(compareNames));
      }),
      { numRuns: 1_000 },
    );
  });

  it('is not that of JavaScript, nor by component', () => {
    expect(['\u{10000}', '\uFFFF'].toSorted(compareNames)).toEqual(['\uFFFF', '\u{10000}']);
    expect(['a/b', 'a.txt', 'a-b'].toSorted(compareNames)).toEqual(['a-b', 'a.txt', 'a/b']);
  });
});

describe('a name', () => {
  it('of components that a file system can have is canonical', () => {
    fc.assert(
      fc.property(canonicalName, (name) => {
        expect(flawInName(name, 'linux')).toBeUndefined();
      }),
    );
  });

  it.each([
    ['', 'empty'],
    ['/a', 'absolute'],
    ['//a', 'absolute'],
    ['a/', 'slash'],
    ['a//b', 'empty component'],
    ['.', '"."'],
    ['./a', '"."'],
    ['a/.', '"."'],
    ['a/./b', '"."'],
    ['..', '".."'],
    ['../a', '".."'],
    ['a/..', '".."'],
    ['a/../b', '".."'],
    ['a\0', 'NUL'],
    ['\uD800', 'Unicode'],
    ['a\uDC00b', 'Unicode'],
  ])('%j is not canonical', (name, reason) => {
    expect(flawInName(name)).toContain(reason);
  });

  it('says what it is not', () => {
    expect(flawInName('')).toBe('it is empty');
    expect(flawInName('n'.repeat(4096))).toBeUndefined();
    expect(flawInName('n'.repeat(4097))).toBe('it has more than 4096 characters');
  });

  it.each(['...', '..a', 'a..', '.a', 'a.', ' ', '\\', 'c:x', 'a/...', '~'])(
    '%j is canonical',
    (name) => {
      expect(flawInName(name, 'linux')).toBeUndefined();
    },
  );

  it.each(['a\\b', '..\\x', 'C:x', 'a:stream', '\\\\server\\share'])(
    '%j means another file on Windows and is refused there',
    (name) => {
      expect(flawInName(name, 'win32')).toContain('backslash or a colon');
    },
  );
});
