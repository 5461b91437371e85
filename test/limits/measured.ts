import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { temporaryDirectory } from '../helpers/model.ts';

/** Whether all inputs are as large as `spec/limits.md` says; see `npm run test:limits`. */
export const IS_FULL = process.env['OMS_LIMITS'] === 'full';

export const MIB = 2 ** 20;

/** One size for every day, and one for the full run. */
export function sized(everyDay: number, full: number): number {
  return IS_FULL ? full : everyDay;
}

/**
 * Resident memory in MiB of a program that has done nothing: 55 with Node 24. What is more than this
 * is for the input.
 */
const IDLE = 90;

/**
 * Seconds after which a program is taken for one that never ends. What is measured here takes a
 * tenth of it at the most, on a machine that has nothing else to do.
 */
const PATIENCE = IS_FULL ? 300 : 60;

/** How a program has ended. */
export interface Measured {
  /** Exit code, or the name of the signal that ended it. */
  readonly exit: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Expected {
  readonly exit: 0 | 1 | 2 | 3;
  /** What is in the first line of what it says. */
  readonly line: string;
  /** MiB that it may need beyond what a program needs that does nothing. */
  readonly memory: number;
}

export interface Circumstances {
  readonly cwd?: string;
  /** A file for the output, in place of what is returned. */
  readonly output?: string;
}

const OMS = fileURLToPath(new URL('../../bin/oms.cjs', import.meta.url));
const LIBRARY = fileURLToPath(new URL('library.mjs', import.meta.url));
const PEAK = fileURLToPath(new URL('peak.cjs', import.meta.url));

/** Runs the built command line, and holds that it ends as expected, and within this memory. */
export function runProgram(
  words: readonly string[],
  expected: Expected,
  circumstances: Circumstances = {},
): Promise<Measured> {
  return run(OMS, words, expected, circumstances);
}

/** Calls the built library in a process of its own: `verify BUNDLE MODEL KEY`, or `inspect BUNDLE`. */
export function callLibrary(words: readonly string[], expected: Expected): Promise<Measured> {
  return run(LIBRARY, words, expected, {});
}

async function run(
  script: string,
  words: readonly string[],
  expected: Expected,
  { cwd, output }: Circumstances,
): Promise<Measured> {
  const peakFile = join(temporaryDirectory(), 'peak');
  const ended = await launch(script, words, peakFile, cwd, output);
  const [line = ''] = (ended.stderr || ended.stdout).split('\n', 1);
  const { peak, seconds } = costIn(peakFile);
  report({ words: words.slice(0, 3), exit: ended.exit, line, seconds, peak });
  // In one comparison, so that a failure shows all of it.
  expect({ exit: ended.exit, line, isRaw: isRaw(ended) }).toEqual({
    exit: expected.exit,
    line: expect.stringContaining(expected.line),
    isRaw: false,
  });
  // Only Linux says how much memory it was.
  if (process.platform === 'linux') {
    expect(peak).toBeGreaterThan(0);
    expect(peak).toBeLessThan(IDLE + expected.memory);
  }
  return ended;
}

function launch(
  script: string,
  words: readonly string[],
  peakFile: string,
  cwd: string | undefined,
  output: string | undefined,
): Promise<Measured> {
  const descriptor = output === undefined ? 'pipe' : openSync(output, 'w');
  const child = spawn(process.execPath, ['--require', PEAK, script, ...words], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], OMS_PEAK_FILE: peakFile },
    stdio: ['ignore', descriptor, 'pipe'],
  });
  if (typeof descriptor === 'number') closeSync(descriptor);
  const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE * 1000);
  return new Promise((resolve, reject) => {
    const texts = [child.stdout, child.stderr].map((stream) => {
      const chunks: Buffer[] = [];
      stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
      return () => Buffer.concat(chunks).toString();
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(patience);
      const [stdout = '', stderr = ''] = texts.map((read) => read());
      resolve({ exit: signal ?? code ?? 'nothing', stdout, stderr });
    });
  });
}

/** Whether Node or V8 speaks where the program should, or the program of a fault of its own. */
function isRaw({ stdout, stderr }: Measured): boolean {
  return /FATAL ERROR|^ {4}at |RangeError|unexpected error|"INTERNAL"/m.test(
    `${stderr.slice(0, 10_000)}\n${stdout.slice(0, 10_000)}`,
  );
}

/** MiB of memory, and seconds of the processor's time. */
function costIn(file: string): { readonly peak: number; readonly seconds: number } {
  try {
    const [kibibytes, milliseconds] = readFileSync(file, 'utf8').split(' ').map(Number);
    return {
      peak: Math.round((kibibytes ?? Number.NaN) / 1024),
      seconds: (milliseconds ?? Number.NaN) / 1000,
    };
  } catch {
    return { peak: Number.NaN, seconds: Number.NaN };
  }
}

/** What `spec/limits.md` was made of: one line of JSON for each program that ran. */
function report(row: object): void {
  const file = process.env['OMS_LIMITS_REPORT'];
  if (file === undefined) return;
  const test = expect.getState().currentTestName;
  appendFileSync(file, `${JSON.stringify({ test, ...row })}\n`);
}
