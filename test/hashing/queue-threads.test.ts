import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  createQueue,
  isSurveyed,
  leftIn,
  type QueueMemory,
  stopQueue,
} from '../../src/hashing/queue.ts';
import type { Pulled, PullTask } from './puller.ts';

const MOST = 8;

/** Jobs of this size and more are set aside. */
const LARGE = 10;

const pullers = Array.from({ length: MOST }, () => {
  return new Worker(new URL('./puller.ts', import.meta.url), { execArgv: [] });
});

afterAll(async () => {
  await Promise.all(pullers.map((puller) => puller.terminate()));
});

type Puller = Pick<PullTask, 'maxGrab' | 'leavesAfter'>;

/** Lets threads pull from a queue together until each has ended. */
async function pullAll(
  memory: QueueMemory,
  sizes: readonly number[],
  threads: readonly Puller[],
): Promise<readonly Pulled[]> {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  return await Promise.all(
    threads.map(async (thread, index) => {
      const puller = pullers[index] as Worker;
      const answer = once(puller, 'message') as Promise<[Pulled]>;
      const task: PullTask = {
        ...thread,
        memory,
        sizes,
        large: LARGE,
        gate,
        threads: threads.length,
      };
      puller.postMessage(task);
      return (await answer)[0];
    }),
  );
}

const STAYS: Puller = { maxGrab: undefined, leavesAfter: undefined };

const ALL_STAY = Array.from({ length: MOST }, () => STAYS);

const stayer = fc.constantFrom<Puller>(
  STAYS,
  ...[1, 2, 7].map((maxGrab) => ({ ...STAYS, maxGrab })),
);

const leaver = fc.nat({ max: 30 }).map<Puller>((leavesAfter) => ({ maxGrab: 1, leavesAfter }));

const size = fc.oneof(fc.constant(1), fc.integer({ min: LARGE, max: LARGE + 5 }));

const jobs = fc.oneof(
  fc.array(size, { maxLength: 20 }),
  fc.array(size, { minLength: 100, maxLength: 2_000 }),
);

describe('threads that pull from one queue', () => {
  it('are given each job exactly once, the large ones by size, and none waits for ever', async () => {
    await fc.assert(
      fc.asyncProperty(
        jobs,
        fc.array(stayer, { minLength: 1, maxLength: MOST / 2 }),
        fc.array(leaver, { maxLength: MOST / 2 }),
        async (sizes, stayers, leavers) => {
          const memory = createQueue(sizes.length);
          const pulled = await pullAll(memory, sizes, [...leavers, ...stayers]);
          expect(pulled.slice(leavers.length).map(({ end }) => end)).toEqual(
            stayers.map(() => 'nothing'),
          );
          expect(pulled.map(({ end }) => end)).not.toContain('stuck');
          const isSmall = (job: number): boolean => (sizes[job] ?? 0) < LARGE;
          const all = [...sizes.keys()];
          expect(sorted(pulled.flatMap(({ small }) => small))).toEqual(all.filter(isSmall));
          expect(sorted(pulled.flatMap(({ large }) => large))).toEqual(
            all.filter((job) => !isSmall(job)),
          );
          for (const { small, large } of pulled) {
            expect(small).toEqual(sorted(small));
            const taken = large.map((job) => sizes[job] ?? 0);
            expect(taken).toEqual(taken.toSorted((a, b) => b - a));
          }
          expect(isSurveyed(memory)).toBe(true);
          expect(leftIn(memory).unseen).toBe(0);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('come to the same order of the large ones', async () => {
    const sizes = Array.from({ length: 3_000 }, (_, job) => LARGE + ((job * 7_919) % 100));
    for (let round = 0; round < 5; round++) {
      const pulled = await pullAll(createQueue(sizes.length), sizes, ALL_STAY);
      const taken = pulled.flatMap(({ large }) => large);
      expect(sorted(taken)).toEqual([...sizes.keys()]);
    }
  });

  it('all end when they are told to', async () => {
    const sizes = Array.from({ length: 100_000 }, () => 1);
    const memory = createQueue(sizes.length);
    // Without the last thread none begins.
    const running = pullAll(memory, sizes, ALL_STAY);
    stopQueue(memory);
    const pulled = await running;
    expect(pulled.map(({ end }) => end)).not.toContain('stuck');
    const late = await pullAll(memory, sizes, [STAYS, STAYS]);
    expect(late).toEqual([
      { small: [], large: [], end: 'stopped' },
      { small: [], large: [], end: 'stopped' },
    ]);
  });
});

function sorted(numbers: readonly number[]): readonly number[] {
  return numbers.toSorted((a, b) => a - b);
}
