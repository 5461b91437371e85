import { execFileSync, spawnSync } from 'node:child_process';
import fs, { existsSync, lstatSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createPortableBlake3, isBlake3Native } from '../../src/hashing/algorithms.ts';
import { type FileState, JobRunner } from '../../src/hashing/job.ts';
import {
  ALGORITHMS,
  hashAlone,
  hashJob,
  oldFile,
  openBelow,
  oracle,
  pseudoRandom,
  SIZES,
  wholeFile,
} from '../helpers/hashing.ts';
import { interfere } from '../helpers/interfere.ts';
import { temporaryDirectory } from '../helpers/model.ts';
import { refusal } from '../helpers/refusal.ts';

const BUFFER = 262_144;

/** Any attribute of the kernel claims the size of a page. */
const SYSTEM_FILE = '/sys/kernel/mm/transparent_hugepage/enabled';

function stateOf(path: string): FileState {
  const { dev, ino, size, mtimeMs, ctimeMs } = lstatSync(path);
  return { dev, ino, size, mtimeMs, ctimeMs };
}

describe('a digest', () => {
  for (const algorithm of ALGORITHMS) {
    describe(`with ${algorithm}`, () => {
      const runner = new JobRunner(algorithm);

      it.each(SIZES)('of %d bytes is what noble computes', (length) => {
        const content = pseudoRandom(length);
        const job = wholeFile(oldFile(content));
        const expected = { digest: oracle(algorithm, content), bytes: length };
        expect(hashJob(runner, job)).toEqual(expected);
        expect(hashJob(runner, job, 1)).toEqual(expected);
      });

      it.each([
        [0, 1],
        [0, 262_143],
        [0, 262_144],
        [1, 262_145],
        [1, 262_146],
        [262_144, 524_288],
        [524_288, 1_000_003],
        [1_000_002, 1_000_003],
      ])('of the bytes from %d to %d is what noble computes', (start, end) => {
        const content = pseudoRandom(1_000_003);
        const path = oldFile(content);
        const job = { ...wholeFile(path), start, end, state: stateOf(path) };
        const expected = {
          digest: oracle(algorithm, content.slice(start, end)),
          bytes: end - start,
        };
        expect(hashJob(runner, job)).toEqual(expected);
        expect(hashJob(runner, job, 1)).toEqual(expected);
      });
    });
  }

  it('is the same from the native BLAKE3 and from the portable one', () => {
    expect(isBlake3Native()).toBe(true);
    const content = pseudoRandom(100_000);
    const portable = createPortableBlake3();
    portable.update(content.subarray(0, 33_333));
    portable.update(content.subarray(33_333));
    expect(hashJob(new JobRunner('blake3'), wholeFile(oldFile(content))).digest).toBe(
      portable.digest(),
    );
  });
});

describe('a step of a job', () => {
  it('takes as many bytes as it may, in whole buffers', () => {
    const runner = new JobRunner('sha256');
    expect(runner.open(wholeFile(oldFile(pseudoRandom(1_000_003))))).toBe(1_000_003);
    expect(runner.advance(1)).toEqual({ digest: undefined, bytes: BUFFER });
    expect(runner.advance(BUFFER)).toEqual({ digest: undefined, bytes: BUFFER });
    expect(runner.advance(BUFFER + 1).bytes).toBe(1_000_003 - 2 * BUFFER);
  });

  it('ends the job when no byte is left, also at the edge of a buffer', () => {
    const runner = new JobRunner('sha256');
    const content = pseudoRandom(2 * BUFFER);
    runner.open(wholeFile(oldFile(content)));
    const digest = oracle('sha256', content);
    expect(runner.advance(2 * BUFFER)).toEqual({ digest, bytes: 2 * BUFFER });
  });

  it('tells of the job while its file is open', () => {
    const runner = new JobRunner('sha256');
    const job = wholeFile(oldFile(pseudoRandom(BUFFER + 1)));
    expect(runner.job).toBeUndefined();
    runner.open(job);
    runner.advance(1);
    expect(runner.job).toBe(job);
    runner.advance(1);
    expect(runner.job).toBeUndefined();
  });

  it('is not possible while no file is open', async () => {
    const runner = new JobRunner('sha256');
    await refusal(() => runner.advance(1), 'INTERNAL');
    hashJob(runner, wholeFile(oldFile('content')));
    await refusal(() => runner.advance(1), 'INTERNAL');
  });

  it('knows how many bytes of a shard there are', () => {
    const path = oldFile(pseudoRandom(100));
    const runner = new JobRunner('sha256');
    expect(runner.open({ ...wholeFile(path), start: 60, end: 90, state: stateOf(path) })).toBe(30);
    runner.close();
    expect(runner.open({ ...wholeFile(path), start: 60 })).toBe(40);
    runner.close();
  });
});

