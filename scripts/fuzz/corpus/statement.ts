import { createHash } from 'node:crypto';
import { digestOf, type Entry, type HashName, type Model } from './model.ts';

/** Who is to have written a statement: each has spelled the same content in another way. */
export type Style = 'own' | 'reference' | 'go' | 'legacy';

export interface Serialization {
  readonly hash: HashName;
  /** `undefined` for one digest a file. */
  readonly shardSize: number | undefined;
  readonly allowSymlinks: boolean;
  /** As they are written; `undefined` leaves the member out. */
  readonly ignorePaths: readonly string[] | undefined;
}

export interface Resource {
  readonly name: string;
  readonly digest: string;
  readonly algorithm: string;
}

export const FILES: Serialization = {
  hash: 'sha256',
  shardSize: undefined,
  allowSymlinks: false,
  ignorePaths: undefined,
};

/**
 * Writes statements (§5, §6 of OMS) from the specification, without the code that is tested: what
 * is made here must verify, and what differs must not.
 */
export function statementOf(
  model: Model,
  serialization: Serialization,
  style: Style = 'own',
  singleAs?: string,
): Buffer {
  const files = signedFiles(model, serialization);
  const ordered = files
    .map(({ name, content }) => ({ name: singleAs ?? name, content }))
    .toSorted((a, b) =>
      style === 'reference' ? byComponent(a.name, b.name) : bytewise(a.name, b.name),
    );
  if (style === 'legacy') return layOut(legacyStatement(ordered), style);
  const resources = ordered.flatMap((one) => resourcesOf(one, serialization, style));
  return layOut(statementWith(model.name, resources, serialization, style), style);
}

export interface Content {
  readonly name: string;
  readonly content: Buffer;
}

/** Files, and links in place of their targets, that are not under an ignored path. */
function signedFiles({ entries }: Model, { ignorePaths = [] }: Serialization): Content[] {
  const left = new Set([...ignorePaths, '.git', '.gitignore', '.gitattributes', '.github']);
  const byName = new Map(entries.map((entry) => [String(entry.name), entry]));
  return entries.flatMap((entry) => {
    const name = String(entry.name);
    const parts = name.split('/');
    const above = parts.map((_, at) => parts.slice(0, at + 1).join('/'));
    const content = contentOf(entry, byName);
    return content === undefined || above.some((path) => left.has(path)) ? [] : [{ name, content }];
  });
}

function contentOf(entry: Entry, byName: ReadonlyMap<string, Entry>): Buffer | undefined {
  if (entry.kind === 'file') return entry.content;
  if (entry.kind !== 'link') return undefined;
  const target = new URL(entry.target, `file:///${String(entry.name)}`).pathname.slice(1);
  const found = byName.get(decodeURIComponent(target));
  return found?.kind === 'file' ? found.content : undefined;
}

export function resourcesOf(
  { name, content }: Content,
  { hash, shardSize }: Serialization,
  style: Style = 'own',
): Resource[] {
  if (shardSize === undefined) return [{ name, digest: digestOf(hash, content), algorithm: hash }];
  const algorithm = style === 'own' ? hash : `${hash}-sharded-${shardSize}`;
  const shards: Resource[] = [];
  for (let start = 0; start < content.length; start += shardSize) {
    const end = Math.min(start + shardSize, content.length);
    const digest = digestOf(hash, content.subarray(start, end));
    shards.push({ name: `${name}:${start}:${end}`, digest, algorithm });
  }
  return shards;
}

/** §6.5.1: over the digests as bytes, in their order. */
export function rootDigestOf(digests: readonly string[]): string {
  return createHash('sha256')
    .update(Buffer.from(digests.join(''), 'hex'))
    .digest('hex');
}

function statementWith(
  name: string,
  resources: readonly Resource[],
  { hash, shardSize, allowSymlinks, ignorePaths }: Serialization,
  style: Style,
): object {
  const sha256 = rootDigestOf(resources.map(({ digest }) => digest));
  const ignored = style === 'own' ? ignorePaths : [...(ignorePaths ?? []), ...JUNK];
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name, digest: { sha256 } }],
    predicateType: 'https://model_signing/signature/v1.0',
    predicate: {
      resources,
      serialization: {
        method: shardSize === undefined ? 'files' : 'shards',
        hash_type: hash,
        ...(shardSize === undefined ? {} : { shard_size: shardSize }),
        allow_symlinks: allowSymlinks,
        ...(ignored === undefined ? {} : { ignore_paths: ignored }),
      },
    },
  };
}

/** Paths of the signer's working directory, as older signers recorded them. */
const JUNK = ['../work/model/x', '/tmp/model/y', '.git', '.gitignore', '.gitmodules'];

function legacyStatement(files: readonly Content[]): object {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: files.map(({ name, content }) => ({
      name,
      digest: { sha256: digestOf('sha256', content) },
      annotations: { actual_hash_algorithm: 'file-sha256' },
    })),
    predicateType: 'https://model_signing/Digests/v0.1',
    predicate: { unused: "it's a dummy\t" },
  };
}

function layOut(statement: object, style: Style): Buffer {
  if (style === 'own' || style === 'go') return Buffer.from(JSON.stringify(statement));
  const text = JSON.stringify(statement, undefined, 2);
  const escaped = text.replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return Buffer.from(escaped);
}

export function bytewise(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function byComponent(a: string, b: string): number {
  const [left, right] = [a.split('/'), b.split('/')];
  const at = left.findIndex((part, index) => part !== right[index]);
  if (at === -1) return left.length - right.length;
  return right[at] === undefined ? 1 : bytewise(left[at] ?? '', right[at]);
}
