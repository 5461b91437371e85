import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type Plan, planFiles, planShards } from '../../src/hashing/plan.ts';
import { type HashOptions, hashAll } from '../../src/hashing/pool.ts';
import type { Progress } from '../../src/hashing/progress.ts';
import { MIB, manyNames, sparseModel } from '../helpers/hashing.ts';
import { threads } from '../helpers/threads.ts';

vi.mock(import('node:worker_threads'), async (original) => threads.replace(await original()));

beforeEach(() => threads.begin());

const ways: readonly HashOptions[] = [
  { jobs: 2 },
  { jobs: 2, useCallingThread: true },
  { jobs: 1, useCallingThread: true },
];

/** Runs a plan, and expects of its reports what holds for all. */
async function reportsOf(plan: Plan, options: HashOptions): Promise<readonly Progress[]> {
  const reports: Progress[] = [];
  const start = performance.now();
  const { bytes } = await hashAll(plan, 'sha256', {
    ...options,
    onProgress: (progress) => reports.push(progress),
  });
  expect(reports.length).toBeLessThanOrEqual((performance.now() - start) / 100 + 2);
  for (const [index, report] of reports.entries()) {
    const before = reports[index - 1] ?? { bytes: 0, done: 0, totalBytes: undefined };
    expect(report.bytes).toBeGreaterThanOrEqual(before.bytes);
    expect(report.done).toBeGreaterThanOrEqual(before.done);
    expect(report.total).toBe(plan.count);
    expect(report.totalBytes ?? bytes).toBe(bytes);
    // Once all files were looked at, it stays so.
    if (before.totalBytes !== undefined) expect(report.totalBytes).toBe(bytes);
  }
  expect(reports.at(-1)).toMatchObject({
    bytes,
    totalBytes: bytes,
    done: plan.count,
    total: plan.count,
    secondsLeft: 0,
    current: undefined,
  });
  return reports;
}

describe.each(ways)('progress with %j', (options) => {
  it('is told to the end for large files', async () => {
    const { root, files } = sparseModel([300 * MIB, 1, 5, 200 * MIB]);
    const reports = await reportsOf(planFiles(root, files), options);
    expect(reports.at(-1)?.bytesPerSecond).toBeGreaterThan(0);
  });

  it('is told to the end for shards', async () => {
    const { root, files } = sparseModel([30 * MIB, 1, 0, 5_000_000]);
    await reportsOf(planShards(root, files, 9_000_000), options);
  });

  it('is told to the end for many small files', async () => {
    await reportsOf(planFiles('/', manyNames(10_000)), options);
  });

  it('is told once for what takes no time', async () => {
    const { root, files } = sparseModel([1, 2, 3]);
    expect((await reportsOf(planFiles(root, files), options)).length).toBeGreaterThan(0);
    expect(await reportsOf(planFiles('/', []), options)).toMatchObject([{ total: 0 }]);
  });

  it('names the large file that is being hashed', async () => {
    const { root, files } = sparseModel([10 * MIB, 2 ** 42, 70 * MIB]);
    const seen: Progress[] = [];
    const controller = new AbortController();
    const onProgress = (progress: Progress): void => {
      seen.push(progress);
      if (progress.current === 'f1' && progress.bytes > 0) controller.abort();
    };
    const signal = controller.signal;
    const running = hashAll(planFiles(root, files), 'sha256', { ...options, onProgress, signal });
    await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
    expect(seen.at(-1)).toMatchObject({
      current: 'f1',
      total: 3,
      totalBytes: 2 ** 42 + 80 * MIB,
    });
    expect(seen.at(-1)?.bytesPerSecond).toBeGreaterThan(0);
    expect(seen.at(-1)?.secondsLeft).toBeGreaterThan(1);
  });

  it('ends the run with what its function throws, while it runs and at its end', async () => {
    const onProgress = (): never => {
      throw new RangeError('from the caller');
    };
    const long = sparseModel([2 ** 40]);
    const short = sparseModel([1, 2, 3]);
    const fails = (model: typeof long): Promise<unknown> =>
      hashAll(planFiles(model.root, model.files), 'sha256', { ...options, onProgress });
    await expect(fails(long)).rejects.toThrow(new RangeError('from the caller'));
    await expect(fails(short)).rejects.toThrow(new RangeError('from the caller'));
  });

  it('is told no more when the run is over', async () => {
    const { root, files } = sparseModel([64 * MIB, 5]);
    const onProgress = vi.fn<(progress: Progress) => void>();
    await hashAll(planFiles(root, files), 'sha256', { ...options, onProgress });
    const gone = [...files, { name: 'gone', target: '/nonexistent/x' }];
    await expect(
      hashAll(planFiles(root, gone), 'sha256', { ...options, onProgress }),
    ).rejects.toThrow('"gone"');
    const { length } = onProgress.mock.calls;
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(onProgress.mock.calls).toHaveLength(length);
  });
});
