import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { OmsError } from '../../src/errors.ts';
import { Crew, type Failure, type WorkerTask } from '../../src/hashing/crew.ts';
import { planFiles } from '../../src/hashing/plan.ts';
import { Queue } from '../../src/hashing/queue.ts';
import { JobTable } from '../../src/hashing/table.ts';
import { Tally, totalsOf } from '../../src/hashing/tally.ts';
import type { SharedMemory } from '../../src/hashing/thread.ts';
import { hashOf } from '../helpers/forge.ts';
import { manyNames, openBelow, shared, sparseModel } from '../helpers/hashing.ts';
import { refusal } from '../helpers/refusal.ts';
import { type FakeWorker, threads } from '../helpers/threads.ts';

vi.mock(import('node:worker_threads'), async (original) => threads.replace(await original()));

beforeEach(() => threads.begin());

/** A crew that is dismissed at the end of the test. */
function crewFor(memory: SharedMemory): Crew {
  const crew = new Crew(memory);
  onTestFinished(() => crew.dismiss());
  return crew;
}

describe('a crew of threads', () => {
  it('hashes all files, and is gone when it is dismissed', async () => {
    const memory = shared(planFiles('/', manyNames(5_000)));
    const crew = new Crew(memory);
    expect(crew.size).toBe(0);
    await crew.start(2);
    expect(crew.size).toBe(2);
    await crew.finished();
    const table = new JobTable(memory.table);
    const digests = Array.from({ length: 5_000 }, (_, job) => table.digest(job));
    expect(new Set(digests)).toEqual(new Set([hashOf('small')]));
    expect(totalsOf(memory.tally)).toMatchObject({ done: 5_000, hashed: 25_000 });
    await crew.dismiss();
    expect(threads.ended).toBe(2);
  });

  it('may be nobody', async () => {
    const crew = new Crew(shared(planFiles('/', [])));
    await crew.start(0);
    await crew.start(-1);
    await crew.finished();
    await crew.dismiss();
    expect(crew.size).toBe(0);
    expect(threads.started).toEqual([]);
  });

  it('gives each thread a place of its own in the tally, none the place of the caller', async () => {
    const slots: number[] = [];
    threads.fake = (_, { workerData }) => slots.push((workerData as WorkerTask).slot);
    const crew = new Crew(shared(planFiles('/', [])));
    await crew.start(2);
    await crew.start(1);
    await crew.dismiss();
    expect(slots).toEqual([1, 2, 3]);
  });

  it('is as large as the system lets it be', async () => {
    threads.allowed = 2;
    const memory = shared(planFiles('/', manyNames(100)));
    const crew = new Crew(memory);
    await crew.start(7);
    expect(crew.size).toBe(2);
    await crew.finished();
    expect(totalsOf(memory.tally).done).toBe(100);
    await crew.dismiss();
  });

  it('has not finished before each of its threads has, one that came later too', async () => {
    const fakes: FakeWorker[] = [];
    threads.fake = (worker) => fakes.push(worker);
    const crew = new Crew(shared(planFiles('/', [])));
    await crew.start(2);
    let isFinished = false;
    const finished = crew.finished().then(() => (isFinished = true));
    await crew.start(1);
    for (const fake of fakes) {
      await wait(5);
      expect(isFinished).toBe(false);
      fake.emit('message', undefined);
    }
    await finished;
    await crew.dismiss();
  });

  it('is dismissed while its threads are starting, and while they work', async () => {
    const { root, files } = sparseModel([2 ** 40]);
    const memory = shared(planFiles(root, files));
    const starting = new Crew(memory);
    await starting.start(2);
    await starting.dismiss();
    expect(threads.ended).toBe(2);
    const again = shared(planFiles(root, files));
    const working = new Crew(again);
    await working.start(1);
    await vi.waitUntil(() => totalsOf(again.tally).hashed > 0, { timeout: 20_000 });
    await working.dismiss();
    expect(threads.ended).toBe(3);
    expect(openBelow(root)).toEqual([]);
  });

  it('takes nobody on when it is dismissed, nor while it is', async () => {
    const crew = new Crew(shared(planFiles('/', manyNames(3))));
    const starting = crew.start(2);
    await crew.dismiss();
    await starting;
    await crew.start(2);
    expect(threads.started).toEqual([]);
  });

  it('stops the queue when it is dismissed, for whoever else pulls from it', async () => {
    const memory = shared(planFiles('/', []));
    await new Crew(memory).dismiss();
    expect(new Queue(memory.queue, 0).isStopped).toBe(true);
  });

  it('waits for each thread to end when it is dismissed', async () => {
    const fakes: FakeWorker[] = [];
    threads.fake = (worker) => {
      Object.assign(worker, { terminate: () => Promise.resolve(1) });
      fakes.push(worker);
    };
    const crew = new Crew(shared(planFiles('/', [])));
    await crew.start(2);
    let isGone = false;
    const gone = crew.dismiss().then(() => (isGone = true));
    for (const fake of fakes) {
      await wait(5);
      expect(isGone).toBe(false);
      fake.emit('exit', 1);
    }
    await gone;
  });
});

