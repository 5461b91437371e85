import { OmsError } from '../errors.ts';
import { MAX_RESOURCES } from '../format/limits.ts';
import { buildManifest, type Resource } from '../format/manifest.ts';
import { drain, hashStream, type NamedStream } from '../hashing/streams.ts';
import { isIgnored } from '../model/ignore.ts';
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
  const ignorePaths = new Set(serialization.ignorePaths);
  const pace = new Pace(options.signal);
  const names = new Names();
  const resources: Resource[] = [];
  const ignored: string[] = [];
  const emptyFiles: string[] = [];
  let total = 0;
  for await (const file of files) {
    pace.check();
    names.add(file.name);
    if (isIgnored(file.name, ignorePaths)) {
      ignored.push(file.name);
      await drain(file, pace);
      continue;
    }
    const { resources: parts, bytes } = await hashStream(file, serialization, pace);
    if (parts.length === 0) emptyFiles.push(file.name);
    for (const part of parts) resources.push(part);
    checkCount(resources.length);
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

function checkCount(resources: number): void {
  if (resources <= MAX_RESOURCES) return;
  throw new OmsError('USAGE', 'the model has too many files or shards', {
    expected: `at most ${MAX_RESOURCES}`,
    hint: 'use larger shards, or sign the parts of the model each by itself',
  });
}

/** The names so far: a disk could hold each once, and no file below a file. */
class Names {
  readonly #files = new Set<string>();
  readonly #directories = new Set<string>();

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
    if (this.#files.has(name)) throw unsignable(name, 'two files of this name');
    if (this.#directories.has(name)) throw unsignable(name, 'a file and a directory of this name');
    this.#files.add(name);
    for (let at = name.lastIndexOf('/'); at > 0; at = name.lastIndexOf('/', at - 1)) {
      const parent = name.slice(0, at);
      if (this.#files.has(parent)) throw unsignable(parent, 'a file and a directory of this name');
      if (this.#directories.has(parent)) return;
      this.#directories.add(parent);
    }
  }
}

function unsignable(name: string, found: string): OmsError {
  return new OmsError('MODEL_UNSIGNABLE', `${quoted(name)} cannot be signed`, { found });
}
