import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../helpers/model.ts';
import { type Bench, later, openFilledBench, text } from './helpers.ts';

const isWindows = process.platform === 'win32';
const isRoot = process.getuid?.() === 0;

/** Expects that the cache counts for nothing, and is made anew. */
async function expectAnew({ load, cachePath }: Bench): Promise<void> {
  const trust = await load();
  expect(trust).toMatchObject({ source: 'tuf', keptIn: cachePath, notes: [] });
  expect(text(trust.trustedRoot)).toBe('{"root":"second"}');
  expect(await load({ now: later(1) })).toMatchObject({ source: 'cache' });
}

describe('the file of the cache', () => {
  it.skipIf(isWindows).each([0o666, 0o620])('is made anew with mode %o', async (mode) => {
    const bench = await openFilledBench();
    chmodSync(bench.cachePath, mode);
    await expectAnew(bench);
    expect(statSync(bench.cachePath).mode & 0o777).toBe(0o600);
  });

  it.skipIf(!isRoot)('is made anew when it belongs to somebody else', async () => {
    const bench = await openFilledBench();
    chownSync(bench.cachePath, 65_534, 65_534);
    await expectAnew(bench);
  });

  it.skipIf(isWindows)('is made anew when it is a link', async () => {
    const bench = await openFilledBench();
    const target = join(temporaryDirectory(), 'target.json');
    renameSync(bench.cachePath, target);
    const before = readFileSync(target);
    symlinkSync(target, bench.cachePath);
    await expectAnew(bench);
    expect(readFileSync(target).equals(before)).toBe(true);
  });

  it.skipIf(isWindows)('is not waited for when it is a FIFO', async () => {
    const bench = await openFilledBench();
    rmSync(bench.cachePath);
    execFileSync('mkfifo', ['-m', '600', bench.cachePath]);
    await expectAnew(bench);
  });

  it('is not needed when it is a directory', async () => {
    const { load, cachePath } = await openFilledBench();
    rmSync(cachePath);
    mkdirSync(cachePath);
    const trust = await load();
    expect(trust).toMatchObject({ source: 'tuf', keptIn: undefined });
    expect(trust.notes).toEqual([expect.stringMatching(/^nothing is kept in "/)]);
    expect(readdirSync(dirname(cachePath))).toEqual(['production.json']);
  });

  it('is made anew when it is far too large', async () => {
    const bench = await openFilledBench();
    truncateSync(bench.cachePath, 100 * 2 ** 20);
    await expectAnew(bench);
  });

  it.each<[string, (file: Record<string, unknown>) => object | string]>([
    ['empty', () => ''],
    ['no JSON', () => 'garbage'],
    ['another document', () => ({})],
    ['of another format', (file) => ({ ...file, format: 2 })],
    ['without a time', (file) => ({ ...file, refreshed: undefined })],
    ['of no known time', (file) => ({ ...file, refreshed: 'yesterday' })],
    ['without files', (file) => ({ ...file, files: {} })],
    ['full of other files', (file) => ({ ...file, files: { 'root.json': 'AAAA' } })],
  ])('is made anew when it is %s', async (_, change) => {
    const bench = await openFilledBench();
    const file = JSON.parse(readFileSync(bench.cachePath, 'utf8')) as Record<string, unknown>;
    const changed = change(file);
    writeFileSync(bench.cachePath, typeof changed === 'string' ? changed : JSON.stringify(changed));
    await expectAnew(bench);
  });

  it.each([
    'root.json',
    'timestamp.json',
    'snapshot.json',
    'targets.json',
    'trusted_root.json',
    'signing_config.v0.2.json',
  ])('is made anew when %s in it is damaged', async (name) => {
    for (const damaged of ['', '{}', '{"signed":{}}', '{"signed":{"expires":"never"}}']) {
      const bench = await openFilledBench();
      rewrite(bench.cachePath, name, () => damaged);
      await expectAnew(bench);
    }
  });

  it.each(['trusted_root.json', 'signing_config.v0.2.json'])(
    'is made anew when %s in it is another than the metadata says',
    async (name) => {
      const bench = await openFilledBench();
      rewrite(bench.cachePath, name, (content) => content.replace('first', 'forge'));
      expect(await bench.load({ offline: true })).toMatchObject({ source: 'embedded' });
      await expectAnew(bench);
    },
  );

  it.each(['root.json', 'timestamp.json', 'snapshot.json', 'targets.json'])(
    'counts for nothing in a refresh when %s in it is not signed',
    async (name) => {
      const bench = await openFilledBench();
      rewrite(bench.cachePath, name, (content) =>
        content.replace(/"version": \d+/, '"version": 99'),
      );
      const trust = await bench.update();
      expect(text(trust.trustedRoot)).toBe('{"root":"second"}');
    },
  );

  it('never gives other targets than were signed, wherever it is damaged', async () => {
    const { load, cachePath } = await openFilledBench();
    const whole = readFileSync(cachePath);
    const genuine = ['{"root":"first"}', '{"root":"second"}'];
    const step = Math.ceil(whole.length / 40);
    for (let at = 0; at < whole.length; at += step) {
      const flipped = Buffer.from(whole);
      flipped[at] = (flipped[at] ?? 0) ^ 4;
      for (const damaged of [flipped, whole.subarray(0, at)]) {
        writeFileSync(cachePath, damaged);
        const { trustedRoot, source } = await load({ offline: true });
        if (source === 'cache') expect(genuine).toContain(text(trustedRoot));
        else expect(source).toBe('embedded');
      }
    }
  });

  /** Replaces one file in the cache. */
  function rewrite(path: string, name: string, change: (content: string) => string): void {
    const file = JSON.parse(readFileSync(path, 'utf8')) as { files: Record<string, string> };
    const content = Buffer.from(file.files[name] ?? '', 'base64').toString();
    const changed = change(content);
    expect(changed).not.toBe(content);
    file.files[name] = Buffer.from(changed).toString('base64');
    writeFileSync(path, JSON.stringify(file));
  }
});