describe('a job that was given up', () => {
  it('leaves no trace in the digest of the next', () => {
    const runner = new JobRunner('sha256');
    runner.open(wholeFile(oldFile(pseudoRandom(1_000_003))));
    runner.advance(1);
    runner.close();
    expect(runner.job).toBeUndefined();
    runner.close();
    const content = pseudoRandom(300_000, 7);
    expect(hashJob(runner, wholeFile(oldFile(content))).digest).toBe(oracle('sha256', content));
  });
});

describe.skipIf(process.platform !== 'linux')('the file is closed again', () => {
  const runner = new JobRunner('sha256');

  it('after its digest, not before', () => {
    const path = oldFile(pseudoRandom(BUFFER + 1));
    runner.open(wholeFile(path));
    runner.advance(1);
    expect(openBelow(path)).toEqual([path]);
    runner.advance(1);
    expect(openBelow(path)).toEqual([]);
  });

  it('when the job is given up', () => {
    const path = oldFile(pseudoRandom(BUFFER + 1));
    runner.open(wholeFile(path));
    runner.advance(1);
    runner.close();
    expect(openBelow(path)).toEqual([]);
  });

  it('after an error, and the next file is hashed as if nothing had been', async () => {
    const path = oldFile('content');
    const folder = dirname(path);
    const state = { ...stateOf(path), ino: 1 };
    await refusal(() => runner.open(wholeFile(folder)), 'FILE_CHANGED');
    await refusal(() => runner.open({ ...wholeFile(path), state }), 'FILE_CHANGED');
    await refusal(() => hashJob(runner, { ...wholeFile(path), end: 99 }), 'FILE_CHANGED');
    expect(openBelow(folder)).toEqual([]);
    expect(runner.job).toBeUndefined();
    const { digest } = hashJob(runner, wholeFile(path));
    expect(digest).toBe(oracle('sha256', Buffer.from('content')));
  });
});

describe('a disk that fails', () => {
  it.each([1, 3])('makes a file unreadable, and it is closed: at read %d', async (before) => {
    const path = oldFile(pseudoRandom(1_000_003));
    const release = interfere(path, { before }, () => {
      throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', syscall: 'read' });
    });
    onTestFinished(release);
    const error = await refusal(() => hashAlone(wholeFile(path)), 'FILE_UNREADABLE');
    expect(error.message).toBe('the file "dir/w" cannot be read: the disk reported an error (EIO)');
    expect(error.cause).toMatchObject({ code: 'EIO' });
    expect(openBelow(path)).toEqual([]);
  });
});

describe('a file that cannot be closed', () => {
  /** Lets the next closing of a file fail, as that of a network file may. It is closed. */
  function failClosing(): { count: number } {
    const { closeSync } = fs;
    const closings = { count: 0 };
    fs.closeSync = (descriptor) => {
      closings.count++;
      closeSync(descriptor);
      throw Object.assign(new Error('EIO: i/o error, close'), { code: 'EIO', syscall: 'close' });
    };
    syncBuiltinESMExports();
    onTestFinished(() => {
      fs.closeSync = closeSync;
      syncBuiltinESMExports();
    });
    return closings;
  }

  it('is unreadable, and its descriptor is not closed twice', async () => {
    const path = oldFile('content');
    const closings = failClosing();
    const { message } = await refusal(() => hashAlone(wholeFile(path)), 'FILE_UNREADABLE');
    expect(message).toBe('the file "dir/w" cannot be read: the disk reported an error (EIO)');
    expect(closings.count).toBe(1);
  });
});

