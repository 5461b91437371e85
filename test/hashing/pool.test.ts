import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { HashJob } from '../../src/hashing/job.ts';
import { hashAll, type Progress } from '../../src/hashing/pool.ts';
import { hashOf } from '../helpers/forge.ts';
import { temporaryDirectory } from '../helpers/model.ts';
import { refusal } from '../helpers/refusal.ts';

function job(path: string, name: string): HashJob {
  return { name, path, start: 0, end: undefined, state: undefined };
}

function manyFiles(count: number): readonly HashJob[] {
  const directory = temporaryDirectory();
  return Array.from({ length: count }, (_, index) => {
    const path = join(directory, `f${index}`);
    writeFileSync(path, `content ${index}`);
    return job(path, `f${index}`);
  });
}

/** A file of zeros that takes no room on the disk and some seconds to hash. */
function longFile(): HashJob {
  const path = join(temporaryDirectory(), 'long');
  writeFileSync(path, '');
  truncateSync(path, 8 * 2 ** 30);
  return job(path, 'long');
}

let started = 0;

vi.mock(import('node:worker_threads'), async (original) => {
  const threads = await original();
  class Worker extends threads.Worker {
    constructor(...parameters: ConstructorParameters<typeof threads.Worker>) {
      super(...parameters);
      started++;
    }
  }
  return { ...threads, Worker };
});

describe('the pool of hashing threads', () => {
  it.each([1, 2, 3, 7])(
    'gives every job its own digest, in order, with %d threads',
    async (jobs) => {
      const files = manyFiles(500);
      const seen: Progress[] = [];
      const results = await hashAll(files, 'sha256', { jobs, onProgress: (p) => seen.push(p) });
      expect(results.map(({ digest }) => digest)).toEqual(
        files.map((_, index) => hashOf(`content ${index}`)),
      );
      const bytes = results.reduce((sum, result) => sum + result.bytes, 0);
      expect(seen.at(-1)).toEqual({ bytes, done: 500, total: 500 });
      expect(seen.map(({ done }) => done)).toEqual(
        seen.map(({ done }) => done).toSorted((a, b) => a - b),
      );
    },
  );

  it('does without threads for little, and with them for more', async () => {
    started = 0;
    expect(await hashAll(manyFiles(3), 'sha256')).toHaveLength(3);
    expect(await hashAll([], 'sha256')).toEqual([]);
    expect(started).toBe(0);
    await hashAll(manyFiles(100), 'sha256', { jobs: 2 });
    expect(started).toBe(2);
  });

  it('ends with the error of a file, and names it, also from a thread', async () => {
    const files = [...manyFiles(300), job('/nonexistent/x', 'gone/x')];
    const error = await refusal(() => hashAll(files, 'sha256', { jobs: 2 }), 'FILE_UNREADABLE');
    expect(error.message).toBe('the file "gone/x" cannot be read: there is no such file (ENOENT)');
    const few = await refusal(() => hashAll(files.slice(-2), 'sha256'), 'FILE_UNREADABLE');
    expect(few.message).toBe(error.message);
  });

  it('ends with the exception of the callback', async () => {
    const onProgress = (): never => {
      throw new RangeError('from the caller');
    };
    await expect(hashAll(manyFiles(300), 'sha256', { onProgress })).rejects.toThrow(RangeError);
    await expect(hashAll(manyFiles(3), 'sha256', { onProgress })).rejects.toThrow(RangeError);
  });

  it('stops quickly when it is cancelled, and leaves no thread behind', async () => {
    const controller = new AbortController();
    const running = hashAll([longFile()], 'sha256', { signal: controller.signal });
    await wait(200);
    const start = performance.now();
    controller.abort(new Error('enough'));
    const error = await refusal(() => running, 'ABORTED');
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(error.cause).toMatchObject({ message: 'enough' });
  });

  it('does not start when it was cancelled before', async () => {
    const signal = AbortSignal.abort();
    await refusal(() => hashAll([longFile()], 'sha256', { signal }), 'ABORTED');
    await refusal(() => hashAll(manyFiles(2), 'sha256', { signal }), 'ABORTED');
  });

  it('names the file at which a thread died', async () => {
    // Not a path: this is a fault of the program, which ends the thread.
    const broken = { ...longFile(), path: {} as string, name: 'breaks/the/thread' };
    const files = [...manyFiles(100), broken];
    const error = await refusal(() => hashAll(files, 'sha256', { jobs: 1 }), 'WORKER_FAILED');
    expect(error.message).toContain('a hashing thread failed at or after "f');
    const alone = await refusal(() => hashAll([longFile(), broken], 'sha256'), 'WORKER_FAILED');
    expect(alone.message).toContain('"breaks/the/thread"');
  });
});
