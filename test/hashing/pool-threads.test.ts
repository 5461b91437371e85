import { setImmediate as breathe } from 'node:timers/promises';
import { beforeEach, describe, expect, it, type Mock, onTestFinished, vi } from 'vitest';
import type { WorkerTask } from '../../src/hashing/crew.ts';
import { JobRunner } from '../../src/hashing/job.ts';
import { planFiles } from '../../src/hashing/plan.ts';
import type { HashOptions } from '../../src/hashing/pool.ts';
import { Queue } from '../../src/hashing/queue.ts';
import { now } from '../../src/pace.ts';
import { hashed, MIB, manyNames, sparseModel } from '../helpers/hashing.ts';
import { refusal } from '../helpers/refusal.ts';
import { type FakeWorker, threads } from '../helpers/threads.ts';

vi.mock(import('node:worker_threads'), async (original) => threads.replace(await original()));
vi.mock(import('../../src/hashing/processors.ts'), () => ({ usableProcessors: () => 3 }));
vi.mock(import('../../src/pace.ts'), { spy: true });

/** The clock of the engine, in this thread. */
const clock = now as Mock<typeof now>;

/** Lets time stand still but for so many milliseconds at each look at the clock. */
function slowDown(milliseconds: number): { time: number } {
  const clockwork = { time: 0 };
  clock.mockImplementation(() => {
    clockwork.time += milliseconds;
    return clockwork.time;
  });
  return clockwork;
}

beforeEach(() => {
  threads.begin();
  clock.mockReset();
});

/** How many threads a run starts. Every run must give all digests. */
async function startedFor(sizes: readonly number[], options?: HashOptions): Promise<number> {
  const { root, files } = sparseModel(sizes);
  const before = threads.started.length;
  const { digests } = await hashed(planFiles(root, files), 'sha256', options);
  expect(new Set(digests).size).toBe(sizes.length);
  return threads.started.length - before;
}

const FOUR = [10 * MIB, 11 * MIB, 12 * MIB, 13 * MIB];

describe('no thread is started', () => {
  beforeEach(() => void slowDown(0));

  it.each([{ jobs: 4 }, { jobs: 4, useCallingThread: true }])(
    'for little, with %j',
    async (options) => {
      expect(await startedFor([], options)).toBe(0);
      expect(await startedFor([1], options)).toBe(0);
      expect(await startedFor([1, 2, 3], options)).toBe(0);
      expect(await startedFor([MIB], options)).toBe(0);
      expect(await startedFor([1, 10 * MIB, 2, 10 * MIB, 300_000], options)).toBe(0);
    },
  );

  it('for many files that are hashed before it would have started', async () => {
    const { digests } = await hashed(planFiles('/', manyNames(3_000)), 'sha256', { jobs: 4 });
    expect(digests).toHaveLength(3_000);
    expect(threads.started).toEqual([]);
  });

  it('for one large file, when the caller has nothing else to do', async () => {
    const options = { jobs: 4, useCallingThread: true };
    expect(await startedFor([64 * MIB], options)).toBe(0);
    expect(await startedFor([1, 2, 64 * MIB, 3], options)).toBe(0);
  });

  it('when the caller alone is to hash', async () => {
    expect(await startedFor(FOUR, { jobs: 1, useCallingThread: true })).toBe(0);
  });
});

describe('threads are started', () => {
  beforeEach(() => void slowDown(0));

  it.each([
    [{ jobs: 1 }, 1],
    [{ jobs: 2 }, 2],
    [{ jobs: 3 }, 3],
    [{ jobs: 9 }, 4],
    [{}, 3],
    [{ jobs: 2, useCallingThread: true }, 1],
    [{ jobs: 9, useCallingThread: true }, 3],
    [{ useCallingThread: true }, 2],
  ])('for four large files with %j: %d', async (options, count) => {
    expect(await startedFor(FOUR, options)).toBe(count);
  });

  it('for one large file, when the caller may have something else to do', async () => {
    expect(await startedFor([64 * MIB], { jobs: 4 })).toBe(1);
    expect(await startedFor([1, 2, 64 * MIB, 3], { jobs: 4 })).toBeGreaterThan(0);
  });

  it('before all small files were looked at, when there is enough to hash', async () => {
    slowDown(1);
    const sizes = [64 * MIB, ...Array.from({ length: 12 }, (_, index) => index + 20)];
    expect(await startedFor(sizes, { jobs: 9, useCallingThread: true })).toBe(8);
  });

  it('when small files would take longer than a thread to start', async () => {
    slowDown(1);
    const sizes = (count: number): readonly number[] => {
      return Array.from({ length: count }, (_, index) => index + 20);
    };
    expect(await startedFor(sizes(15), { jobs: 2 })).toBe(0);
    expect(await startedFor(sizes(100), { jobs: 2 })).toBe(2);
  });

  it('when a few files take long, as from a disk that sleeps', async () => {
    const clockwork = slowDown(1);
    const sizes = Array.from({ length: 20 }, (_, index) => index + 20);
    const running = startedFor(sizes, { jobs: 2 });
    await breathe();
    clockwork.time += 1_000;
    expect(await running).toBe(2);
  });

  it('but never a million', async () => {
    threads.fake = (worker) => setImmediate(() => worker.emit('message', undefined));
    const options = { jobs: 1_000_000, useCallingThread: true };
    const { root, files } = sparseModel(Array(400).fill(262_144));
    await hashed(planFiles(root, files), 'sha256', options);
    expect(threads.started.length).toBeGreaterThan(1);
    expect(threads.started.length).toBeLessThanOrEqual(128);
  });

  it.each([0, 1])('as many as the system allows, and %d give the same digests', async (allowed) => {
    threads.allowed = allowed;
    expect(await startedFor(FOUR, { jobs: 7 })).toBe(allowed);
    expect(await startedFor(FOUR, { jobs: 7, useCallingThread: true })).toBe(0);
  });

  // Out of descriptors or memory, a thread fails after its constructor has returned.
  it.each([false, true])(
    'none, if each is refused what it needs to begin with (calling thread: %s)',
    async (useCallingThread) => {
      threads.fake = (worker) => {
        const refused = Object.assign(new Error('Worker initialization failure: EMFILE'), {
          code: 'ERR_WORKER_INIT_FAILED',
        });
        setImmediate(() => {
          worker.emit('error', refused);
          worker.emit('exit', 1);
        });
      };
      expect(await startedFor(FOUR, { jobs: 3, useCallingThread })).toBe(useCallingThread ? 2 : 3);
    },
  );
});

