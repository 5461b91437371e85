import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  createQueue,
  isSurveyed,
  leftIn,
  Queue,
  type QueueMemory,
  stopQueue,
} from '../../src/hashing/queue.ts';

/** What a thread was given in one step. */
type Given = { readonly small: number } | { readonly large: number } | 'aside' | 'wait' | 'nothing';

/** Jobs of this size and more are set aside. */
const LARGE = 10;

/** One step of what every thread does. */
function step(queue: Queue, sizes: readonly number[]): Given {
  const unseen = queue.takeUnseen();
  if (unseen !== undefined) {
    const size = sizes[unseen] ?? 0;
    if (size < LARGE) return { small: unseen };
    queue.setAside(unseen, size);
    return 'aside';
  }
  const large = queue.takeLarge();
  if (large === 'wait') return 'wait';
  return large === undefined ? 'nothing' : { large: large.job };
}

/** Steps of a thread until it has to wait, or nothing is left. */
function drain(queue: Queue, sizes: readonly number[]): readonly Given[] {
  const given: Given[] = [];
  while (given.at(-1) !== 'wait' && given.at(-1) !== 'nothing') given.push(step(queue, sizes));
  return given;
}

function smallOf(given: readonly Given[]): readonly number[] {
  return given.flatMap((one) => (typeof one === 'object' && 'small' in one ? [one.small] : []));
}

function largeOf(given: readonly Given[]): readonly number[] {
  return given.flatMap((one) => (typeof one === 'object' && 'large' in one ? [one.large] : []));
}

/** Each job of these sizes exactly once: the small ones, and the large ones as such. */
function expectAll(given: readonly Given[], sizes: readonly number[]): void {
  const ascending = (a: number, b: number): number => a - b;
  const jobs = [...sizes.keys()];
  expect(smallOf(given).toSorted(ascending)).toEqual(
    jobs.filter((job) => (sizes[job] ?? 0) < LARGE),
  );
  expect(largeOf(given).toSorted(ascending)).toEqual(
    jobs.filter((job) => (sizes[job] ?? 0) >= LARGE),
  );
}

const sizesOfJobs = fc.array(fc.oneof(fc.constant(1), fc.integer({ min: LARGE, max: 14 })), {
  maxLength: 60,
});

describe('one thread', () => {
  it('is given small jobs in their order, and then large ones by size, ties by position', () => {
    fc.assert(
      fc.property(sizesOfJobs, fc.integer({ min: 1, max: 40 }), (sizes, maxGrab) => {
        const given = drain(new Queue(createQueue(sizes.length), sizes.length, maxGrab), sizes);
        const jobs = [...sizes.keys()];
        const size = (job: number): number => sizes[job] ?? 0;
        expect(smallOf(given)).toEqual(jobs.filter((job) => size(job) < LARGE));
        expect(largeOf(given)).toEqual(
          jobs.filter((job) => size(job) >= LARGE).toSorted((a, b) => size(b) - size(a) || a - b),
        );
        expect(given.at(-1)).toBe('nothing');
      }),
    );
  });

  it('is given nothing when there is nothing', () => {
    const memory = createQueue(0);
    expect(isSurveyed(memory)).toBe(true);
    expect(drain(new Queue(memory, 0), [])).toEqual(['nothing']);
    expect(isSurveyed(memory)).toBe(true);
  });

  it('takes as many at once as it may, and fewer towards the end', () => {
    const memory = createQueue(100);
    const queue = new Queue(memory, 100, 10);
    const grabs: number[] = [];
    let before = 100;
    while (queue.takeUnseen() !== undefined) {
      const { unseen } = leftIn(memory);
      if (unseen < before) grabs.push(before - unseen);
      before = unseen;
    }
    expect(grabs.reduce((sum, grab) => sum + grab)).toBe(100);
    expect(grabs).toEqual(grabs.toSorted((a, b) => b - a));
    expect([grabs[0], grabs.at(-1)]).toEqual([10, 1]);
    expect(Math.max(...grabs.slice(-8))).toBe(1);
  });

  it('takes more than one at once unless it is told not to', () => {
    const [memory, alone] = [createQueue(1_000), createQueue(1_000)];
    new Queue(memory, 1_000).takeUnseen();
    new Queue(alone, 1_000, 1).takeUnseen();
    expect(leftIn(memory).unseen).toBeLessThan(990);
    expect(leftIn(alone).unseen).toBe(999);
  });

  it('is told to stop', () => {
    const memory = createQueue(3);
    const queue = new Queue(memory, 3);
    expect(queue.isStopped).toBe(false);
    stopQueue(memory);
    expect(queue.isStopped).toBe(true);
    expect(new Queue(memory, 3).isStopped).toBe(true);
  });
});

