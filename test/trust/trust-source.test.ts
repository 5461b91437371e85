import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/format/json.ts';
import { TRUST_LIMITS } from '../../src/format/limits.ts';
import type { TrustSource } from '../../src/trust/trust-source.ts';
import { parseTrustedRoot } from '../../src/trust/trusted-root.ts';
import { ROOT_TYPE, trustedRoot } from '../helpers/trust.ts';
import { failure } from './helpers.ts';

const unusable = (part: string | RegExp): unknown => failure('TRUST_UNUSABLE', part);

describe('the source of a trusted root', () => {
  it('makes no difference: text, bytes, an object, an object that makes its own JSON', () => {
    const read = parseTrustedRoot(trustedRoot);
    const text = JSON.stringify(trustedRoot);
    class Wrapped {
      toJSON(): JsonObject {
        return trustedRoot;
      }
    }
    const sources: readonly TrustSource[] = [
      text,
      JSON.stringify(trustedRoot, undefined, 2),
      Buffer.from(text),
      new Uint8Array(Buffer.from(text)),
      new Wrapped() as unknown as JsonObject,
    ];
    for (const source of sources) expect(parseTrustedRoot(source)).toEqual(read);
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['number', 1],
    ['function', () => trustedRoot],
    ['symbol', Symbol('root')],
  ])('is not of the type %s', (type, source) => {
    expect(() => parseTrustedRoot(source as TrustSource)).toThrow(
      unusable(
        `the trusted root cannot be used: expected JSON text, its bytes, or an object, found ${type}`,
      ),
    );
  });

  it.each<[string, () => unknown]>([
    [
      'goes round in a circle',
      () =>
        (() => {
          const circle: Record<string, unknown> = { ...trustedRoot };
          circle['extra'] = circle;
          return circle;
        })(),
    ],
    ['holds a bigint', () => ({ ...trustedRoot, extra: 1n })],
    [
      'throws when it is read',
      () => ({
        toJSON: () => {
          throw new Error('no');
        },
      }),
    ],
  ])('is not an object that %s', (_, make) => {
    expect(() => parseTrustedRoot(make() as JsonObject)).toThrow(
      unusable('the trusted root is not plain JSON'),
    );
  });

  it('is not an object that has no JSON', () => {
    const source = { toJSON: () => undefined } as unknown as JsonObject;
    expect(() => parseTrustedRoot(source)).toThrow(unusable('the trusted root is not JSON'));
  });

  it('is not an array', () => {
    const source = [trustedRoot] as unknown as JsonObject;
    expect(() => parseTrustedRoot(source)).toThrow(unusable('expected an object, found an array'));
  });

  it.each<[string, string | Uint8Array, string]>([
    ['empty', '', 'the trusted root is not JSON'],
    ['cut off', JSON.stringify(trustedRoot).slice(0, -1), 'the trusted root is not JSON'],
    [
      'preceded by a byte-order mark',
      `\uFEFF${JSON.stringify(trustedRoot)}`,
      'the trusted root is',
    ],
    [
      'ambiguous',
      JSON.stringify(trustedRoot).replace('{', `{"mediaType":"${ROOT_TYPE}",`),
      'the key "mediaType" appears twice',
    ],
    [
      'not UTF-8',
      Buffer.from(`${JSON.stringify(trustedRoot)} \u00e9`, 'latin1'),
      'not valid UTF-8',
    ],
    ['too deep', `${'['.repeat(17)}${']'.repeat(17)}`, 'not acceptable JSON'],
    ['too long', ' '.repeat(TRUST_LIMITS.bytes + 1), 'the trusted root is too large'],
  ])('is not text that is %s', (_, source, reason) => {
    expect(() => parseTrustedRoot(source)).toThrow(unusable(reason));
    expect(() => parseTrustedRoot(Buffer.from(source))).toThrow(unusable(reason));
  });

  it('may be text of four mebibytes', () => {
    const text = JSON.stringify(trustedRoot).padEnd(TRUST_LIMITS.bytes);
    expect(parseTrustedRoot(text).logs).toHaveLength(1);
  });

  it('is only what an object itself holds', () => {
    const source = Object.create(trustedRoot) as JsonObject;
    expect(() => parseTrustedRoot(source)).toThrow(unusable('mediaType: expected a string'));
  });
});
