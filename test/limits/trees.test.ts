import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IS_FULL, runProgram, sized } from './measured.ts';
import { Scene } from './scene.ts';

let scene: Scene;
beforeAll(() => {
  scene = new Scene();
});
afterAll(() => scene.remove());

function signing(model: string): readonly string[] {
  return ['sign', model, '--private-key', scene.path('key.pem')];
}

function verifying(model: string, ...options: readonly string[]): readonly string[] {
  return ['verify', model, '--public-key', scene.path('key.pub'), ...options];
}

/** A bundle that is of another model. */
function foreign(): readonly string[] {
  return ['--signature', scene.path('model.sig')];
}

/** Every day fewer with longer names, as making them takes longer than what is tested. */
const DEPTH = sized(60, 10_000);
const DIRECTORY = IS_FULL ? 'd' : 'd'.repeat(100);

/**
 * Directories in directories. Where paths end, the way goes on by what the system knows the
 * innermost one as; so only on Linux.
 */
function makeDeep(root: string, depth: number): void {
  const steps = Math.floor(2_000 / (DIRECTORY.length + 1));
  let descriptor = openSync(root, 'r');
  try {
    for (let left = depth; left > 0; left -= steps) {
      const base = `/proc/self/fd/${descriptor}`;
      const below = join(base, ...Array<string>(Math.min(left, steps)).fill(DIRECTORY));
      mkdirSync(below, { recursive: true });
      const next = openSync(below, 'r');
      closeSync(descriptor);
      descriptor = next;
    }
    writeFileSync(`/proc/self/fd/${descriptor}/a`, 'content of a');
  } finally {
    closeSync(descriptor);
  }
}

describe.skipIf(process.platform !== 'linux')(`${DEPTH} directories in each other`, () => {
  it('are deeper than any path, which is said', { timeout: 300_000 }, async () => {
    const model = scene.path('deep');
    mkdirSync(model);
    makeDeep(model, DEPTH);
    const unread = 'cannot be read: the path is too long (ENAMETOOLONG)';
    const expected = { exit: 3, line: unread, memory: 50 } as const;
    await runProgram(signing(model), expected);
    await runProgram(['digest', model], expected);
    await runProgram(verifying(model, ...foreign()), expected);
    // What is not signed need not be read, be it reachable or not.
    const line = '0 changed, 1 missing, 0 extra';
    const options = [...foreign(), '--ignore-unsigned-files'];
    await runProgram(verifying(model, ...options), { exit: 1, line, memory: 50 });
    const digest = ['digest', model, '--ignore-paths', join(model, DIRECTORY)];
    writeFileSync(join(model, 'b'), 'b');
    await runProgram(digest, { exit: 0, line: '  Not covered: 1 path', memory: 50 });
    rmSync(model, { recursive: true, force: true });
  });
});

describe('a directory with a great many entries', { timeout: 600_000 }, () => {
  it('is signed, verified, and compared with another', async () => {
    const count = sized(1_500, 200_000);
    const model = scene.path('wide');
    mkdirSync(model);
    for (let at = 0; at < count; at++) writeFileSync(join(model, `f${at}`), '');
    // Their names and states, the statement, and the bundle: less than two kilobytes each.
    const memory = 40 + count / 500;
    await runProgram(signing(model), { exit: 0, line: 'Signed.', memory });
    const verified = 'Verified: the model is what was signed.';
    const line = IS_FULL ? '' : verified;
    const { stdout } = await runProgram(verifying(model), { exit: 0, line, memory });
    expect(stdout).toContain(verified);
    const differs = `0 changed, 1 missing, ${count + 1} extra`;
    await runProgram(verifying(model, ...foreign()), { exit: 1, line: differs, memory });
    rmSync(model, { recursive: true, force: true });
  });
});

describe.skipIf(process.platform === 'win32')('names of files', () => {
  const NAMES = [
    'x'.repeat(255),
    'й'.repeat(127),
    '😀'.repeat(63),
    '\u001b[31mred\u001b[0m',
    '\u001b]0;title\u0007',
    'two\nlines',
    '\r\u001b[Kgone',
    'tab\t',
    'delete\u007f',
    '\u202etxt.exe',
    '\u200b',
    '\u0085',
    ' ',
    '-rf',
    '--help',
    '"quoted"',
    'w:0:10',
    '__proto__',
    'constructor',
  ];

  it('may be as long as they can be, and hold controls, which nobody is shown', async () => {
    const model = scene.path('names');
    mkdirSync(model);
    for (const name of NAMES) writeFileSync(join(model, name), name);
    await runProgram(signing(model), { exit: 0, line: 'Signed.', memory: 10 });
    const verified = 'Verified: the model is what was signed.';
    await runProgram(verifying(model), { exit: 0, line: verified, memory: 10 });
    const shown = { exit: 0, line: 'Unverified content', memory: 10 } as const;
    const bundle = join(model, 'model.sig');
    const outputs = [
      await runProgram(scene.inspect(bundle, '--resources'), shown),
      await runProgram(scene.inspect(bundle, '--resources', '--json'), { ...shown, line: '{' }),
      await runProgram(verifying(model, ...foreign(), '--verbose'), {
        exit: 1,
        line: `0 changed, 1 missing, ${NAMES.length + 1} extra`,
        memory: 10,
      }),
    ];
    for (const { stdout, stderr } of outputs) {
      // oxlint-disable-next-line no-control-regex -- these are what must not be there
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u202e]/);
    }
    const [, json] = outputs;
    const { inspection } = JSON.parse(json?.stdout ?? '');
    const names = inspection.unverified.statement.resources.map(
      ({ name }: { name: string }) => name,
    );
    expect(new Set(names)).toEqual(new Set(NAMES));
  });
});
