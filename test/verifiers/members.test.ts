import { describe, expect, it } from 'vitest';
import { checkMembers } from '../../src/verifiers/members.ts';
import { failure } from '../trust/helpers.ts';

const check = (value: unknown): void => checkMembers(value, ['a', 'b'], 'the wish');

describe('an object from a caller', () => {
  it('may have the members that are known, or none', () => {
    for (const value of [{}, { a: 1 }, { b: undefined }, { a: 1, b: 2 }]) {
      expect(() => check(value)).not.toThrow();
    }
    const bare: unknown = Object.assign(Object.create(null) as object, { a: 1 });
    expect(() => check(bare)).not.toThrow();
  });

  it.each([
    [{ c: 1 }, '"c"'],
    [{ a: 1, A: 1 }, '"A"'],
    [{ a: 1, ' a': 1 }, '" a"'],
    [{ '': 1 }, '""'],
    [{ toString: 1 }, '"toString"'],
    [JSON.parse('{"__proto__":1}'), '"__proto__"'],
    [{ 'a\u001b[2J': 1 }, '"a\\x1b[2J"'],
  ])('must not have others: %j', (value, name) => {
    expect(() => check(value)).toThrow(
      failure('USAGE', `the wish cannot have ${name}: expected a, b`),
    );
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'a'],
    ['a number', 1],
    ['a list', ['a']],
    ['a map', new Map([['a', 1]])],
    ['a set', new Set(['a'])],
    ['a function', () => ({ a: 1 })],
    [
      'an object of a class',
      new (class Wish {
        readonly a = 1;
      })(),
    ],
    ['an object that inherits', Object.create({ a: 1 })],
    ['a promise', Promise.resolve({ a: 1 })],
  ])('must not be %s', (_, value) => {
    expect(() => check(value)).toThrow(failure('USAGE', 'the wish must be a plain object'));
  });
});
