import { describe, expect, it } from 'vitest';
import { type JsonLimits, readJson } from '../../src/format/json.ts';
import { refusal } from '../helpers/refusal.ts';

const LIMITS: JsonLimits = { bytes: 10_000_000, depth: 8, values: 1_000_000, keys: 100 };

/** Generous: the slowest takes a tenth of it. */
const QUICKLY = 5_000;

function read(text: string): unknown {
  return readJson(Buffer.from(text), LIMITS, 'the text', 'BUNDLE_MALFORMED');
}

async function refuse(text: string, reason: string): Promise<void> {
  const { message } = await refusal(() => read(text), 'BUNDLE_MALFORMED');
  expect(message).toContain(reason);
}

function list(count: number, make: (index: number) => string): string {
  return `[${Array.from({ length: count }, (_, index) => make(index)).join()}]`;
}

function isRefused(text: string): boolean {
  try {
    read(text);
    return false;
  } catch {
    return true;
  }
}

const KEYS = ['a', 'b', 'c'];

/**
 * All objects with so many keys in all, each key the next letter at first; with whether one of the
 * objects in them has a key twice, and how many letters are used.
 */
function* objects(
  keys: number,
  used: number,
  own: readonly string[] = [],
): Generator<readonly [text: string, isTwice: boolean, used: number], void> {
  if (keys === 0) yield ['', new Set(own).size < own.length, used];
  for (const [at, key] of KEYS.slice(0, used + 1).entries()) {
    for (let inside = 0; inside < keys; inside++) {
      for (const [content, isTwiceInside, usedInside] of objects(inside, Math.max(used, at + 1))) {
        const before = `"${key}":{${content}}`;
        for (const [rest, isTwice, all] of objects(keys - inside - 1, usedInside, [...own, key])) {
          yield [rest === '' ? before : `${before},${rest}`, isTwiceInside || isTwice, all];
        }
      }
    }
  }
}

const TOO_MANY = 'it holds more than 100 different keys, or orders of keys';

describe('the shapes of objects', () => {
  it('count once, however many objects have them', () => {
    expect(read(list(100_000, () => '{"a":{"b":1},"c":2}'))).toHaveLength(100_000);
  });

  it('may be as many as the limit says, and no more', async () => {
    const keys = (count: number): string =>
      list(count, (index) => `"k${index}":0`)
        .replace('[', '{')
        .replace(']', '}');
    expect(Object.keys(read(keys(100)) as object)).toHaveLength(100);
    await refuse(keys(101), TOO_MANY);
    expect(read(list(100, (index) => `{"k${index}":0}`))).toHaveLength(100);
    await refuse(
      list(101, (index) => `{"k${index}":0}`),
      TOO_MANY,
    );
  });

  it('count anew for each combination of a few keys', { timeout: QUICKLY }, async () => {
    const pair = (index: number): string => `{"a${index % 9}":0,"b${Math.floor(index / 9)}":0}`;
    expect(read(list(81, pair))).toHaveLength(81);
    await refuse(list(100_000, pair), TOO_MANY);
  });

  it('count anew for each order of keys', async () => {
    const digits = [0, 1, 2, 3, 4];
    const orders = digits.flatMap((a) =>
      digits.filter((b) => b !== a).map((b) => [a, b, ...digits.filter((c) => c !== a && c !== b)]),
    );
    const text = (order: readonly number[]): string =>
      `{${order.map((key) => `"k${key}":0`).join()}}`;
    expect(read(`[${orders.slice(0, 20).map(text).join()}]`)).toHaveLength(20);
    const all = [...orders, ...orders.map((order) => order.toReversed())];
    await refuse(`[${all.map(text).join()}]`, TOO_MANY);
  });
});

describe('a key that appears twice', () => {
  it('is found behind a beginning that other objects have', async () => {
    await refuse('[{"a":0,"b":0,"c":0},{"a":0,"b":0,"a":0}]', 'the key "a" appears twice');
    await refuse('[{"a":0,"b":0},{"a":0,"c":0,"b":0,"c":0}]', 'the key "c" appears twice');
    await refuse('[{"a":0},{"b":0},{"b":0,"a":0,"b":0}]', 'the key "b" appears twice');
  });

  it('is found behind a key that only an object inside has had there', async () => {
    const inside = '{"a":0,"b":0}';
    await refuse(`{"a":${inside},"b":0,"c":0,"b":0}`, 'the key "b" appears twice');
    await refuse(`{"a":[${inside}],"b":0,"c":0,"b":0}`, 'the key "b" appears twice');
    await refuse(`{"a":{"a":${inside},"b":0,"c":0,"b":0}}`, 'the key "b" appears twice');
    await refuse(`{"a":${inside},"b":0,"c":0,"a":0}`, 'the key "a" appears twice');
    expect(read(`{"a":${inside},"b":0,"c":0}`)).toEqual({ a: { a: 0, b: 0 }, b: 0, c: 0 });
  });

  it('is found in every way to put up to six keys into objects', () => {
    const seen = { once: 0, twice: 0 };
    for (const [text, isTwice] of objects(6, 0)) {
      seen[isTwice ? 'twice' : 'once']++;
      if (isRefused(`{${text}}`) !== isTwice) expect.fail(`wrong about ${text}`);
    }
    expect(seen).toEqual({ once: 4_235, twice: 11_869 });
  });

  it('may be a key of another object', () => {
    const text = '[{"a":{"a":{"b":0}},"b":{"a":0}},{"b":{"b":0},"a":0}]';
    expect(read(text)).toEqual(JSON.parse(text));
  });
});

describe('a long key', () => {
  it('is refused, as V8 would compare each with each', { timeout: QUICKLY }, async () => {
    const key = 'k'.repeat(1_000);
    expect(Object.keys(read(`{"${key}":0}`) as object)).toEqual([key]);
    await refuse(`{"${key}k":0}`, 'it holds a key of 1001 characters');
    const keys = list(90, (index) => `{"${'k'.repeat(90_000)}${index + 10}":0}`);
    await refuse(keys, 'it holds a key of 90002 characters');
  });
});
