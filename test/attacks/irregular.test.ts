import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type Bundle,
  digest,
  keySigner,
  type MismatchError,
  type ModelDiff,
  sign,
  type VerifyOptions,
  verify,
} from '../../src/index.ts';
import { Forger, resource, statementWith } from '../helpers/forge.ts';
import { makeModel, temporaryDirectory, writeFiles } from '../helpers/model.ts';
import { refusal } from '../helpers/refusal.ts';

const forger = new Forger();
const signer = keySigner({ privateKey: forger.privateKey });
const LINKS = { allowSymlinks: true };

async function diffOf(model: string, bundle: Bundle, options?: VerifyOptions): Promise<ModelDiff> {
  const error = await refusal(
    () => verify(model, bundle, forger.policy, options),
    'MODEL_MISMATCH',
  );
  return (error as MismatchError).diff;
}

async function unsignable(model: string, found: string, options = {}): Promise<void> {
  const { message } = await refusal(() => sign(model, signer, options), 'MODEL_UNSIGNABLE');
  expect(message).toContain(found);
}

describe.skipIf(process.platform === 'win32')('a symbolic link', () => {
  it('is refused by default, when signing and when verifying', async () => {
    const model = makeModel({ a: 'content of a' });
    const bundle = await sign(model, signer);
    symlinkSync('a', join(model, 'link'));
    await unsignable(model, 'a symbolic link');
    expect((await diffOf(model, bundle)).extra).toEqual([
      { name: 'link', note: 'a symbolic link' },
    ]);
  });

  it('in place of a signed file with the same content is refused', async () => {
    const model = makeModel({ a: '1', b: '1' });
    const bundle = await sign(model, signer);
    rmSync(join(model, 'b'));
    symlinkSync('a', join(model, 'b'));
    for (const options of [{}, LINKS, { ignoreUnsignedFiles: true }]) {
      expect((await diffOf(model, bundle, options)).changed).toEqual([
        { name: 'b', note: 'a symbolic link' },
      ]);
    }
  });

  it('is hashed under its own name when both sides allow it (§6.1.1)', async () => {
    const model = makeModel({ 'd/a': 'content' });
    symlinkSync('a', join(model, 'd', 'l1'));
    symlinkSync('../d/l1', join(model, 'd', 'l2'));
    const bundle = await sign(model, signer, LINKS);
    const { manifest } = await verify(model, bundle, forger.policy, LINKS);
    expect(manifest.resources.map(({ name }) => name)).toEqual(['d/a', 'd/l1', 'd/l2']);
    expect(new Set(manifest.resources.map((entry) => entry.digest)).size).toBe(1);
  });

  it('allowed by the bundle alone is refused: the verifier has a word in it', async () => {
    const model = makeModel({ a: '1' });
    symlinkSync('a', join(model, 'link'));
    const bundle = await sign(model, signer, LINKS);
    const error = await refusal(() => verify(model, bundle, forger.policy), 'MODEL_MISMATCH');
    expect((error as MismatchError).diff.changed).toEqual([
      { name: 'link', note: 'a symbolic link' },
    ]);
    expect(error.hint).toContain('--allow-symlinks');
  });

  it('allowed by the verifier alone is refused: the signer did not vouch for it', async () => {
    const model = makeModel({ a: '1' });
    const bundle = await sign(model, signer);
    symlinkSync('a', join(model, 'link'));
    expect((await diffOf(model, bundle, LINKS)).extra).toMatchObject([{ name: 'link' }]);
  });

  it.each([
    ['out of the model', '../secret', 'out of the model'],
    ['out by an absolute path', '/etc/hostname', 'symbolic link'],
    ['to nowhere', 'nothing', 'leads nowhere'],
    ['to itself', 'link', 'leads nowhere'],
    ['to the model itself', '.', 'to a directory'],
    ['to the parent', '..', 'to a directory'],
    ['to a directory in the model', 'd', 'to a directory'],
    ['to a device', '/dev/zero', 'symbolic link'],
  ])('%s is refused even where links are allowed', async (_, target, found) => {
    const model = makeModel({ a: '1', 'd/x': '2' });
    writeFileSync(join(model, '..', 'secret'), 'content of a');
    const before = await sign(model, signer, LINKS);
    symlinkSync(target, join(model, 'link'));
    await unsignable(model, found, LINKS);
    const [extra] = (await diffOf(model, before, LINKS)).extra;
    expect(extra?.name).toBe('link');
    expect(extra?.note).toContain(found);
  });

  it('to a directory beside the model whose name starts alike is out of the model', async () => {
    const model = makeModel({ a: '1' });
    mkdirSync(`${model}-evil`);
    writeFileSync(`${model}-evil/x`, 'x');
    symlinkSync('../model-evil/x', join(model, 'link'));
    await unsignable(model, 'out of the model', LINKS);
  });

  it('in place of a parent directory is refused, with unsigned files ignored too', async () => {
    const model = makeModel({ 'd/a': 'content' });
    const bundle = await sign(model, signer);
    renameSync(join(model, 'd'), join(model, '..', 'elsewhere'));
    symlinkSync('../elsewhere', join(model, 'd'));
    for (const options of [{}, LINKS, { ignoreUnsignedFiles: true, ...LINKS }]) {
      expect((await diffOf(model, bundle, options)).missing.map(({ name }) => name)).toEqual([
        'd/a',
      ]);
    }
  });

  it('that the user names as the model is followed to a directory', async () => {
    const model = makeModel({ a: '1' });
    const link = join(temporaryDirectory(), 'name');
    symlinkSync(model, link);
    const bundle = await sign(link, signer);
    expect((await verify(model, bundle, forger.policy)).manifest.name).toBe('name');
  });

  it('that the user names as the model is not followed to a file, unless allowed', async () => {
    const model = makeModel({ a: '1' });
    const link = join(temporaryDirectory(), 'a');
    symlinkSync(join(model, 'a'), link);
    await unsignable(link, 'a symbolic link');
    const bundle = await sign(link, signer, LINKS);
    expect((await verify(link, bundle, forger.policy, LINKS)).files).toBe(1);
    expect((await diffOf(link, bundle)).changed).toMatchObject([{ note: 'a symbolic link' }]);
  });
});

