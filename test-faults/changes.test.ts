import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHANGES, type Touches } from './helpers/change.ts';
import { describeRun } from './helpers/describe.ts';
import type { Rule } from './helpers/injector.ts';
import { expectFailure, expectFired, expectSuccess } from './helpers/judge.ts';
import { asUnprivileged, needInjector, needUnprivileged } from './helpers/need.ts';
import type { Run } from './helpers/oms.ts';
import { type Command, Place } from './helpers/place.ts';
import { randomOf, someOf } from './helpers/random.ts';
import { TIMES } from './helpers/settings.ts';

let place: Place;
beforeEach(needInjector);
afterEach(() => place?.remove());

/** When it happens: the run waits before this call until it has happened. */
type Moment = readonly [call: Rule['call'], at: number, when: When];

/** Before the file is opened; opened, but not looked at; read; hashed, and looked at once more. */
type When = 'before' | 'opened' | 'while' | 'after';

/** Of a file that is opened twice: to see how large it is, and to be hashed. */
const MOMENTS: Readonly<Record<string, readonly Moment[]>> = {
  'weights.bin': [
    ['open', 1, 'before'],
    ['open', 2, 'before'],
    ['fstat', 2, 'opened'],
    ['read', 1, 'while'],
    ['read', 3, 'while'],
    ['fstat', 3, 'while'],
    ['close', 2, 'after'],
  ],
  // Of which nobody sees more than one read.
  'config.json': [
    ['open', 1, 'before'],
    ['fstat', 1, 'opened'],
    ['read', 1, 'while'],
    ['fstat', 2, 'while'],
    ['close', 1, 'after'],
  ],
  // Read by a worker thread.
  'a.bin': [
    ['open', 2, 'before'],
    ['fstat', 2, 'opened'],
    ['read', 30, 'while'],
    ['read', 73, 'while'],
    ['fstat', 3, 'while'],
    ['close', 2, 'after'],
  ],
};

/**
 * How a run must end. Zero only where what it has read is what counts: for verify, what was signed.
 * What happens to the bytes after they were read is not seen, but which files there are is.
 */
function exitOf(command: Command, touches: Touches, when: When): 0 | 1 | 3 {
  if (touches === 'name' || when === 'while') return 3;
  if (touches === 'mode') return when === 'before' ? 3 : 0;
  return touches === 'content' && when !== 'after' && command === 'verify' ? 1 : 0;
}

function expectExit(run: Run, exit: 0 | 1 | 3): void {
  expectFired(run);
  if (exit === 0) expectSuccess(run);
  else expectFailure(run, exit);
}

/** What happens during one run of a command. */
async function runWhile(
  command: Command,
  rule: Omit<Rule, 'does'>,
  act: (number: number) => void,
  words: readonly string[] = [],
): Promise<Run> {
  const rules = [{ ...rule, does: 'pause' }] as const;
  return place[command]({ rules, during: act }, words);
}

describe.each(['sign', 'verify'] as const)('%s, while a file', (command) => {
  it.for(CHANGES)('$does, ends as it must at each moment', async (change, context) => {
    const { does, touches, act } = change;
    if (touches === 'mode') needUnprivileged(context);
    const random = randomOf(`${command} ${does}`);
    for (const [name, all] of Object.entries(MOMENTS)) {
      for (const [call, at, when] of someOf(random, all, TIMES)) {
        place = new Place(name === 'a.bin' ? 'large' : 'small');
        const run = await place[command](
          {
            ...(touches === 'mode' ? asUnprivileged() : {}),
            rules: [{ call, path: `model/${name}`, at, does: 'pause' }],
            during: () => act(join(place.model, name)),
          },
          ['--jobs', '3'],
        );
        expectExit(run, exitOf(command, touches, when));
        if (run.exit !== 0) expect(await place.state(), describeRun(run)).toBe('old');
        place.remove();
      }
    }
  });
});