describe('what is left', () => {
  it('is known at every step', () => {
    const sizes = [1, 30, 1, 20];
    const memory = createQueue(4);
    const queue = new Queue(memory, 4, 1);
    const seen = [leftIn(memory)];
    for (let count = 0; count < 4; count++) {
      step(queue, sizes);
      seen.push(leftIn(memory));
    }
    expect(seen).toEqual([
      { unseen: 4, large: 0, largeBytes: 0 },
      { unseen: 3, large: 0, largeBytes: 0 },
      { unseen: 2, large: 1, largeBytes: 30 },
      { unseen: 1, large: 1, largeBytes: 30 },
      { unseen: 0, large: 2, largeBytes: 50 },
    ]);
    step(queue, sizes);
    expect(leftIn(memory).unseen).toBe(0);
  });

  it('is surveyed when the last grab was looked at, not when it was taken', () => {
    const memory = createQueue(2);
    const [one, other] = [new Queue(memory, 2, 1), new Queue(memory, 2, 1)];
    expect(isSurveyed(memory)).toBe(false);
    one.takeUnseen();
    expect(isSurveyed(memory)).toBe(false);
    one.leave();
    expect(isSurveyed(memory)).toBe(false);
    other.takeUnseen();
    expect(isSurveyed(memory)).toBe(false);
    one.takeUnseen();
    expect(isSurveyed(memory)).toBe(false);
    other.setAside(1, 50);
    other.takeUnseen();
    expect(isSurveyed(memory)).toBe(true);
  });
});