describe('twice as many threads', () => {
  /** Lets threads do nothing until there are so many, or for some time. */
  function idle(count: number): void {
    const fakes: FakeWorker[] = [];
    const end = (): void => {
      for (const fake of fakes) fake.emit('message', undefined);
    };
    threads.fake = (worker) => {
      fakes.push(worker);
      if (fakes.length === count) setImmediate(end);
    };
    const timer = setTimeout(end, 600);
    onTestFinished(() => clearTimeout(timer));
  }

  /** Lets the process have used so many microseconds of its processors since it was last asked. */
  function used(user: number): void {
    const usage = vi.spyOn(process, 'cpuUsage').mockReturnValue({ user, system: 0 });
    onTestFinished(() => usage.mockRestore());
  }

  it('are started when the first wait for the disk', async () => {
    used(0);
    idle(3 + 3);
    const { root, files } = sparseModel(FOUR);
    // Nobody hashes anything, so that all is left when it is judged.
    await refusal(() => hashed(planFiles(root, files), 'sha256'), 'INTERNAL');
    expect(threads.started).toHaveLength(3 + 3);
  });

  it('are not, when the first are busy', async () => {
    used(1e12);
    idle(2 + 3);
    expect(await startedFor(FOUR, { useCallingThread: true })).toBe(2);
  });

  it('are not, when somebody has said how many', async () => {
    used(0);
    idle(2 + 3);
    expect(await startedFor(FOUR, { jobs: 3, useCallingThread: true })).toBe(2);
  });

  it('are not, when the run is over', async () => {
    used(0);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    threads.fake = (worker) => setImmediate(() => worker.emit('message', undefined));
    expect(await startedFor(FOUR, { useCallingThread: true })).toBe(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are not, when there is nothing for them to do', async () => {
    used(0);
    threads.fake = (worker, { workerData }) => {
      new Queue((workerData as WorkerTask).memory.queue, 1).takeLarge();
      setTimeout(() => worker.emit('message', undefined), 400);
    };
    const { root, files } = sparseModel([40 * MIB]);
    await refusal(() => hashed(planFiles(root, files), 'sha256'), 'INTERNAL');
    expect(threads.started).toHaveLength(1);
  });
});

describe('the calling thread', () => {
  const advance = vi.spyOn(JobRunner.prototype, 'advance');

  beforeEach(() => void advance.mockClear());

  it('hashes no large file while there are workers', async () => {
    await startedFor([...FOUR, 100], { jobs: 2 });
    expect(advance.mock.calls.length).toBeLessThanOrEqual(1);
  });

  it('leaves most of many small files to workers', async () => {
    slowDown(1);
    await hashed(planFiles('/', manyNames(20_000)), 'sha256', { jobs: 2 });
    expect(advance.mock.calls.length).toBeLessThan(20);
  });

  it('hashes its part of them, if it may', async () => {
    await startedFor(FOUR, { jobs: 2, useCallingThread: true });
    expect(advance.mock.calls.length).toBeGreaterThan(2);
  });

  it('goes on after it has waited for what another thread looks at', async () => {
    slowDown(1);
    const sizes = [64 * MIB, ...Array.from({ length: 12 }, (_, index) => index + 20)];
    threads.fake = (worker, { workerData }) => {
      const { queue } = (workerData as WorkerTask).memory;
      const looking = new Queue(queue, sizes.length, 1);
      const job = looking.takeUnseen() ?? -1;
      setTimeout(() => {
        looking.setAside(job, 20);
        looking.leave();
        worker.emit('message', undefined);
      }, 50);
    };
    expect(await startedFor(sizes, { jobs: 2, useCallingThread: true })).toBe(1);
  });

  it.each([
    ['one large file', () => sparseModel([600 * MIB])],
    ['many small files', () => ({ root: '/', files: manyNames(50_000) })],
  ] as const)('keeps its event loop turning while workers hash %s', async (_, make) => {
    const { root, files } = make();
    const turns = await turnsDuring(hashed(planFiles(root, files), 'sha256', { jobs: 2 }));
    expect(threads.started).not.toEqual([]);
    // A slower machine turns it more often.
    expect(turns).toBeGreaterThanOrEqual(8);
  });

  it('turns its event loop while it hashes, too', async () => {
    const { root, files } = sparseModel([600 * MIB]);
    const options = { useCallingThread: true };
    const turns = await turnsDuring(hashed(planFiles(root, files), 'sha256', options));
    expect(threads.started).toEqual([]);
    expect(turns).toBeGreaterThanOrEqual(8);
  });
});

/** How often a timer of 5 ms fires meanwhile. */
async function turnsDuring(running: Promise<unknown>): Promise<number> {
  let turns = 0;
  const timer = setInterval(() => turns++, 5);
  try {
    await running;
  } finally {
    clearInterval(timer);
  }
  return turns;
}
