import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digest } from '../../src/index.ts';
import { readModel } from '../../src/model/directory.ts';
import { type FileType, whatIs } from '../../src/model/kind.ts';
import { nameInModel } from '../../src/model/location.ts';
import { checkUnchanged } from '../../src/model/tree.ts';
import { makeModel, temporaryDirectory } from '../helpers/model.ts';
import { refusal } from '../helpers/refusal.ts';

const SCOPE = { ignorePaths: [], signature: undefined, allowSymlinks: false };

describe('a tree that was read', () => {
  it('is unchanged until something is', async () => {
    const tree = await readModel(makeModel({ a: '1', 'd/b': '2' }), SCOPE);
    expect(() => checkUnchanged(tree, true)).not.toThrow();
  });

  it.each<[string, (model: string) => void, string]>([
    ['a directory is gone', (model) => rmSync(join(model, 'd'), { recursive: true }), 'replaced'],
    [
      'a file is in its place',
      (model) => {
        rmSync(join(model, 'd'), { recursive: true });
        writeFileSync(join(model, 'd'), 'x');
      },
      'replaced',
    ],
    [
      'another directory is in its place',
      (model) => {
        // Moved, not removed: its inode would be given to the new one.
        renameSync(join(model, 'd'), join(model, '..', 'moved'));
        mkdirSync(join(model, 'd', 'e'), { recursive: true });
      },
      'replaced',
    ],
    ['the model is gone', (model) => rmSync(model, { recursive: true }), 'the model changed'],
  ])('is changed when %s, also for who cares about signed files only', async (_, change, found) => {
    const model = makeModel({ a: '1', 'd/e/b': '2' });
    const tree = await readModel(model, SCOPE);
    change(model);
    const { message } = await refusal(() => checkUnchanged(tree, false), 'FILE_CHANGED');
    expect(message).toContain(found);
  });

  it('is changed by a file that comes or goes, for who cares about all', async () => {
    const model = makeModel({ a: '1', 'd/b': '2' });
    const tree = await readModel(model, SCOPE);
    writeFileSync(join(model, 'd', 'c'), '3');
    expect(() => checkUnchanged(tree, false)).not.toThrow();
    const { message } = await refusal(() => checkUnchanged(tree, true), 'FILE_CHANGED');
    expect(message).toContain(
      'the directory "d/" changed while it was hashed: something was added',
    );
  });
});

describe('whatIs', () => {
  const methods = [
    ['isSymbolicLink', 'a symbolic link'],
    ['isDirectory', 'a directory'],
    ['isFIFO', 'a FIFO'],
    ['isSocket', 'a socket'],
    ['isBlockDevice', 'a device'],
    ['isCharacterDevice', 'a device'],
    ['isFile', 'a file'],
    ['none', 'something that is not a file'],
  ] as const;

  it.each(methods)('%s is %s', (yes, name) => {
    const type = Object.fromEntries(methods.map(([method]) => [method, () => method === yes]));
    expect(whatIs(type as unknown as FileType)).toBe(name);
  });
});

describe('the name of a path in a model', () => {
  it.each([
    ['model.sig', 'model.sig'],
    ['d/../model.sig', 'model.sig'],
    ['d/x', 'd/x'],
    ['.', undefined],
    ['..', undefined],
    ['../x', undefined],
    ['../model-2/x', undefined],
    ['..x', '..x'],
  ])('%s is %s', (path, name) => {
    const model = makeModel({ 'd/a': '1' });
    expect(nameInModel(model, join(model, path))).toBe(name);
  });

  it('is found for a parent that does not exist', () => {
    const model = makeModel({ a: '1' });
    expect(nameInModel(model, join(model, 'none', 'x'))).toBe('none/x');
  });

  it.skipIf(process.platform !== 'linux')(
    'cannot be found without a working directory',
    async () => {
      const before = process.cwd();
      const gone = temporaryDirectory();
      process.chdir(gone);
      rmSync(gone, { recursive: true });
      try {
        const { message } = await refusal(() => digest('model'), 'FILE_UNREADABLE');
        expect(message).toContain('the working directory');
      } finally {
        process.chdir(before);
      }
    },
  );
});
