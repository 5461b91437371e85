import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeRun } from './helpers/describe.ts';
import type { ErrorName, Rule, Seen } from './helpers/injector.ts';
import { expectFailure, expectFired, expectSuccess } from './helpers/judge.ts';
import { needInjector } from './helpers/need.ts';
import type { Run } from './helpers/oms.ts';
import { type Command, type Method, Place } from './helpers/place.ts';
import { randomOf, someOf } from './helpers/random.ts';
import { TIMES } from './helpers/settings.ts';

/** What a disk or a network file system reports, and the words for it. */
const ERRORS: readonly (readonly [name: ErrorName, words: string])[] = [
  ['EIO', 'the disk reported an error (EIO)'],
  ['ESTALE', 'the network file system lost the file (ESTALE)'],
  ['ETIMEDOUT', 'nothing answered in time (ETIMEDOUT)'],
  ['ENOMEM', 'there is not enough memory (ENOMEM)'],
  ['EDQUOT', "the user's share of the disk is used up (EDQUOT)"],
  ['ENFILE', 'too many open files in the whole system (ENFILE)'],
];

/**
 * Calls that may fail with no harm done, for a signature that is to be signed: the look for what a
 * killed run has left, and the bringing of the directory to the disk, once the file is in its place.
 */
const HARMLESS = new Set(['readdir model 1', 'open model 1', 'fsync model 1', 'close model 1']);

let place: Place;
beforeEach(needInjector);
afterEach(() => place?.remove());

/** The calls of a run, each as the how-manyth of its kind, with what is random in a path left out. */
function numbered(calls: readonly Seen[]): Required<Pick<Rule, 'call' | 'path' | 'at'>>[] {
  const counts = new Map<string, number>();
  return calls
    .filter(({ path }) => path !== '-')
    .map(({ call, path: name }) => {
      const path = name.replace(/\.oms-.*\.tmp/, '.oms-*.tmp');
      const at = (counts.get(call + path) ?? 0) + 1;
      counts.set(call + path, at);
      return { call, path, at };
    });
}

function isHarmless(command: Command, { call, path, at }: Omit<Rule, 'does'>): boolean {
  return command === 'sign' && HARMLESS.has(`${call} ${path} ${at}`);
}

async function expectUndisturbed(run: Run, command: Command): Promise<void> {
  expectSuccess(run);
  expect(await place.state()).toBe(command === 'sign' ? 'new' : 'old');
}

describe.each<[Command, Method]>([
  ['sign', 'key'],
  ['verify', 'key'],
  ['sign', 'certificate'],
  ['verify', 'certificate'],
])('an error of each call of %s with a %s', (command, method) => {
  it('is told, and nothing is accepted, signed or left behind', async () => {
    place = new Place('small', method);
    const calls = numbered((await place[command]({ traces: true })).calls);
    expect(calls.length).toBeGreaterThan(30);
    for (let round = 0; round < TIMES; round++) {
      for (const [index, call] of calls.entries()) {
        // What only concerns the model is the same for both methods.
        if (method === 'certificate' && !/\.(?:pem|key|sig)$/.test(call.path)) continue;
        place.restore();
        const [errno, words] = ERRORS[(index + round) % ERRORS.length] ?? ['EIO', ''];
        const run = await place[command]({ rules: [{ ...call, does: { errno } }] });
        expectFired(run);
        if (isHarmless(command, call)) {
          await expectUndisturbed(run, command);
        } else {
          expectFailure(run, 3);
          expect(run.stderr, describeRun(run)).toContain(words);
          expect(await place.state(), describeRun(run)).toBe('old');
        }
        expect(place.strays(), describeRun(run)).toEqual([]);
      }
    }
  });
});

/** How else a model can be signed: more, or other, calls are made then. */
const WAYS: readonly (readonly [title: string, prepare: () => void, words: readonly string[]])[] = [
  ['in shards', () => {}, ['--shard-size', '300000']],
  [
    'with links',
    () => symlinkSync('weights.bin', join(place.model, 'link.bin')),
    ['--allow-symlinks'],
  ],
];

