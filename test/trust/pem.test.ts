import { describe, expect, it } from 'vitest';
import { pemBlocks, textOf } from '../../src/trust/pem.ts';
import { failure } from './helpers.ts';

const BLOCK = '-----BEGIN THING-----\nAQID\nBAUG\n-----END THING-----\n';
const BYTES = Buffer.from([1, 2, 3, 4, 5, 6]);

describe('a PEM block', () => {
  it('has a label, its text and its content', () => {
    expect(pemBlocks(BLOCK)).toEqual([{ label: 'THING', text: BLOCK, der: BYTES }]);
  });

  it('may stand between lines of explanation', () => {
    const blocks = pemBlocks(`Public-Key: (256 bit)\n  pub: 04:a1\n${BLOCK}the end`);
    expect(blocks).toEqual([{ label: 'THING', text: BLOCK, der: BYTES }]);
  });

  it('may end its lines with CR LF, or with blanks, and is then given without them', () => {
    expect(pemBlocks(BLOCK.replaceAll('\n', '\r\n'))).toEqual(pemBlocks(BLOCK));
    expect(pemBlocks(BLOCK.replaceAll('\n', ' \t\n'))).toEqual(pemBlocks(BLOCK));
  });

  it('may lack the last line feed', () => {
    expect(pemBlocks(BLOCK.trimEnd())).toEqual(pemBlocks(BLOCK));
  });

  it('keeps the headers of an encrypted key in its text', () => {
    const text = '-----BEGIN KEY-----\nProc-Type: 4,ENCRYPTED\n\nAQID\n-----END KEY-----\n';
    expect(pemBlocks(text)[0]?.text).toBe(text);
  });

  it('has no content where its text is not base64, which Node would pass over', () => {
    for (const wrong of [
      '_QID',
      'A\uFFFDID',
      'AQI!',
      'AQ=D',
      '=AQI',
      'AQ===',
      'AQ',
      'AQIDB',
      'AQID\nBA==\nBAUG',
    ]) {
      const [block] = pemBlocks(BLOCK.replace('AQID\nBAUG', wrong));
      expect(block?.der).toEqual(Buffer.alloc(0));
    }
    expect(pemBlocks(BLOCK.replace('BAUG', 'BA==')).at(0)?.der).toEqual(BYTES.subarray(0, 4));
  });

  it('may follow a byte-order mark at the beginning of the text, and nowhere else', () => {
    expect(pemBlocks(`\uFEFF${BLOCK}`)).toEqual(pemBlocks(BLOCK));
    expect(pemBlocks(`\n\uFEFF${BLOCK}`)).toEqual([]);
    expect(pemBlocks(BLOCK.replace('THING', '\uFEFFTHING'))).toEqual([]);
  });

  it('follows the one before it', () => {
    const labels = pemBlocks(BLOCK + BLOCK.replaceAll('THING', 'OTHER')).map((one) => one.label);
    expect(labels).toEqual(['THING', 'OTHER']);
  });
});

describe('what is not a PEM block is passed over:', () => {
  it.each([
    ['an empty text', ''],
    ['a text without one', 'AQID\n'],
    ['a block without its end', BLOCK.split('-----END')[0]],
    ['a block without its beginning', BLOCK.slice(BLOCK.indexOf('\n') + 1)],
    ['a block that ends under another label', BLOCK.replace('END THING', 'END THINGS')],
    ['a boundary with four dashes', BLOCK.replaceAll('-----', '----')],
    ['a boundary with six dashes', BLOCK.replaceAll('-----', '------')],
    ['a boundary in lower case', BLOCK.toLowerCase()],
    ['a boundary before other text', BLOCK.replace('BEGIN THING-----', 'BEGIN THING-----:')],
    ['a boundary behind other text', BLOCK.replace('-----BEGIN', 'key: -----BEGIN')],
    ['a label of 65 characters', BLOCK.replaceAll('THING', 'T'.repeat(65))],
  ])('%s', (_, text = '') => {
    expect(pemBlocks(text)).toEqual([]);
  });

  it('a beginning that is followed by another one', () => {
    expect(pemBlocks(`-----BEGIN THING-----\nAAAA\n${BLOCK}`)).toEqual(pemBlocks(BLOCK));
  });

  it('an end under another label, with all up to the next beginning', () => {
    expect(
      pemBlocks(`-----BEGIN A-----\nAAAA\n-----END B-----\nAAAA\n-----END A-----\n${BLOCK}`),
    ).toEqual(pemBlocks(BLOCK));
  });
});

it('takes time in proportion to the text', { timeout: 5_000 }, () => {
  expect(pemBlocks('-----BEGIN THING-----\n'.repeat(100_000))).toEqual([]);
  expect(pemBlocks(`-----BEGIN ${' '.repeat(2_000_000)}`)).toEqual([]);
});

describe('the text of a key or certificate', () => {
  const unusable = (part: string): unknown => failure('KEY_UNUSABLE', part);

  it.each<[unknown, string]>([
    [undefined, 'the key cannot be used: expected PEM text, or its bytes, found undefined'],
    [null, 'found object'],
    [1, 'found number'],
    [{}, 'found object'],
    [['x'], 'found object'],
  ])('is text or bytes, and not %o', (source, part) => {
    expect(() => textOf(source as string, 'the key')).toThrow(unusable(part));
  });

  it('is the same as text and as bytes', () => {
    expect(textOf('é', 'the key')).toBe('é');
    expect(textOf(Uint8Array.of(0xc3, 0xa9), 'the key')).toBe('é');
  });

  it('is not read beyond a mebibyte', () => {
    expect(() => textOf('x'.repeat(2 ** 20 + 1), 'the key')).toThrow(
      unusable('the key cannot be used: expected at most 1048576 characters'),
    );
    expect(textOf('x'.repeat(2 ** 20), 'the key')).toHaveLength(2 ** 20);
  });
});
