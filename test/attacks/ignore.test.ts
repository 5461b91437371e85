import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  keySigner,
  type MismatchError,
  sign,
  type VerifyOptions,
  verify,
} from '../../src/index.ts';
import { Forger, resource, statementWith } from '../helpers/forge.ts';
import { makeModel, temporaryDirectory, writeFiles } from '../helpers/model.ts';
import { refusal } from '../helpers/refusal.ts';

const forger = new Forger();
const signer = keySigner({ privateKey: forger.privateKey });
const RESOURCES = [resource('a', 'content of a')];

function bundleIgnoring(...ignorePaths: string[]): ReturnType<Forger['sign']> {
  const serialization = { ignore_paths: ignorePaths };
  return forger.sign(statementWith({ resources: RESOURCES, serialization }));
}

async function extraIn(
  model: string,
  bundle: ReturnType<Forger['sign']>,
  options?: VerifyOptions,
): Promise<readonly string[]> {
  const error = await refusal(
    () => verify(model, bundle, forger.policy, options),
    'MODEL_MISMATCH',
  );
  return (error as MismatchError).diff.extra.map(({ name }) => name);
}

describe('code hidden under an ignored path', () => {
  it('is reported when the signer recorded the path, and refused on request', async () => {
    const model = makeModel({ a: 'content of a', 'cache/evil.py': 'x', 'cache/d/e': 'x' });
    const bundle = bundleIgnoring('cache');
    const result = await verify(model, bundle, forger.policy);
    expect(result.ignored.toSorted()).toEqual(['cache/d/e', 'cache/evil.py']);
    expect(await extraIn(model, bundle, { forbidIgnoredFiles: true })).toEqual([
      'cache/d/e',
      'cache/evil.py',
    ]);
  });

  it('is reported in the git directories that are ignored by default, and refused on request', async () => {
    const files = { '.git/hooks/x': '1', '.github/w.yml': '2', '.gitignore': '3' };
    const model = makeModel({ a: 'content of a', ...files });
    const bundle = forger.sign(statementWith({ resources: RESOURCES }));
    const result = await verify(model, bundle, forger.policy);
    expect(result.ignored.toSorted()).toEqual(Object.keys(files));
    expect(await extraIn(model, bundle, { forbidIgnoredFiles: true })).toEqual(Object.keys(files));
    expect(await extraIn(model, bundle, { ignoreGitPaths: false })).toEqual(Object.keys(files));
  });

  it('in a directory at the place of the signature is refused, not passed over', async () => {
    const model = makeModel({ a: 'content of a', 'model.sig/evil.py': 'x' });
    const bundle = forger.sign(statementWith({ resources: RESOURCES }));
    const signaturePath = join(model, 'model.sig');
    expect(await extraIn(model, bundle, { signaturePath })).toEqual([
      'model.sig',
      'model.sig/evil.py',
    ]);
    const recorded = bundleIgnoring('model.sig');
    expect(await extraIn(model, recorded, { signaturePath })).toEqual(['model.sig']);
    await refusal(() => sign(model, signer, { signaturePath }), 'MODEL_UNSIGNABLE');
  });

  it('in a directory where the signer had the signature is reported', async () => {
    const model = makeModel({ a: 'content of a', 'model.sig/evil.py': 'x' });
    const result = await verify(model, bundleIgnoring('model.sig'), forger.policy);
    expect(result.ignored).toEqual(['model.sig/evil.py']);
  });

  it('is reported even if the directory cannot be read', async ({ skip }) => {
    if (process.getuid?.() === 0) skip('root reads everything');
    const model = makeModel({ a: 'content of a', 'cache/evil.py': 'x' });
    chmodSync(join(model, 'cache'), 0);
    const result = await verify(model, bundleIgnoring('cache'), forger.policy);
    chmodSync(join(model, 'cache'), 0o755);
    expect(result.ignored).toEqual(['cache/']);
  });
});

