import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, truncateSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import { callLibrary, IS_FULL, MIB, runProgram, sized } from './measured.ts';
import { Scene } from './scene.ts';

let scene: Scene;
beforeAll(() => {
  scene = new Scene();
});
afterAll(() => scene.remove());

/** What the issue asks for is 200 MB, of two kinds every day and of all in the full run. */
const FULL = 200;
const MEBIBYTES = sized(16, FULL);
const NAME = 'big.sig';
afterEach(() => rmSync(scene.path(NAME), { force: true }));

/** Bytes of one character. */
function run(character: string, bytes = MEBIBYTES * MIB): Buffer {
  return Buffer.alloc(bytes, character);
}

/**
 * MiB for a file of so many: its bytes, its text, and once more as the longest value of its JSON. If
 * that is the payload, decoded too. All of that is held at once where V8 has had no reason to clean
 * up.
 */
function memory(times: 1 | 2 | 3 | 4, mebibytes = MEBIBYTES): number {
  return times * mebibytes * 1.1 + 10;
}

const NOT_JSON = 'Refused: the signature file is not JSON: expected one JSON object, found';
const INVALID = 'Refused: the signature file is not a valid bundle: ';
const UNACCEPTABLE = 'Refused: the signature file is not acceptable JSON: ';

interface Kind {
  readonly name: string;
  readonly parts: () => readonly (string | Uint8Array)[];
  readonly line: string;
  readonly exit?: 0 | 1;
  readonly times: 1 | 2 | 3 | 4;
  /** MiB, where it is as large every day: what is quick, and shows that the file is held once. */
  readonly size?: number;
  /** Whether it has the form of a bundle. */
  readonly isForm?: true;
}

const KINDS: readonly Kind[] = [
  {
    name: 'a good bundle in white space',
    parts: () => ['{', run(' '), scene.good.slice(1), run('\n', MIB)],
    exit: 0,
    line: 'Verified: the model is what was signed.',
    times: 2,
    isForm: true,
  },
  {
    name: 'one string',
    parts: () => ['"', run('x'), '"'],
    line: `${INVALID}expected an object, found "xxx`,
    times: 3,
  },
  {
    name: 'a string without an end',
    parts: () => ['"', run('x')],
    line: `${NOT_JSON} text that starts with ""xxx`,
    times: 2,
  },
  {
    name: 'a string of escapes',
    parts: () => ['{"mediaType":"', '\\u0041'.repeat((MEBIBYTES * MIB) / 6), '"}'],
    line: `${INVALID}mediaType: expected`,
    times: 3,
  },
  {
    name: 'letters of two bytes',
    parts: () => ['{"mediaType":"', 'й'.repeat((MEBIBYTES * MIB) / 2), '"}'],
    line: `${INVALID}mediaType: expected`,
    times: 3,
  },
  {
    name: 'what is not UTF-8',
    parts: () => ['{"mediaType":"', run('x', FULL * MIB), Buffer.of(0xff), '"}'],
    line: 'Refused: the signature file is not valid UTF-8',
    times: 1,
    size: FULL,
  },
  {
    name: 'one number',
    parts: () => ['{"mediaType":', run('7'), '}'],
    line: `${INVALID}mediaType: expected a string, found Infinity`,
    times: 2,
  },
  {
    name: 'open brackets',
    parts: () => [run('[')],
    line: `${UNACCEPTABLE}it is nested deeper than 16 levels`,
    times: 2,
  },
  {
    name: 'commas',
    parts: () => ['[', run(',')],
    line: `${UNACCEPTABLE}it holds more than 100000 values`,
    times: 2,
  },
  {
    name: 'a payload that nobody signed',
    parts: () => {
      const [before = '', after = ''] = scene.good.split(/(?<="payload":")[^"]+/);
      return [before, run('A'), after];
    },
    line: 'Refused: the signature is not by this key',
    times: 4,
    isForm: true,
  },
  {
    name: 'a signature',
    parts: () => {
      const [before = '', after = ''] = scene.good.split(/(?<="sig":")[^"]+/);
      return [before, run('A'), after];
    },
    line: `${INVALID}dsseEnvelope.signatures[0].sig: expected at most 512 bytes`,
    times: 3,
  },
];

describe(`a signature file of ${MEBIBYTES} MiB`, { timeout: 300_000 }, () => {
  it.each(KINDS)('of $name', async ({ parts, line, exit = 1, times, size, isForm = false }) => {
    const bundle = scene.write(NAME, ...parts());
    const refused = { exit: 1, line, memory: memory(times, size) } as const;
    await runProgram(scene.verify(bundle), { ...refused, exit });
    if (!IS_FULL) return;
    // All the others read it by the same way.
    const shown = { ...refused, exit: 0, line: 'Unverified content of a signature file:' } as const;
    await runProgram(scene.inspect(bundle), isForm ? shown : refused);
    const call = ['verify', bundle, scene.path('model'), scene.path('key.pub')];
    const answer = exit === 0 ? 'verified: 1' : line.replace(/^Refused: /, '');
    await callLibrary(call, { ...refused, exit, line: answer });
    const kept = { ...refused, exit: 2, line: 'is not overwritten' } as const;
    const replaced = { ...refused, exit: 0, line: 'Signed.' } as const;
    await runProgram(scene.signOver(bundle), exit === 0 ? replaced : kept);
  });

  it('of nothing but a length', async () => {
    const bundle = scene.write(NAME, '');
    truncateSync(bundle, MEBIBYTES * MIB);
    const line = `${NOT_JSON} text that starts with "\\x00\\x00`;
    await runProgram(scene.inspect(bundle), { exit: 1, line, memory: memory(2) });
  });
});

describe('a signature file beyond 480 MiB', () => {
  const line = 'is too large: expected at most 503316480 bytes';

  it('is refused before it is read', async () => {
    const bundle = scene.write(NAME, '');
    truncateSync(bundle, 2 ** 40);
    await runProgram(scene.verify(bundle), { exit: 1, line, memory: 5 });
    await runProgram(scene.inspect(bundle), { exit: 1, line, memory: 5 });
  });

  // A regular file that is said to be empty, and has hundreds of gigabytes.
  const ENDLESS = '/proc/self/pagemap';

  it.skipIf(!existsSync(ENDLESS))('is read as far as that, if it grows meanwhile', async () => {
    await runProgram(scene.inspect(ENDLESS), { exit: 1, line, memory: memory(2, 480) });
  });
});

describe.skipIf(process.platform === 'win32')('a signature file that is none', () => {
  const FILES = [
    ['a directory', 'model'],
    ['a device', '/dev/zero'],
    ['a FIFO', 'fifo'],
  ] as const;

  it.each(FILES)('but %s is not read', async (found, name) => {
    const bundle = name.startsWith('/') ? name : scene.path(name);
    if (name === 'fifo') execFileSync('mkfifo', [bundle]);
    const line = `cannot be read: expected a regular file, found ${found}`;
    await runProgram(scene.verify(bundle), { exit: 3, line, memory: 5 });
    await runProgram(scene.inspect(bundle), { exit: 3, line, memory: 5 });
    const kept = 'is not overwritten: expected nothing there, or an older signature, found';
    await runProgram(scene.signOver(bundle), { exit: 2, line: `${kept} ${found}`, memory: 5 });
  });
});
