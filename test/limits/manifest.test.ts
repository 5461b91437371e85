import { closeSync, ftruncateSync, openSync, rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { STATEMENT_LIMITS } from '../../src/format/limits.ts';
import { callLibrary, IS_FULL, runProgram, sized } from './measured.ts';
import { DIGEST, Scene, statement } from './scene.ts';

let scene: Scene;
beforeAll(() => {
  scene = new Scene();
});
afterAll(() => scene.remove());

const NAME = 'manifest.sig';
afterEach(() => rmSync(scene.path(NAME), { force: true }));

const MILLION = 1_000_000;
const COUNTS = IS_FULL ? [250_000, MILLION, 3 * MILLION] : [100_000];

/**
 * MiB: six times the payload, as in the other tests; then the resources, and what they are compared
 * by. Together a kilobyte each.
 */
function memory(count: number): number {
  return (count / MILLION) * 1_000 + 180;
}

const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');

describe('a validly signed manifest', { timeout: 600_000 }, () => {
  it.each(COUNTS)('of %d resources is read, and compared with the model', async (count) => {
    const bundle = scene.sign(NAME, statement({ count, name: (at) => `f${at}` }));
    const line = `the model differs from what was signed: 0 changed, ${count} missing, 1 extra`;
    const differs = { exit: 1, line, memory: memory(count) } as const;
    const { stderr } = await runProgram(scene.verify(bundle), differs);
    expect(stderr).toContain(`… and ${grouped(count - 20)} more (--verbose lists all)`);
    const shown = { exit: 0, line: 'Unverified content', memory: memory(count) } as const;
    const { stdout } = await runProgram(scene.inspect(bundle), shown);
    expect(stdout).toContain(`${grouped(count)} resources`);
    if (!IS_FULL) return;
    const call = ['verify', bundle, scene.path('model'), scene.path('key.pub')];
    await callLibrary(call, { ...differs, line: 'MODEL_MISMATCH' });
  });

  it('verifies a model of as many parts as it lists', async () => {
    const count = sized(20_000, MILLION);
    const model = scene.path('parts');
    const size = 'content of a'.length;
    scene.write('parts', 'content of a'.repeat(count));
    const serialization = { method: 'shards', shard_size: size };
    const name = (at: number): string => `parts:${at * size}:${(at + 1) * size}`;
    const bundle = scene.sign(NAME, statement({ count, name, serialization }));
    const words = ['verify', model, '--public-key', scene.path('key.pub'), '--signature', bundle];
    const verified = 'Verified: the model is what was signed.';
    const good = { exit: 0, line: verified, memory: memory(count) + 40 } as const;
    const { stdout } = await runProgram([...words, '--json', '--quiet'], { ...good, line: '{' });
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, verification: { bytes: count * size } });

    const descriptor = openSync(model, 'r+');
    ftruncateSync(descriptor, count * size - 1);
    closeSync(descriptor);
    const differs = 'the model differs from what was signed: 1 changed, 0 missing, 0 extra';
    await runProgram(words, { ...good, exit: 1, line: differs });
  });

  it('may not name a resource twice, were it the first and the last of them', async () => {
    const count = sized(50_000, MILLION);
    const name = (at: number): string => `f${at % (count - 1)}`;
    const bundle = scene.sign(NAME, statement({ count, name }));
    const line = 'Refused: resources names "f0" twice';
    await runProgram(scene.verify(bundle), { exit: 1, line, memory: memory(count) });
  });

  it('is the same with names that are numbers, which V8 hashes by their value', async () => {
    const count = sized(50_000, MILLION);
    for (const step of [1, 2 ** 11, 2 ** 24]) {
      const bundle = scene.sign(NAME, statement({ count, name: (at) => String(at * step) }));
      const line = `the model differs from what was signed: 0 changed, ${count} missing`;
      await runProgram(scene.verify(bundle), { exit: 1, line, memory: memory(count) });
    }
  });

  it.runIf(IS_FULL)('may not be beyond 360 MiB, or sixteen million values', async () => {
    const digest = DIGEST + DIGEST;
    const long = { digest, serialization: { hash_type: 'blake2b' } };
    const fitting = Math.floor(STATEMENT_LIMITS.bytes / 230);
    const at = (count: number): string =>
      scene.sign(NAME, statement({ count, name: (index) => `f${index}`.padEnd(40), ...long }));
    const differs = `the model differs from what was signed: 0 changed, ${fitting} missing`;
    await runProgram(scene.verify(at(fitting)), { exit: 1, line: differs, memory: 3_000 });
    // Their bundle is beyond its own bound before.
    const tooLarge = 'is too large: expected at most 503316480 bytes';
    await runProgram(scene.verify(at(fitting * 1.5)), { exit: 1, line: tooLarge, memory: 10 });

    const values = statement({ count: 4_100_000, name: (index) => index.toString(36), digest: '' });
    const line = 'it holds more than 16000000 values';
    await runProgram(scene.verify(scene.sign(NAME, values)), { exit: 1, line, memory: 1_300 });
  });
});
