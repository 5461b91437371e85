import { OmsError, reasonOf } from '../errors.ts';
import { MAX_RESOURCES } from '../format/limits.ts';
import { type Resource, type Serialization, shardName } from '../format/manifest.ts';
import type { Pace } from '../pace.ts';
import { quoted } from '../printable.ts';
import { createHasher, type Hasher } from './algorithms.ts';

/** A file that need not be on any disk. */
export interface NamedStream {
  /** Canonical name in the model: components with `/` between them (§6.1.2). */
  readonly name: string;
  /** Its bytes, in pieces of any size; a `Readable` and a `ReadableStream` are such. */
  readonly content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Bytes that are hashed between two looks at the clock: about 1 ms. */
const STRETCH = 2 * 2 ** 20;

/**
 * Hashes one file as its bytes come, on the calling thread, as a whole or in shards (§6.3). The
 * program's events happen meanwhile.
 *
 * @throws {OmsError} `FILE_UNREADABLE` with the file's name when the stream fails; `USAGE` for one
 *   that gives anything but bytes; `ABORTED`.
 */
export async function hashStream(
  { name, content }: NamedStream,
  { hashAlgorithm, shardSize }: Serialization,
  pace: Pace,
): Promise<{ readonly resources: readonly Resource[]; readonly bytes: number }> {
  const cutter = new Cutter(name, () => createHasher(hashAlgorithm), shardSize);
  for await (const chunk of guarded(name, content)) {
    checkBytes(name, chunk);
    for (let at = 0; at < chunk.length; at += STRETCH) {
      cutter.add(chunk.subarray(at, at + STRETCH));
      if (pace.isDue) await pace.rest();
    }
  }
  return cutter.finish();
}

/** Reads a stream to its end without looking at it, as some sources need before they give another. */
export async function drain({ name, content }: NamedStream, pace: Pace): Promise<void> {
  for await (const chunk of guarded(name, content)) {
    if (chunk !== undefined && pace.isDue) await pace.rest();
  }
}

/** Cuts one file into its resources. */
class Cutter {
  readonly #path: string;
  readonly #create: () => Hasher;
  readonly #shardSize: number | undefined;
  readonly #resources: Resource[] = [];
  #hasher: Hasher;
  #start = 0;
  #at = 0;

  constructor(path: string, create: () => Hasher, shardSize: number | undefined) {
    this.#path = path;
    this.#create = create;
    this.#shardSize = shardSize;
    this.#hasher = create();
  }

  add(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.length > 0) {
      const room =
        this.#shardSize === undefined ? rest.length : this.#start + this.#shardSize - this.#at;
      const part = rest.subarray(0, room);
      this.#hasher.update(part);
      this.#at += part.length;
      rest = rest.subarray(part.length);
      if (this.#at - this.#start === this.#shardSize) this.#closeShard();
    }
  }

  finish(): { readonly resources: readonly Resource[]; readonly bytes: number } {
    const path = this.#path;
    if (this.#shardSize === undefined) {
      this.#push({ name: path, path, start: 0, end: undefined, digest: this.#hasher.digest() });
    } else if (this.#at > this.#start) {
      this.#closeShard();
    }
    return { resources: this.#resources, bytes: this.#at };
  }

  #closeShard(): void {
    const [path, start, end] = [this.#path, this.#start, this.#at];
    const name = shardName(path, start, end);
    this.#push({ name, path, start, end, digest: this.#hasher.digest() });
    this.#start = end;
    this.#hasher = this.#create();
  }

  #push(resource: Resource): void {
    if (this.#resources.push(resource) <= MAX_RESOURCES) return;
    throw new OmsError('USAGE', `the file ${quoted(this.#path)} has too many shards`, {
      expected: `at most ${MAX_RESOURCES}`,
      hint: 'use larger shards',
    });
  }
}

/** What a stream throws becomes an error that names its file. */
async function* guarded(
  name: string,
  content: NamedStream['content'],
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* content;
  } catch (cause) {
    if (cause instanceof OmsError) throw cause;
    throw new OmsError('FILE_UNREADABLE', `the file ${quoted(name)} cannot be read`, {
      found: reasonOf(cause),
      cause,
    });
  }
}

function checkBytes(name: string, chunk: unknown): void {
  if (chunk instanceof Uint8Array) return;
  throw new OmsError('USAGE', `the stream of ${quoted(name)} gives something that is not bytes`, {
    expected: 'pieces of type Uint8Array',
    found: typeof chunk,
  });
}
