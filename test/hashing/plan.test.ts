import { lstatSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MAX_RESOURCES } from '../../src/format/limits.ts';
import { planFiles, planShards, shardCount } from '../../src/hashing/plan.ts';
import { oldFile, sparseModel } from '../helpers/hashing.ts';
import { temporaryDirectory } from '../helpers/model.ts';
import { refusal } from '../helpers/refusal.ts';

describe('a plan of whole files', () => {
  it('is one digest a file, in their order, without a look at any', () => {
    const files = [
      { name: 'b', target: undefined },
      { name: 'a', target: '/elsewhere' },
    ];
    expect(planFiles('/nonexistent', files)).toEqual({
      root: '/nonexistent',
      files,
      shards: undefined,
      count: 2,
      emptyFiles: [],
      resized: new Map(),
    });
  });

  it('is not made of more files than a statement can hold', async () => {
    const file = { name: 'a', target: undefined };
    const files = Array.from({ length: MAX_RESOURCES + 1 }, () => file);
    expect(planFiles('/m', files.slice(1)).count).toBe(MAX_RESOURCES);
    const { message } = await refusal(() => planFiles('/m', files), 'USAGE');
    expect(message).toContain(`at most ${MAX_RESOURCES}, found ${MAX_RESOURCES + 1}`);
  });
});

describe('a plan of shards', () => {
  it.each([
    [0, 4, 0],
    [1, 4, 1],
    [3, 4, 1],
    [4, 4, 1],
    [5, 4, 2],
    [8, 4, 2],
    [7, 1, 7],
    [7, 1_000_000_000, 1],
  ])('cuts %d bytes by %d into %d', (bytes, size, count) => {
    expect(shardCount(bytes, size)).toBe(count);
    const { root, files } = sparseModel([9, 0]);
    truncateSync(join(root, 'f1'), bytes);
    const plan = planShards(root, files.slice(1), size);
    expect(plan.count).toBe(count);
    expect(plan.shards?.size).toBe(size);
  });

  it('knows the state of each file', () => {
    const { root, files } = sparseModel([10, 0, 20]);
    const { shards, count } = planShards(root, files, 4);
    const states = ['f0', 'f1', 'f2'].map((name) => {
      const { dev, ino, size, mtimeMs, ctimeMs } = lstatSync(join(root, name));
      return { dev, ino, size, mtimeMs, ctimeMs };
    });
    expect(shards?.states).toEqual(states);
    expect(count).toBe(3 + 0 + 5);
  });

  it('names the files that no shard describes', () => {
    const { root, files } = sparseModel([10, 0, 20, 0]);
    expect(planShards(root, files, 4).emptyFiles).toEqual(['f1', 'f3']);
  });

  it('looks at the target of a link', () => {
    const target = oldFile('0123456789');
    const { shards, count } = planShards('/nonexistent', [{ name: 'link', target }], 4);
    expect(shards?.states[0]?.size).toBe(10);
    expect(count).toBe(3);
  });

  it('sets aside what has not the size that is expected, and nothing else', () => {
    const { root, files } = sparseModel([10, 0, 20, 0, 2 ** 40, 5]);
    const expected = new Map(Object.entries({ f0: 10, f1: 1, f2: 0, f3: 0, f4: 7 }));
    const plan = planShards(root, files, 4, expected);
    expect(plan.resized).toEqual(new Map(Object.entries({ f1: 0, f2: 20, f4: 2 ** 40 })));
    expect(plan.files.map(({ name }) => name)).toEqual(['f0', 'f3', 'f5']);
    expect(plan.shards?.states.map(({ size }) => size)).toEqual([10, 0, 5]);
    expect(plan.emptyFiles).toEqual(['f3']);
    expect(plan.count).toBe(3 + 0 + 2);
  });

  it('names the file that is gone', async () => {
    const { root, files } = sparseModel([10]);
    const gone = [...files, { name: 'gone/x', target: undefined }];
    const error = await refusal(() => planShards(root, gone, 4), 'FILE_UNREADABLE');
    expect(error.message).toBe('the file "gone/x" cannot be read: there is no such file (ENOENT)');
    expect(error.cause).toMatchObject({ code: 'ENOENT' });
  });

  it('is not made of more shards than a statement can hold', async () => {
    const { root, files } = sparseModel([MAX_RESOURCES - 10, 10, 1]);
    expect(planShards(root, files.slice(0, 2), 1).count).toBe(MAX_RESOURCES);
    const error = await refusal(() => planShards(root, files, 1), 'USAGE');
    expect(error.message).toContain('too many files or shards');
    expect(error.hint).toContain('larger shards');
  });

  it('is made for a file that is huge, if its shards are', () => {
    const path = join(temporaryDirectory(), 'huge');
    writeFileSync(path, '');
    truncateSync(path, 2 ** 42);
    expect(planShards('/', [{ name: 'huge', target: path }], 1e9).count).toBe(4399);
  });
});
