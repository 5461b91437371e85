import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type Bundle,
  digest,
  type HashAlgorithm,
  inspect,
  keySigner,
  MismatchError,
  OmsError,
  type Progress,
  sign,
  verify,
} from '../../src/index.ts';
import { Forger, hashOf, resource, rootOf } from '../helpers/forge.ts';
import { logEntry } from '../helpers/log-entry.ts';
import { makeModel, writeFiles } from '../helpers/model.ts';
import { refusal } from '../helpers/refusal.ts';

const forger = new Forger();
const signer = keySigner({ privateKey: forger.privateKey });

describe('digest', () => {
  it('is the SHA-256 over the digests of the files in canonical order (§6.5.1)', async () => {
    const model = makeModel({ 'a/b': '1', 'a-b': '2', 'a.txt': '3' });
    const manifest = await digest(model);
    const expected = [resource('a-b', '2'), resource('a.txt', '3'), resource('a/b', '1')];
    expect(manifest.resources.map(({ name }) => name)).toEqual(['a-b', 'a.txt', 'a/b']);
    expect(manifest.rootDigest).toBe(rootOf(expected));
    expect(manifest.name).toBe('model');
  });

  it('stays SHA-256 whatever the files are hashed with', async () => {
    const manifest = await digest(makeModel({ a: '1' }), { hashAlgorithm: 'blake2b' });
    expect(manifest.resources[0]?.digest).toBe(hashOf('1', 'blake2b'));
    expect(manifest.rootDigest).toBe(rootOf([{ digest: hashOf('1', 'blake2b') }]));
  });

  it('takes 1,000,000,000 bytes for shards when no size is named (§6.3.2)', async () => {
    const manifest = await digest(makeModel({ a: '12345' }), { shardSize: true });
    expect(manifest.serialization.shardSize).toBe(1_000_000_000);
    expect(manifest.resources[0]?.name).toBe('a:0:5');
  });

  it.each([
    ['a hash that is not known', { hashAlgorithm: 'md5' as HashAlgorithm }],
    ['a hash named like a member of every object', { hashAlgorithm: 'toString' as HashAlgorithm }],
    ['a shard size of 0', { shardSize: 0 }],
    ['half a byte', { shardSize: 1.5 }],
    ['no number', { shardSize: Number.NaN }],
    ['no threads', { jobs: 0 }],
    ['half a thread', { jobs: 0.5 }],
  ])('refuses %s', async (_, options) => {
    await refusal(() => digest(makeModel({ a: '1' }), options), 'USAGE');
  });

  it('names the model by its own path, also when that is "."', async () => {
    const model = makeModel({ a: '1' });
    const before = process.cwd();
    process.chdir(model);
    try {
      expect((await digest('.')).name).toBe('model');
      expect((await digest('../model/')).name).toBe('model');
    } finally {
      process.chdir(before);
    }
  });
});

