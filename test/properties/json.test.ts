import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Flaw, type Json, readStrictly } from '../../scripts/fuzz/oracle/json.ts';
import { OmsError } from '../../src/errors.ts';
import { type JsonLimits, readJson } from '../../src/format/json.ts';

const LIMITS: JsonLimits = { bytes: 1_000_000, depth: 16, values: 10_000, keys: 1_000 };

/**
 * Few keys, in several spellings, so that objects in objects often share them. None has a backslash:
 * `JSON.parse` may take others for it (nodejs/node#63785).
 */
const KEYS = ['"a"', '"b"', '"c"', '"é"', '"\\u00e9"', '"\\u0062"', '""', '"__proto__"'];
const PIECES = ['{', '}', '[', ']', ',', ':', '1', ' ', '"', '\\', ...KEYS];

const key = fc.constantFrom(...KEYS);
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.constantFrom('1', '"a"', '[]', '{}', 'null'),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join()}]`),
    fc
      .array(fc.tuple(key, tie('value')), { maxLength: 5 })
      .map((members) => `{${members.map((member) => member.join(':')).join()}}`),
  ),
}));

/** Valid JSON but for its keys, or with one piece of it lost, replaced or added. */
const text = fc.oneof(
  value,
  fc
    .tuple(value, fc.nat(), fc.nat({ max: 2 }), fc.constantFrom('', ...PIECES))
    .map(([whole, place, lost, piece]) => {
      const at = place % (whole.length + 1);
      return whole.slice(0, at) + piece + whole.slice(at + lost);
    }),
);

/** What a reader makes of a text: JSON once more, or nothing. */
function ours(source: string): string | undefined {
  try {
    return JSON.stringify(readJson(Buffer.from(source), LIMITS, 'it', 'BUNDLE_MALFORMED'));
  } catch (error) {
    expect(error).toBeInstanceOf(OmsError);
    return undefined;
  }
}

function another(source: string): string | undefined {
  try {
    return JSON.stringify(plain(readStrictly(Buffer.from(source), LIMITS.keys)));
  } catch (error) {
    expect(error).toBeInstanceOf(Flaw);
    return undefined;
  }
}

function plain(json: Json): unknown {
  if (json instanceof Map) {
    // As JSON.parse has it, for which no key has a meaning of its own either.
    const object: object = Object.create(null);
    for (const [name, inside] of json) {
      const descriptor = { value: plain(inside), enumerable: true };
      Object.defineProperty(object, name, descriptor);
    }
    return object;
  }
  return Array.isArray(json) ? json.map(plain) : json;
}

describe('a text that may be JSON', () => {
  it('is to our reader what it is to one that shares nothing with it', () => {
    const seen = { read: 0, refused: 0 };
    fc.assert(
      fc.property(text, (source) => {
        const found = ours(source);
        expect(found).toBe(another(source));
        seen[found === undefined ? 'refused' : 'read']++;
      }),
      { numRuns: 50_000 },
    );
    expect(Math.min(seen.read, seen.refused)).toBeGreaterThan(5_000);
  });
});