describe.each(['sign', 'verify'] as const)('%s, while a directory', (command) => {
  const inside = 'model/nested/tokenizer.txt';

  it.each<[string, Rule['call'], string, number]>([
    ['it is to be listed', 'readdir', 'model/nested', 1],
    ['a file in it is to be opened', 'open', inside, 1],
    ['a file in it is read', 'read', inside, 1],
    ['it is looked at once more', 'stat', 'model/nested', 2],
  ])('is removed when %s, says so', async (_, call, path, at) => {
    place = new Place();
    const nested = join(place.model, 'nested');
    const run = await runWhile(command, { call, path, at }, () => {
      rmSync(nested, { recursive: true });
    });
    expectExit(run, 3);
    expect(await place.state()).toBe('old');
  });

  it('becomes a link to its like, says so', async () => {
    place = new Place();
    const nested = join(place.model, 'nested');
    const run = await runWhile(command, { call: 'open', path: inside }, () => {
      renameSync(nested, join(place.root, 'aside'));
      symlinkSync(join(place.root, 'aside'), nested);
    });
    expectExit(run, 3);
    expect(run.stderr).toMatch(/changed while it was hashed/);
  });

  it('has another in its place just while files are read, says so', async () => {
    place = new Place();
    const [nested, good, bad] = ['model/nested', 'good', 'bad'].map((name) =>
      join(place.root, name),
    ) as [string, string, string];
    cpSync(nested, good, { recursive: true });
    writeFileSync(join(nested, 'tokenizer.txt'), 'bad');
    const run = await place[command]({
      rules: [
        { call: 'open', path: inside, does: 'pause' },
        { call: 'close', path: inside, does: 'pause' },
      ],
      during: (number) => {
        renameSync(nested, number === 1 ? bad : good);
        renameSync(number === 1 ? good : bad, nested);
      },
    });
    expectFired(run, 2);
    expectFailure(run, 3);
  });

  it('is the model itself, and becomes another with the same content, says so', async () => {
    place = new Place();
    const aside = join(place.root, 'aside');
    const moment = { call: 'read', path: 'model/weights.bin', at: 2 } as const;
    const run = await runWhile(command, moment, () => {
      renameSync(place.model, aside);
      cpSync(aside, place.model, { recursive: true });
    });
    expectExit(run, 3);
    expect(run.stderr).toContain('the model changed while it was hashed: it was replaced');
  });

  it('gets a file, says so', async () => {
    place = new Place();
    const moment = { call: 'read', path: 'model/weights.bin', at: 2 } as const;
    const run = await runWhile(command, moment, () => {
      writeFileSync(join(place.model, 'nested', 'more.bin'), 'more');
    });
    expectExit(run, 3);
    expect(run.stderr).toContain('something was added, removed or renamed');
  });
});

describe('verify, while something changes that does not count', () => {
  const moment = { call: 'read', path: 'model/weights.bin', at: 2 } as const;

  it('accepts a file that comes, when unsigned files are ignored', async () => {
    place = new Place();
    const act = () => writeFileSync(join(place.model, 'more.bin'), 'more');
    expectExit(await runWhile('verify', moment, act, ['--ignore-unsigned-files']), 0);
  });

  it('accepts a file that comes under an ignored path', async () => {
    place = new Place();
    mkdirSync(join(place.model, '.git'));
    const act = () => writeFileSync(join(place.model, '.git', 'more.bin'), 'more');
    expectExit(await runWhile('verify', moment, act), 0);
  });

  it('accepts a signature that is overwritten once it was read', async () => {
    place = new Place();
    const act = () => writeFileSync(place.signature, 'no signature');
    expectExit(await runWhile('verify', moment, act), 0);
  });
});

describe('sign, while the place of the signature', () => {
  const hashed = { call: 'open', path: 'model/.oms-*.tmp' } as const;
  const written = { call: 'close', path: 'model/.oms-*.tmp' } as const;

  it.each<[string, 2 | 3, (path: string) => void]>([
    ['becomes a file of another kind', 2, (path) => writeFileSync(path, 'weights')],
    ['becomes a directory', 2, (path) => mkdirSync(path)],
    ['becomes a link', 2, (path) => symlinkSync('weights.bin', path)],
    ['goes with its directory', 3, (path) => rmSync(dirname(path), { recursive: true })],
  ])('%s, is refused, and nothing is replaced', async (_, exit, act) => {
    for (const moment of [hashed, written]) {
      place = new Place();
      const run = await runWhile('sign', moment, () => {
        rmSync(place.signature);
        act(place.signature);
      });
      expectFired(run);
      expectFailure(run, exit);
      if (exit === 2) expect(run.stderr).toContain('is not overwritten');
      if (exit === 2) expect(place.strays()).toEqual([]);
      place.remove();
    }
  });

  it('gets a newer signature, the newest stays', async () => {
    place = new Place();
    const newer = place.otherSignature();
    const act = () => writeFileSync(place.signature, newer);
    expectExit(await runWhile('sign', hashed, act), 0);
    expect(await place.state()).toBe('new');
    expect(place.strays()).toEqual([]);
  });
});
