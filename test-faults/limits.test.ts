import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeRun } from './helpers/describe.ts';
import { expectFailure, expectSuccess, flawInFailure } from './helpers/judge.ts';
import type { Run, RunOptions } from './helpers/oms.ts';
import { type Command, Place } from './helpers/place.ts';
import { randomOf, someOf } from './helpers/random.ts';
import { PROGRAM, TIMES } from './helpers/settings.ts';
import { countSeen } from './helpers/tally.ts';
import { findUnprivileged, giveTo } from './helpers/unprivileged.ts';

/** A user for whom nobody else runs anything. */
const LONELY = 65_533;

let place: Place;
beforeEach(({ skip }) => {
  if (spawnSync('prlimit', ['--version']).status !== 0) skip('needs prlimit, of util-linux');
});
afterEach(() => place?.remove());

/** So many values, up from the first at which the program can be started at all. */
function valuesFrom(first: number, step: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index * step);
}

/**
 * Node.js itself was out of something. No program can do anything about that: V8 and libuv end the
 * process where it is, with words of their own.
 */
function isEndOfNode({ exit, stderr }: Run): boolean {
  const isAborted = exit === 'SIGABRT' || exit === 'SIGTRAP' || exit === 'SIGSEGV';
  return isAborted && (stderr === '' || /out of memory|Native stack trace|bad_alloc/.test(stderr));
}

/** It has done its work, or says in one line why not, or was ended by Node.js; nothing is half. */
async function expectAllOrNothing(run: Run, command: Command): Promise<void> {
  const shown = describeRun(run);
  countSeen(isEndOfNode(run) ? 'ended by Node.js itself' : `ended with ${run.exit}`);
  if (run.exit === 0) expectSuccess(run);
  else if (!isEndOfNode(run)) expect([flawInFailure(run), run.exit], shown).toEqual([undefined, 3]);
  const isSigned = command === 'sign' && run.exit === 0;
  expect(await place.state(), shown).toBe(isSigned ? 'new' : 'old');
  // Ended by Node.js while it wrote: what is left then is the next run's to clear up.
  if (!isEndOfNode(run)) expect(place.strays(), shown).toEqual([]);
  place.restore();
}

function limitedTo(option: string, value: number): RunOptions {
  return { wrapper: ['prlimit', `--${option}=${value}`] };
}

describe.each(['sign', 'verify'] as const)('%s', (command) => {
  it.each(['small', 'large'] as const)('of a %s model, with few file descriptors', async (kind) => {
    place = new Place(kind);
    const random = randomOf(`descriptors ${command} ${kind}`);
    const all = valuesFrom(firstDescriptors(), 1, 16);
    for (const files of someOf(random, all, 4 * TIMES)) {
      const run = await place[command](limitedTo('nofile', files), ['--jobs', '4']);
      await expectAllOrNothing(run, command);
    }
    const most = limitedTo('nofile', 64);
    expectSuccess(await place[command](most, ['--jobs', '4']));
  });

  it.each(['small', 'many'] as const)('of a %s model, with little memory', async (kind) => {
    place = new Place(kind);
    const random = randomOf(`memory ${command} ${kind}`);
    for (const size of someOf(random, valuesFrom(5, 1, 16), 2 * TIMES)) {
      const env = { NODE_OPTIONS: `--max-old-space-size=${size}` };
      await expectAllOrNothing(await place[command]({ env }, ['--jobs', '4']), command);
    }
    // Most of this is address space that V8 sets apart and never uses.
    const sizes = valuesFrom(590_000_000, 15_000_000, 30);
    for (const size of someOf(random, sizes, 2 * TIMES)) {
      const run = await place[command](limitedTo('data', size), ['--jobs', '4']);
      await expectAllOrNothing(run, command);
    }
  });

  it('with few processes and threads', async ({ skip }) => {
    if (process.geteuid?.() !== 0) skip('needs root, to be a user who runs nothing else');
    const { identity, missing } = findUnprivileged(LONELY);
    if (missing !== undefined) skip(missing);
    place = new Place('many');
    giveTo({ identity }, place.root);
    const random = randomOf(`processes ${command}`);
    for (const count of someOf(random, valuesFrom(firstProcesses(), 1, 12), 2 * TIMES)) {
      const run = await place[command]({ ...limitedTo('nproc', count), identity }, ['--jobs', '8']);
      await expectAllOrNothing(withoutWordsOfNode(run), command);
    }
  });
});

/** With fewer, Node.js hangs as it starts. */
function firstProcesses(): number {
  const user = { uid: LONELY, gid: LONELY };
  for (let count = 1; count < 64; count++) {
    const words = [`--nproc=${count}`, process.execPath, '--eval', '0'];
    const probe = spawnSync('prlimit', words, { ...user, timeout: 2_000, killSignal: 'SIGKILL' });
    if (probe.status === 0) return count;
  }
  throw new Error('Node.js starts under no limit of processes');
}

/** What it says on its own of a thread that it can do without. */
function withoutWordsOfNode(run: Run): Run {
  return { ...run, stderr: run.stderr.replace(/^\S+: pthread_create: .*\n/gm, '') };
}

/** With fewer, Node.js cannot load a program that has more than one file. */
function firstDescriptors(): number {
  for (let files = 10; files < 64; files++) {
    const words = [`--nofile=${files}`, process.execPath, PROGRAM, '--version'];
    if (spawnSync('prlimit', words).status === 0) return files;
  }
  throw new Error('Node.js starts under no limit of descriptors');
}

describe('a limit to the size of files', () => {
  it.each([0, 1, 1_000, 65_536])('of %d bytes leaves the old signature', async (size) => {
    place = new Place('many');
    const run = await place.sign(limitedTo('fsize', size));
    expectFailure(run, 3, /cannot be written: the file would be too large \(EFBIG\)\n$/);
    expect(await place.state()).toBe('old');
    expect(place.strays()).toEqual([]);
    expectSuccess(await place.verify(limitedTo('fsize', size)));
  });
});
