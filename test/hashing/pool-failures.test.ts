import fs, { rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Plan, planFiles, planShards } from '../../src/hashing/plan.ts';
import { type HashOptions, hashAll } from '../../src/hashing/pool.ts';
import { CHANGES } from '../helpers/changes.ts';
import {
  hashed,
  MIB,
  manyNames,
  oldFile,
  openBelow,
  pseudoRandom,
  sparseFile,
  sparseModel,
} from '../helpers/hashing.ts';
import { interfere, interferenceCode } from '../helpers/interfere.ts';
import { refusal } from '../helpers/refusal.ts';
import { threads } from '../helpers/threads.ts';

vi.mock(import('node:worker_threads'), async (original) => threads.replace(await original()));

beforeEach(() => threads.begin());

const ALONE: HashOptions = { jobs: 1, useCallingThread: true };
const WORKERS: HashOptions = { jobs: 2 };
const ALL: HashOptions = { jobs: 2, useCallingThread: true };

const ways = [
  ['the calling thread', ALONE],
  ['workers', WORKERS],
  ['all threads', ALL],
] as const;

/** Two files of which each makes workers worthwhile. The second is of endless length. */
function longModel(): { plan: Plan; root: string } {
  const { root, files } = sparseModel([64 * MIB, 2 ** 40]);
  return { plan: planFiles(root, files), root };
}

describe.each(ways)('an error of a file that is hashed by %s', (_, options) => {
  it('names a small file that is gone', async () => {
    const files = [...manyNames(20_000), { name: 'gone/x', target: '/nonexistent/x' }];
    const call = (): unknown => hashAll(planFiles('/', files), 'sha256', options);
    const error = await refusal(call, 'FILE_UNREADABLE');
    expect(error.message).toBe('the file "gone/x" cannot be read: there is no such file (ENOENT)');
  });

  it('names a large file that is gone, and closes the others', async () => {
    const { root, files } = sparseModel([64 * MIB, 64 * MIB, 32 * MIB]);
    const plan = planShards(root, files, 16 * MIB);
    rmSync(join(root, 'f2'));
    const error = await refusal(() => hashAll(plan, 'sha256', options), 'FILE_UNREADABLE');
    expect(error.message).toContain('the file "f2" cannot be read');
    expect(openBelow(root)).toEqual([]);
  });

  it('ends a run that would last for hours', async () => {
    const { root, files } = sparseModel([2 ** 40]);
    const gone = [...files, { name: 'gone', target: '/nonexistent/x' }];
    await refusal(() => hashAll(planFiles(root, gone), 'sha256', options), 'FILE_UNREADABLE');
    expect(openBelow(root)).toEqual([]);
  });

  it.each(CHANGES)('names a large file when it $does', async ({ act, found }) => {
    const path = oldFile(pseudoRandom(1));
    sparseFile(path, 48 * MIB);
    const moment = { before: 7 };
    threads.code = interferenceCode(path, moment, act);
    onTestFinished(interfere(path, moment, act));
    const files = [{ name: basename(path), target: undefined }];
    const call = (): unknown => hashAll(planFiles(dirname(path), files), 'sha256', options);
    const { message } = await refusal(call, 'FILE_CHANGED');
    expect(message).toContain('the file "w" changed while it was hashed');
    expect(message).toMatch(found);
    expect(openBelow(path)).toEqual([]);
  });
});

describe('an error', () => {
  it('is the same from a worker and from the calling thread', async () => {
    // A name whose message is as long as one may be.
    const name = '\u200d'.repeat(200);
    const { root, files } = sparseModel([2 ** 40]);
    const gone = planFiles(root, [...files, { name, target: `${root}/gone` }]);
    const same = planFiles(root, gone.files.slice(1));
    const there = await refusal(() => hashAll(same, 'sha256', ALONE), 'FILE_UNREADABLE');
    const plan = planFiles(root, [...files, ...manyNames(20_000), ...same.files]);
    const away = await refusal(() => hashAll(plan, 'sha256', WORKERS), 'FILE_UNREADABLE');
    expect(away.message).toBe(there.message);
    expect(away.found).toBe(there.found);
  });
});

describe('a small file that changes', () => {
  it.each(CHANGES)('is named when it $does', async ({ act, found }) => {
    const path = oldFile(pseudoRandom(1_000));
    onTestFinished(interfere(path, { before: 1 }, act));
    const files = [{ name: basename(path), target: undefined }];
    const call = (): unknown => hashAll(planFiles(dirname(path), files), 'sha256');
    const { message } = await refusal(call, 'FILE_CHANGED');
    expect(message).toContain('the file "w" changed while it was hashed');
    expect(message).toMatch(found);
  });
});

