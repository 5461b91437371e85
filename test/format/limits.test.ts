import { describe, expect, it } from 'vitest';
import { type JsonLimits, readJson } from '../../src/format/json.ts';
import {
  BUNDLE_LIMITS,
  LOG_BODY_LIMITS,
  MAX_RESOURCES,
  STATEMENT_LIMITS,
  TRUST_LIMITS,
} from '../../src/format/limits.ts';
import { failure } from '../trust/helpers.ts';

const read = (text: string | Uint8Array, limits: JsonLimits): unknown =>
  readJson(Buffer.from(text), limits, 'the text', 'BUNDLE_MALFORMED');

const refused = (part: string): unknown => failure('BUNDLE_MALFORMED', part);

describe.each<[string, JsonLimits, JsonLimits]>([
  ['a bundle', BUNDLE_LIMITS, { bytes: 503_316_480, depth: 16, values: 100_000, keys: 1_000 }],
  [
    'a statement',
    STATEMENT_LIMITS,
    { bytes: 377_487_360, depth: 16, values: 16_000_000, keys: 10_000 },
  ],
  [
    'the body of a log entry',
    LOG_BODY_LIMITS,
    { bytes: 65_536, depth: 10, values: 200, keys: 100 },
  ],
  ['trust', TRUST_LIMITS, { bytes: 4_194_304, depth: 16, values: 50_000, keys: 1_000 }],
])('the JSON of %s', (_, limits, { bytes, depth, keys, values }) => {
  it(`has at most ${bytes} bytes`, () => {
    // Memory that nobody looks at costs nothing.
    expect(() => readJson(new Uint8Array(bytes + 1), limits, 'it', 'BUNDLE_MALFORMED')).toThrow(
      refused(`it is too large: expected at most ${bytes} bytes, found ${bytes + 1} bytes`),
    );
  });

  it(`is at most ${depth} levels deep`, () => {
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    expect(() => read(nested(depth), limits)).not.toThrow();
    expect(() => read(nested(depth + 1), limits)).toThrow(
      refused(`it is nested deeper than ${depth} levels`),
    );
  });

  it(`has at most ${keys} different keys`, () => {
    const members = (from: number, count: number): string =>
      Array.from({ length: count }, (_each, at) => `"k${from + at}":0`).join();
    // Both begin with `k0`, which counts once.
    const halves = (more: number): string =>
      `[{${members(0, keys / 2)}},{"k0":0,${members(keys / 2, keys / 2 + more)}},{"k0":0}]`;
    const wide = { ...limits, values: limits.values + keys };
    expect(() => read(halves(0), wide)).not.toThrow();
    expect(() => read(halves(1), wide)).toThrow(
      refused(`it holds more than ${keys} different keys`),
    );
  });

  // Sixteen million values take seconds.
  it.skipIf(values > 1_000_000)(`has at most ${values} values`, () => {
    const zeros = (count: number): string => `[${'0,'.repeat(count - 2)}0]`;
    const shared = { ...limits, bytes: limits.bytes + 2 * values };
    expect(() => read(zeros(values), shared)).not.toThrow();
    expect(() => read(zeros(values + 1), shared)).toThrow(
      refused(`it holds more than ${values} values`),
    );
  });
});

it('a statement of as many resources as are signed is within the limits of what is read', () => {
  expect(4 * MAX_RESOURCES).toBeLessThan(STATEMENT_LIMITS.values);
  expect(STATEMENT_LIMITS.values).toBe(16_000_000);
  expect((STATEMENT_LIMITS.bytes / 3) * 4).toBeLessThanOrEqual(BUNDLE_LIMITS.bytes);
});
