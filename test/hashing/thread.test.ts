import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planFiles, planShards } from '../../src/hashing/plan.ts';
import { isSurveyed, stopQueue } from '../../src/hashing/queue.ts';
import { JobTable } from '../../src/hashing/table.ts';
import { currentJob, largestJob, totalsOf } from '../../src/hashing/tally.ts';
import { HashingThread, type SharedMemory } from '../../src/hashing/thread.ts';
import {
  ALGORITHMS,
  MIB,
  manyNames,
  openBelow,
  oracle,
  pseudoRandom,
  shared,
  sparseFile,
  sparseModel,
} from '../helpers/hashing.ts';
import { makeModel } from '../helpers/model.ts';
import { refusal } from '../helpers/refusal.ts';

const FOREVER = Number.POSITIVE_INFINITY;
/** A time that is over: one step, and no more. */
const BRIEFLY = 0;
/** The smallest file that is a large one. */
const LARGE = 262_144;

function memoryOf(sizes: readonly number[]): SharedMemory {
  const { root, files } = sparseModel(sizes);
  return shared(planFiles(root, files));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

describe('one hashing thread', () => {
  it.each(ALGORITHMS)('computes the %s digests of small files and large ones', (algorithm) => {
    const sizes = [0, 1_000_003, 1, 300_000, LARGE - 1, LARGE, 77];
    const contents = sizes.map((size, index) => pseudoRandom(size, index));
    const names = sizes.map((_, index) => `f${index}`);
    const root = makeModel(
      Object.fromEntries(names.map((name, index) => [name, contents[index]!])),
    );
    const files = names.map((name) => ({ name, target: undefined }));
    const memory = shared(planFiles(root, files), algorithm);
    expect(new HashingThread(memory, 0).work(FOREVER)).toBe('nothing');
    const table = new JobTable(memory.table);
    expect(names.map((_, job) => table.digest(job))).toEqual(
      contents.map((content) => oracle(algorithm, content)),
    );
    expect(totalsOf(memory.tally)).toEqual({ hashed: sum(sizes), found: sum(sizes), done: 7 });
  });

  it.each([1, 100, 262_143, 262_144, 262_145, 400_000, 10_000_000])(
    'computes the digests of shards of %d bytes',
    (size) => {
      // Of single bytes there would be too many.
      const lengths = size === 1 ? [0, 3, 70] : [1_000, 1_000_003, 0, size, 2];
      const contents = lengths.map((length, index) => pseudoRandom(length, index));
      const names = lengths.map((_, index) => `f${index}`);
      const root = makeModel(
        Object.fromEntries(names.map((name, index) => [name, contents[index]!])),
      );
      const plan = planShards(
        root,
        names.map((name) => ({ name, target: undefined })),
        size,
      );
      const memory = shared(plan);
      expect(new HashingThread(memory, 3).work(FOREVER)).toBe('nothing');
      const expected = contents.flatMap((content) =>
        Array.from({ length: Math.ceil(content.length / size) }, (_, shard) =>
          oracle('sha256', content.slice(shard * size, (shard + 1) * size)),
        ),
      );
      const table = new JobTable(memory.table);
      expect(expected.map((_, job) => table.digest(job))).toEqual(expected);
      const { hashed, found, done } = totalsOf(memory.tally);
      expect([hashed, found, done]).toEqual([sum(lengths), sum(lengths), plan.count]);
    },
  );

  it('has nothing to do for a model without files', () => {
    const memory = memoryOf([]);
    expect(new HashingThread(memory, 0).work(FOREVER)).toBe('nothing');
    expect(totalsOf(memory.tally).done).toBe(0);
  });

  it('takes the largest file first when all were looked at', () => {
    const memory = memoryOf([5, 3 * MIB, 9 * MIB, 6 * MIB]);
    const thread = new HashingThread(memory, 0);
    const order: (number | undefined)[] = [];
    while (thread.work(BRIEFLY) === 'more') {
      const job = currentJob(memory.tally, 0);
      if (job !== undefined && job !== order.at(-1)) order.push(job);
    }
    expect(order).toEqual([2, 3, 1]);
  });

  it('tells at which large file it is, and how large that is', () => {
    const memory = memoryOf([5, 3 * MIB, 9 * MIB]);
    const thread = new HashingThread(memory, 2);
    while (totalsOf(memory.tally).hashed <= 5) thread.work(BRIEFLY);
    expect(largestJob(memory.tally)).toEqual({ job: 2, bytes: 9 * MIB });
    thread.leave();
  });
});

describe('a slice of work', () => {
  it('ends after one step when its time is over, and the next goes on from there', () => {
    const memory = memoryOf([1, 2, 3]);
    const thread = new HashingThread(memory, 0, 1);
    const done = [0, 1, 2].map(() => {
      expect(thread.work(BRIEFLY)).toBe('more');
      return totalsOf(memory.tally).done;
    });
    expect(done).toEqual([1, 2, 3]);
    expect(thread.work(BRIEFLY)).toBe('nothing');
  });

  it('is short in the middle of a large file too', () => {
    const memory = memoryOf([64 * MIB]);
    const thread = new HashingThread(memory, 0);
    const hashed: number[] = [];
    while (thread.work(BRIEFLY) === 'more') hashed.push(totalsOf(memory.tally).hashed);
    const steps = hashed.map((bytes, index) => bytes - (hashed[index - 1] ?? 0));
    expect(Math.max(...steps)).toBeLessThanOrEqual(4 * MIB);
    expect(sum(steps)).toBe(64 * MIB);
  });

  it('that only scans leaves large files to others', () => {
    const memory = memoryOf([1, LARGE, LARGE - 1, 5 * MIB]);
    const scanning = new HashingThread(memory, 0, 1);
    expect(scanning.work(FOREVER, true)).toBe('nothing');
    expect(totalsOf(memory.tally)).toEqual({
      hashed: LARGE,
      found: 2 * LARGE + 5 * MIB,
      done: 2,
    });
    expect(isSurveyed(memory.queue)).toBe(true);
    expect(largestJob(memory.tally)).toBeUndefined();
    expect(new HashingThread(memory, 1).work(FOREVER)).toBe('nothing');
    expect(totalsOf(memory.tally).done).toBe(4);
  });

  it('ends when the queue is stopped, before anything and in the middle of a file', () => {
    const memory = memoryOf([1, 64 * MIB]);
    const thread = new HashingThread(memory, 0);
    while (largestJob(memory.tally) === undefined) thread.work(BRIEFLY);
    thread.work(BRIEFLY);
    const { hashed } = totalsOf(memory.tally);
    stopQueue(memory.queue);
    expect(thread.work(FOREVER)).toBe('nothing');
    expect(new HashingThread(memory, 1).work(FOREVER)).toBe('nothing');
    expect(totalsOf(memory.tally)).toMatchObject({ hashed, done: 1 });
    thread.leave();
  });
});

describe('shards that are known to be large', () => {
  it('are set aside without a look at their file', () => {
    const { root, files } = sparseModel([2 * LARGE + 1]);
    const memory = shared(planShards(root, files, LARGE));
    rmSync(join(root, 'f0'));
    const thread = new HashingThread(memory, 0);
    expect(thread.work(BRIEFLY, true)).toBe('more');
    expect(thread.work(BRIEFLY, true)).toBe('more');
    expect(totalsOf(memory.tally).found).toBe(2 * LARGE);
  });
});

describe('the threads of a run', () => {
  it('share the files among them', () => {
    const memory = memoryOf([1, 2, 3, 4, 3 * MIB, 4 * MIB]);
    const threads = [0, 1, 2].map((slot) => new HashingThread(memory, slot, 1));
    const working = new Set(threads);
    while (working.size > 0) {
      for (const thread of working) if (thread.work(BRIEFLY) === 'nothing') working.delete(thread);
    }
    expect(totalsOf(memory.tally)).toEqual({ hashed: 10 + 7 * MIB, found: 10 + 7 * MIB, done: 6 });
  });

  it('wait for one that is still looking, as it may find a larger file', () => {
    const memory = memoryOf([1, LARGE]);
    const [one, other] = [0, 1].map((slot) => new HashingThread(memory, slot, 1)) as [
      HashingThread,
      HashingThread,
    ];
    expect(one.work(BRIEFLY)).toBe('more');
    expect(other.work(FOREVER)).toBe('wait');
    expect(one.work(FOREVER)).toBe('nothing');
    expect(other.work(FOREVER)).toBe('nothing');
  });

  it('do not wait for one that has left', () => {
    const memory = memoryOf([1, LARGE]);
    const [one, other] = [0, 1].map((slot) => new HashingThread(memory, slot, 1)) as [
      HashingThread,
      HashingThread,
    ];
    one.work(BRIEFLY);
    one.leave();
    expect(other.work(FOREVER)).toBe('nothing');
    expect(totalsOf(memory.tally).done).toBe(2);
  });

  it.skipIf(process.platform !== 'linux')('close their file when they leave', () => {
    const { root, files } = sparseModel([64 * MIB]);
    const memory = shared(planFiles(root, files));
    const thread = new HashingThread(memory, 0);
    while (totalsOf(memory.tally).hashed === 0) thread.work(BRIEFLY);
    expect(openBelow(root)).toEqual([join(root, 'f0')]);
    thread.leave();
    expect(openBelow(root)).toEqual([]);
  });
});

describe('a large file that is another when its turn comes', () => {
  it('is hashed as it is then, and the totals are right', () => {
    for (const size of [LARGE, 2 * LARGE, 4 * LARGE, 5]) {
      const { root, files } = sparseModel([10, 3 * LARGE]);
      const memory = shared(planFiles(root, files));
      const thread = new HashingThread(memory, 0);
      thread.work(FOREVER, true);
      sparseFile(join(root, 'f1'), size, 'other');
      expect(thread.work(FOREVER)).toBe('nothing');
      const content = readFileSync(join(root, 'f1'));
      expect(new JobTable(memory.table).digest(1)).toBe(oracle('sha256', content));
      expect(totalsOf(memory.tally)).toEqual({ hashed: 10 + size, found: 10 + size, done: 2 });
    }
  });
});

describe('an error of a file', () => {
  it('names the file, the small one and the large one', async () => {
    for (const size of [10, LARGE, 2 * LARGE]) {
      const { root, files } = sparseModel([5, size]);
      const memory = shared(planFiles(root, files));
      const thread = new HashingThread(memory, 0, 1);
      thread.work(BRIEFLY);
      rmSync(join(root, 'f1'));
      const { message } = await refusal(() => thread.work(FOREVER), 'FILE_UNREADABLE');
      expect(message).toContain('the file "f1" cannot be read');
      expect(currentJob(memory.tally, 0)).toBe(1);
      expect(openBelow(root)).toEqual([]);
    }
  });

  it('of a large file that is gone since it was looked at names it', async () => {
    const { root, files } = sparseModel([LARGE]);
    const memory = shared(planFiles(root, files));
    const thread = new HashingThread(memory, 0, 1);
    thread.work(FOREVER, true);
    rmSync(join(root, 'f0'));
    await refusal(() => thread.work(FOREVER), 'FILE_UNREADABLE');
    expect(currentJob(memory.tally, 0)).toBe(0);
  });

  it('leaves no job behind that nobody is at', () => {
    const memory = shared(planFiles('/', manyNames(10)));
    new HashingThread(memory, 0).work(FOREVER);
    expect(currentJob(memory.tally, 0)).toBeUndefined();
  });
});
