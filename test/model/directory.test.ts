import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { digest, keySigner, sign, verify } from '../../src/index.ts';
import { readModel, type Scope } from '../../src/model/directory.ts';
import { pathOf } from '../../src/model/tree.ts';
import { Forger } from '../helpers/forge.ts';
import { makeModel } from '../helpers/model.ts';
import { refusal } from '../helpers/refusal.ts';
import { unreadable } from '../helpers/unreadable.ts';

vi.mock(import('node:fs'), async (original) => {
  const { refusing } = await import('../helpers/unreadable.ts');
  return refusing(await original());
});

afterEach(() => {
  unreadable.directory = undefined;
});

const forger = new Forger();
const signer = keySigner({ privateKey: forger.privateKey });
const SCOPE: Scope = { ignorePaths: [], signature: undefined, allowSymlinks: false };

describe('a directory that cannot be read', () => {
  it('is an error, never an absence', async () => {
    const model = makeModel({ a: '1', 'd/b': '2' });
    const bundle = await sign(model, signer);
    unreadable.directory = '/d';
    const message = 'the directory "d/" cannot be read: permission denied (EACCES)';
    expect((await refusal(() => digest(model), 'FILE_UNREADABLE')).message).toBe(message);
    const error = await refusal(() => verify(model, bundle, forger.policy), 'FILE_UNREADABLE');
    expect(error.message).toBe(message);
    unreadable.directory = '/model';
    await refusal(() => digest(model), 'FILE_UNREADABLE');
  });

  it('is an error with unsigned files ignored too, if something signed lies in it', async () => {
    const model = makeModel({ a: '1', 'd/e/b': '2' });
    const bundle = await sign(model, signer);
    const options = { ignoreUnsignedFiles: true };
    unreadable.directory = '/d';
    await refusal(() => verify(model, bundle, forger.policy, options), 'FILE_UNREADABLE');
    unreadable.directory = '/d/e';
    await refusal(() => verify(model, bundle, forger.policy, options), 'FILE_UNREADABLE');
  });

  it('is one unsigned thing among others, if unsigned files are ignored and nothing is signed in it', async () => {
    const model = makeModel({ a: '1', 'd/b': '2' });
    const bundle = await sign(model, signer, { ignorePaths: [] });
    const added = makeModel({ a: '1', 'd/b': '2', 'e/x': '3' });
    unreadable.directory = '/e';
    const options = { ignoreUnsignedFiles: true };
    expect((await verify(added, bundle, forger.policy, options)).unsigned).toEqual(['e/']);
    await refusal(() => verify(added, bundle, forger.policy), 'FILE_UNREADABLE');
  });

  it('is counted under an ignored path', async () => {
    const model = makeModel({ a: '1', '.git/x': '2' });
    unreadable.directory = '/.git';
    expect((await readModel(model, { ...SCOPE, ignorePaths: ['.git'] })).ignored).toEqual([
      '.git/',
    ]);
  });
});

describe('readModel', () => {
  it('puts every entry into exactly one list', async () => {
    const model = makeModel({
      a: '1',
      'd/b': '2',
      'd/e/c': '3',
      'x/y': '4',
      'x/z/w': '5',
      'model.sig': '6',
      'd/model.sig': '7',
    });
    const tree = await readModel(model, { ...SCOPE, ignorePaths: ['x'], signature: 'model.sig' });
    const names = tree.files.map(({ name }) => name).toSorted();
    expect(names).toEqual(['a', 'd/b', 'd/e/c', 'd/model.sig']);
    expect(tree.ignored).toEqual(['x/y', 'x/z/w']);
    expect(tree.irregular).toEqual([]);
    expect(tree.files.every((file) => pathOf(tree.root, file) === join(model, file.name))).toBe(
      true,
    );
  });

  it('does not pass over a signature that a manifest lists as a file of the model', async () => {
    const model = makeModel({ 'model.sig': '1' });
    const listed = new Set(['model.sig']);
    const scope = { ...SCOPE, signature: 'model.sig' };
    expect((await readModel(model, { ...scope, listed })).files).toHaveLength(1);
    expect((await readModel(model, scope)).files).toHaveLength(0);
  });

  it('reads a thousand directories inside each other', async () => {
    const name = `${Array.from({ length: 1_000 }, () => 'd').join('/')}/f`;
    const model = makeModel({ [name]: '1' });
    expect((await readModel(model, SCOPE)).files.map((file) => file.name)).toEqual([name]);
  });
});
