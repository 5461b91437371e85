import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { isSystemError, OmsError, reasonOf } from '../errors.ts';
import type { HashAlgorithm } from '../format/manifest.ts';
import { quoted } from '../printable.ts';
import { createHasher, type Hasher, hashOnce } from './algorithms.ts';

/** What makes two looks at a file the same file in the same state. Times in milliseconds. */
export interface FileState {
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** One digest to compute: a whole file, or the bytes from `start` to `end` of one. */
export interface HashJob {
  /** Name in the model, for messages. */
  readonly name: string;
  /** Where to open it. */
  readonly path: string;
  readonly start: number;
  /** Offset behind the last byte, or `undefined` for the end of the file. */
  readonly end: number | undefined;
  /** The state in which all parts of the file must be found, when it is hashed in parts. */
  readonly state: FileState | undefined;
}

/** How far a job was taken on. */
export interface Advance {
  /** Lower-case hex, once all bytes are hashed. */
  readonly digest: string | undefined;
  /** How many bytes were hashed. */
  readonly bytes: number;
}

/** Large enough that system calls cost nothing, small enough to stay in the processor's cache. */
export const BUFFER_BYTES = 256 * 1024;

/**
 * Links are not followed (the model's own were resolved before), and a FIFO that has taken the
 * file's place does not block. Windows has neither flag.
 */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW || 0) | (constants.O_NONBLOCK || 0);

/**
 * Hashes files one after the other, synchronously, with one buffer: the work of one thread.
 *
 * A file is read through one descriptor and looked at before and after, so that one which is
 * replaced, truncated, extended or touched meanwhile is an error and not a digest of neither state.
 * All methods throw `FILE_UNREADABLE` or `FILE_CHANGED` with the file's name, and then the file is
 * closed again.
 */
export class JobRunner {
  readonly #algorithm: HashAlgorithm;
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #open: OpenJob | undefined;

  constructor(algorithm: HashAlgorithm) {
    this.#algorithm = algorithm;
  }

  /** The job whose file is open, if one is. */
  get job(): HashJob | undefined {
    return this.#open?.job;
  }

  /** Opens the file of a job. Returns how many bytes there are to hash. */
  open(job: HashJob): number {
    let descriptor: number;
    try {
      descriptor = openSync(job.path, OPEN_FLAGS);
    } catch (cause) {
      throw explain(job, cause);
    }
    return this.#attempt(job, descriptor, () => {
      const before = fstatSync(descriptor);
      if (!before.isFile()) throw changed(job, 'it is no longer a regular file');
      if (job.state !== undefined) expectSame(job, job.state, before);
      const end = job.end ?? before.size;
      this.#open = { job, descriptor, before, end, at: job.start, hasher: undefined };
      return end - job.start;
    });
  }

  /**
   * Hashes on, up to `limit` bytes, which are rounded up to whole buffers. When the end is reached
   * there is a digest, and the file is closed.
   */
  advance(limit: number): Advance {
    const open = this.#open;
    if (open === undefined) throw new OmsError('INTERNAL', 'no file is open to be hashed');
    const from = open.at;
    const digest = this.#attempt(open.job, open.descriptor, () => {
      while (open.at - from < limit || open.at === open.end) {
        const last = this.#read(open);
        if (last === undefined) continue;
        checkSame(open);
        return last;
      }
      return undefined;
    });
    if (digest !== undefined) this.close();
    return { digest, bytes: open.at - from };
  }

  /** Gives up the file that is open, if one is. */
  close(): void {
    const open = this.#open;
    if (open === undefined) return;
    // First: a descriptor whose closing failed is closed, and may be another's in a moment.
    this.#open = undefined;
    try {
      closeSync(open.descriptor);
    } catch (cause) {
      throw explain(open.job, cause);
    }
  }

  /** Reads and hashes one buffer; the digest after the last. */
  #read(open: OpenJob): string | undefined {
    const { job, end, before, descriptor } = open;
    const room = this.#buffer.length;
    // At the end of the file more is asked for than should come: a size that lies (a file that
    // grows, a pseudo file system) shows in the same call.
    const wanted = end === before.size ? room : Math.min(room, end - open.at);
    const read = wanted === 0 ? 0 : readSync(descriptor, this.#buffer, 0, wanted, open.at);
    open.at += read;
    if (open.at > end) throw changed(job, `it is longer than its ${end} bytes`);
    const data = this.#buffer.subarray(0, read);
    const isLast = open.at === end && read < room;
    if (isLast && open.hasher === undefined) return hashOnce(this.#algorithm, data);
    if (read === 0 && !isLast) throw changed(job, `it ended after ${open.at} of ${end} bytes`);
    open.hasher ??= createHasher(this.#algorithm);
    if (read > 0) open.hasher.update(data);
    return isLast ? open.hasher.digest() : undefined;
  }

  /** Runs a step of a job; a failure closes its file. */
  #attempt<T>(job: HashJob, descriptor: number, step: () => T): T {
    try {
      return step();
    } catch (cause) {
      this.#open = undefined;
      closeQuietly(descriptor);
      throw explain(job, cause);
    }
  }
}

/** A job under way. */
interface OpenJob {
  readonly job: HashJob;
  readonly descriptor: number;
  readonly before: Stats;
  readonly end: number;
  at: number;
  hasher: Hasher | undefined;
}

function closeQuietly(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // The error that is already on its way says more.
  }
}

function explain(job: HashJob, cause: unknown): unknown {
  if (!isSystemError(cause)) return cause;
  return new OmsError('FILE_UNREADABLE', `the file ${quoted(job.name)} cannot be read`, {
    found: reasonOf(cause),
    cause,
  });
}

/**
 * One look through the descriptor is enough: a file that was removed, or that another was renamed
 * over, has no name any more, or (with hard links) a newer time of change (POSIX, unlink and
 * rename). A look at the path instead would cost a quarter of the time of a small file.
 */
function checkSame({ job, descriptor, before }: OpenJob): void {
  const after = fstatSync(descriptor);
  // Some file systems never count names.
  if (after.nlink === 0 && before.nlink > 0) throw changed(job, 'it was removed or replaced');
  expectSame(job, before, after);
}

function expectSame(job: HashJob, before: FileState, after: Stats): void {
  if (before.dev !== after.dev || before.ino !== after.ino) throw changed(job, 'it was replaced');
  if (before.size !== after.size) {
    throw changed(job, `its size went from ${before.size} to ${after.size} bytes`);
  }
  if (before.mtimeMs !== after.mtimeMs || before.ctimeMs !== after.ctimeMs) {
    throw changed(job, 'it was modified or touched');
  }
}

function changed(job: HashJob, found: string): OmsError {
  return new OmsError('FILE_CHANGED', `the file ${quoted(job.name)} changed while it was hashed`, {
    found,
    hint: 'make sure that nothing writes to the model, and run the command again',
  });
}
