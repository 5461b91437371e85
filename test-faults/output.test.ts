import { closeSync, openSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { describeRun } from './helpers/describe.ts';
import { expectFailure } from './helpers/judge.ts';
import type { Run, RunOptions } from './helpers/oms.ts';
import { type Command, Place } from './helpers/place.ts';

let place: Place;
afterEach(() => place?.remove());

/** Runs under a shell that does something to its standard streams. */
function redirected(how: string): RunOptions {
  return { wrapper: ['/bin/sh', '-c', `exec "$0" "$@" ${how}`] };
}

/** Nobody reads what is printed, from the start or after some bytes. */
function piped(reader: string): RunOptions {
  // The exit code is that of the program, not of the reader.
  const script = `{ "$0" "$@"; echo $? >&3; } | ${reader}`;
  return { wrapper: ['/bin/sh', '-c', `exit $( { ${script} >/dev/null; } 3>&1 )`] };
}

/** A command whose answer is known: what it says goes where nobody may hear it. */
const CASES: readonly (readonly [Command, 'good' | 'bad', exit: 0 | 3])[] = [
  ['sign', 'good', 0],
  ['sign', 'bad', 3],
  ['verify', 'good', 0],
  ['verify', 'bad', 3],
];

async function runCase(command: Command, kind: 'good' | 'bad', options: RunOptions): Promise<Run> {
  place = new Place();
  const words = kind === 'good' ? [] : ['--signature', '/nowhere/model.sig'];
  const run = await place[command](options, words);
  const isSigned = command === 'sign' && kind === 'good';
  expect(await place.state(), describeRun(run)).toBe(isSigned ? 'new' : 'old');
  expect(place.strays()).toEqual([]);
  expect(run.stderr + run.stdout, describeRun(run)).not.toMatch(/EPIPE|^\s+at |Error/m);
  return run;
}

describe.each(CASES)('%s that is %s', (command, kind, exit) => {
  it.each([
    ['standard output is closed', redirected('>&-')],
    ['standard error is closed', redirected('2>&-')],
    ['standard input is closed', redirected('<&-')],
    ['all is closed', redirected('<&- >&- 2>&-')],
    ['standard error is full', redirected('2>/dev/full')],
    ['the reader goes at once', piped('true')],
    ['the reader goes after ten bytes', piped('head -c 10')],
    ['the reader does not read', piped('sleep 0.3')],
  ])('tells it by its exit code though %s', async (_, options) => {
    const run = await runCase(command, kind, options);
    expect(run.exit, describeRun(run)).toBe(exit);
  });

  it('tells it by its exit code though its readers have gone before', async () => {
    const run = await runCase(command, kind, { isUnread: true });
    expect(run.exit, describeRun(run)).toBe(exit);
  });

  it('says that its output cannot be written, where standard output is full', async () => {
    const full = openSync('/dev/full', 'w');
    const run = await runCase(command, kind, { stdout: full });
    closeSync(full);
    expectFailure(run, 3);
    if (kind === 'good')
      expect(run.stderr).toMatch(/the output cannot be written: the disk is full/);
  });
});
