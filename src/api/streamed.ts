import { OmsError } from '../errors.ts';
import { MAX_RESOURCES } from '../format/limits.ts';
import { buildManifest, type Resource } from '../format/manifest.ts';
import { drain, hashStream, type NamedStream } from '../hashing/streams.ts';
import { ignoring } from '../model/ignore.ts';
import { compareNames, flawInName } from '../model/names.ts';
import { Pace } from '../pace.ts';
import { quoted } from '../printable.ts';
import { checkCovered, checkName, type MeasuredManifest, nothingToSign } from './measured.ts';
import { type DigestOptions, serializationOf } from './options.ts';

/** A model whose files come as streams: an uploader's, an archive's. */
export interface StreamedModel {
  /** What the directory would be called; it becomes the subject's name (§6.5). */
  readonly name: string;
  /**
   * The files, in any order; each is read to its end before the next is asked for. Files under an
   * ignored path are read too, and not hashed.
   */
  readonly files: AsyncIterable<NamedStream> | Iterable<NamedStream>;
}

/** Computes the manifest that a directory with these files would have. */
export async function measureStreams(
  { name, files }: StreamedModel,
  options: DigestOptions,
): Promise<MeasuredManifest> {
  checkOptions(options);
  checkName(name, name);
  const serialization = serializationOf(undefined, options);
  const isIgnored = ignoring(serialization.ignorePaths);
  const pace = new Pace(options.signal);
  const names = new Names();
  const resources: Resource[] = [];
  const ignored: string[] = [];
  const emptyFiles: string[] = [];
  let total = 0;
  for await (const file of files) {
    pace.check();
    names.add(file.name);
    if (isIgnored(file.name)) {
      ignored.push(file.name);
      await drain(file, pace);
      continue;
    }
    const { resources: parts, bytes } = await hashStream(file, serialization, pace);
    if (parts.length === 0) emptyFiles.push(file.name);
    for (const part of parts) resources.push(part);
    checkCount(resources.length, 'files or shards');
    total += bytes;
  }
  checkCovered(emptyFiles);
  const count = names.size - ignored.length;
  if (count === 0) throw nothingToSign(name, ignored);
  const manifest = buildManifest(name, serialization, resources);
  return { manifest, files: count, bytes: total, ignored: ignored.toSorted(compareNames) };
}

/** What makes sense for files on a disk only must not look as if it were obeyed. */
function checkOptions({ signaturePath, allowSymlinks }: DigestOptions): void {
  if (signaturePath === undefined && allowSymlinks !== true) return;
  throw new OmsError('USAGE', 'a streamed model is on no disk', {
    expected: 'neither signaturePath nor allowSymlinks',
    hint: 'leave the signature out of the streams, and name it in ignorePaths if it will be in the model',
  });
}

function checkCount(count: number, what: string): void {
  if (count <= MAX_RESOURCES) return;
  throw new OmsError('USAGE', `the model has too many ${what}`, {
    expected: `at most ${MAX_RESOURCES}`,
    hint: 'use larger shards, or sign the parts of the model each by itself',
  });
}

/**
 * The names so far: a disk could hold each once, and no file below a file. Each is kept as its last
 * component, behind the number of its directory: whole paths of all directories would take time and
 * memory with the square of their depth.
 */
class Names {
  readonly #files = new Set<string>();
  readonly #directories = new Map<string, number>();

  get size(): number {
    return this.#files.size;
  }

  add(name: unknown): void {
    if (typeof name !== 'string') {
      throw new OmsError('USAGE', 'a stream has no name', {
        expected: 'a string',
        found: typeof name,
      });
    }
    const flaw = flawInName(name);
    if (flaw !== undefined) throw unsignable(name, `a name of which ${flaw}`);
    const components = name.split('/');
    const last = components.pop() ?? '';
    let parent = 0;
    for (const [index, component] of components.entries()) {
      const key = `${parent}/${component}`;
      if (this.#files.has(key)) {
        const path = components.slice(0, index + 1).join('/');
        throw unsignable(path, 'a file and a directory of this name');
      }
      parent = this.#directories.get(key) ?? this.#addDirectory(key);
    }
    const key = `${parent}/${last}`;
    if (this.#files.has(key)) throw unsignable(name, 'two files of this name');
    if (this.#directories.has(key)) throw unsignable(name, 'a file and a directory of this name');
    this.#files.add(key);
  }

  #addDirectory(key: string): number {
    const number = this.#directories.size + 1;
    checkCount(number, 'directories');
    this.#directories.set(key, number);
    return number;
  }
}

function unsignable(name: string, found: string): OmsError {
  return new OmsError('MODEL_UNSIGNABLE', `${quoted(name)} cannot be signed`, { found });
}
