import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  type Stats,
} from 'node:fs';
import { OmsError, reasonOf } from '../errors.ts';
import type { HashAlgorithm } from '../format/manifest.ts';
import { quoted } from '../printable.ts';
import { createHasher } from './algorithms.ts';

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

export interface HashedJob {
  /** Lower-case hex. */
  readonly digest: string;
  /** How many bytes were hashed. */
  readonly bytes: number;
}

/** Large enough that system calls cost nothing, small enough to stay in the processor's cache. */
const BUFFER_BYTES = 256 * 1024;

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
 */
export class JobRunner {
  readonly #algorithm: HashAlgorithm;
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);

  constructor(algorithm: HashAlgorithm) {
    this.#algorithm = algorithm;
  }

  /** @throws {OmsError} `FILE_UNREADABLE` or `FILE_CHANGED`, with the file's name. */
  run(job: HashJob): HashedJob {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(job.path, OPEN_FLAGS);
      return this.#hash(job, descriptor);
    } catch (cause) {
      if (!isSystemError(cause)) throw cause;
      throw new OmsError('FILE_UNREADABLE', `the file ${quoted(job.name)} cannot be read`, {
        found: reasonOf(cause),
        cause,
      });
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  }

  #hash(job: HashJob, descriptor: number): HashedJob {
    const before = fstatSync(descriptor);
    if (!before.isFile()) throw changed(job, 'it is no longer a regular file');
    if (job.state !== undefined) expectSame(job, job.state, before);
    const end = job.end ?? before.size;
    const toEndOfFile = end === before.size;

    const hasher = createHasher(this.#algorithm);
    let at = job.start;
    for (;;) {
      const room = this.#buffer.length;
      // At the end of the file more is asked for than should come: a size that lies (a file that
      // grows, a pseudo file system) shows in the same call.
      const wanted = toEndOfFile ? room : Math.min(room, end - at);
      const read = wanted === 0 ? 0 : readSync(descriptor, this.#buffer, 0, wanted, at);
      at += read;
      if (at > end) throw changed(job, `it is longer than its ${end} bytes`);
      if (read > 0) hasher.update(this.#buffer.subarray(0, read));
      if (at === end && read < room) break;
      if (read === 0) throw changed(job, `it ended after ${at} of ${end} bytes`);
    }

    expectSame(job, before, fstatSync(descriptor));
    const present = lstatSync(job.path, { throwIfNoEntry: false });
    if (present === undefined) throw changed(job, 'it was removed');
    expectSame(job, before, present);
    return { digest: hasher.digest(), bytes: at - job.start };
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
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
