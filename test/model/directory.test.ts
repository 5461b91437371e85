import { realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digest, keySigner, sign, verify } from '../../src/index.ts';
import { readModel, type Scope } from '../../src/model/directory.ts';
import { type ModelTree, pathOf } from '../../src/model/tree.ts';
import { Forger } from '../helpers/forge.ts';
import { makeModel } from '../helpers/model.ts';
import { refusal } from '../helpers/refusal.ts';
import { whileUnreadable } from '../helpers/unreadable.ts';

const forger = new Forger();
const signer = keySigner({ privateKey: forger.privateKey });
const SCOPE: Scope = { ignorePaths: [], signature: undefined, allowSymlinks: false };

describe('a directory that cannot be read', () => {
  it('is an error, never an absence', async () => {
    const model = makeModel({ a: '1', 'd/b': '2' });
    const bundle = await sign(model, signer);
    const summary = 'the directory "d/" cannot be read: permission denied (EACCES)';
    const calls = [() => digest(model), () => verify(model, bundle, forger.policy)];
    for (const call of calls) {
      const error = await whileUnreadable('/d', () => refusal(call, 'FILE_UNREADABLE'));
      expect(error.message).toBe(summary);
    }
    const { message } = await whileUnreadable('/model', () =>
      refusal(() => digest(model), 'FILE_UNREADABLE'),
    );
    expect(message).toContain(`the directory "${model}" cannot be read`);
  });

  it('is an error with unsigned files ignored too, if something signed lies in it', async () => {
    const model = makeModel({ a: '1', 'd/e/b': '2' });
    const bundle = await sign(model, signer);
    const options = { ignoreUnsignedFiles: true };
    const check = (): Promise<unknown> => verify(model, bundle, forger.policy, options);
    for (const end of ['/d', '/d/e', '/model']) {
      await whileUnreadable(end, () => refusal(check, 'FILE_UNREADABLE'));
    }
  });

  it('is one unsigned thing among others, if unsigned files are ignored and nothing is signed in it', async () => {
    const model = makeModel({ a: '1', 'd/b': '2' });
    const bundle = await sign(model, signer, { ignorePaths: [] });
    const added = makeModel({ a: '1', 'd/b': '2', 'e/x': '3' });
    const options = { ignoreUnsignedFiles: true };
    await whileUnreadable('/e', async () => {
      expect((await verify(added, bundle, forger.policy, options)).unsigned).toEqual(['e/']);
      await refusal(() => verify(added, bundle, forger.policy), 'FILE_UNREADABLE');
    });
  });

  it('is counted under an ignored path, unless something listed lies in it', async () => {
    const model = makeModel({ a: '1', '.git/x': '2' });
    const scope = { ...SCOPE, ignorePaths: ['.git'] };
    const read = (...listed: readonly string[]): Promise<ModelTree> =>
      readModel(model, { ...scope, listed: new Set(listed) });
    await whileUnreadable('/.git', async () => {
      expect(await readModel(model, scope)).toMatchObject({ ignored: ['.git/'], irregular: [] });
      expect((await read('.gitt', '.gi', 'a', 'b')).ignored).toEqual(['.git/']);
      for (const listed of [['.git/x'], ['.git/a', 'a'], ['.a', '.git/x/y', 'b', 'c']]) {
        await refusal(() => read(...listed), 'FILE_UNREADABLE');
      }
    });
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

  it('reads the directories and files of a directory in the order of their names', async () => {
    const names = ['b/x', 'a/y', 'c', 'a/x', 'aa', 'a/b/c'];
    const model = makeModel(Object.fromEntries(names.map((name) => [name, ''])));
    const tree = await readModel(model, SCOPE);
    expect(tree.files.map(({ name }) => name)).toEqual(['aa', 'c', 'a/x', 'a/y', 'a/b/c', 'b/x']);
    expect(tree.directories.map(({ name }) => name)).toEqual(['', 'a/', 'a/b/', 'b/']);
  });
});

describe.skipIf(process.platform === 'win32')('what is no file of a model', () => {
  const LINK = 'put the file itself into the model, or allow links (--allow-symlinks)';
  const ITSELF = 'put the file itself into the model';

  function withLinks(): string {
    const model = makeModel({ a: '1', 'd/b': '2', 'x/c': '3', 'model.sig': '4' });
    const outside = makeModel({ secret: '5' });
    symlinkSync('a', join(model, 'inside'));
    symlinkSync('a', join(model, 'x', 'ignored'));
    symlinkSync('d', join(model, 'directory'));
    symlinkSync('nothing', join(model, 'nowhere'));
    symlinkSync('model.sig', join(model, 'signature'));
    symlinkSync(join(outside, 'secret'), join(model, 'outside'));
    return model;
  }

  it('is each link, if links are not allowed', async () => {
    const model = withLinks();
    const scope = { ...SCOPE, ignorePaths: ['x'], signature: 'model.sig' };
    const tree = await readModel(model, scope);
    const what = 'a symbolic link';
    const names = ['directory', 'inside', 'nowhere', 'outside', 'signature'];
    expect(tree.irregular).toEqual(names.map((name) => ({ name, what, hint: LINK })));
    expect(tree.ignored).toEqual(['x/c', 'x/ignored']);
    expect(tree.files.map(({ name }) => name)).toEqual(['a', 'd/b']);
  });

  it('is each link that leads to no file inside, if they are', async () => {
    const model = withLinks();
    const scope = { ...SCOPE, allowSymlinks: true, ignorePaths: ['x'], signature: 'model.sig' };
    const tree = await readModel(model, scope);
    const root = realpathSync(model);
    expect(tree.irregular).toEqual([
      { name: 'directory', what: 'a symbolic link to a directory', hint: ITSELF },
      { name: 'nowhere', what: 'a symbolic link that leads nowhere', hint: ITSELF },
      {
        name: 'outside',
        what: expect.stringMatching(/^a symbolic link out of the model, to ".*secret"$/),
        hint: ITSELF,
      },
      { name: 'signature', what: 'a symbolic link to the signature', hint: ITSELF },
    ]);
    expect(tree.files).toContainEqual({ name: 'inside', target: join(root, 'a') });
    expect(tree.ignored).toEqual(['x/c', 'x/ignored']);
  });

  it('is all but a file in the place of the signature', async () => {
    const scope = { ...SCOPE, signature: 'model.sig' };
    const verifying = { ...scope, listed: new Set(['a']) };
    const directory = makeModel({ a: '1', 'model.sig/b': '2' });
    const link = makeModel({ a: '1' });
    symlinkSync('a', join(link, 'model.sig'));
    const taken = { name: 'model.sig', what: 'a directory in the place of the signature' };
    for (const one of [scope, verifying]) {
      expect((await readModel(directory, one)).irregular).toEqual([taken]);
    }
    expect((await readModel(link, scope)).irregular).toEqual([]);
    const what = 'a symbolic link in the place of the signature';
    expect((await readModel(link, verifying)).irregular).toEqual([{ name: 'model.sig', what }]);
  });

  // Other systems have no such names.
  it.runIf(process.platform === 'linux')(
    'is a name that is not UTF-8, and is shown by its bytes',
    async () => {
      const model = makeModel({ a: '1', 'x/b': '2', '\uFFFD': '3' });
      const bad = Buffer.from('\u00ff\u00e4', 'latin1');
      for (const below of ['', 'x/']) {
        writeFileSync(Buffer.concat([Buffer.from(`${model}/${below}`), bad]), '4');
      }
      const tree = await readModel(model, { ...SCOPE, ignorePaths: ['x'] });
      const [what, hint] = ['a name that is not UTF-8', 'rename it or remove it'];
      expect(tree.irregular).toEqual([{ name: '\\xff\\xe4', what, hint }]);
      expect(tree.ignored).toEqual(['x/\\xff\\xe4', 'x/b']);
      expect(tree.files.map(({ name }) => name)).toEqual(['a', '\uFFFD']);
    },
  );

  it('is a model that is a link to a file, or none at all', async () => {
    const model = makeModel({ a: '1' });
    symlinkSync('a', join(model, 'link'));
    const link = join(model, 'link');
    const hint = 'a model is a directory or a regular file';
    const refused = { files: [], irregular: [{ name: 'link', what: 'a symbolic link', hint }] };
    expect(await readModel(link, SCOPE)).toMatchObject(refused);
    const target = join(realpathSync(model), 'a');
    const allowed = { files: [{ name: 'link', target }], irregular: [] };
    expect(await readModel(link, { ...SCOPE, allowSymlinks: true })).toMatchObject(allowed);
    const { message } = await refusal(() => readModel(join(model, 'b'), SCOPE), 'FILE_UNREADABLE');
    expect(message).toContain(`the model "${join(model, 'b')}"`);
  });
});
