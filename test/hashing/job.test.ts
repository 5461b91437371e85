import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { blake2b } from '@noble/hashes/blake2.js';
import { blake3 } from '@noble/hashes/blake3.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createPortableBlake3, isBlake3Native } from '../../src/hashing/algorithms.ts';
import { type HashJob, JobRunner } from '../../src/hashing/job.ts';
import { planShards } from '../../src/hashing/plan.ts';
import { temporaryDirectory } from '../helpers/model.ts';
import { refusal } from '../helpers/refusal.ts';

/** Called before a read, with its number from 1: the moment at which somebody else acts. */
let beforeRead: (count: number) => void = () => {};

vi.mock(import('node:fs'), async (original) => {
  const fs = await original();
  let count = 0;
  const readSync = ((...parameters: Parameters<typeof fs.readSync>) => {
    beforeRead(++count);
    return fs.readSync(...parameters);
  }) as typeof fs.readSync;
  const openSync = ((...parameters: Parameters<typeof fs.openSync>) => {
    count = 0;
    return fs.openSync(...parameters);
  }) as typeof fs.openSync;
  return { ...fs, readSync, openSync };
});

afterEach(() => {
  beforeRead = () => {};
});

const SIZE = 1_000_000;

function fileOf(content: Uint8Array): HashJob {
  const path = join(temporaryDirectory(), 'w');
  writeFileSync(path, content);
  return { name: 'dir/w', path, start: 0, end: undefined, state: undefined };
}

function pseudoRandom(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 2_654_435_761) >>> 24);
}

describe('a digest', () => {
  const oracles = {
    sha256: (data: Uint8Array) => sha256(data),
    blake2b: (data: Uint8Array) => blake2b(data, { dkLen: 64 }),
    blake3: (data: Uint8Array) => blake3(data, { dkLen: 32 }),
  } as const;

  for (const [algorithm, oracle] of Object.entries(oracles)) {
    it.each([0, 1, 63, 64, 65, 262_143, 262_144, 262_145, 524_288, 1_000_003])(
      `with ${algorithm} of %d bytes is what noble computes`,
      (length) => {
        const content = pseudoRandom(length);
        const result = new JobRunner(algorithm as keyof typeof oracles).run(fileOf(content));
        const expected = Buffer.from(oracle(content)).toString('hex');
        expect(result).toEqual({ digest: expected, bytes: length });
      },
    );
  }

  it('of shards covers the file, each shard its own bytes', () => {
    const content = pseudoRandom(700_000);
    const { path } = fileOf(content);
    const { jobs, resources } = planShards([{ name: 'w', path }], 300_000);
    const runner = new JobRunner('sha256');
    const results = jobs.map((job) => runner.run(job));
    const expected = [
      [0, 300_000],
      [300_000, 600_000],
      [600_000, 700_000],
    ].map(([start, end]) => Buffer.from(sha256(content.slice(start, end))).toString('hex'));
    expect(results.map(({ digest }) => digest)).toEqual(expected);
    expect(results.map(({ bytes }) => bytes)).toEqual([300_000, 300_000, 100_000]);
    expect(resources.map(({ name }) => name)).toEqual([
      'w:0:300000',
      'w:300000:600000',
      'w:600000:700000',
    ]);
  });

  it('is the same from the native BLAKE3 and from the portable one', () => {
    expect(isBlake3Native()).toBe(true);
    const content = pseudoRandom(100_000);
    const portable = createPortableBlake3();
    portable.update(content.subarray(0, 33_333));
    portable.update(content.subarray(33_333));
    expect(new JobRunner('blake3').run(fileOf(content)).digest).toBe(portable.digest());
  });
});

describe('a file that changes while it is hashed', () => {
  const acts: readonly (readonly [string, (path: string) => void, string])[] = [
    ['is appended to', (path) => appendFileSync(path, 'x'), 'longer'],
    ['is truncated', (path) => truncateSync(path, 10), 'ended after'],
    ['is truncated by one byte', (path) => truncateSync(path, SIZE - 1), 'ended after'],
    ['is emptied', (path) => truncateSync(path, 0), 'ended after'],
    ['is touched', (path) => utimesSync(path, new Date(), new Date(1)), 'touched'],
    ['is removed', (path) => rmSync(path), 'removed'],
    [
      'is replaced by a copy',
      (path) => {
        const content = readFileSync(path);
        rmSync(path);
        writeFileSync(path, content);
      },
      'replaced',
    ],
    [
      'is replaced by a rename',
      (path) => {
        writeFileSync(`${path}.new`, readFileSync(path));
        renameSync(`${path}.new`, path);
      },
      'replaced',
    ],
    [
      'becomes a directory',
      (path) => {
        rmSync(path);
        mkdirSync(path);
      },
      'replaced',
    ],
    ['has a byte overwritten', (path) => writeFileSync(path, 'y', { flag: 'r+' }), 'touched'],
  ];

  it.each(acts)('ends in an error that names it: it %s', async (_, act, found) => {
    const job = fileOf(pseudoRandom(SIZE));
    // Not the first read: an earlier change could not be told from an older file.
    beforeRead = (count) => {
      if (count === 3) act(job.path);
    };
    const { message } = await refusal(() => new JobRunner('sha256').run(job), 'FILE_CHANGED');
    expect(message).toContain('the file "dir/w" changed while it was hashed');
    // On most file systems the descriptor's own times tell first, on others only the path does.
    const early = ['removed', 'replaced'].includes(found) ? 'touched' : found;
    expect(message).toMatch(new RegExp(`${found}|${early}`));
  });

  it('is noticed between the hashing of two of its shards', async () => {
    const { path } = fileOf(pseudoRandom(SIZE));
    const { jobs } = planShards([{ name: 'w', path }], 400_000);
    const runner = new JobRunner('sha256');
    const [first, second] = jobs as [HashJob, HashJob];
    runner.run(first);
    writeFileSync(path, pseudoRandom(SIZE).fill(1, 0, 10));
    await refusal(() => runner.run(second), 'FILE_CHANGED');
  });

  it('is noticed when it has become something else before it is opened', async () => {
    const job = fileOf(pseudoRandom(10));
    rmSync(job.path);
    const gone = await refusal(() => new JobRunner('sha256').run(job), 'FILE_UNREADABLE');
    expect(gone.message).toContain('"dir/w"');
    mkdirSync(job.path);
    await refusal(() => new JobRunner('sha256').run(job), 'FILE_CHANGED');
  });
});

describe.skipIf(process.platform !== 'linux')('a descriptor', () => {
  it('is closed again, after a digest and after an error', async () => {
    const open = (): number => readdirSync('/proc/self/fd').length;
    const runner = new JobRunner('sha256');
    const job = fileOf(pseudoRandom(10));
    const before = open();
    for (let round = 0; round < 20; round++) {
      runner.run(job);
      await refusal(() => runner.run({ ...job, end: 99 }), 'FILE_CHANGED');
    }
    expect(open()).toBe(before);
  });
});

describe('a pseudo file', () => {
  it.skipIf(process.platform !== 'linux')(
    'that has content but claims no size is refused',
    async () => {
      const job = { ...fileOf(new Uint8Array()), path: '/proc/self/status' };
      await refusal(() => new JobRunner('sha256').run(job), 'FILE_CHANGED');
    },
  );
});
