import { createHash } from 'node:crypto';
import type { Encoding } from '../corpus/pae.ts';
import { asList, asMap, asText, Flaw, type Json, onlyOf, readStrictly } from './json.ts';

/** What a signed payload says, by the rules of `spec/README.md`. */
export interface NaiveManifest {
  /** Of which text around the payload its type is. */
  readonly encoding: Encoding;
  readonly name: string;
  readonly hash: string;
  readonly shardSize: number | undefined;
  readonly allowSymlinks: boolean;
  readonly ignored: ReadonlySet<string>;
  readonly resources: readonly NaiveResource[];
  readonly rootDigest: string;
}

export interface NaiveResource {
  readonly name: string;
  readonly path: string;
  readonly start: number;
  readonly end: number | undefined;
  readonly digest: string;
}

const HEX_LENGTH: Readonly<Record<string, number>> = { sha256: 64, blake2b: 128, blake3: 64 };
const ENCODINGS: Readonly<Record<string, Encoding>> = {
  'https://model_signing/signature/v1.0': 'dsse',
  'https://model_signing/Digests/v0.1': 'legacy',
};

/** @throws {Flaw} when the payload is not a statement about a model. */
export function readManifest(payload: Uint8Array): NaiveManifest {
  const statement = asMap(readStrictly(payload, 10_000), 'the statement');
  onlyOf(statement, 'the statement', '_type', 'subject', 'predicateType', 'predicate');
  if (statement.get('_type') !== 'https://in-toto.io/Statement/v1') throw new Flaw('_type');
  const type = asText(statement.get('predicateType'), 'predicateType');
  const encoding = Object.hasOwn(ENCODINGS, type) ? ENCODINGS[type] : undefined;
  if (encoding === undefined) throw new Flaw('predicateType');
  const predicate = asMap(statement.get('predicate'), 'predicate');
  const subjects = asList(statement.get('subject'), 'subject');
  if (encoding === 'legacy') return readLegacy(subjects);

  onlyOf(predicate, 'predicate', 'resources', 'serialization');
  if (subjects.length !== 1) throw new Flaw('not one subject');
  const subject = asMap(subjects[0], 'subject');
  const name = asText(subject.get('name'), 'subject.name');
  if (name === '') throw new Flaw('no name');
  const parameters = readParameters(predicate.get('serialization'));
  const entries = asList(predicate.get('resources'), 'resources');
  const resources = entries.map((entry) => readResource(entry, parameters));
  checkResources(resources, parameters.shardSize);
  const rootDigest = rootOf(resources);
  const stated = asMap(subject.get('digest'), 'subject.digest').get('sha256');
  if (stated !== rootDigest) throw new Flaw('another root digest');
  return { encoding, name, ...parameters, resources, rootDigest };
}

function readLegacy(subjects: readonly Json[]): NaiveManifest {
  const resources = subjects.map((entry): NaiveResource => {
    const subject = asMap(entry, 'subject');
    const name = asText(subject.get('name'), 'name');
    const digest = asText(asMap(subject.get('digest'), 'digest').get('sha256'), 'sha256');
    if (!/^[0-9a-f]{64}$/.test(digest)) throw new Flaw('a digest');
    return { name, path: name, start: 0, end: undefined, digest };
  });
  checkResources(resources, undefined);
  return {
    encoding: 'legacy',
    name: '',
    hash: 'sha256',
    shardSize: undefined,
    allowSymlinks: false,
    ignored: new Set(),
    resources,
    rootDigest: rootOf(resources),
  };
}

type Parameters = Pick<NaiveManifest, 'hash' | 'shardSize' | 'allowSymlinks' | 'ignored'>;