describe('a crew that fails', () => {
  it('ends with the error that it is given, at once', async () => {
    const { root, files } = sparseModel([2 ** 40]);
    const memory = shared(planFiles(root, files));
    const crew = crewFor(memory);
    await crew.start(2);
    const finished = crew.finished();
    crew.fail(new RangeError('first'));
    crew.fail(new TypeError('second'));
    await expect(finished).rejects.toThrow(new RangeError('first'));
    await expect(crew.finished()).rejects.toThrow(RangeError);
    expect(new Queue(memory.queue, 1).isStopped).toBe(true);
  });

  it('before anybody waits for it makes no unhandled rejection', async () => {
    const unhandled = vi.fn<() => void>();
    process.on('unhandledRejection', unhandled);
    onTestFinished(() => void process.off('unhandledRejection', unhandled));
    const crew = crewFor(shared(planFiles('/', [])));
    crew.fail(new RangeError('early'));
    await wait(20);
    expect(unhandled).not.toHaveBeenCalled();
    await expect(crew.finished()).rejects.toThrow('early');
  });

  it('ends with the failure that a thread reports: its code, message and hint', async () => {
    threads.fake = (worker) => {
      const failure: Failure = {
        code: 'FILE_CHANGED',
        summary: 'what',
        expected: undefined,
        found: 'was found',
        hint: 'wait',
      };
      setImmediate(() => worker.emit('message', failure));
    };
    const memory = shared(planFiles('/', []));
    const crew = crewFor(memory);
    await crew.start(1);
    const error = await refusal(() => crew.finished(), 'FILE_CHANGED');
    expect(error).toMatchObject({ message: 'what: was found', hint: 'wait', outcome: 'unchecked' });
    expect(new Queue(memory.queue, 0).isStopped).toBe(true);
  });

  it('has no hint where the thread has none', async () => {
    const { root, files } = sparseModel([1]);
    const gone = [...files, { name: 'gone', target: undefined }];
    const crew = crewFor(shared(planFiles(root, gone)));
    await crew.start(1);
    const error = await refusal(() => crew.finished(), 'FILE_UNREADABLE');
    expect(error.message).toBe('the file "gone" cannot be read: there is no such file (ENOENT)');
    expect(error.hint).toBeUndefined();
  });

  const ends: readonly (readonly [string, (worker: FakeWorker) => void, string])[] = [
    ['an exception', (worker) => worker.emit('error', new TypeError('a fault')), 'a fault'],
    ['something thrown', (worker) => worker.emit('error', 'a text'), 'a text'],
    ['a broken message', (worker) => worker.emit('messageerror', new Error('broken')), 'broken'],
    ['its end', (worker) => worker.emit('exit', 7), 'the thread ended with code 7'],
    ['its end, as if all was well', (worker) => worker.emit('exit', 0), 'ended with code 0'],
  ];

  it.each(ends)('names the file at which a thread failed: by %s', async (_, end, found) => {
    threads.fake = (worker, { workerData }) => {
      const { memory, slot } = workerData as WorkerTask;
      new Tally(memory.tally, slot).start(slot);
      if (slot === 2) setImmediate(end, worker);
    };
    const files = ['a', 'b', 'c\u202e', 'd'].map((name) => ({ name, target: undefined }));
    const memory = shared(planFiles('/', files));
    const crew = crewFor(memory);
    await crew.start(3);
    const error = await refusal(() => crew.finished(), 'WORKER_FAILED');
    expect(error.message).toMatch(/^a hashing thread failed at "c\\u202e": /);
    expect(error.message).toContain(found);
    expect(error.cause).toBeDefined();
    expect(new Queue(memory.queue, 4).isStopped).toBe(true);
  });

  it('names no file where the thread was at none', async () => {
    threads.fake = (worker) => setImmediate(() => worker.emit('error', new Error('a fault')));
    const crew = crewFor(shared(planFiles('/', manyNames(3))));
    await crew.start(1);
    const { message } = await refusal(() => crew.finished(), 'WORKER_FAILED');
    expect(message).toBe('a hashing thread failed: a fault');
  });

  it('does not fail when a thread ends after it was done', async () => {
    threads.fake = (worker) => {
      setImmediate(() => {
        worker.emit('message', undefined);
        worker.emit('exit', 0);
      });
    };
    const crew = crewFor(shared(planFiles('/', [])));
    await crew.start(2);
    await crew.finished();
    await crew.finished();
    expect(threads.ended).toBe(2);
    expect(crew.size).toBe(2);
  });

  it('fails once, whatever else happens to the thread', async () => {
    threads.fake = (worker) => {
      setImmediate(() => {
        worker.emit('message', { code: 'FILE_CHANGED', summary: 'first' });
        worker.emit('error', new Error('second'));
        worker.emit('exit', 1);
      });
    };
    const crew = crewFor(shared(planFiles('/', [])));
    await crew.start(2);
    const error = await refusal(() => crew.finished(), 'FILE_CHANGED');
    expect(error).toBeInstanceOf(OmsError);
    expect(await crew.finished().catch((later: unknown) => later)).toBe(error);
  });
});

describe('a thread that dies', () => {
  /** A crew of one thread that hashes a terabyte until something happens to it. */
  async function working(): Promise<{ crew: Crew; worker: Worker; root: string }> {
    const { root, files } = sparseModel([1, 2 ** 40]);
    const memory = shared(planFiles(root, files));
    const crew = crewFor(memory);
    await crew.start(1);
    await vi.waitUntil(() => totalsOf(memory.tally).hashed > 1, { timeout: 20_000 });
    return { crew, worker: threads.started[0] as Worker, root };
  }

  it('by the hand of another part of the program is named with its file', async () => {
    const { crew, worker, root } = await working();
    const finished = crew.finished();
    await worker.terminate();
    const { message } = await refusal(() => finished, 'WORKER_FAILED');
    expect(message).toBe('a hashing thread failed at "f1": the thread ended with code 1');
    expect(openBelow(root)).toEqual([]);
  });

  it('leaves none of its files open', async () => {
    const { crew, root } = await working();
    expect(process.platform === 'linux' ? openBelow(root) : [join(root, 'f1')]).toEqual([
      join(root, 'f1'),
    ]);
    await crew.dismiss();
    expect(openBelow(root)).toEqual([]);
  });
});
