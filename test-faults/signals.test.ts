import type { ChildProcess } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { describeRun } from './helpers/describe.ts';
import type { Rule } from './helpers/injector.ts';
import { expectFired, flawInFailure } from './helpers/judge.ts';
import { MODELS } from './helpers/models.ts';
import { needInjector } from './helpers/need.ts';
import type { Run } from './helpers/oms.ts';
import { type Command, Place } from './helpers/place.ts';
import { randomOf } from './helpers/random.ts';
import { TIMES } from './helpers/settings.ts';
import { countSeen } from './helpers/tally.ts';

/** Exit codes by convention: 128 and the number of the signal. */
const CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
const SIGNALS = Object.keys(CODES) as (keyof typeof CODES)[];
type Signal = keyof typeof CODES;

let place: Place;
afterEach(() => place?.remove());

/**
 * A run to which a signal came ended as if none had come, or because of it: then the signal itself
 * is the reason, where nothing is begun, or there is a line and the exit code. What it left is whole,
 * and what it said is so.
 */
async function expectOrderly(run: Run, command: Command, signal: Signal): Promise<void> {
  const shown = describeRun(run);
  expect([0, signal, CODES[signal]], shown).toContain(run.exit);
  countSeen(`ended with ${run.exit}`);
  if (run.exit === CODES[signal]) {
    expect(flawInFailure(run), shown).toBeUndefined();
    expect(run.stderr, shown).toContain('the operation was cancelled');
  }
  const state = await place.state();
  if (command === 'verify' || run.exit === CODES[signal]) expect(state, shown).toBe('old');
  if (command === 'sign' && run.exit === 0) expect(state, shown).toBe('new');
  expect(place.strays(), shown).toEqual([]);
  place.restore();
}

describe.each(MODELS)('a signal at a random moment, with a %s model', (kind) => {
  it.each(['sign', 'verify'] as const)('ends %s in order', async (command) => {
    place = new Place(kind);
    const random = randomOf(`signals ${kind} ${command}`);
    const { milliseconds } = await place[command]();
    place.restore();
    for (let round = 0; round < TIMES; round++) {
      for (const signal of SIGNALS) {
        const delay = random() * milliseconds * 1.1;
        // Who presses Ctrl-C presses it more than once.
        const again = random() < 0.5 ? random() * 20 : undefined;
        const meanwhile = async (child: ChildProcess): Promise<void> => {
          await wait(delay);
          child.kill(signal);
          if (again === undefined) return;
          await wait(again);
          child.kill(signal);
        };
        await expectOrderly(await place[command]({ meanwhile }), command, signal);
      }
    }
  });
});

describe('a signal while the signature is written', () => {
  const moments: readonly Omit<Rule, 'does'>[] = [
    { call: 'open', path: '*.tmp' },
    { call: 'write', path: '*.tmp', at: 1 },
    { call: 'write', path: '*.tmp', at: 2 },
    { call: 'write', path: '*.tmp', at: 3 },
    { call: 'fsync', path: '*.tmp' },
    { call: 'close', path: '*.tmp' },
    { call: 'access', path: 'model/', at: 2 },
    { call: 'rename', path: '*.tmp' },
    { call: 'open', path: 'model' },
    { call: 'fsync', path: 'model' },
    { call: 'close', path: 'model' },
  ];

  it.for(SIGNALS)('leaves the old one or the new one: %s', async (signal, context) => {
    needInjector(context);
    place = new Place();
    for (const moment of moments) {
      const run = await place.sign({ rules: [{ ...moment, does: { signal } }] });
      expectFired(run);
      expect([0, CODES[signal]], describeRun(run)).toContain(run.exit);
      await expectOrderly(run, 'sign', signal);
    }
  });
});
