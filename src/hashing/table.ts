import { DIGEST_BYTES, type HashAlgorithm } from '../format/manifest.ts';
import { pathOf } from '../model/tree.ts';
import type { FileState, HashJob } from './job.ts';
import { type Plan, shardCount } from './plan.ts';

/**
 * All jobs of a plan and room for their digests, in memory that threads share. A message to a
 * thread would be copied twice and would cost more than hashing a small file does.
 */
export interface TableMemory {
  readonly algorithm: HashAlgorithm;
  readonly root: string;
  /** Names of the files as UTF-8, end to end; for a link followed by NUL and its target's path. */
  readonly names: Uint8Array;
  /** Offset behind each file's name. */
  readonly nameEnds: Float64Array;
  readonly shards: ShardMemory | undefined;
  /** Raw digests in the order of the jobs. */
  readonly digests: Uint8Array;
}

interface ShardMemory {
  readonly size: number;
  /** The file of each job, by its number. */
  readonly files: Int32Array;
  /** The first job of each file. */
  readonly firsts: Int32Array;
  /** Five numbers a file, as {@link FileState} names them. */
  readonly states: Float64Array;
}

const STATE_FIELDS = 5;

/** Lays the jobs of a plan out in shared memory. */
export function layOut(
  { root, files, shards, count }: Plan,
  algorithm: HashAlgorithm,
): TableMemory {
  const texts = files.map(({ name, target }) =>
    target === undefined ? name : `${name}\0${target}`,
  );
  // UTF-8 takes at most three bytes a UTF-16 unit. What is not written takes no memory.
  const names = sharedBytes(texts.reduce((sum, text) => sum + text.length * 3, 0));
  const nameEnds = new Float64Array(shared(files.length * 8));
  let end = 0;
  for (const [file, text] of texts.entries()) {
    end += names.write(text, end);
    nameEnds[file] = end;
  }
  return {
    algorithm,
    root,
    names,
    nameEnds,
    shards: shards === undefined ? undefined : layOutShards(shards.size, shards.states, count),
    digests: sharedBytes(count * DIGEST_BYTES[algorithm]),
  };
}

function layOutShards(size: number, all: readonly FileState[], count: number): ShardMemory {
  const files = new Int32Array(shared(count * 4));
  const firsts = new Int32Array(shared(all.length * 4));
  const states = new Float64Array(shared(all.length * STATE_FIELDS * 8));
  let next = 0;
  for (const [file, state] of all.entries()) {
    firsts[file] = next;
    const end = next + shardCount(state.size, size);
    files.fill(file, next, end);
    next = end;
    const { dev, ino, size: bytes, mtimeMs, ctimeMs } = state;
    states.set([dev, ino, bytes, mtimeMs, ctimeMs], file * STATE_FIELDS);
  }
  return { size, files, firsts, states };
}

function shared(bytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(bytes);
}

function sharedBytes(bytes: number): Buffer<SharedArrayBuffer> {
  return Buffer.from(shared(bytes));
}

/** Reads the jobs, and reads and writes the digests, from any thread. */
export class JobTable {
  readonly #memory: TableMemory;
  readonly #names: Buffer;
  readonly #digests: Buffer;
  readonly #digestBytes: number;

  constructor(memory: TableMemory) {
    this.#memory = memory;
    // Sent to a thread, a Buffer arrives as a plain array.
    this.#names = bufferOver(memory.names);
    this.#digests = bufferOver(memory.digests);
    this.#digestBytes = DIGEST_BYTES[memory.algorithm];
  }

  get count(): number {
    return this.#digests.length / this.#digestBytes;
  }

  job(index: number): HashJob {
    const { shards } = this.#memory;
    if (shards === undefined) {
      const { name, path } = this.#file(index);
      return { name, path, start: 0, end: undefined, state: undefined };
    }
    const file = at(shards.files, index);
    const state = stateAt(shards.states, file);
    const start = (index - at(shards.firsts, file)) * shards.size;
    const end = Math.min(start + shards.size, state.size);
    const { name, path } = this.#file(file);
    return { name, path, start, end, state };
  }

  /** Bytes of a job as far as they are known without looking at its file: those of shards. */
  knownSize(index: number): number | undefined {
    const { shards } = this.#memory;
    if (shards === undefined) return undefined;
    const file = at(shards.files, index);
    const size = at(shards.states, file * STATE_FIELDS + 2);
    return Math.min(shards.size, size - (index - at(shards.firsts, file)) * shards.size);
  }

  /** Keeps a digest, given in hex. */
  keep(index: number, digest: string): void {
    this.#digests.write(digest, index * this.#digestBytes, 'hex');
  }

  /** Lower-case hex. */
  digest(index: number): string {
    const start = index * this.#digestBytes;
    return this.#digests.toString('hex', start, start + this.#digestBytes);
  }

  #file(file: number): { readonly name: string; readonly path: string } {
    const { root, nameEnds } = this.#memory;
    const start = file === 0 ? 0 : at(nameEnds, file - 1);
    const text = this.#names.toString('utf8', start, at(nameEnds, file));
    const nul = text.indexOf('\0');
    const name = nul === -1 ? text : text.slice(0, nul);
    const target = nul === -1 ? undefined : text.slice(nul + 1);
    return { name, path: pathOf(root, { name, target }) };
  }
}

function at(numbers: Int32Array | Float64Array, index: number): number {
  return numbers[index] as number;
}

function stateAt(states: Float64Array, file: number): FileState {
  const [dev, ino, size, mtimeMs, ctimeMs] = states.subarray(
    file * STATE_FIELDS,
    (file + 1) * STATE_FIELDS,
  ) as unknown as readonly [number, number, number, number, number];
  return { dev, ino, size, mtimeMs, ctimeMs };
}

function bufferOver({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