describe.each(['sign', 'verify'] as const)('an error of a call of %s', (command) => {
  it.each(WAYS)('of a model %s is told', async (title, prepare, words) => {
    place = new Place();
    prepare();
    expectSuccess(await place.sign({}, words));
    place.adopt();
    const own = command === 'sign' ? words : words.filter((word) => word === '--allow-symlinks');
    const calls = numbered((await place[command]({ traces: true }, own)).calls);
    const random = randomOf(`errors ${command} ${title}`);
    for (const call of someOf(random, calls, 6 * TIMES)) {
      place.restore();
      const rules = [{ ...call, does: { errno: 'EIO' } }] as const;
      const run = await place[command]({ rules }, own);
      expectFired(run);
      if (isHarmless(command, call)) await expectUndisturbed(run, command);
      else expectFailure(run, 3, /the disk reported an error \(EIO\)/);
      expect(place.strays(), describeRun(run)).toEqual([]);
    }
  });

  it('is told in one object with --json', async () => {
    place = new Place();
    const calls = numbered((await place[command]({ traces: true })).calls);
    const random = randomOf(`json ${command}`);
    for (const call of someOf(random, calls, 4 * TIMES)) {
      place.restore();
      const run = await place[command]({ rules: [{ ...call, does: { errno: 'EIO' } }] }, [
        '--json',
      ]);
      expectFired(run);
      const exitCode = isHarmless(command, call) ? 0 : 3;
      expect(run.exit, describeRun(run)).toBe(exitCode);
      expect(run.stderr, describeRun(run)).toBe('');
      expect(JSON.parse(run.stdout)).toMatchObject({ command, ok: exitCode === 0, exitCode });
    }
  });
});

describe('an error in a worker thread', () => {
  // A large file is opened twice: to see how large it is, and to be hashed.
  const moments: readonly Rule[] = [
    { call: 'open', at: 2, does: 'end' },
    { call: 'fstat', at: 2, does: 'end' },
    { call: 'read', at: 1, does: 'end' },
    { call: 'read', at: 30, does: 'end' },
    { call: 'read', at: 60, does: 'end' },
    { call: 'fstat', at: 3, does: 'end' },
    { call: 'close', at: 2, does: 'end' },
  ];

  it.each(['sign', 'verify'] as const)('ends %s with one line', async (command) => {
    place = new Place('large');
    for (let round = 0; round < TIMES; round++) {
      for (const [index, moment] of moments.entries()) {
        const [errno, words] = ERRORS[(index + round) % 2] ?? ['EIO', ''];
        const path = `model/${index % 2 === 0 ? 'a' : 'b'}.bin`;
        const rules: readonly Rule[] = [{ ...moment, path, does: { errno } }];
        const run = await place[command]({ rules }, ['--jobs', '3']);
        expectFired(run);
        expectFailure(run, 3);
        expect(run.stderr, describeRun(run)).toContain(words);
        expect(await place.state()).toBe('old');
        expect(place.strays()).toEqual([]);
      }
    }
  });
});

describe('a read', () => {
  it.each(['sign', 'verify'] as const)(
    'that brings only a part at a time changes nothing for %s',
    async (command) => {
      place = new Place();
      for (const short of [1, 4_095, 65_536]) {
        // One byte at a time takes long for what is not small.
        const path = short === 1 ? '*.[jt][sx]*' : '*';
        const rules: readonly Rule[] = [{ call: 'read', path, at: '1+', does: { short } }];
        const run = await place[command]({ rules });
        expectFired(run, 2);
        await expectUndisturbed(run, command);
        place.restore();
      }
    },
  );

  it.each<[Command, string, number, number, RegExp]>([
    ['verify', 'model/weights.bin', 1, 3, /it ended after 0 of 700000 bytes/],
    ['verify', 'model/weights.bin', 2, 3, /it ended after 262144 of 700000 bytes/],
    ['verify', 'model/config.json', 1, 3, /it ended after 0 of 14 bytes/],
    ['verify', 'model/model.sig', 1, 1, /^Refused: the signature file is not JSON/],
    ['verify', 'key.pub', 1, 3, /the public key/],
    ['sign', 'model/weights.bin', 3, 3, /it ended after 524288 of 700000 bytes/],
    ['sign', 'key.pem', 1, 3, /the private key/],
    ['sign', 'model/model.sig', 1, 2, /is not overwritten/],
  ])('of %s that finds the end of %s too early is refused', async (...row) => {
    const [command, path, at, exit, reason] = row;
    place = new Place();
    const run = await place[command]({ rules: [{ call: 'read', path, at, does: 'end' }] });
    expectFired(run);
    expectFailure(run, exit, reason);
    expect(await place.state()).toBe('old');
  });
});

describe('a write', () => {
  it('that takes only a part at a time leaves a whole signature', async () => {
    place = new Place();
    const does = { short: 100 };
    const run = await place.sign({ rules: [{ call: 'write', path: '*.tmp', at: '1+', does }] });
    expectFired(run, 5);
    await expectUndisturbed(run, 'sign');
    expect(place.strays()).toEqual([]);
  });
});
