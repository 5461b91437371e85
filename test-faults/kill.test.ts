import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { describeRun } from './helpers/describe.ts';
import type { Rule } from './helpers/injector.ts';
import { expectFailure, expectFired, expectSuccess } from './helpers/judge.ts';
import { type ModelKind, MODELS } from './helpers/models.ts';
import { needInjector } from './helpers/need.ts';
import type { Run } from './helpers/oms.ts';
import { Place, type Signature, STRAY } from './helpers/place.ts';
import { randomOf } from './helpers/random.ts';
import { TIMES } from './helpers/settings.ts';
import { countSeen } from './helpers/tally.ts';

/** Kills of one command in the short run. */
const KILLS: Readonly<Record<ModelKind, number>> = { small: 8, large: 4, many: 4 };

let place: Place;
afterEach(() => place?.remove());

/** Kills a run of `sign` within the time that it takes, or a little later. */
async function killedSometime(random: () => number, milliseconds: number): Promise<Run> {
  const delay = random() * milliseconds * 1.1;
  const run = await place.sign({
    meanwhile: async (child) => {
      await wait(delay);
      child.kill('SIGKILL');
    },
  });
  expect(['SIGKILL', 0], describeRun(run)).toContain(run.exit);
  return run;
}

/** Of a killed run there is at the most the beginning of a signature, under a name of our own. */
function expectAtMostOneStray(run: Run): void {
  expect(place.strays().length, describeRun(run)).toBeLessThanOrEqual(1);
  if (place.strays().length > 0) countSeen('with something left');
  for (const name of place.strays()) expect(name, describeRun(run)).toMatch(STRAY);
}

describe.each(MODELS)('killed at a random moment, with a %s model', (kind) => {
  it.each<Signature>(['old', 'none'])(
    'sign leaves the signature that was there (%s) or a whole new one',
    async (before) => {
      place = new Place(kind);
      const random = randomOf(`kill ${kind} ${before}`);
      const { milliseconds } = await place.sign();
      for (let kill = 0; kill < (KILLS[kind] / 2) * TIMES; kill++) {
        place.restore();
        if (before === 'none') place.forget();
        const run = await killedSometime(random, milliseconds);
        const state = await place.state();
        expect(run.exit === 0 ? ['new'] : [before, 'new']).toContain(state);
        expectAtMostOneStray(run);
        countSeen(run.exit === 0 ? 'too late' : `killed with the ${state} one there`);
      }
    },
  );

  it('again and again, sign leaves nothing after the first run that is not', async () => {
    place = new Place(kind);
    const random = randomOf(`kills ${kind}`);
    const { milliseconds } = await place.sign();
    for (let kill = 0; kill < (KILLS[kind] / 2) * TIMES; kill++) {
      const run = await killedSometime(random, milliseconds);
      expect(await place.state()).toMatch(/^(?:old|new)$/);
      expectAtMostOneStray(run);
    }
    expectSuccess(await place.sign());
    expect(place.strays()).toEqual([]);
    expectSuccess(await place.verify());
  });
});

describe('killed while the signature is written', () => {
  type Moment = readonly [call: Rule['call'], path: string, at: number, signature: Signature];
  const moments: readonly Moment[] = [
    ['open', '*.tmp', 1, 'old'],
    ['write', '*.tmp', 1, 'old'],
    ['write', '*.tmp', 2, 'old'],
    ['write', '*.tmp', 3, 'old'],
    ['fsync', '*.tmp', 1, 'old'],
    ['close', '*.tmp', 1, 'old'],
    ['rename', '*.tmp', 1, 'old'],
    ['open', 'model', 1, 'new'],
    ['fsync', 'model', 1, 'new'],
    ['close', 'model', 1, 'new'],
  ];

  it.for(moments)('at the call %s of %s, number %d, it is the %s one', async (moment, context) => {
    needInjector(context);
    const [call, path, at, signature] = moment;
    place = new Place();
    const rules = [{ call, path, at, does: { signal: 'SIGKILL' } }] as const;
    const run = await place.sign({ rules });
    expectFired(run);
    expect(run.exit).toBe('SIGKILL');
    expect(await place.state()).toBe(signature);
    expectAtMostOneStray(run);
    // Whoever verifies learns the name of what is too much, if something is.
    const verified = await place.verify();
    const [stray] = place.strays();
    if (stray === undefined) expectSuccess(verified);
    else expectFailure(verified, 1, /0 changed, 0 missing, 1 extra/);
    expectSuccess(await place.sign());
    expect(place.strays()).toEqual([]);
    expectSuccess(await place.verify());
  });
});
