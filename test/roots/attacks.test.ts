import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { refusal } from '../helpers/refusal.ts';
import { type Bench, later, openBench, text } from './helpers.ts';
import { type Publication, type Role, TestRepository, targetsNamed } from './repository.ts';

type Describe = NonNullable<Publication['describe']>;

const SECOND = '{"root":"second"}';

/** What a refused answer must leave: the cache as it was, and no way past it. */
async function expectRefused(bench: Bench, reason: RegExp): Promise<void> {
  const { load, update } = bench;
  const error = await refusal(() => update({ now: later(1) }), 'TRUST_UNUSABLE');
  expect(error.found).toMatch(reason);
  const trust = await load({ now: later(25) });
  expect(trust).toMatchObject({ source: 'cache', notes: [expect.stringMatching(reason)] });
  expect(text(trust.trustedRoot)).toBe('{"root":"first"}');
  const fresh = { cacheDirectory: undefined };
  await refusal(() => load(fresh), 'TRUST_UNUSABLE');
}

describe('an answer of a repository is refused', () => {
  const roles: readonly Role[] = ['timestamp', 'snapshot', 'targets'];

  it.each(roles)('when nobody who may has signed its %s', async (role) => {
    const bench = await openBench();
    await bench.load();
    bench.repository.publish({ targets: targetsNamed('second'), forged: [role] });
    await expectRefused(bench, new RegExp(`${role} was signed by 0/1 keys`));
  });

  it.each(roles)('when its %s has expired', async (role) => {
    const bench = await openBench();
    await bench.load();
    bench.repository.publish({
      targets: targetsNamed('second'),
      expires: { [role]: '2020-01-01T00:00:00Z' },
    });
    await expectRefused(bench, new RegExp(`${role}.json is expired`));
  });

  it('when a target is not the one that was signed', async () => {
    const bench = await openBench();
    await bench.load();
    bench.repository.publish({ targets: targetsNamed('second') });
    for (const [path, bytes] of bench.repository.files) {
      if (!path.startsWith('targets/') || !bytes.includes('second')) continue;
      bench.repository.files.set(path, Buffer.from(bytes.toString().replace('second', 'forged')));
    }
    await expectRefused(bench, /Expected hash [0-9a-f]+ but got [0-9a-f]+/);
  });

  it.each<[string, Describe, RegExp]>([
    ['longer than it says', (entry) => ({ ...entry, length: entry.length - 1 }), /is longer than/],
    ['shorter than it says', (entry) => ({ ...entry, length: 1000 }), /Expected length 1000/],
    ['too large', (entry) => ({ ...entry, length: 10 ** 9 }), /is too large/],
    ['without a hash', (entry) => ({ ...entry, hashes: {} }), /is not the one that the repos/],
    [
      'only with a weak hash',
      (entry, content) => ({ ...entry, hashes: { md5: hash('md5', content) } }),
      /is not the one that the repository names/,
    ],
  ])('when a target is %s', async (_, describeTarget, reason) => {
    const bench = await openBench();
    await bench.load();
    const targets = targetsNamed('second');
    bench.repository.publish({ targets, describe: describeTarget });
    await expectRefused(bench, reason);
  });

  it('when a target is missing', async () => {
    const bench = await openBench();
    await bench.load();
    bench.repository.publish({ targets: { 'trusted_root.json': SECOND } });
    await expectRefused(bench, /the repository has no target signing_config.v0.2.json/);
  });
});

describe('an older answer than before is refused', () => {
  it.each<[string, Publication['versions'], RegExp]>([
    ['timestamp', { timestamp: 1 }, /New timestamp version 1 is less than current version 2/],
    ['snapshot', { snapshot: 1 }, /New snapshot version 1 is less than current version 2/],
    ['targets', { targets: 1 }, /New version 1 of targets.json is less than current version 2/],
  ])('by the version of its %s', async (_, versions, reason) => {
    const repository = new TestRepository();
    repository.publish();
    const bench = await openBench(repository);
    await bench.load();
    repository.publish({ targets: targetsNamed('second'), versions: versions ?? {} });
    const error = await refusal(() => bench.update(), 'TRUST_UNUSABLE');
    expect(error.found).toMatch(reason);
    expect(text((await bench.load({ now: later(25) })).trustedRoot)).toBe('{"root":"first"}');
  });

  it('also where the metadata of before has expired', async () => {
    const expires = { timestamp: later(2).toISOString() };
    const repository = new TestRepository({ expires });
    repository.publish({ expires });
    const bench = await openBench(repository);
    await bench.load();
    repository.publish({ versions: { timestamp: 1 } });
    const error = await refusal(() => bench.load({ now: later(3) }), 'TRUST_UNUSABLE');
    expect(error.found).toMatch(/New timestamp version 1 is less than current version 2/);
  });
});

