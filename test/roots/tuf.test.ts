import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { refusal } from '../helpers/refusal.ts';
import { later, openBench, text } from './helpers.ts';
import { NOW, TestRepository, targetsNamed } from './repository.ts';

const FIRST = '{"root":"first"}';
const SECOND = '{"root":"second"}';

describe('the trust of an instance', () => {
  it('comes from its repository the first time, and is kept', async () => {
    const { load, server, cachePath } = await openBench();
    const trust = await load();
    expect(trust).toMatchObject({ instance: 'production', source: 'tuf', asOf: NOW, notes: [] });
    expect(text(trust.trustedRoot)).toBe(FIRST);
    expect(text(trust.signingConfig)).toBe('{"config":"first"}');
    expect(trust.keptIn).toBe(cachePath);
    expect(server.asked.slice(0, 4)).toEqual([
      '2.root.json',
      'timestamp.json',
      '1.snapshot.json',
      '1.targets.json',
    ]);
  });

  it('comes from the cache, with no question, for a day', async () => {
    const { load, server } = await openBench();
    await load();
    server.asked.length = 0;
    for (const hours of [0, 1, 23.9]) {
      const trust = await load({ now: later(hours) });
      expect(trust).toMatchObject({ source: 'cache', asOf: NOW, notes: [] });
      expect(text(trust.trustedRoot)).toBe(FIRST);
    }
    expect(server.asked).toEqual([]);
  });

  it('is asked for again after a day', async () => {
    const { load, server, repository } = await openBench();
    await load();
    repository.publish({ targets: targetsNamed('second') });
    expect(text((await load({ now: later(23.9) })).trustedRoot)).toBe(FIRST);
    const trust = await load({ now: later(25) });
    expect(trust).toMatchObject({ source: 'tuf', asOf: later(25) });
    expect(text(trust.trustedRoot)).toBe(SECOND);
    expect(text((await load({ now: later(26) })).trustedRoot)).toBe(SECOND);
    expect(server.asked.filter((path) => path === 'timestamp.json')).toHaveLength(2);
  });

  it('is asked for with as few questions as can be when nothing is new', async () => {
    const { load, server } = await openBench();
    await load();
    server.asked.length = 0;
    await load({ now: later(25) });
    expect(server.asked).toEqual(['2.root.json', 'timestamp.json']);
  });

  it('is asked for again when the cache says that it is of the future', async () => {
    const { load, server } = await openBench();
    await load({ now: later(1000) });
    server.asked.length = 0;
    expect(await load()).toMatchObject({ source: 'tuf', asOf: NOW });
    expect(server.asked).not.toEqual([]);
  });

  it('is asked for again when its metadata has expired, be the cache ever so young', async () => {
    const expires = later(2).toISOString();
    const { load } = await openBench(new TestRepository({ expires: { timestamp: expires } }));
    await load();
    expect(await load({ now: later(1.9) })).toMatchObject({ source: 'cache' });
    const error = await refusal(() => load({ now: later(2) }), 'TRUST_UNUSABLE');
    expect(error.found).toMatch(/metadata expired on 2030-03-01T14:00:00.000Z/);
  });

  it('is not kept without a cache directory', async () => {
    const { load, server, cachePath } = await openBench();
    const trust = await load({ cacheDirectory: undefined });
    expect(trust).toMatchObject({ source: 'tuf', keptIn: undefined, notes: [] });
    expect(existsSync(cachePath)).toBe(false);
    server.asked.length = 0;
    await load({ cacheDirectory: undefined });
    expect(server.asked).not.toEqual([]);
  });

  it('follows a mirror whose URL ends with a slash', async () => {
    const { load, server } = await openBench();
    await load({ mirrorUrl: `${server.url}/` });
    expect(server.asked[0]).toBe('2.root.json');
    expect(await load()).toMatchObject({ source: 'cache' });
  });

  it('is not taken from the cache of another repository', async () => {
    const { load } = await openBench();
    await load();
    const other = await openBench(new TestRepository({ targets: targetsNamed('second') }));
    const { mirrorUrl, root } = other.options;
    const trust = await load({ mirrorUrl: mirrorUrl ?? '', root: root ?? Buffer.of() });
    expect(text(trust.trustedRoot)).toBe(SECOND);
  });

  it('is kept for each instance apart', async () => {
    const { load, cachePath } = await openBench();
    await load();
    const before = readFileSync(cachePath);
    const trust = await load({ instance: 'staging', now: later(1) });
    expect(trust).toMatchObject({ instance: 'staging', source: 'tuf' });
    expect(readFileSync(cachePath).equals(before)).toBe(true);
  });
});

describe('an update', () => {
  it('asks the repository however young the cache is', async () => {
    const { load, update, repository, cachePath } = await openBench();
    await load();
    repository.publish({ targets: targetsNamed('second') });
    const trust = await update({ now: later(1) });
    expect(trust).toMatchObject({ source: 'tuf', asOf: later(1), keptIn: cachePath });
    expect(text(trust.trustedRoot)).toBe(SECOND);
    expect(text((await load({ now: later(2) })).trustedRoot)).toBe(SECOND);
  });

  it('does not fall back to the cache', async () => {
    const { load, update, server } = await openBench();
    await load();
    await server.stop();
    const error = await refusal(() => update(), 'TRUST_UNUSABLE');
    expect(error.found).toMatch(
      /refused \(ECONNREFUSED\); the newest copy here is less than a min/,
    );
    expect(await load()).toMatchObject({ source: 'cache' });
  });
});
