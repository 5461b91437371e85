import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectFailure, expectFired, expectSuccess } from './helpers/judge.ts';
import { needInjector } from './helpers/need.ts';
import type { Run } from './helpers/oms.ts';
import { type Command, Place } from './helpers/place.ts';
import { TIMES } from './helpers/settings.ts';

const PRELOAD = fileURLToPath(new URL('preload/worker.cjs', import.meta.url));

let place: Place;

/** What becomes of a worker thread, and what is told of it. */
const WAYS: readonly (readonly [way: string, told: RegExp])[] = [
  ['throws at its start', /^\S.*: a hashing thread failed: something\n$/],
  ['ends at its start', /a hashing thread failed: the thread ended with code 7\n$/],
  ['ends without a word', /a hashing thread failed: the thread ended with code 0\n$/],
  ['throws in the middle', /a hashing thread failed at "[^"]+": something\n$/],
  ['ends in the middle', /a hashing thread failed at "[^"]+": the thread ended with code 7\n$/],
  [
    'recurses without end',
    /a hashing thread failed at "[^"]+": Maximum call stack size exceeded\n$/,
  ],
  ['runs out of memory', /a hashing thread failed at "[^"]+": it ran out of memory.*\n$/],
];

function runWith(command: Command, way: string): Promise<Run> {
  const env = { NODE_OPTIONS: `--require "${PRELOAD}"`, OMS_FAULT_WORKER: way };
  return place[command]({ env }, ['--jobs', '3']);
}

describe.each<[Command, 'large' | 'many']>([
  ['sign', 'large'],
  ['sign', 'many'],
  ['verify', 'large'],
  ['verify', 'many'],
])('a worker thread of %s, with a %s model, that', (command, kind) => {
  beforeAll(() => {
    place = new Place(kind);
  });
  afterAll(() => place.remove());

  it.each(WAYS)('%s is told in one line', async (way, told) => {
    for (let round = 0; round < TIMES; round++) {
      const run = await runWith(command, way);
      expectFired(run);
      expectFailure(run, 3, told);
      expect(await place.state()).toBe('old');
      expect(place.strays()).toEqual([]);
    }
  });

  it('cannot be started leaves the work to the main thread', async () => {
    const run = await runWith(command, 'cannot be started');
    expectFired(run);
    expectSuccess(run);
    expect(await place.state()).toBe(command === 'sign' ? 'new' : 'old');
  });
});

describe('a system that gives no more threads', () => {
  it.for(['sign', 'verify'] as const)('lets %s work with fewer', async (command, context) => {
    needInjector(context);
    place = new Place('large');
    context.onTestFinished(() => place.remove());
    const { calls } = await place[command]({ traces: true }, ['--jobs', '5']);
    const start = calls.findIndex(({ path }) => path === 'model');
    const own = calls.slice(0, start).filter(({ call }) => call === 'thread').length;
    const all = calls.filter(({ call }) => call === 'thread').length;
    expect(all - own).toBeGreaterThanOrEqual(2);
    for (let at = own + 1; at <= own + 2; at++) {
      place.restore();
      const run = await place[command](
        { rules: [{ call: 'thread', at: `${at}+`, does: { errno: 'EAGAIN' } }] },
        ['--jobs', '5'],
      );
      expectFired(run);
      expectSuccess(run);
      expect(await place.state()).toBe(command === 'sign' ? 'new' : 'old');
    }
  });
});