describe('sign and verify', () => {
  it('pass a bundle on as an object, as text and as bytes', async () => {
    const model = makeModel({ a: '1' });
    const bundle = await sign(model, signer);
    const text = JSON.stringify(bundle, undefined, 2);
    for (const source of [bundle, text, Buffer.from(text)]) {
      const { signer: who, files } = await verify(model, source, forger.policy);
      expect(who).toMatchObject({ method: 'key', curve: 'P-256' });
      expect(files).toBe(1);
    }
  });

  it('report how far hashing is', async () => {
    const model = makeModel({ a: '12', b: '345' });
    const seen: Progress[] = [];
    const bundle = await sign(model, signer, { onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toMatchObject({
      bytes: 5,
      totalBytes: 5,
      done: 2,
      total: 2,
      secondsLeft: 0,
    });
    seen.length = 0;
    await verify(model, bundle, forger.policy, { onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toMatchObject({ bytes: 5, done: 2, total: 2 });
  });

  it('can be cancelled', async () => {
    const model = makeModel({ a: '1' });
    const bundle = await sign(model, signer);
    const signal = AbortSignal.abort();
    await refusal(() => sign(model, signer, { signal }), 'ABORTED');
    await refusal(() => verify(model, bundle, forger.policy, { signal }), 'ABORTED');
    const path = join(model, 'a');
    truncateSync(path, 4 * 2 ** 30);
    const running = sign(model, signer, { signal: AbortSignal.timeout(100) });
    await refusal(() => running, 'ABORTED');
  });

  it('do not believe a signer that signs something else', async () => {
    const model = makeModel({ a: '1' });
    const other = await sign(makeModel({ a: '2' }), signer);
    await refusal(() => sign(model, async () => other), 'BUNDLE_MALFORMED');
    await refusal(() => sign(model, async () => ({}) as Bundle), 'BUNDLE_MALFORMED');
    const failing = new Error('the HSM is on fire');
    await expect(sign(model, async () => Promise.reject(failing))).rejects.toBe(failing);
  });

  it('tell a changed model from a forged signature', async () => {
    const model = makeModel({ a: '1', b: '2' });
    const bundle = await sign(model, signer);
    writeFiles(model, { a: 'x', c: '3' });
    const error = await refusal(() => verify(model, bundle, forger.policy), 'MODEL_MISMATCH');
    expect(error).toBeInstanceOf(MismatchError);
    const { diff, signer: who, manifest, outcome } = error as MismatchError;
    expect(outcome).toBe('refused');
    expect(who.method).toBe('key');
    expect(manifest.resources).toHaveLength(2);
    expect(diff).toEqual({
      changed: [{ name: 'a', expected: hashOf('1'), found: hashOf('x') }],
      missing: [],
      extra: [{ name: 'c' }],
    });
    const stranger = await refusal(
      () => verify(model, bundle, new Forger().policy),
      'KEY_MISMATCH',
    );
    expect(stranger).not.toBeInstanceOf(MismatchError);
  });

  it('refuse a policy of no known method', async () => {
    const bundle = await sign(makeModel({ a: '1' }), signer);
    const policy = { method: 'none' } as unknown as Parameters<typeof verify>[2];
    await refusal(() => verify('x', bundle, policy), 'USAGE');
  });

  it('find the one of two thousand files that changed, with threads', async () => {
    const files: Record<string, string> = {};
    for (let index = 0; index < 2_000; index++) files[`d${index % 50}/f${index}`] = `${index}`;
    const made = makeModel(files);
    const bundle = await sign(made, signer);
    expect((await verify(made, bundle, forger.policy)).files).toBe(2_000);
    writeFileSync(join(made, 'd7/f1957'), 'x');
    const error = await refusal(() => verify(made, bundle, forger.policy), 'MODEL_MISMATCH');
    expect((error as MismatchError).diff.changed).toMatchObject([{ name: 'd7/f1957' }]);
  });
});

describe('inspect', () => {
  it('shows what a bundle says, and says that it is unverified', async () => {
    const bundle = await sign(makeModel({ a: '1' }), signer, { ignorePaths: ['x'] });
    const inspection = inspect(bundle);
    expect(inspection.verified).toBe(false);
    expect(inspection.unverified).toMatchObject({
      method: 'key',
      certificates: [],
      logEntries: [],
      timestamps: [],
      statement: { form: 'v1.0', manifest: { name: 'model', resources: [{ name: 'a' }] } },
    });
  });

  it('shows the rest of a bundle whose statement cannot be read', () => {
    const { unverified } = inspect(forger.sign('no statement'));
    expect(unverified.statement).toMatchObject({
      form: 'unreadable',
      reason: expect.stringContaining('not JSON') as string,
    });
  });

  it('shows log entries by what they say', () => {
    const { verificationMaterial, ...rest } = forger.sign('x');
    const tlogEntries = [
      logEntry({ logIndex: '9007199254740993', integratedTime: '1700000000' }),
      logEntry({ logIndex: null, integratedTime: null }),
    ];
    const bundle: Bundle = {
      ...rest,
      verificationMaterial: { ...verificationMaterial, tlogEntries },
    };
    expect(inspect(bundle).unverified.logEntries).toEqual([
      { logIndex: '9007199254740993', integratedTime: '1700000000' },
      { logIndex: '0', integratedTime: '0' },
    ]);
  });

  it('refuses a bundle with log entries that say nothing', async () => {
    const { verificationMaterial, ...rest } = forger.sign('x');
    for (const entry of [{}, logEntry({ logIndex: {} })]) {
      const bundle: Bundle = {
        ...rest,
        verificationMaterial: { ...verificationMaterial, tlogEntries: [entry] },
      };
      await refusal(() => inspect(bundle), 'BUNDLE_MALFORMED');
    }
  });
});

describe('an error', () => {
  it('is one line that is safe to print, whatever is in it', () => {
    const error = new OmsError('USAGE', 'a\u001b[2Jb\nc\u202ed', {
      expected: 'x\r',
      found: '\uD800',
      hint: 'h\u0007',
    });
    expect(error.message).toBe('a\\x1b[2Jb\\x0ac\\u202ed: expected x\\x0d, found \\ud800');
    expect(error.hint).toBe('h\\x07');
    expect(error).toMatchObject({ name: 'OmsError', outcome: 'usage', expected: 'x\r' });
  });
});