describe('a thread that dies', () => {
  const deaths: readonly (readonly [string, () => void, RegExp])[] = [
    [
      'by an exception',
      () => {
        throw new TypeError('a fault');
      },
      /a fault$/,
    ],
    ['by its own end', () => process.exit(0), /the thread ended with code 0$/],
    ['by another end', () => process.exit(3), /the thread ended with code 3$/],
  ];

  it.each(deaths)('%s ends the run with one error, which names its file', async (_, act, found) => {
    const { plan, root } = longModel();
    threads.code = interferenceCode(join(root, 'f1'), { before: 5 }, act);
    const unhandled = vi.fn<(reason: unknown) => void>();
    process.on('unhandledRejection', unhandled);
    onTestFinished(() => void process.off('unhandledRejection', unhandled));
    const { message } = await refusal(() => hashAll(plan, 'sha256', WORKERS), 'WORKER_FAILED');
    expect(message).toMatch(/^a hashing thread failed at "f1": /);
    expect(message).toMatch(found);
    expect(unhandled).not.toHaveBeenCalled();
    expect(openBelow(root)).toEqual([]);
  });

  it('by the hand of another part of the program ends the run, too', async () => {
    const { plan, root } = longModel();
    const options: HashOptions = {
      jobs: 1,
      onProgress: ({ bytes }) => {
        if (bytes > 0) for (const worker of threads.started) void worker.terminate();
      },
    };
    const { message } = await refusal(() => hashAll(plan, 'sha256', options), 'WORKER_FAILED');
    expect(message).toMatch(/^a hashing thread failed at "f1": the thread ended with code 1$/);
    expect(openBelow(root)).toEqual([]);
  });

  it('before it looked at anything ends the run while the calling thread hashes', async () => {
    const { plan, root } = longModel();
    threads.code = 'throw new RangeError("no start");';
    const { message } = await refusal(() => hashAll(plan, 'sha256', ALL), 'WORKER_FAILED');
    expect(message).toBe('a hashing thread failed: no start');
    expect(openBelow(root)).toEqual([]);
  });

  it('while it looks at small files leaves nobody waiting', async () => {
    const { root, files } = sparseModel([64 * MIB]);
    const path = oldFile('x');
    threads.code = interferenceCode(path, { before: 1 }, () => process.exit(0));
    const all = [...files, ...manyNames(20_000), { name: 'last', target: path }];
    const error = await hashed(planFiles(root, all), 'sha256', { jobs: 4 }).catch(
      (cause: unknown) => cause,
    );
    expect(error).toMatchObject({ code: 'WORKER_FAILED' });
    expect((error as Error).message).toContain('at "last"');
  });
});

describe('threads that say they are done and are not', () => {
  it('give no digests', async () => {
    threads.fake = (worker) => setImmediate(() => worker.emit('message', undefined));
    const { root, files } = sparseModel([20 * MIB, 1, 30 * MIB]);
    const call = (): unknown => hashAll(planFiles(root, files), 'sha256', WORKERS);
    const { message } = await refusal(call, 'INTERNAL');
    expect(message).toMatch(/^only [01] of 3 digests were computed$/);
  });
});

describe('a file that cannot be closed', () => {
  it('does not keep the threads of a run that is cancelled', async () => {
    const { plan } = longModel();
    const { closeSync } = fs;
    const restore = (): void => {
      fs.closeSync = closeSync;
      syncBuiltinESMExports();
    };
    fs.closeSync = (descriptor) => {
      closeSync(descriptor);
      throw Object.assign(new Error('EIO: i/o error, close'), { code: 'EIO', syscall: 'close' });
    };
    onTestFinished(restore);
    const controller = new AbortController();
    const options: HashOptions = {
      ...ALL,
      signal: controller.signal,
      onProgress: ({ bytes }) => {
        if (bytes === 0) return;
        syncBuiltinESMExports();
        controller.abort();
      },
    };
    const error = await hashAll(plan, 'sha256', options).catch((cause: unknown) => cause);
    const { started, ended } = threads;
    restore();
    await Promise.all(started.map((worker) => worker.terminate()));
    expect(error).toMatchObject({ code: 'ABORTED' });
    expect(ended).toBe(started.length);
  });
});

describe('another run', () => {
  it('is not disturbed by one that fails at the same time', async () => {
    const { plan } = longModel();
    const good = sparseModel([20 * MIB, 1, 21 * MIB]);
    const failing = new AbortController();
    const [first, second] = await Promise.allSettled([
      hashAll(plan, 'sha256', {
        ...WORKERS,
        signal: failing.signal,
        onProgress: () => failing.abort(),
      }),
      hashed(planFiles(good.root, good.files), 'sha256', WORKERS),
    ]);
    expect(first).toMatchObject({ status: 'rejected', reason: { code: 'ABORTED' } });
    expect(second).toMatchObject({ value: { bytes: 41 * MIB + 1 } });
  });
});