describe('several threads', () => {
  it('wait for the last grab of another, and only as long as it lasts', () => {
    const memory = createQueue(2);
    const [one, other] = [new Queue(memory, 2, 1), new Queue(memory, 2, 1)];
    one.takeUnseen();
    other.takeUnseen();
    one.setAside(0, 50);
    expect(other.takeUnseen()).toBeUndefined();
    expect(other.takeLarge()).toBe('wait');
    expect(one.takeUnseen()).toBeUndefined();
    expect(other.takeLarge()).toEqual({ job: 0, bytes: 50 });
    expect(one.takeLarge()).toBeUndefined();
  });

  it('do not wait for one that has left, however often it says so', () => {
    const memory = createQueue(2);
    const [one, other] = [new Queue(memory, 2, 1), new Queue(memory, 2, 1)];
    one.leave();
    one.takeUnseen();
    other.takeUnseen();
    one.leave();
    one.leave();
    other.setAside(1, 50);
    expect(isSurveyed(memory)).toBe(false);
    expect(drain(other, [1, 50])).toEqual([{ large: 1 }, 'nothing']);
    expect(isSurveyed(memory)).toBe(true);
  });

  it('may join again after they have left', () => {
    const memory = createQueue(3);
    const [one, other] = [new Queue(memory, 3, 1), new Queue(memory, 3, 1)];
    one.takeUnseen();
    one.leave();
    expect(one.takeUnseen()).toBe(1);
    other.takeUnseen();
    expect(other.takeUnseen()).toBeUndefined();
    expect(other.takeLarge()).toBe('wait');
    one.leave();
    expect(other.takeLarge()).toBeUndefined();
  });

  it('are given each job exactly once, in whatever order they come', () => {
    const schedule = fc.array(fc.nat({ max: 3 }), { maxLength: 150 });
    const threads = fc.array(
      fc.record({
        maxGrab: fc.constantFrom(1, 2, 3, 32),
        leavesAfter: fc.option(fc.nat({ max: 20 })),
      }),
      { minLength: 3, maxLength: 3 },
    );
    fc.assert(
      fc.property(sizesOfJobs, schedule, threads, (sizes, order, others) => {
        const memory = createQueue(sizes.length);
        // A thread that leaves early may take but one at once; one stays to the end.
        const crew = [{ maxGrab: 32, leavesAfter: null }, ...others].map((one) => ({
          queue: new Queue(memory, sizes.length, one.leavesAfter === null ? one.maxGrab : 1),
          stepsLeft: one.leavesAfter ?? Number.POSITIVE_INFINITY,
        }));
        const given: Given[] = [];
        const finished = new Set<number>();
        const rounds = Array.from({ length: 8 * (sizes.length + 4) }, (_, turn) => turn % 4);
        for (const turn of [...order, ...rounds]) {
          const thread = crew[turn];
          if (thread === undefined || finished.has(turn)) continue;
          const one = thread.stepsLeft-- > 0 ? step(thread.queue, sizes) : 'nothing';
          if (one === 'nothing') {
            thread.queue.leave();
            finished.add(turn);
          }
          given.push(one);
        }
        expect(finished.size).toBe(4);
        expectAll(given, sizes);
        const taken = largeOf(given).map((job) => sizes[job] ?? 0);
        expect(taken).toEqual(taken.toSorted((a, b) => b - a));
        expect(isSurveyed(memory)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a thread that is interrupted at any of its steps', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** Lets something happen at the n-th touch of the shared counters. Tells whether it came. */
  function interruptAt(n: number, moment: 'before' | 'after', other: () => void): () => boolean {
    let count = 0;
    const meet = (now: 'before' | 'after'): void => {
      if (now === moment && count === n) other();
    };
    for (const name of ['load', 'add', 'sub', 'store'] as const) {
      const original = Atomics[name] as (...parameters: readonly unknown[]) => never;
      vi.spyOn(Atomics, name).mockImplementation((...parameters: readonly unknown[]) => {
        count++;
        const own = count;
        meet('before');
        const result = original(...parameters);
        if (own === n) meet('after');
        return result;
      });
    }
    return () => count >= n;
  }

  /** Both threads go on until neither gets more. */
  function finish(queues: readonly Queue[], sizes: readonly number[]): readonly Given[] {
    const given: Given[] = [];
    for (let round = 0; round < 2; round++) {
      for (const queue of queues) given.push(...drain(queue, sizes));
    }
    const ends = queues.map((queue) => step(queue, sizes));
    expect(ends).toEqual(queues.map(() => 'nothing'));
    return given;
  }

  /** @param leaves how many jobs another thread does not take while the first is interrupted. */
  function run(
    memory: QueueMemory,
    sizes: readonly number[],
    n: number,
    when: 'before' | 'after',
    leaves: number,
  ): { given: readonly Given[]; isOver: boolean } {
    const one = new Queue(memory, sizes.length);
    const other = new Queue(memory, sizes.length, leaves === 0 ? 32 : 1);
    const queues = [one, other];
    const given: Given[] = [];
    const came = interruptAt(n, when, () => {
      if (leaves === 0) given.push(...drain(other, sizes));
      while (leftIn(memory).unseen > leaves) given.push(step(other, sizes));
    });
    given.push(...drain(one, sizes));
    const isOver = !came();
    vi.restoreAllMocks();
    given.push(...finish(queues, sizes));
    return { given, isOver };
  }

  it.each([
    ['large jobs only', [20, 30, 10]],
    ['a large one at the end', [1, 1, 1, 1, 20]],
    ['a large one at the beginning', [20, 1, 1, 1]],
    ['more than one grab', Array.from({ length: 40 }, (_, index) => (index % 3 === 0 ? 20 : 1))],
    ['small ones only', [1, 1, 1]],
  ])('loses nothing to another, and nothing twice: %s', (_, sizes) => {
    const moments = (['before', 'after'] as const).flatMap((when) =>
      [0, 1, 2].map((leaves) => [when, leaves] as const),
    );
    for (const [when, leaves] of moments) {
      for (let n = 1; ; n++) {
        const { given, isOver } = run(createQueue(sizes.length), sizes, n, when, leaves);
        expectAll(given, sizes);
        if (!isOver) continue;
        expect(n).toBeGreaterThan(5);
        break;
      }
    }
  });
});
