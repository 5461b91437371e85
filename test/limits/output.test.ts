import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json } from '../../src/cli/pieces.ts';
import { printable, printableJson } from '../../src/printable.ts';
import { IS_FULL, runProgram } from './measured.ts';
import { Scene, statement } from './scene.ts';

function textOf(value: unknown): string {
  return [...json(value)].join('');
}

describe('JSON in pieces', () => {
  it('is what JSON.stringify makes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        expect(textOf(value)).toBe(JSON.stringify(value, undefined, 2));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([0, 1, 999, 1_000, 1_001, 2_000, 2_345])('is so of %d values of each kind', (length) => {
    const values = [1, 'a\nb', null, [], {}, { a: [[]], b: undefined, c: new Date(0) }];
    for (const value of values) {
      const list = Array.from({ length }, () => value);
      for (const whole of [list, { list }, { a: { b: list, c: undefined }, d: 1 }]) {
        expect(textOf(whole)).toBe(JSON.stringify(whole, undefined, 2));
      }
    }
  });

  it('never is one long piece', () => {
    const many = { many: Array.from({ length: 100_000 }, (_, index) => ({ name: `f${index}` })) };
    const pieces = [...json(many)];
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(100_000);
  });
});

describe('characters that do not show', () => {
  it('are escaped, whichever they are', () => {
    const unit = fc.constantFrom('a', '\n', '\u0000', '\u200b', '\u2800', '\ud800', '\u{e0001}');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 8 }), (text) => {
        const shown = printableJson(JSON.stringify(text));
        expect(JSON.parse(shown)).toBe(text);
        expect(printable(shown)).toBe(shown);
      }),
    );
  });
});

describe('what is said of a great many files', () => {
  let scene: Scene;
  beforeAll(() => {
    scene = new Scene();
  });
  afterAll(() => scene.remove());

  it('of which twenty paths are shown, and all on request', async () => {
    const serialization = { ignore_paths: Array.from({ length: 500 }, (_, at) => `p${100 + at}`) };
    const bundle = scene.sign('listed.sig', statement({ count: 1, serialization }));
    const line = 'Unverified content of a signature file:';
    const expected = { exit: 0, line, memory: 5 } as const;
    const { stdout } = await runProgram(scene.inspect(bundle), expected);
    expect(stdout).toContain('p119, … and 480 more (--verbose lists all)');
    expect(stdout).not.toContain('p120');
    const all = await runProgram(scene.inspect(bundle, '--verbose'), expected);
    expect(all.stdout).toContain('p119, p120,');
    expect(all.stdout).toContain('p599');
  });

  // V8's strings end at 536,870,888 characters; each name is shown as 24,000 of them.
  it.runIf(IS_FULL)('may be longer than any string', { timeout: 300_000 }, async () => {
    const name = (index: number): string => '\u200b'.repeat(4_000) + (100_000 + index);
    const bundle = scene.sign('invisible.sig', statement({ count: 24_000, name }));
    const output = process.platform === 'win32' ? 'NUL' : '/dev/null';
    // The bundle, its text, and the payload, of which all is in two bytes a character.
    const quiet = { exit: 0, line: '', memory: 2_300 } as const;
    await runProgram(scene.inspect(bundle, '--resources'), quiet, { output });
    await runProgram(scene.inspect(bundle, '--resources', '--json'), quiet, { output });
  });
});
