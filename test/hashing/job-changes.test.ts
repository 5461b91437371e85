import { copyFileSync, linkSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type HashJob, JobRunner } from '../../src/hashing/job.ts';
import { planShards } from '../../src/hashing/plan.ts';
import { JobTable, layOut } from '../../src/hashing/table.ts';
import { CHANGES } from '../helpers/changes.ts';
import {
  hashAlone,
  hashJob,
  oldFile,
  openBelow,
  pseudoRandom,
  wholeFile,
} from '../helpers/hashing.ts';
import { type Act, interfere, type Moment } from '../helpers/interfere.ts';
import { refusal } from '../helpers/refusal.ts';

/** Hashes a file to which something happens in between. Returns the message of the refusal. */
async function hashedWhile(size: number, moment: Moment, act: Act): Promise<string> {
  const path = oldFile(pseudoRandom(size));
  onTestFinished(interfere(path, moment, act));
  const { message } = await refusal(() => hashAlone(wholeFile(path)), 'FILE_CHANGED');
  expect(openBelow(path)).toEqual([]);
  return message;
}

describe.each([
  ['one read', 'before it', 1_000, { before: 1 }],
  ['one read', 'after it', 1_000, { after: 1 }],
  ['four reads', 'before the third', 1_000_000, { before: 3 }],
  ['four reads', 'after the last', 1_000_000, { after: 4 }],
  ['two whole buffers', 'before the read that finds the end', 524_288, { before: 3 }],
  ['two whole buffers', 'after the read that finds the end', 524_288, { after: 3 }],
] as const)('a file of %s, %s', (_, __, size, moment) => {
  it.each(CHANGES)('ends in an error that names it when it $does', async ({ act, found }) => {
    const message = await hashedWhile(size, moment, act);
    expect(message).toContain('the file "dir/w" changed while it was hashed');
    expect(message).toMatch(found);
  });
});

describe('a file that changes while it is hashed', () => {
  it('says what it is now', async () => {
    const longer = await hashedWhile(1_000, { before: 1 }, (fs, path) => {
      fs.appendFileSync(path, 'x');
    });
    expect(longer).toMatch(/: it is longer than its 1000 bytes$/);
    const shorter = await hashedWhile(1_000, { before: 1 }, (fs, path) => {
      fs.truncateSync(path, 10);
    });
    expect(shorter).toMatch(/: it ended after 10 of 1000 bytes$/);
    const late = await hashedWhile(1_000, { after: 1 }, (fs, path) => {
      fs.truncateSync(path, 10);
    });
    expect(late).toMatch(/: its size went from 1000 to 10 bytes$/);
  });

  it('is noticed between two steps', async () => {
    const path = oldFile(pseudoRandom(1_000_000));
    const runner = new JobRunner('sha256');
    runner.open(wholeFile(path));
    runner.advance(1);
    writeFileSync(path, 'y', { flag: 'r+' });
    await refusal(() => runner.advance(Number.POSITIVE_INFINITY), 'FILE_CHANGED');
    await refusal(() => runner.advance(1), 'INTERNAL');
  });

  it('is noticed though its time is put back', async () => {
    const path = oldFile(pseudoRandom(1_000));
    // Some kernels count time in steps of 4 ms.
    await wait(20);
    const act: Act = (fs, changed) => {
      const { atime, mtime } = fs.statSync(changed);
      fs.writeFileSync(changed, 'y', { flag: 'r+' });
      fs.utimesSync(changed, atime, mtime);
    };
    onTestFinished(interfere(path, { before: 1 }, act));
    await refusal(() => hashAlone(wholeFile(path)), 'FILE_CHANGED');
  });

  it('is noticed when it is removed and has another name', async () => {
    const path = oldFile(pseudoRandom(1_000));
    linkSync(path, `${path}.other`);
    await wait(20);
    onTestFinished(interfere(path, { before: 1 }, (fs, removed) => fs.rmSync(removed)));
    await refusal(() => hashAlone(wholeFile(path)), 'FILE_CHANGED');
  });
});

describe('a file that is hashed in shards', () => {
  function shardsOf(path: string): readonly [HashJob, HashJob] {
    const table = new JobTable(
      layOut(planShards('/', [{ name: 'dir/w', target: path }], 600_000), 'sha256'),
    );
    return [table.job(0), table.job(1)];
  }

  const between: readonly (readonly [string, (path: string) => void, RegExp])[] = [
    ['is written to', (path) => writeFileSync(path, 'y', { flag: 'r+' }), /modified or touched/],
    ['is appended to', (path) => writeFileSync(path, 'y', { flag: 'a' }), /size went from/],
    [
      'is replaced by a copy',
      (path) => {
        copyFileSync(path, `${path}.new`);
        utimesSync(`${path}.new`, 1e9, 1e9);
        renameSync(`${path}.new`, path);
      },
      /it was replaced/,
    ],
  ];

  it.each(between)('is refused when it %s between two of them', async (_, act, found) => {
    const path = oldFile(pseudoRandom(1_000_000));
    const [first, second] = shardsOf(path);
    const runner = new JobRunner('sha256');
    hashJob(runner, first);
    act(path);
    const { message } = await refusal(() => hashJob(runner, second), 'FILE_CHANGED');
    expect(message).toMatch(found);
  });

  it('is unreadable when it is removed between two of them', async () => {
    const path = oldFile(pseudoRandom(1_000_000));
    const [first, second] = shardsOf(path);
    const runner = new JobRunner('sha256');
    hashJob(runner, first);
    rmSync(path);
    const { message } = await refusal(() => hashJob(runner, second), 'FILE_UNREADABLE');
    expect(message).toContain('"dir/w"');
  });

  it.each(CHANGES)('is refused when it $does within one of them', async ({ act, found }) => {
    const path = oldFile(pseudoRandom(1_000_000));
    const [first] = shardsOf(path);
    onTestFinished(interfere(path, { before: 2 }, act));
    const { message } = await refusal(() => hashAlone(first), 'FILE_CHANGED');
    expect(message).toMatch(found);
  });
});