function readParameters(value: Json | undefined): Parameters {
  const map = asMap(value, 'serialization');
  const known = ['method', 'hash_type', 'shard_size', 'allow_symlinks', 'ignore_paths'];
  onlyOf(map, 'serialization', ...known);
  const hash = asText(map.get('hash_type'), 'hash_type');
  if (!Object.hasOwn(HEX_LENGTH, hash)) throw new Flaw('hash_type');
  const allowSymlinks = map.get('allow_symlinks');
  if (typeof allowSymlinks !== 'boolean') throw new Flaw('allow_symlinks');
  const ignored = asList(map.get('ignore_paths') ?? [], 'ignore_paths').map((path) =>
    asText(path, 'ignore_paths'),
  );
  if (ignored.some((path) => path.length > 4096)) throw new Flaw('an ignored path is too long');
  return {
    hash,
    allowSymlinks,
    shardSize: readShardSize(map.get('method'), map.get('shard_size'), map.has('shard_size')),
    ignored: new Set(ignored.flatMap(normalIgnored)),
  };
}

function readShardSize(method: Json | undefined, size: Json | undefined, isThere: boolean) {
  if (method === 'files' && !isThere) return undefined;
  const isSize = typeof size === 'number' && Number.isSafeInteger(size) && size > 0;
  if (method === 'shards' && isSize) return size;
  throw new Flaw('method and shard_size');
}

/** §6.2.1: what leads out of the model matches nothing; the model itself cannot be ignored. */
function normalIgnored(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) return [];
  if (parts.length === 0) throw new Flaw('ignore_paths names the model');
  return path.startsWith('/') ? [] : [parts.join('/')];
}

function readResource(entry: Json, { hash, shardSize }: Parameters): NaiveResource {
  const map = asMap(entry, 'a resource');
  const name = asText(map.get('name'), 'name');
  const digest = asText(map.get('digest'), 'digest');
  const algorithm = asText(map.get('algorithm'), 'algorithm');
  const isShard = shardSize !== undefined;
  if (algorithm !== hash && !(isShard && algorithm === `${hash}-sharded-${shardSize}`)) {
    throw new Flaw('algorithm');
  }
  if (digest.length !== HEX_LENGTH[hash] || /[^0-9a-f]/.test(digest)) throw new Flaw('a digest');
  if (!isShard) return { name, path: name, start: 0, end: undefined, digest };
  const parts = name.split(':');
  const [start, end] = parts.slice(-2).map(Number);
  const path = parts.slice(0, -2).join(':');
  if (parts.length < 3 || `${path}:${start}:${end}` !== name) throw new Flaw('the name of a shard');
  if (start === undefined || end === undefined || !(start >= 0 && start < end)) {
    throw new Flaw('the range of a shard');
  }
  if (end >= 1e16) throw new Flaw('a shard too far');
  return { name, path, start, end, digest };
}

function checkResources(resources: readonly NaiveResource[], shardSize: number | undefined): void {
  if (resources.length === 0) throw new Flaw('no resources');
  if (new Set(resources.map(({ name }) => name)).size < resources.length) throw new Flaw('twice');
  const byPath = Map.groupBy(resources, ({ path }) => path);
  if (byPath.has('.') && byPath.size > 1) throw new Flaw('"." beside others');
  for (const [path, shards] of byPath) {
    if (path !== '.' && flawInPath(path)) throw new Flaw(`the name ${JSON.stringify(path)}`);
    if (shardSize === undefined) continue;
    const sorted = shards.toSorted((a, b) => a.start - b.start);
    for (const [at, { start, end = 0 }] of sorted.entries()) {
      const length = end - start;
      const isLast = at === sorted.length - 1;
      if (start !== at * shardSize || (isLast ? length > shardSize : length !== shardSize)) {
        throw new Flaw('shards that do not cover a file');
      }
    }
  }
}

/** §6.1.2: what no canonical name is. */
export function flawInPath(path: string): boolean {
  const parts = path.split('/');
  return path.includes('\0') || parts.some((part) => part === '' || part === '.' || part === '..');
}

function rootOf(resources: readonly NaiveResource[]): string {
  const digests = resources.map(({ digest }) => digest).join('');
  return createHash('sha256').update(Buffer.from(digests, 'hex')).digest('hex');
}
