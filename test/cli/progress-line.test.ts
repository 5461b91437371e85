import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { progressLine } from '../../src/cli/progress-line.ts';
import type { Progress } from '../../src/hashing/progress.ts';

const MIDWAY: Progress = {
  bytes: 1_210_000_000,
  totalBytes: 4_290_000_000,
  done: 12,
  total: 40,
  bytesPerSecond: 1_510_000_000,
  secondsLeft: 2,
  current: 'model-00001.safetensors',
};

const shown = (part: Partial<Progress>, columns = 200): string =>
  progressLine({ ...MIDWAY, ...part }, 'file', columns);

describe('the line of progress', () => {
  it.for([
    [0, ''],
    [1, ''],
    [2, ''],
    [3, '28%'],
    [10, '28%'],
    [11, '28%'],
    [12, 'Hashing  28%'],
    [20, 'Hashing  28%'],
    [28, 'Hashing  1.2 of 4.3 GB (28%)'],
    [39, 'Hashing  1.2 of 4.3 GB (28%)'],
    [40, 'Hashing  1.2 of 4.3 GB (28%) · 1.5 GB/s'],
    [60, 'Hashing  1.2 of 4.3 GB (28%) · 1.5 GB/s · 12 of 40 files'],
    [80, 'Hashing  1.2 of 4.3 GB (28%) · 1.5 GB/s · 12 of 40 files · 2 s left'],
    [90, 'Hashing  1.2 of 4.3 GB (28%) · 1.5 GB/s · 12 of 40 files · 2 s left · …01.safetensors'],
    [
      200,
      'Hashing  1.2 of 4.3 GB (28%) · 1.5 GB/s · 12 of 40 files · 2 s left · model-00001.safetensors',
    ],
  ] as const)('has what there is room for in %i columns', ([columns, line]) => {
    expect(shown({}, columns)).toBe(line);
  });

  it('leaves out what nobody knows yet', () => {
    const early = { totalBytes: undefined, secondsLeft: undefined, current: undefined };
    expect(shown(early)).toBe('Hashing  1.2 GB · 1.5 GB/s · 12 of 40 files');
    expect(shown(early, 15)).toBe('Hashing  1.2 GB');
    expect(shown(early, 14)).toBe('1.2 GB');
    expect(shown(early, 5)).toBe('');
  });

  it('does not count a single file', () => {
    expect(shown({ done: 0, total: 1 })).toBe(
      'Hashing  1.2 of 4.3 GB (28%) · 1.5 GB/s · 2 s left · model-00001.safetensors',
    );
  });

  it('counts shards where there are shards', () => {
    expect(progressLine({ ...MIDWAY, done: 1234, total: 5678 }, 'shard', 80)).toContain(
      ' · 1,234 of 5,678 shards · ',
    );
  });

  it.for([
    [0, 0, '0 of 0 B'],
    [0, 999, '0 of 999 B (0%)'],
    [999, 1000, '1.0 of 1.0 kB (99%)'],
    [70_000_000_000, 1_200_000_000_000, '0.1 of 1.2 TB (5%)'],
    [2_999_999_999_999_999, 3_000_000_000_000_000, '3000.0 of 3000.0 TB (99%)'],
    // A file that grows while it is read.
    [1500, 1000, '1.5 of 1.0 kB (100%)'],
  ] as const)('tells %i of %i bytes', ([bytes, totalBytes, text]) => {
    expect(shown({ bytes, totalBytes })).toContain(`Hashing  ${text} · `);
  });

  it.for([
    [0, '0 B/s'],
    [0.4, '0 B/s'],
    [532, '532 B/s'],
    [412_340_000, '412.3 MB/s'],
  ] as const)('tells a rate of %i', ([bytesPerSecond, text]) => {
    expect(shown({ bytesPerSecond })).toContain(` · ${text} · `);
  });

  it.for([
    [0, '1 s left'],
    [0.2, '1 s left'],
    [59, '59 s left'],
    [59.5, '1 min 0 s left'],
    [250, '4 min 10 s left'],
    [3_599.5, '1 h 0 min left'],
    [11_100, '3 h 5 min left'],
    [183_600, '2 d 3 h left'],
    [8_639_999, '99 d 23 h left'],
  ] as const)('tells that %d seconds are left', ([secondsLeft, text]) => {
    expect(shown({ secondsLeft })).toContain(` files · ${text} · `);
  });

  it.for([8_640_000, 1e300, Number.POSITIVE_INFINITY])('does not tell of %d seconds', (seconds) => {
    expect(shown({ secondsLeft: seconds })).not.toContain('left');
  });
});

describe('the name of the current file', () => {
  const figures = 'Hashing  1.2 of 4.3 GB (28%) · 1.5 GB/s · 12 of 40 files · 2 s left';
  /** With so much room for the name; each of the four dots may take two columns. */
  const nameIn = (current: string, room: number): string => {
    const line = shown({ current }, figures.length + ' · '.length + 4 + room);
    expect(line.slice(0, figures.length)).toBe(figures);
    return line.slice(figures.length);
  };

  it('is cut at its start, or left out where only a bit of it would fit', () => {
    expect(nameIn('a/long/name.bin', 14)).toBe('');
    expect(nameIn('a/long/name.bin', 15)).toBe(' · a/long/name.bin');
    expect(nameIn('a/longer/name.bin', 15)).toBe('');
    expect(nameIn('a/longer/name.bin', 16)).toBe(' · …onger/name.bin');
    expect(nameIn(`${'directory/'.repeat(400)}name.bin`, 20)).toBe(' · …directory/name.bin');
  });

  it('takes two columns a character where it is not ASCII', () => {
    expect(nameIn('重み/モデル.bin', 14)).toBe('');
    expect(nameIn('重み/モデル.bin', 15)).toBe(' · 重み/モデル.bin');
    expect(nameIn('大きな重み/モデル.bin', 17)).toBe(' · …重み/モデル.bin');
    expect(nameIn('🤗'.repeat(9), 17)).toBe(` · …${'🤗'.repeat(7)}`);
    expect(nameIn('e\u0301'.repeat(10), 17)).toBe(` · …${'e\u0301'.repeat(5)}`);
  });

  it('cannot move the cursor', () => {
    expect(nameIn('a\u001b[2J\r\n\u0007\u202eb\u009b1m', 100)).toBe(
      ' · a\\x1b[2J\\x0d\\x0a\\x07\\u202eb\\x9b1m',
    );
  });
});

describe('whatever there is to tell', () => {
  const progress: fc.Arbitrary<Progress> = fc.record({
    bytes: fc.nat(2 ** 53 - 1),
    totalBytes: fc.option(fc.nat(2 ** 53 - 1), { nil: undefined }),
    done: fc.nat(),
    total: fc.nat(),
    bytesPerSecond: fc.double({ min: 0, max: 1e13, noNaN: true }),
    secondsLeft: fc.option(fc.double({ min: 0, noNaN: true }), { nil: undefined }),
    current: fc.option(fc.string({ unit: 'binary', maxLength: 300 }), { nil: undefined }),
  });

  it('fits, on one line, and nothing of it moves the cursor', () => {
    fc.assert(
      fc.property(progress, fc.nat(250), (one, columns) => {
        const line = progressLine(one, 'file', columns);
        const widths = Array.from(line, (character) => (character < '\u0080' ? 1 : 2));
        expect(widths.reduce<number>((sum, width) => sum + width, 0)).toBeLessThanOrEqual(columns);
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        expect(line).not.toMatch(/NaN|Infinity|undefined|e\+/);
      }),
      { numRuns: 2000 },
    );
  });
});
