import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readEmbedded } from '../../src/roots/embedded.ts';
import { later, openBench, text } from './helpers.ts';
import { NOW, TestRepository } from './repository.ts';

const run = promisify(execFile);

describe('offline', () => {
  it('the copy in the cache is used, however old and expired, with its age', async () => {
    const expires = { timestamp: later(1).toISOString() };
    const { load, server } = await openBench(new TestRepository({ expires }));
    await load();
    server.asked.length = 0;
    const trust = await load({ offline: true, now: later(24 * 3650) });
    expect(trust).toMatchObject({ source: 'cache', asOf: NOW });
    expect(text(trust.trustedRoot)).toBe('{"root":"first"}');
    expect(server.asked).toEqual([]);
  });

  it.each(['production', 'staging'] as const)(
    'the copy of %s that came with oms is used when nothing is cached',
    async (instance) => {
      const { load, server } = await openBench();
      const embedded = readEmbedded(instance).trust;
      expect(await load({ instance, offline: true })).toEqual(embedded);
      expect(await load({ instance, offline: true, cacheDirectory: undefined })).toEqual(embedded);
      expect(server.asked).toEqual([]);
    },
  );

  it('the copy that came with oms is used when it is newer than the one in the cache', async () => {
    const { load, update } = await openBench();
    const { asOf } = readEmbedded('production').trust;
    await update({ now: later(-1, asOf) });
    expect(await load({ offline: true })).toMatchObject({ source: 'embedded', asOf });
    await update({ now: later(1, asOf) });
    const trust = await load({ offline: true });
    expect(trust).toMatchObject({ source: 'cache', asOf: later(1, asOf) });
  });

  it('no socket is opened, no name is looked up, and no TUF client is loaded', async () => {
    const { options, load, repository } = await openBench();
    await load();
    const root = repository.root.toString('base64');
    const script = join(import.meta.dirname, 'trapped.ts');
    const observe = async (...words: string[]): Promise<unknown> => {
      const { cacheDirectory = '', mirrorUrl = '' } = options;
      const given = [cacheDirectory, mirrorUrl, root, NOW.toISOString()];
      const { stdout } = await run(process.execPath, [script, ...given, ...words]);
      return JSON.parse(stdout);
    };
    expect(await observe('offline')).toEqual({ source: 'cache', trapped: [], hasTuf: false });
    expect(await observe('fresh')).toEqual({ source: 'cache', trapped: [], hasTuf: false });
    const nothing = { source: 'embedded', trapped: [], hasTuf: false };
    expect(await observe('offline', 'without cache')).toEqual(nothing);
    // The trap works.
    expect(await observe('online', 'without cache')).toEqual({
      source: 'TRUST_UNUSABLE',
      trapped: expect.arrayContaining(['socket']) as string[],
      hasTuf: true,
    });
  });
});
