import { basename, dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { OmsError } from '../../src/errors.ts';
import { Crew } from '../../src/hashing/crew.ts';
import { planFiles, planShards } from '../../src/hashing/plan.ts';
import { stopQueue } from '../../src/hashing/queue.ts';
import { JobTable } from '../../src/hashing/table.ts';
import { totalsOf } from '../../src/hashing/tally.ts';
import { HashingThread, type SharedMemory } from '../../src/hashing/thread.ts';
import { CHANGES } from '../helpers/changes.ts';
import {
  ALGORITHMS,
  digestInProcess,
  oldFile,
  openBelow,
  oracle,
  pseudoRandom,
  SIZES,
  shared,
  sparseModel,
} from '../helpers/hashing.ts';
import { type Act, interferenceCode, type Moment } from '../helpers/interfere.ts';
import { makeModel } from '../helpers/model.ts';
import { refusal } from '../helpers/refusal.ts';
import { threads } from '../helpers/threads.ts';

vi.mock(import('node:worker_threads'), async (original) => threads.replace(await original()));

beforeEach(() => threads.begin());

function crewFor(memory: SharedMemory): Crew {
  const crew = new Crew(memory);
  onTestFinished(() => crew.dismiss());
  return crew;
}

/** Lets one worker hash a file to which something happens in between. Returns its error. */
async function failureOf(size: number, moment: Moment, act: Act): Promise<OmsError> {
  const path = oldFile(pseudoRandom(size));
  threads.code = interferenceCode(path, moment, act);
  const files = [{ name: basename(path), target: undefined }];
  const crew = crewFor(shared(planFiles(dirname(path), files)));
  await crew.start(1);
  const error = await crew.finished().then(
    () => expect.fail('it did not fail'),
    (cause: unknown) => cause as OmsError,
  );
  await crew.dismiss();
  expect(openBelow(path)).toEqual([]);
  return error;
}

describe('a worker', () => {
  it.each(ALGORITHMS)(
    'computes the %s digests of small files and large ones',
    async (algorithm) => {
      const contents = SIZES.map((size) => pseudoRandom(size, size));
      const names = SIZES.map((size) => `größe/${size} 🤖`);
      const root = makeModel(Object.fromEntries(names.map((name, at) => [name, contents[at]!])));
      const files = names.map((name) => ({ name, target: undefined }));
      const memory = shared(planFiles(root, files), algorithm);
      const crew = crewFor(memory);
      await crew.start(1);
      await crew.finished();
      const table = new JobTable(memory.table);
      expect(names.map((_, job) => table.digest(job))).toEqual(
        contents.map((content) => oracle(algorithm, content)),
      );
    },
  );

  it('computes the digests of shards', async () => {
    const content = pseudoRandom(1_000_003);
    const root = makeModel({ w: content, empty: '' });
    const files = ['empty', 'w'].map((name) => ({ name, target: undefined }));
    const memory = shared(planShards(root, files, 300_000));
    const crew = crewFor(memory);
    await crew.start(2);
    await crew.finished();
    const table = new JobTable(memory.table);
    expect([0, 1, 2, 3].map((job) => table.digest(job))).toEqual(
      [0, 1, 2, 3].map((shard) =>
        oracle('sha256', content.slice(shard * 300_000, (shard + 1) * 300_000)),
      ),
    );
  });

  it('waits for what another thread still looks at', async () => {
    const { root, files } = sparseModel([1, 300_000]);
    const memory = shared(planFiles(root, files));
    const own = new HashingThread(memory, 0, 1);
    own.work(0);
    const crew = crewFor(memory);
    await crew.start(1);
    await vi.waitUntil(() => totalsOf(memory.tally).found > 1, { timeout: 20_000 });
    await wait(20);
    expect(totalsOf(memory.tally).done).toBe(1);
    own.leave();
    await crew.finished();
    expect(totalsOf(memory.tally).done).toBe(2);
  });

  it('ends in the middle of a file when the queue is stopped', async () => {
    const { root, files } = sparseModel([2 ** 40]);
    const memory = shared(planFiles(root, files));
    const crew = crewFor(memory);
    await crew.start(1);
    await vi.waitUntil(() => totalsOf(memory.tally).hashed > 0, { timeout: 20_000 });
    stopQueue(memory.queue);
    await crew.finished();
    expect(totalsOf(memory.tally).done).toBe(0);
  });
});

describe.each([
  ['small', 1_000, { before: 1 }],
  ['large', 1_000_000, { before: 3 }],
] as const)('a %s file that a worker hashes', (_, size, moment) => {
  it.each(CHANGES)('is refused by its name when it $does', async ({ act, found }) => {
    const error = await failureOf(size, moment, act);
    expect(error.code).toBe('FILE_CHANGED');
    expect(error.message).toContain('the file "w" changed while it was hashed');
    expect(error.message).toMatch(found);
    expect(error.hint).toContain('nothing writes to the model');
  });

  it('is named when the thread meets a fault of the program', async () => {
    const error = await failureOf(size, moment, () => {
      throw new TypeError('a fault');
    });
    expect(error.code).toBe('WORKER_FAILED');
    expect(error.message).toBe('a hashing thread failed at "w": a fault');
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  it('is named when the thread ends its process, as a thread sees it', async () => {
    const error = await failureOf(size, moment, () => process.exit(0));
    expect(error.code).toBe('WORKER_FAILED');
    expect(error.message).toBe('a hashing thread failed at "w": the thread ended with code 0');
  });

  it('is named when the thread runs out of memory', async () => {
    threads.limits = { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 };
    const error = await failureOf(size, moment, () => {
      for (const all: unknown[] = []; ; ) all.push(Array.from({ length: 10_000 }));
    });
    expect(error.code).toBe('WORKER_FAILED');
    expect(error.message).toMatch(/^a hashing thread failed at "w": it ran out of memory/);
  });
});

describe('a worker of a program', () => {
  it('does not run what the program was told to run first', () => {
    const code = `
      import { isMainThread } from 'node:worker_threads';
      if (!isMainThread) process.exit(7);`;
    const flags = ['--import', `data:text/javascript,${encodeURIComponent(code)}`];
    expect(digestInProcess(flags)).toBe('2 resources');
  });
});

describe('a worker that dies before it begins', () => {
  it('is an error of ours', async () => {
    threads.code = 'throw new Error("no start");';
    const { root, files } = sparseModel([1]);
    const crew = crewFor(shared(planFiles(root, files)));
    await crew.start(2);
    const { message } = await refusal(() => crew.finished(), 'WORKER_FAILED');
    expect(message).toBe('a hashing thread failed: no start');
  });
});
