import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../helpers/model.ts';
import { type Bench, openBench, openFilledBench, text } from './helpers.ts';

const isWindows = process.platform === 'win32';
const isRoot = process.getuid?.() === 0;

/** Expects that nobody looks into the cache, and that nobody writes to it. */
async function expectUnused({ load, cachePath, server }: Bench, note: RegExp): Promise<void> {
  const before = readFileSync(cachePath);
  const trust = await load();
  expect(trust).toMatchObject({ source: 'tuf', keptIn: undefined });
  expect(trust.notes).toEqual([expect.stringMatching(note)]);
  expect(text(trust.trustedRoot)).toBe('{"root":"second"}');
  expect(server.asked).not.toEqual([]);
  expect(readFileSync(cachePath).equals(before)).toBe(true);
  expect(await load({ offline: true })).toMatchObject({ source: 'embedded' });
}

describe('the directory of the cache', () => {
  it.skipIf(isWindows)('is made for this user alone', async () => {
    const { directory, cachePath } = await openFilledBench();
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(dirname(directory)).mode & 0o777).toBe(0o700);
    expect(statSync(cachePath).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['production.json']);
  });

  it.skipIf(isWindows).each([0o777, 0o775, 0o722, 0o1777])(
    'is not used with mode %o, as others could change it',
    async (mode) => {
      const bench = await openFilledBench();
      chmodSync(bench.directory, mode);
      await expectUnused(bench, /^nothing is kept in ".*sigstore", as others could change it$/);
    },
  );

  it.skipIf(isWindows)('may be read by others', async () => {
    const { directory, load } = await openFilledBench();
    chmodSync(directory, 0o755);
    expect(await load()).toMatchObject({ source: 'cache' });
  });

  it.skipIf(!isRoot)('is not used when it belongs to somebody else', async () => {
    const bench = await openFilledBench();
    chownSync(bench.directory, 65_534, 65_534);
    await expectUnused(bench, /as others could change it/);
  });

  it.skipIf(isWindows)('is not used when it is a link', async () => {
    const bench = await openFilledBench();
    renameSync(bench.directory, `${bench.directory}-elsewhere`);
    symlinkSync(`${bench.directory}-elsewhere`, bench.directory);
    await expectUnused(bench, /as others could change it/);
  });

  it('need not be there, nor be possible', async () => {
    const { load } = await openBench();
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    for (const cacheDirectory of [file, join(file, 'below')]) {
      const trust = await load({ cacheDirectory });
      expect(trust).toMatchObject({ source: 'tuf', keptIn: undefined });
      expect(trust.notes).toEqual([expect.stringMatching(/^nothing is kept in "/)]);
    }
    expect(readFileSync(file, 'utf8')).toBe('');
  });

  it('is not made by who only looks', async () => {
    const { load, cachePath } = await openBench();
    expect(await load({ offline: true })).toMatchObject({ source: 'embedded' });
    expect(existsSync(dirname(cachePath))).toBe(false);
  });
});

describe('several processes at once', () => {
  it('never see a part of the cache, and leave a whole one', async () => {
    const { options, cachePath, load, server } = await openBench();
    const { instance, cacheDirectory, mirrorUrl, root } = options;
    const given = {
      instance,
      cacheDirectory,
      mirrorUrl,
      root: Buffer.from(root ?? '').toString('base64'),
      now: options.now?.toISOString(),
    };
    const script = join(import.meta.dirname, 'updater.ts');
    const children = Array.from({ length: 4 }, async () => {
      const child = spawn(process.execPath, [script, JSON.stringify(given)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      child.stdout.on('data', (chunk) => (output += String(chunk)));
      const code = await new Promise<number | null>((resolve) => void child.on('close', resolve));
      return [code, output];
    });
    for (const [code, output] of await Promise.all(children)) {
      expect([code, output]).toEqual([0, 'tuf,cache '.repeat(10)]);
    }
    await server.stop();
    expect(await load()).toMatchObject({ source: 'cache', notes: [] });
    expect(readdirSync(dirname(cachePath))).toEqual(['production.json']);
  });
});
