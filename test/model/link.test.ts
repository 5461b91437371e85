import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readModel } from '../../src/model/directory.ts';
import { realpathOf, statOf } from '../../src/model/link.ts';
import { nameInModel } from '../../src/model/location.ts';
import { checkUnchanged } from '../../src/model/tree.ts';
import { breakDisk } from '../helpers/disk-error.ts';
import { makeModel } from '../helpers/model.ts';
import { refusal } from '../helpers/refusal.ts';

const SCOPE = { ignorePaths: [], signature: undefined, allowSymlinks: true };

describe('a link', () => {
  it.each([
    ['into nothing', 'none'],
    ['below a file', 'a/b'],
    ['in a circle', 'link'],
  ])('that leads %s leads nowhere', (_, target) => {
    const model = makeModel({ a: '1' });
    symlinkSync(target, join(model, 'link'));
    expect(statOf(join(model, 'link'))).toBeUndefined();
    expect(realpathOf(join(model, 'link'))).toBeUndefined();
  });
});

// What cannot be seen must not count as something that is not there.
describe('a disk that reports an error', () => {
  it.each(['statSync', 'realpathSync'] as const)(
    'at a link is not a link that leads nowhere (%s)',
    async (call) => {
      const model = makeModel({ a: '1' });
      symlinkSync('a', join(model, 'link'));
      breakDisk(call, (path) => path.endsWith('link'));
      const { message } = await refusal(() => readModel(model, SCOPE), 'FILE_UNREADABLE');
      expect(message).toContain('link" cannot be read: the disk reported an error (EIO)');
    },
  );

  it('at the model, a link itself, does not make it a file', async () => {
    const model = makeModel({ a: '1' });
    symlinkSync(model, `${model}-link`);
    breakDisk('statSync', (path) => path.endsWith('model-link'));
    await refusal(() => readModel(`${model}-link`, SCOPE), 'FILE_UNREADABLE');
  });

  it('on the way to the signature does not make it a file of the model', async () => {
    const model = makeModel({ a: '1' });
    symlinkSync(model, `${model}-link`);
    expect(nameInModel(model, join(`${model}-link`, 'model.sig'))).toBe('model.sig');
    breakDisk('realpathSync', (path) => path.endsWith('model-link'));
    const inside = join(`${model}-link`, 'model.sig');
    await refusal(() => nameInModel(model, inside), 'FILE_UNREADABLE');
  });

  it('at the last look at a directory is not a directory that was replaced', async () => {
    const model = makeModel({ 'd/a': '1' });
    const tree = await readModel(model, SCOPE);
    breakDisk('lstatSync', (path) => path.endsWith('/d'));
    const { message } = await refusal(() => checkUnchanged(tree, false), 'FILE_UNREADABLE');
    expect(message).toBe('the directory "d/" cannot be read: the disk reported an error (EIO)');
  });
});