describe.skipIf(process.platform === 'win32')('a special file', () => {
  it('is refused without blocking: a FIFO', { timeout: 5_000 }, async () => {
    const model = makeModel({ a: '1' });
    const bundle = await sign(model, signer);
    execFileSync('mkfifo', [join(model, 'pipe')]);
    await unsignable(model, 'a FIFO');
    expect((await diffOf(model, bundle)).extra).toEqual([{ name: 'pipe', note: 'a FIFO' }]);
    const result = await verify(model, bundle, forger.policy, { ignoreUnsignedFiles: true });
    expect(result.unsigned).toEqual(['pipe']);
    rmSync(join(model, 'a'));
    renameSync(join(model, 'pipe'), join(model, 'a'));
    expect((await diffOf(model, bundle)).changed).toEqual([{ name: 'a', note: 'a FIFO' }]);
    await unsignable(join(model, 'a'), 'a FIFO');
  });

  it('is refused without blocking: a socket', { timeout: 5_000 }, async () => {
    const model = makeModel({ a: '1' });
    const bundle = await sign(model, signer);
    const server = createServer().listen(join(model, 's'));
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    await unsignable(model, 'a socket');
    expect((await diffOf(model, bundle)).extra).toEqual([{ name: 's', note: 'a socket' }]);
  });

  it('is refused without blocking: a device', { timeout: 5_000 }, async () => {
    await unsignable('/dev/zero', 'a device');
  });

  it('in place of a signed file: a directory', async () => {
    const model = makeModel({ a: '1', b: '2' });
    const bundle = await sign(model, signer);
    rmSync(join(model, 'a'));
    writeFiles(model, { 'a/x': '1' });
    const diff = await diffOf(model, bundle);
    expect(diff.changed).toEqual([{ name: 'a', note: 'a directory' }]);
    expect(diff.extra).toEqual([{ name: 'a/x' }]);
  });
});