describe('a new root', () => {
  it('is followed, one after the other', async () => {
    const bench = await openBench();
    await bench.load();
    bench.repository.rotate();
    bench.repository.rotate();
    bench.repository.publish({ targets: targetsNamed('second') });
    bench.server.asked.length = 0;
    expect(text((await bench.update()).trustedRoot)).toBe(SECOND);
    expect(bench.server.asked.slice(0, 3)).toEqual(['2.root.json', '3.root.json', '4.root.json']);
    bench.server.asked.length = 0;
    await bench.update();
    expect(bench.server.asked).toEqual(['4.root.json', 'timestamp.json']);
  });

  it('makes the keys of before worthless', async () => {
    const repository = new TestRepository();
    const bench = await openBench(repository);
    await bench.load();
    repository.rotate();
    const error = await refusal(() => bench.update(), 'TRUST_UNUSABLE');
    expect(error.found).toMatch(/timestamp was signed by 0\/1 keys/);
  });

  it('is refused when the keys of before have not signed it', async () => {
    const bench = await openBench();
    await bench.load();
    bench.repository.rotate({}, 'new');
    bench.repository.publish({ targets: targetsNamed('second') });
    await expectRefused(bench, /root was signed by 0\/2 keys/);
  });

  it('is refused when it has not signed itself', async () => {
    const bench = await openBench();
    await bench.load();
    bench.repository.rotate({ forged: ['root'] });
    bench.repository.publish({ targets: targetsNamed('second') });
    await expectRefused(bench, /root was signed by 0\/2 keys/);
  });

  it('is refused when it is not the next one', async () => {
    const bench = await openBench();
    await bench.load();
    bench.repository.rotate({ versions: { root: 3 } });
    bench.repository.publish({ targets: targetsNamed('second') });
    const skipped = bench.repository.files.get('3.root.json') ?? Buffer.of();
    bench.repository.files.set('2.root.json', skipped);
    bench.repository.files.delete('3.root.json');
    await expectRefused(bench, /Expected version 2, got 3/);
  });

  it('is refused when it has expired, and it is the last', async () => {
    const bench = await openBench();
    await bench.load();
    bench.repository.rotate({ expires: { root: '2020-01-01T00:00:00Z' } });
    bench.repository.publish({ targets: targetsNamed('second') });
    await expectRefused(bench, /root.json is expired/);
  });

  it('may follow one that has expired', async () => {
    const repository = new TestRepository();
    repository.rotate({ expires: { root: '2020-01-01T00:00:00Z' } });
    repository.rotate();
    repository.publish({ targets: targetsNamed('second') });
    const bench = await openBench(repository);
    expect(text((await bench.load()).trustedRoot)).toBe(SECOND);
  });

  it('that comes with a newer oms is taken in place of the cached one', async () => {
    const bench = await openBench();
    await bench.load();
    bench.repository.rotate();
    bench.repository.publish({ targets: targetsNamed('second') });
    const root = bench.repository.files.get('2.root.json') ?? Buffer.of();
    bench.server.asked.length = 0;
    await bench.load({ root, now: later(25) });
    expect(bench.server.asked[0]).toBe('3.root.json');
  });

  it('is trusted no longer when another oms comes with another, whatever its version', async () => {
    const stolen = new TestRepository({ targets: targetsNamed('stolen') });
    for (let count = 0; count < 3; count++) stolen.rotate();
    stolen.publish({ targets: targetsNamed('stolen') });
    const bench = await openBench(stolen);
    expect(text((await bench.load()).trustedRoot)).toBe('{"root":"stolen"}');
    const anew = new TestRepository({ targets: targetsNamed('second') });

    // Whoever has the keys keeps the new repository away, or goes on with the old one.
    const { root } = anew;
    expect(await bench.load({ root, offline: true })).toMatchObject({ source: 'embedded' });
    await refusal(() => bench.load({ root }), 'TRUST_UNUSABLE');
    await refusal(() => bench.load({ root, now: later(25) }), 'TRUST_UNUSABLE');

    stolen.files.clear();
    for (const [path, bytes] of anew.files) stolen.files.set(path, bytes);
    expect(text((await bench.load({ root })).trustedRoot)).toBe(SECOND);
    expect(await bench.load({ root })).toMatchObject({ source: 'cache' });
  });

  it('that comes with a newer oms does not make it forget what it has seen', async () => {
    const bench = await openBench();
    bench.repository.publishRoot();
    const root = bench.repository.files.get('2.root.json') ?? Buffer.of();
    const before = new Map(bench.repository.files);
    bench.repository.publish({ targets: targetsNamed('second') });
    await bench.load();
    for (const [path, bytes] of before) bench.repository.files.set(path, bytes);
    const error = await refusal(() => bench.load({ root }), 'TRUST_UNUSABLE');
    expect(error.found).toMatch(/New timestamp version 1 is less than current version 2/);
  });

  it('is asked for only so often', async () => {
    const bench = await openBench();
    const root = bench.repository.root;
    bench.server.hook = (path, response) => {
      if (!path.endsWith('.root.json')) return false;
      response.end(root);
      return true;
    };
    const error = await refusal(() => bench.load(), 'TRUST_UNUSABLE');
    expect(error.found).toMatch(/Expected version 2, got 1/);
    expect(bench.server.asked).toHaveLength(64);
  });
});