describe('an ignore path', () => {
  it('matches exactly, from the root, and by whole components', async () => {
    const files = { cached: '1', 'd/cache': '2', 'cache2/x': '3', 'Cache/x': '4' };
    const model = makeModel({ a: 'content of a', ...files });
    expect(await extraIn(model, bundleIgnoring('cache'))).toEqual(Object.keys(files).toSorted());
  });

  it('is no pattern', async () => {
    const model = makeModel({ a: 'content of a', 'x.tmp': '1', '*': '2' });
    expect(await extraIn(model, bundleIgnoring('*', '*.tmp', '?', '[a-z]'))).toEqual(['x.tmp']);
  });

  it('that leads out of the model has no meaning, neither there nor in the working directory', async () => {
    const model = makeModel({ a: 'content of a', b: '1' });
    const outward = ['../model/b', `${model}/b`, '/b', 'x/../b', '..', '../..'];
    expect(await extraIn(model, bundleIgnoring(...outward))).toEqual(['b']);
    const before = process.cwd();
    process.chdir(model);
    try {
      expect(await extraIn(model, bundleIgnoring('../model/b', './../b'))).toEqual(['b']);
      expect((await verify(model, bundleIgnoring('./b/'), forger.policy)).ignored).toEqual(['b']);
    } finally {
      process.chdir(before);
    }
  });

  it('of old bundles, relative to where the signer stood, is tolerated', async () => {
    const model = makeModel({ a: 'content of a' });
    const junk = ['test/assets/models/simple/x', '.gitmodules', 'a b', 'ü'];
    expect((await verify(model, bundleIgnoring(...junk), forger.policy)).files).toBe(1);
  });

  it('never hides a file that is signed', async () => {
    const resources = [resource('.gitignore', 'x'), resource('d/a', '1')];
    const serialization = { ignore_paths: ['d', '.gitignore'] };
    const bundle = forger.sign(statementWith({ resources, serialization }));
    const model = makeModel({ '.gitignore': 'x', 'd/a': '1', 'd/b': '2' });
    const result = await verify(model, bundle, forger.policy, { ignorePaths: ['d/a'] });
    expect(result).toMatchObject({ files: 2, ignored: ['d/b'] });
    writeFiles(model, { '.gitignore': 'evil', 'd/a': 'evil' });
    const error = await refusal(() => verify(model, bundle, forger.policy), 'MODEL_MISMATCH');
    expect((error as MismatchError).diff.changed.map(({ name }) => name)).toEqual([
      '.gitignore',
      'd/a',
    ]);
    rmSync(join(model, 'd'), { recursive: true });
    const gone = await refusal(() => verify(model, bundle, forger.policy), 'MODEL_MISMATCH');
    expect((gone as MismatchError).diff.missing.map(({ name }) => name)).toEqual(['d/a']);
  });

  it.each(['/a', '../a', 'd/../../a', '.', '', './'])(
    'of the caller that is not inside the model is a usage error: %j',
    async (path) => {
      const model = makeModel({ a: 'content of a' });
      await refusal(() => sign(model, signer, { ignorePaths: [path] }), 'USAGE');
      const bundle = forger.sign(statementWith({ resources: RESOURCES }));
      await refusal(() => verify(model, bundle, forger.policy, { ignorePaths: [path] }), 'USAGE');
    },
  );

  it('is recorded by our signer, with the signature and the git paths, in canonical order', async () => {
    const model = makeModel({ a: '1', 'z/x': '2', 'model.sig': 'old' });
    const signaturePath = join(model, 'model.sig');
    const bundle = await sign(model, signer, { ignorePaths: ['z/', './z', 'B'], signaturePath });
    const { manifest } = await verify(model, bundle, forger.policy, { signaturePath });
    expect(manifest.serialization.ignorePaths).toEqual([
      '.git',
      '.gitattributes',
      '.github',
      '.gitignore',
      'B',
      'model.sig',
      'z',
    ]);
    expect(manifest.resources.map(({ name }) => name)).toEqual(['a']);
  });
});

describe('unsigned files', () => {
  it('are accepted only on request, and then listed', async () => {
    const model = makeModel({ a: 'content of a', b: '1', 'd/c': '2' });
    const bundle = forger.sign(statementWith({ resources: RESOURCES }));
    expect(await extraIn(model, bundle)).toEqual(['b', 'd/c']);
    const result = await verify(model, bundle, forger.policy, { ignoreUnsignedFiles: true });
    expect(result.unsigned).toEqual(['b', 'd/c']);
  });

  it('do not excuse a signed file that is missing or changed', async () => {
    const model = makeModel({ a: 'evil', b: '1' });
    const bundle = forger.sign(statementWith({ resources: RESOURCES }));
    const error = await refusal(
      () => verify(model, bundle, forger.policy, { ignoreUnsignedFiles: true }),
      'MODEL_MISMATCH',
    );
    expect((error as MismatchError).diff).toMatchObject({
      changed: [{ name: 'a' }],
      missing: [],
      extra: [],
    });
  });

  it.each([
    ['forbidIgnoredFiles', { forbidIgnoredFiles: 'true' }],
    ['forbidIgnoredFiles', { forbidIgnoredFiles: 1 }],
    ['ignoreGitPaths', { ignoreGitPaths: 'false' }],
    ['allowSymlinks', { allowSymlinks: null }],
    ['forbidIgnoredFile', { forbidIgnoredFile: true }],
    ['the options', 'forbidIgnoredFiles'],
    ['the options', null],
    ['the path of the signature', { signaturePath: '' }],
    ['the path of the signature', { signaturePath: 'a\0/b' }],
    ['the path of the signature', { signaturePath: null }],
  ])('are not let in by a wish that is not understood: %s', async (named, options) => {
    const model = makeModel({ a: 'content of a', '.git/hooks/evil': 'x' });
    const bundle = forger.sign(statementWith({}));
    const wish = options as unknown as VerifyOptions;
    const { message } = await refusal(() => verify(model, bundle, forger.policy, wish), 'USAGE');
    expect(message).toContain(named);
  });

  it('cannot be ignored and forbidden at once', async () => {
    const options = { ignoreUnsignedFiles: true, forbidIgnoredFiles: true };
    const bundle = forger.sign(statementWith({}));
    await refusal(() => verify(makeModel({}), bundle, forger.policy, options), 'USAGE');
  });
});

describe('an empty model', () => {
  it('is not signed: without files, or with none left after exclusions', async () => {
    const empty = makeModel({});
    mkdirSync(join(empty, 'only', 'directories'), { recursive: true });
    await refusal(() => sign(empty, signer), 'MODEL_EMPTY');
    await refusal(() => sign(makeModel({ '.gitignore': 'x' }), signer), 'MODEL_EMPTY');
    await refusal(
      () => sign(makeModel({ 'a/b': 'x' }), signer, { ignorePaths: ['a'] }),
      'MODEL_EMPTY',
    );
    const { message } = await refusal(
      () => sign(join(temporaryDirectory(), 'none'), signer),
      'FILE_UNREADABLE',
    );
    expect(message).toContain('there is no such file');
  });
});
