import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64 } from '../../src/format/base64.ts';
import { refusal } from '../helpers/refusal.ts';

const decode = (text: string): Buffer => decodeBase64(text, 'the field', 'BUNDLE_MALFORMED');

describe('canonical base64', () => {
  it('gives back what was encoded', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        expect([...decode(Buffer.from(bytes).toString('base64'))]).toEqual([...bytes]);
      }),
    );
  });

  it.each([
    ['an empty string', ''],
    ['missing padding', 'YQ'],
    ['half of the padding', 'YQ='],
    ['too much padding', 'YWI=='],
    ['padding in the middle', 'YQ==YQ=='],
    ['the URL alphabet', '_-__'],
    ['white space', 'YWJj\n'],
    ['white space inside', 'YW Jj'],
    ['trailing bits', 'YR=='],
    ['trailing bits of two bytes', 'YWJ='],
    ['a character outside the alphabet', 'YWJ!'],
    ['a length that is impossible', 'YWJjY'],
    ['only padding', '===='],
    ['a NUL', 'YWJj\0\0\0\0'],
    ['characters beyond Latin 1', 'YWJjé'],
  ])('refuses %s', async (_, text) => {
    await refusal(() => decode(text), 'BUNDLE_MALFORMED');
  });

  it('looks at every part of a long text', async () => {
    const bytes = Buffer.alloc(3_000_001, 7);
    const text = bytes.toString('base64');
    expect(decode(text).equals(bytes)).toBe(true);
    const tail = `${text.slice(0, -6)}\n${text.slice(-5)}`;
    await refusal(() => decode(tail), 'BUNDLE_MALFORMED');
    const urlAlphabet = Buffer.alloc(3_000_000, 0xff).toString('base64').replaceAll('/', '_');
    await refusal(() => decode(urlAlphabet), 'BUNDLE_MALFORMED');
  });
});
