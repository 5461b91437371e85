import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/errors.ts';
import { Fields } from '../../src/format/fields.ts';
import type { JsonValue } from '../../src/format/json.ts';
import { hintFor, malformed } from '../../src/format/malformed.ts';
import { failure } from '../trust/helpers.ts';

const fields = (value: JsonValue, where = 'a.b'): Fields =>
  new Fields(value, where, 'LOG_ENTRY_INVALID');

const refused = (rest: string): unknown =>
  failure('LOG_ENTRY_INVALID', `the log entry is not valid: ${rest}`);

describe('the members of an object', () => {
  it('are its own, in their order', () => {
    const object = fields(JSON.parse('{"b":1,"__proto__":2,"a":null}'));
    expect(object.keys).toEqual(['b', '__proto__', 'a']);
    expect(object.raw).toHaveProperty('b', 1);
    expect(object.has('a')).toBe(true);
    expect(object.has('toString')).toBe(false);
    expect(object.optional('__proto__')).toBe(2);
    expect(object.optional('constructor')).toBeUndefined();
  });

  it('are absent when they are null, and there when they are empty, zero or false', () => {
    const object = fields({ a: null, b: '', c: 0, d: false });
    expect(object.optional('a')).toBeUndefined();
    expect(['b', 'c', 'd'].map((key) => object.optional(key))).toEqual(['', 0, false]);
    expect(object.string('b')).toBe('');
    expect(object.boolean('d')).toBe(false);
  });

  it('are named in messages by their whole path', () => {
    const inner = fields({ c: { d: 1 } }).object('c');
    expect(() => inner.string('d')).toThrow(refused('a.b.c.d: expected a string, found 1'));
    const outer = fields({ c: {} }, '').object('c');
    expect(() => outer.boolean('d')).toThrow(refused('c.d: expected true or false, found nothing'));
  });

  it('that are not known are refused, and known ones never', () => {
    const object = fields({ a: 1, b: 2 });
    expect(object.only('b', 'a', 'c')).toBe(object);
    expect(() => object.only('a', 'c')).toThrow(
      refused('a.b: expected only a, c, found the unknown member "b"'),
    );
    expect(() => fields({}).only('a')).not.toThrow();
  });

  it('must be exactly a constant where the format has one', () => {
    expect(() => fields({ a: 'x' }).constant('a', 'x')).not.toThrow();
    for (const value of ['X', 'x ', '', 1, null]) {
      expect(() => fields({ a: value }).constant('a', 'x')).toThrow(refused('a.b.a: expected '));
    }
  });
});

describe('what stands in place of a member', () => {
  it.each<[JsonValue | undefined, string]>([
    [undefined, 'nothing'],
    [null, 'nothing'],
    ['text', '"text"'],
    ['x'.repeat(81), `"${'x'.repeat(80)}…"`],
    [1.5, '1.5'],
    [false, 'false'],
    [[], 'an empty array'],
    [[0], 'an array'],
    [{}, 'an object'],
  ])('is said in the message: %j', (value, found) => {
    const object = fields(value === undefined ? {} : { m: value });
    expect(() => {
      throw object.error('m', 'something else');
    }).toThrow(refused(`a.b.m: expected something else, found ${found}`));
  });

  it.each<[JsonValue, string]>([
    [null, 'null'],
    [[], 'an empty array'],
    ['{}', '"{}"'],
    [0, '0'],
  ])('of an object is said too: %j', (value, found) => {
    expect(() => fields(value)).toThrow(refused(`a.b: expected an object, found ${found}`));
  });
});

describe('an error about a document', () => {
  const HINT = 'the file is damaged, or is not a signature; get it again from the signer';

  it.each<[ErrorCode, string, string | undefined]>([
    ['BUNDLE_MALFORMED', 'the signature file is not a valid bundle', HINT],
    ['STATEMENT_MALFORMED', 'the signed statement is not valid', undefined],
    ['LOG_ENTRY_INVALID', 'the log entry is not valid', undefined],
    ['TRUST_UNUSABLE', 'the trust configuration is not valid', undefined],
  ])('of %s says which, where, and what to do', (code, document, hint) => {
    expect(malformed(code, 'a.b', {})).toMatchObject({ code, message: `${document}: a.b`, hint });
    expect(malformed(code, '', {}).message).toBe(document);
    expect(hintFor(code)).toEqual(hint === undefined ? {} : { hint });
  });
});