describe.skipIf(process.platform !== 'linux')('a name that is not UTF-8', () => {
  const bytes = Buffer.from([0x61, 0xff, 0x62]);

  it('is refused, and shown as its bytes', async () => {
    const model = makeModel({ a: '1' });
    const bundle = await sign(model, signer);
    writeFileSync(Buffer.concat([Buffer.from(`${model}/`), bytes]), 'x');
    await unsignable(model, 'a name that is not UTF-8');
    expect((await diffOf(model, bundle)).extra).toEqual([
      { name: 'a\\xffb', note: 'a name that is not UTF-8' },
    ]);
  });

  it('does not pass for the name that Node makes of it', async () => {
    const model = makeModel({ 'a\uFFFDb': '1' });
    const bundle = await sign(model, signer);
    expect((await verify(model, bundle, forger.policy)).files).toBe(1);
    rmSync(join(model, 'a\uFFFDb'));
    writeFileSync(Buffer.concat([Buffer.from(`${model}/`), bytes]), '1');
    const diff = await diffOf(model, bundle);
    expect(diff.missing).toMatchObject([{ name: 'a\uFFFDb' }]);
    expect(diff.extra).toHaveLength(1);
  });

  it('under an ignored path is no concern', async () => {
    const model = makeModel({ a: '1', '.git/x': '2' });
    writeFileSync(Buffer.concat([Buffer.from(`${model}/.git/`), bytes]), 'x');
    expect((await digest(model)).resources).toHaveLength(1);
  });
});

describe('a strange name', () => {
  const names = [
    '__proto__',
    'constructor',
    'toString',
    'a:b',
    'a:0:1',
    '*',
    '-x',
    ' ',
    '\t\n',
    '…',
  ];

  it.skipIf(process.platform === 'win32').each(names)(
    'is a name like any other: %j',
    async (name) => {
      const model = makeModel({ [name]: '1', [`d/${name}`]: '2' });
      const bundle = await sign(model, signer);
      expect((await verify(model, bundle, forger.policy)).files).toBe(2);
      writeFiles(model, { [name]: 'evil' });
      expect((await diffOf(model, bundle)).changed).toMatchObject([{ name }]);
    },
  );

  it('with the letters of another in a different case or form is another', async () => {
    const model = makeModel({ 'model.bin': '1' });
    const resources = [resource('Model.bin', '1')];
    const diff = await diffOf(model, forger.sign(statementWith({ resources })));
    expect(diff).toMatchObject({
      missing: [{ name: 'Model.bin' }],
      extra: [{ name: 'model.bin' }],
    });
    const composed = makeModel({ '\u00e9': '1' });
    const decomposed = forger.sign(statementWith({ resources: [resource('e\u0301', '1')] }));
    expect((await diffOf(composed, decomposed)).missing).toHaveLength(1);
  });
});

describe('a single file', () => {
  it('is signed under its basename and verified by it', async () => {
    const model = makeModel({ 'w.bin': '1', other: '2' });
    const bundle = await sign(join(model, 'w.bin'), signer);
    const { manifest, ignored } = await verify(join(model, 'w.bin'), bundle, forger.policy);
    expect(manifest.resources.map(({ name }) => name)).toEqual(['w.bin']);
    expect(manifest.serialization.ignorePaths).toEqual([]);
    expect(ignored).toEqual([]);
    writeFiles(model, { 'w.bin': 'evil' });
    expect((await diffOf(join(model, 'w.bin'), bundle)).changed).toMatchObject([{ name: 'w.bin' }]);
    expect((await diffOf(join(model, 'other'), bundle)).missing).toMatchObject([{ name: 'w.bin' }]);
  });

  it('of the reference, named ".", is verified whatever its name is', async () => {
    const model = makeModel({ 'w.bin': '1' });
    const bundle = forger.sign(statementWith({ resources: [resource('.', '1')] }));
    expect((await verify(join(model, 'w.bin'), bundle, forger.policy)).files).toBe(1);
    const serialization = { method: 'shards', shard_size: 1 };
    const shards = [resource('.:0:1', '1')];
    const sharded = forger.sign(statementWith({ resources: shards, serialization }));
    expect((await verify(join(model, 'w.bin'), sharded, forger.policy)).files).toBe(1);
    writeFiles(model, { 'w.bin': '2' });
    expect((await diffOf(join(model, 'w.bin'), bundle)).changed).toMatchObject([{ name: 'w.bin' }]);
    const error = await refusal(() => verify(model, bundle, forger.policy), 'MODEL_MISMATCH');
    expect(error.hint).toContain('single file');
  });
});
