import { expect } from 'vitest';
import { describeRun } from './describe.ts';
import type { Run } from './oms.ts';

/** The first word of what a failure says, and with which exit codes it goes. */
const VERDICTS: Readonly<Record<string, readonly Run['exit'][]>> = {
  'Not signed': [1, 3, 129, 130, 143],
  'Could not be checked': [3, 129, 130, 143],
  Refused: [1],
  'Wrong usage': [2],
};

/** One line that says what is wrong, and lines below it that are indented. */
const FAILURE = /^(Not signed|Could not be checked|Refused|Wrong usage): \S.*\n(?: {2}\S?.*\n)*$/;

/** What no user should see: a stack, a class, Node's or libuv's words, a fault of our own. */
const RAW = /^\s+at |\bError\b|\bE[A-Z]{3,}: |node:|\[object|undefined|an unexpected error/m;

/** Why a run did not fail in the way that a run must fail, if so. */
export function flawInFailure({ exit, stdout, stderr }: Run): string | undefined {
  if (exit === 'hung') return 'it did not end';
  if (exit === 0) return 'it succeeded';
  const [, verdict = ''] = FAILURE.exec(stderr) ?? [];
  if (verdict === '') return 'it did not say in one line what is wrong';
  if (VERDICTS[verdict]?.includes(exit) !== true) return `${exit} is not the exit code of that`;
  const [raw] = RAW.exec(stderr) ?? [];
  if (raw !== undefined) return `it said ${JSON.stringify(raw)}`;
  return stdout === '' ? undefined : 'it printed a result all the same';
}

/** It failed, said why in one line, and had this exit code. */
export function expectFailure(run: Run, exit: number, reason?: RegExp): void {
  expect(flawInFailure(run), describeRun(run)).toBeUndefined();
  expect(run.exit, describeRun(run)).toBe(exit);
  if (reason !== undefined) expect(run.stderr, describeRun(run)).toMatch(reason);
}

/** It did what it should, and complained of nothing. */
export function expectSuccess(run: Run): void {
  expect(run.exit, describeRun(run)).toBe(0);
  expect(run.stderr, describeRun(run)).toBe('');
}

/** A rule that did nothing proves nothing. */
export function expectFired(run: Run, times = 1): void {
  expect(run.fired.length, `rules that fired\n${describeRun(run)}`).toBeGreaterThanOrEqual(times);
}
