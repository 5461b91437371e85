import { describe, expect, it } from 'vitest';
import { ignoring, mergeIgnorePaths, normaliseIgnorePath } from '../../src/model/ignore.ts';

describe('an ignored path', () => {
  it.each([
    ['a', 'a'],
    ['./a', 'a'],
    ['a/', 'a'],
    ['a//b', 'a/b'],
    ['.//a/./b//', 'a/b'],
    ['...', '...'],
    ['..a/b..', '..a/b..'],
    ['a*', 'a*'],
  ])('%j is %j below the model (§6.2.1)', (path, name) => {
    expect(normaliseIgnorePath(path)).toEqual({ kind: 'inside', name });
  });

  it.each(['', '.', './', '/', './/.', '/.'])('%j names the model itself', (path) => {
    expect(normaliseIgnorePath(path)).toEqual({ kind: 'root' });
  });

  it.each(['/a', '//a', '..', '../a', 'a/..', 'a/../b', '/..', './../.'])(
    '%j leads out of the model',
    (path) => {
      expect(normaliseIgnorePath(path)).toEqual({ kind: 'outside' });
    },
  );
});

describe('a name is ignored', () => {
  it.each([
    ['a', true],
    ['a/b', true],
    ['a/b/c/d/e/f', true],
    ['ab', false],
    ['b/a', false],
    ['b', false],
    ['b/c', true],
    ['b/c/d', true],
    ['b/cd', false],
    ['b/cd/e', false],
    ['', false],
    ['/', false],
    ['/a', false],
  ])('%j among a and b/c: %j', (name, isIgnored) => {
    expect(ignoring(['a', 'b/c'])(name)).toBe(isIgnored);
    expect(ignoring(['b/c', 'a', 'not/much/longer/than/the/names'])(name)).toBe(isIgnored);
  });

  it('nowhere, if nothing is', () => {
    expect(ignoring([])('a/b')).toBe(false);
  });
});

describe('ignored paths of two', () => {
  it('are merged in the order of names, each once', () => {
    expect(mergeIgnorePaths(['b', 'a/b'], ['a-b', 'b'], [])).toEqual(['a-b', 'a/b', 'b']);
  });
});
