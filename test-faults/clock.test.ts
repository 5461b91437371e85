import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseBundle } from '../src/format/bundle.ts';
import { CA, certificateBundle, issue, SIGNER } from '../test/helpers/pki.ts';
import type { Rule } from './helpers/injector.ts';
import { expectFailure, expectSuccess } from './helpers/judge.ts';
import { needInjector } from './helpers/need.ts';
import { type Command, type Method, Place } from './helpers/place.ts';
import { randomOf, someOf } from './helpers/random.ts';
import { TIMES } from './helpers/settings.ts';

const YEAR = 365 * 86_400;

/** By how many years the clock jumps. The last is before there were clocks of this kind. */
const JUMPS = [2, 20, 300, -2, -20, -60] as const;

let place: Place;
beforeEach(needInjector);
afterEach(() => place?.remove());

/** After how many looks at the clock it jumps: each that a run takes is tried, or some of them. */
async function readingsOf(command: Command, words: readonly string[] = []): Promise<number[]> {
  const { calls } = await place[command]({ traces: true }, words);
  const count = calls.filter(({ call }) => call === 'clock').length;
  // Two more than there were: their number may differ a little.
  return Array.from({ length: count + 2 }, (_, index) => index + 1);
}

function jump(at: number, years: number): readonly Rule[] {
  return [{ call: 'clock', at, does: { shift: years * YEAR } }];
}

describe.each<[Command, Method]>([
  ['sign', 'key'],
  ['verify', 'key'],
])('a clock that jumps during %s with a %s', (command, method) => {
  it('changes nothing', async () => {
    place = new Place('small', method);
    const random = randomOf(`clock ${command} ${method}`);
    for (const at of someOf(random, await readingsOf(command), 6 * TIMES)) {
      const [years = 0] = someOf(random, JUMPS, 1);
      const run = await place[command]({ rules: jump(at, years) });
      expectSuccess(run);
      expect(await place.state()).toMatch(/^(?:old|new)$/);
      expect(place.strays()).toEqual([]);
      expect(run.stdout).not.toMatch(/-\d+ (?:s|ms|min)\b/);
    }
  });
});

describe.each(['sign', 'verify'] as const)('a clock that jumps during %s', (command) => {
  it('with a certificate is the one clock or the other', async () => {
    place = new Place('small', 'certificate');
    const random = randomOf(`clock ${command}`);
    const seen = new Set<unknown>();
    const readings = await readingsOf(command);
    // At the first it is another time from the start, and after the last it was the same to the end.
    const ends = [readings[0] ?? 0, readings.length + 1];
    for (const at of [...ends, ...someOf(random, readings, 8 * TIMES)]) {
      place.restore();
      const [years = 0] = someOf(random, JUMPS, 1);
      const run = await place[command]({ rules: jump(at, years) });
      seen.add(run.exit);
      if (run.exit === 0) {
        expectSuccess(run);
      } else {
        expectFailure(run, 1, /the certificate .* (?:is not valid yet|expired): /);
        expect(await place.state()).toBe('old');
      }
      expect(place.strays()).toEqual([]);
    }
    expect(seen).toEqual(new Set([0, 1]));
  });
});

/** Two certificates that never were valid at the same time: one is over before the other begins. */
function chainThatNeverWas(): { readonly bundle: string; readonly root: string } {
  const now = Date.now();
  const root = issue({
    subject: 'Root of yesterday',
    ...CA,
    notBefore: new Date(now - 12 * YEAR * 1000),
    notAfter: new Date(now - 8 * YEAR * 1000),
  });
  const leaf = issue({ subject: 'Signer of today', issuer: root, ...SIGNER });
  const { envelope } = parseBundle(readFileSync(place.signature));
  return {
    bundle: JSON.stringify(certificateBundle(envelope.payload, [leaf, root])),
    root: root.pem,
  };
}

describe('certificates that never were valid at the same time', () => {
  it.each([-10, 10])(
    'are refused whenever the clock jumps between them (%d years)',
    async (years) => {
      place = new Place('small', 'certificate');
      const { bundle, root } = chainThatNeverWas();
      writeFileSync(place.signature, bundle);
      writeFileSync(join(place.root, 'root.pem'), root);
      const random = randomOf(`never ${years}`);
      const start = years < 0 ? [] : jump(1, -10);
      for (const at of someOf(random, await readingsOf('verify'), 8 * TIMES)) {
        if (years > 0 && at === 1) continue;
        const rules = [...start, ...jump(at, years)];
        const run = await place.verify({ rules });
        expectFailure(run, 1, /certificate/);
      }
    },
  );
});