describe('a file in another state than the plan says', () => {
  it.each([
    ['dev', 'it was replaced'],
    ['ino', 'it was replaced'],
    ['size', 'its size went from 8 to 7 bytes'],
    ['mtimeMs', 'it was modified or touched'],
    ['ctimeMs', 'it was modified or touched'],
  ] as const)('is refused for its %s', async (field, found) => {
    const path = oldFile('content');
    const state = stateOf(path);
    const other = { ...state, [field]: state[field] + 1 };
    const job = { ...wholeFile(path), end: 7, state: other };
    const error = await refusal(() => new JobRunner('sha256').open(job), 'FILE_CHANGED');
    expect(error.message).toBe(`the file "dir/w" changed while it was hashed: ${found}`);
    expect(error.hint).toContain('nothing writes to the model');
  });
});

describe('in the place of a file', () => {
  it('nothing at all is unreadable, and the error names the file', async () => {
    const job = wholeFile(join(temporaryDirectory(), 'w'));
    const error = await refusal(() => hashAlone(job), 'FILE_UNREADABLE');
    expect(error.message).toBe('the file "dir/w" cannot be read: there is no such file (ENOENT)');
    expect(error.cause).toMatchObject({ code: 'ENOENT' });
  });

  it('a directory is refused', async () => {
    const path = oldFile('content');
    rmSync(path);
    mkdirSync(path);
    const { message } = await refusal(() => hashAlone(wholeFile(path)), 'FILE_CHANGED');
    expect(message).toBe(
      'the file "dir/w" changed while it was hashed: it is no longer a regular file',
    );
  });

  describe.skipIf(process.platform === 'win32')('on POSIX systems', () => {
    it('a link is not followed', async () => {
      const path = join(temporaryDirectory(), 'link');
      symlinkSync(oldFile('content'), path);
      const { message } = await refusal(() => hashAlone(wholeFile(path)), 'FILE_UNREADABLE');
      expect(message).toContain('"dir/w"');
    });

    it('a device is refused', async () => {
      const { message } = await refusal(() => hashAlone(wholeFile('/dev/zero')), 'FILE_CHANGED');
      expect(message).toContain('no longer a regular file');
    });

    it('a socket is unreadable', async () => {
      const path = join(temporaryDirectory(), 'socket');
      const server = createServer();
      onTestFinished(() => void server.close());
      await new Promise<void>((resolve) => void server.listen(path, resolve));
      await refusal(() => hashAlone(wholeFile(path)), 'FILE_UNREADABLE');
    });

    it('a FIFO is refused, and nobody waits for its writer', () => {
      const path = join(temporaryDirectory(), 'fifo');
      execFileSync('mkfifo', [path]);
      // In a process of its own: one that waits to open a FIFO hears of no timeout.
      const { stdout } = spawnSync(
        process.execPath,
        ['--input-type=module', '--eval', openingScript(path)],
        { encoding: 'utf8', timeout: 20_000 },
      );
      expect(stdout.trim()).toBe('FILE_CHANGED');
    });
  });

  describe.skipIf(process.platform !== 'linux')('on Linux', () => {
    it.each(['/proc/self/status', '/proc/self/maps'])(
      '%s, which has content but claims no size, is refused',
      async (path) => {
        const { message } = await refusal(() => hashAlone(wholeFile(path)), 'FILE_CHANGED');
        expect(message).toContain('it is longer than its 0 bytes');
      },
    );

    it.skipIf(!existsSync(SYSTEM_FILE))(
      'a file that claims more than it has is refused',
      async () => {
        const { message } = await refusal(() => hashAlone(wholeFile(SYSTEM_FILE)), 'FILE_CHANGED');
        expect(message).toMatch(/it ended after \d+ of \d+ bytes/);
      },
    );
  });
});

function openingScript(path: string): string {
  const url = new URL('../../src/hashing/job.ts', import.meta.url).href;
  return `
    import { JobRunner } from ${JSON.stringify(url)};
    const job = { name: 'w', path: ${JSON.stringify(path)}, start: 0, end: undefined };
    try { new JobRunner('sha256').open(job); } catch (error) { console.log(error.code); }`;
}
