import { OmsError } from '../errors.ts';
import { mergeIgnorePaths, normaliseIgnorePath } from '../model/ignore.ts';
import { flawInName, MAX_NAME_LENGTH } from '../model/names.ts';
import { quoted } from '../printable.ts';
import { Fields } from './fields.ts';
import { MAX_IGNORE_PATHS } from './limits.ts';
import { DIGEST_BYTES, type HashAlgorithm, type Resource, type Serialization } from './manifest.ts';

/**
 * The name that the reference gives to the one resource of a single-file model. The specification
 * asks for the basename (§6.1.2); this is read, never written.
 */
export const SINGLE_FILE = '.';

const CODE = 'STATEMENT_MALFORMED';

/** Reads `predicate.serialization` (§5.2.2). */
export function readSerialization(fields: Fields): Serialization {
  fields.only('method', 'hash_type', 'shard_size', 'allow_symlinks', 'ignore_paths');
  return {
    hashAlgorithm: readHashType(fields),
    shardSize: readShardSize(fields),
    allowSymlinks: fields.boolean('allow_symlinks'),
    ignorePaths: readIgnorePaths(fields),
  };
}

function readHashType(fields: Fields): HashAlgorithm {
  const name = fields.string('hash_type');
  if (!Object.hasOwn(DIGEST_BYTES, name)) {
    throw fields.error('hash_type', `one of ${Object.keys(DIGEST_BYTES).join(', ')}`);
  }
  return name as HashAlgorithm;
}

function readShardSize(fields: Fields): number | undefined {
  const method = fields.string('method');
  if (method === 'files') {
    if (fields.has('shard_size')) throw fields.error('shard_size', 'nothing with method "files"');
    return undefined;
  }
  if (method !== 'shards') throw fields.error('method', '"files" or "shards"');
  const size = fields.optional('shard_size');
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 1) {
    throw fields.error('shard_size', 'a positive integer');
  }
  return size;
}

/**
 * Paths outside the model are dropped: they were relative to the signer's working directory and
 * must not be given a meaning in the verifier's. A path that names the model itself would exclude
 * everything, so it is refused (§6.2.1).
 */
function readIgnorePaths(fields: Fields): readonly string[] {
  if (fields.optional('ignore_paths') === undefined) return [];
  const paths = fields.array('ignore_paths');
  if (paths.length > MAX_IGNORE_PATHS) {
    throw fields.error('ignore_paths', `at most ${MAX_IGNORE_PATHS} paths`);
  }
  const names = paths.flatMap((path) => {
    if (typeof path !== 'string') throw fields.error('ignore_paths', 'an array of strings');
    if (path.length > MAX_NAME_LENGTH) {
      throw fields.error('ignore_paths', `paths of at most ${MAX_NAME_LENGTH} characters`);
    }
    const normal = normaliseIgnorePath(path);
    if (normal.kind === 'root') {
      throw new OmsError(CODE, 'serialization.ignore_paths excludes the whole model', {
        expected: 'paths inside the model',
        found: quoted(path),
      });
    }
    return normal.kind === 'inside' ? [normal.name] : [];
  });
  return mergeIgnorePaths(names);
}

/** Reads `predicate.resources` (§5.2.1, §6.3.2) and checks that they describe whole files. */
export function readResources(
  fields: Fields,
  { hashAlgorithm, shardSize }: Serialization,
): readonly Resource[] {
  const entries = fields.array('resources');
  if (entries.length === 0) throw fields.error('resources', 'at least one resource');
  const labels = [hashAlgorithm as string];
  // The reference labels its shards so (and then cannot verify them).
  if (shardSize !== undefined) labels.push(`${hashAlgorithm}-sharded-${shardSize}`);
  const digestForm = new RegExp(`^[0-9a-f]{${DIGEST_BYTES[hashAlgorithm] * 2}}$`);

  const seen = new Set<string>();
  const resources = entries.map((entry, index): Resource => {
    const resource = new Fields(entry, `resources[${index}]`, CODE);
    const name = resource.string('name');
    const digest = resource.string('digest');
    if (!labels.includes(resource.string('algorithm'))) {
      throw resource.error('algorithm', `${quoted(hashAlgorithm)}, as hash_type says`);
    }
    if (!digestForm.test(digest)) {
      throw resource.error('digest', `${DIGEST_BYTES[hashAlgorithm] * 2} lower-case hex digits`);
    }
    const range = shardSize === undefined ? wholeFile(name) : readRange(name, resource);
    checkPath(range.path, index);
    if (seen.has(name)) {
      throw new OmsError(CODE, `resources names ${quoted(name)} twice`);
    }
    seen.add(name);
    return { name, path: range.path, start: range.start, end: range.end, digest };
  });
  checkSingleFile(resources);
  if (shardSize !== undefined) checkCover(resources, shardSize);
  return resources;
}

type Range = Pick<Resource, 'path' | 'start' | 'end'>;

function wholeFile(name: string): Range {
  return { path: name, start: 0, end: undefined };
}

/** Decimal numbers as a signer writes them: no sign, no leading zero, no digit separators. */
const SHARD_NAME = /^(.*):(0|[1-9][0-9]{0,15}):([1-9][0-9]{0,15})$/s;

/** Characters behind the path, at the most. */
const RANGE_LENGTH = 34;

function readRange(name: string, resource: Fields): Range {
  if (name.length > MAX_NAME_LENGTH + RANGE_LENGTH) {
    throw resource.error('name', `a path of at most ${MAX_NAME_LENGTH} characters, and its range`);
  }
  const [, path, start, end] = SHARD_NAME.exec(name) ?? [];
  if (path === undefined || !(Number(start) < Number(end))) {
    throw resource.error('name', '"path:start:end" with start before end');
  }
  return { path, start: Number(start), end: Number(end) };
}

function checkPath(path: string, index: number): void {
  const flaw = path === SINGLE_FILE ? undefined : flawInName(path);
  if (flaw !== undefined) {
    throw new OmsError(CODE, `resources[${index}].name is not a canonical name: ${flaw}`, {
      found: quoted(path),
    });
  }
}

function checkSingleFile(resources: readonly Resource[]): void {
  const single = resources.some((resource) => resource.path === SINGLE_FILE);
  if (single && resources.some((resource) => resource.path !== SINGLE_FILE)) {
    throw new OmsError(CODE, 'resources holds "." beside other names', {
      expected: '"." alone, for a model that is one file',
    });
  }
}

/** Every file's shards must lie end to end from 0, all of the signed size but the last (§6.3.2). */
function checkCover(resources: readonly Resource[], shardSize: number): void {
  const files = new Map<string, Resource[]>();
  for (const resource of resources) {
    const shards = files.get(resource.path);
    if (shards === undefined) files.set(resource.path, [resource]);
    else shards.push(resource);
  }
  for (const [path, shards] of files) {
    shards.sort((a, b) => a.start - b.start);
    let covered = 0;
    for (const [index, shard] of shards.entries()) {
      const length = (shard.end ?? shard.start) - shard.start;
      const isLast = index === shards.length - 1;
      if (shard.start !== covered || length > shardSize || (!isLast && length !== shardSize)) {
        throw new OmsError(CODE, `the shards of ${quoted(path)} do not cover it exactly`, {
          expected: `shards of size ${shardSize} that lie end to end from 0`,
          found: quoted(shard.name),
        });
      }
      covered += length;
    }
  }
}
