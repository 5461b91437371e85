import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type Plan, planFiles, planShards } from '../../src/hashing/plan.ts';
import { hashOf } from '../helpers/forge.ts';
import {
  ALGORITHMS,
  hashed,
  MIB,
  manyNames,
  oracle,
  pseudoRandom,
  SIZES,
  sparseModel,
} from '../helpers/hashing.ts';
import { makeModel } from '../helpers/model.ts';
import { threads } from '../helpers/threads.ts';

vi.mock(import('node:worker_threads'), async (original) => threads.replace(await original()));

beforeEach(() => threads.begin());

/** What pays for threads whatever the machine: more than they hash while they start. */
const MUCH = [10 * MIB, 13 * MIB, 12 * MIB];

/** The digests of a plan by other code. All files lie in its root. */
function expectedOf({ root, files, shards }: Plan): readonly string[] {
  return files.flatMap(({ name }) => {
    const content = readFileSync(join(root, name));
    if (shards === undefined) return [hashOf(content)];
    return Array.from({ length: Math.ceil(content.length / shards.size) }, (_, shard) => {
      return hashOf(content.subarray(shard * shards.size, (shard + 1) * shards.size));
    });
  });
}

const ways = [1, 2, 3, 7].flatMap((jobs) => [
  { jobs, useCallingThread: false },
  { jobs, useCallingThread: true },
]);

describe('the digests', () => {
  it.each(ALGORITHMS)('of %s are what noble computes', async (algorithm) => {
    const contents = SIZES.map((size) => pseudoRandom(size, size));
    const names = SIZES.map((size) => `f${size}`);
    const root = makeModel(Object.fromEntries(names.map((name, at) => [name, contents[at]!])));
    const files = names.map((name) => ({ name, target: undefined }));
    expect(await hashed(planFiles(root, files), algorithm)).toEqual({
      digests: contents.map((content) => oracle(algorithm, content)),
      bytes: SIZES.reduce<number>((sum, size) => sum + size, 0),
    });
  });

  describe('of a mixture of small files and large ones', () => {
    const small = Array.from({ length: 100 }, (_, index) => (index * 37) % 5_000);
    const sizes = [...small, ...MUCH, 262_143, 262_144, ...small, 300_000, 0];
    const bytes = sizes.reduce((sum, size) => sum + size, 0);

    it.each(ways)('are in the order of the files: %j', async (way) => {
      const { root, files } = sparseModel(sizes);
      const plan = planFiles(root, files);
      expect(await hashed(plan, 'sha256', way)).toEqual({ digests: expectedOf(plan), bytes });
      const most = way.jobs - Number(way.useCallingThread);
      expect(threads.started.length).toBeLessThanOrEqual(most);
      expect(threads.started.length).toBeGreaterThanOrEqual(Math.min(1, most));
    });

    it.each(ways)('are in the order of the shards: %j', async (way) => {
      const { root, files } = sparseModel(sizes);
      const plan = planShards(root, files, 3_000_000);
      expect(await hashed(plan, 'sha256', way)).toEqual({ digests: expectedOf(plan), bytes });
    });
  });

  it.each(ways)('of many small files are all there: %j', async (way) => {
    const files = [...manyNames(9_999), ...manyNames(1, 'last')];
    const { digests } = await hashed(planFiles('/', files), 'sha256', way);
    const odd = digests.flatMap((digest, job) => (digest === hashOf('small') ? [] : [job]));
    expect(odd).toEqual([9_999]);
    expect(digests[9_999]).toBe(hashOf('last'));
  });

  it('of nothing are none', async () => {
    const none = { digests: [], bytes: 0 };
    expect(await hashed(planFiles('/', []), 'sha256')).toEqual(none);
    expect(await hashed(planShards('/', [], 5), 'blake3')).toEqual(none);
    expect(threads.started).toEqual([]);
  });

  it('of two runs at the same time are those of each', async () => {
    const [one, other] = [
      [...MUCH, 5, 6],
      [7, 20 * MIB, 8, 13 * MIB],
    ].map((sizes) => {
      const { root, files } = sparseModel(sizes);
      return planFiles(root, files.toReversed());
    }) as [Plan, Plan];
    const gone = planFiles('/', [...manyNames(3), { name: 'gone', target: '/nonexistent/x' }]);
    const [first, second, failed] = await Promise.allSettled([
      hashed(one, 'sha256', { jobs: 2 }),
      hashed(other, 'sha256', { jobs: 2, useCallingThread: true }),
      hashed(gone, 'sha256'),
    ]);
    expect(first).toMatchObject({ value: { digests: expectedOf(one) } });
    expect(second).toMatchObject({ value: { digests: expectedOf(other) } });
    expect(failed).toMatchObject({ reason: { code: 'FILE_UNREADABLE' } });
    // All digests of zeros would be the same.
    expect(new Set([...expectedOf(one), ...expectedOf(other)]).size).toBe(9);
  });
});
