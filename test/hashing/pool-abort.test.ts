import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type Plan, planFiles } from '../../src/hashing/plan.ts';
import { type HashOptions, hashAll } from '../../src/hashing/pool.ts';
import { MIB, manyNames, openBelow, sparseModel } from '../helpers/hashing.ts';
import { refusal } from '../helpers/refusal.ts';
import { threads } from '../helpers/threads.ts';

vi.mock(import('node:worker_threads'), async (original) => threads.replace(await original()));

beforeEach(() => threads.begin());

/** Far more than it takes, and far less than the files would. */
const QUICKLY = 2_000;

/** Hours of work in one file, or in each of several. */
function longPlan(count: number): Plan {
  const { root, files } = sparseModel(Array(count).fill(2 ** 42));
  return planFiles(root, files);
}

/** Cancels a run at some moment of it, and expects it to end soon. */
async function cancelled(
  plan: Plan,
  options: HashOptions,
  when: (cancel: () => void) => Partial<HashOptions> | void,
): Promise<void> {
  const controller = new AbortController();
  let since = Number.NaN;
  const cancel = (): void => {
    if (controller.signal.aborted) return;
    since = performance.now();
    controller.abort(new Error('enough'));
  };
  // Before the run, so that what is scheduled here comes first.
  const more = when(cancel);
  const all = { ...options, ...more, signal: controller.signal };
  const error = await refusal(() => hashAll(plan, 'sha256', all), 'ABORTED');
  expect(performance.now() - since).toBeLessThan(QUICKLY);
  expect(error.message).toBe('the operation was cancelled');
  expect(error.cause).toMatchObject({ message: 'enough' });
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  expect(openBelow(plan.root === '/' ? '/nowhere' : plan.root)).toEqual([]);
}

const ways = [
  { jobs: 2 },
  { jobs: 2, useCallingThread: true },
  { jobs: 1, useCallingThread: true },
];

describe.each(ways)('a run with %j is cancelled', (options) => {
  it('in its trial', async () => {
    const plan = planFiles('/', manyNames(100_000));
    await cancelled(plan, options, (cancel) => void setImmediate(cancel));
  });

  it('in its trial, with large files found already', async () => {
    const { root, files } = sparseModel([2 ** 40, 2 ** 40]);
    const plan = planFiles(root, [...files, ...manyNames(100_000)]);
    await cancelled(plan, options, (cancel) => void setImmediate(cancel));
  });

  it('while it hashes', async () => {
    await cancelled(longPlan(3), options, (cancel) => ({
      onProgress: ({ bytes }) => {
        if (bytes > 0) cancel();
      },
    }));
  });

  it('while it hashes one file', async () => {
    await cancelled(longPlan(1), options, (cancel) => ({
      onProgress: ({ bytes }) => {
        if (bytes > 0) cancel();
      },
    }));
  });

  it('as its threads start', async () => {
    await cancelled(longPlan(3), options, (cancel) => {
      threads.onStart = cancel;
      if (options.jobs === 1) setTimeout(cancel, 5);
    });
  });

  it('before it begins, and then looks at no file', async () => {
    const signal = AbortSignal.abort();
    const gone = planFiles('/', [{ name: 'gone', target: '/nonexistent/x' }]);
    const error = await refusal(() => hashAll(gone, 'sha256', { ...options, signal }), 'ABORTED');
    expect(error.cause).toMatchObject({ name: 'AbortError' });
    await refusal(() => hashAll(longPlan(2), 'sha256', { ...options, signal }), 'ABORTED');
    await refusal(() => hashAll(planFiles('/', []), 'sha256', { ...options, signal }), 'ABORTED');
    expect(threads.started).toEqual([]);
  });
});

describe('a signal', () => {
  it('may fire when the run is over', async () => {
    const controller = new AbortController();
    const { root, files } = sparseModel([40 * MIB]);
    const { bytes } = await hashAll(planFiles(root, files), 'sha256', {
      jobs: 1,
      signal: controller.signal,
    });
    expect(bytes).toBe(40 * MIB);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    controller.abort();
  });

  it('may cancel several runs', async () => {
    const { signal } = { signal: AbortSignal.timeout(100) };
    const runs = await Promise.allSettled([
      hashAll(longPlan(1), 'sha256', { jobs: 1, signal }),
      hashAll(longPlan(1), 'blake2b', { jobs: 1, signal, useCallingThread: true }),
    ]);
    const codes = runs.map((run) => (run.status === 'rejected' ? run.reason : run.value));
    expect(codes).toMatchObject([{ code: 'ABORTED' }, { code: 'ABORTED' }]);
    expect(codes).toMatchObject([{ cause: { name: 'TimeoutError' } }, {}]);
  });
});
