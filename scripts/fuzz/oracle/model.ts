import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, type HashName } from '../corpus/model.ts';
import type { Options } from '../corpus/seed.ts';
import { flawInPath, type NaiveManifest } from './manifest.ts';

/** What lies in a model, directories left out. */
export interface Found {
  readonly name: string;
  readonly path: Buffer;
  readonly kind: 'file' | 'link' | 'other';
  readonly isUtf8: boolean;
}

export interface NaiveTree {
  readonly root: string;
  readonly isFile: boolean;
  readonly found: readonly Found[];
  readonly directories: ReadonlySet<string>;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads a model as bytes, the plain way. */
export function readTree(root: string): NaiveTree {
  const found: Found[] = [];
  const directories = new Set<string>();
  const isFile = !lstatSync(root).isDirectory();
  const visit = (name: string, path: Buffer): void => {
    const stats = lstatSync(path);
    const isUtf8 = isValid(path);
    // What is below a name that cannot be told is not looked at.
    if (stats.isDirectory() && isUtf8) {
      if (name !== '') directories.add(name);
      for (const entry of readdirSync(path, { encoding: 'buffer' })) {
        const inside = Buffer.concat([path, Buffer.from('/'), entry]);
        visit(name === '' ? String(entry) : `${name}/${String(entry)}`, inside);
      }
      return;
    }
    const kind = stats.isFile() ? 'file' : stats.isSymbolicLink() ? 'link' : 'other';
    found.push({ name: isFile ? baseOf(root) : name, path, kind, isUtf8 });
  };
  visit('', Buffer.from(root));
  return { root, isFile, found, directories };
}

function isValid(path: Buffer): boolean {
  try {
    decoder.decode(path);
    return true;
  } catch {
    return false;
  }
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** What a verifier should find. */
export interface Verdict {
  /** Why the model is not what was signed; empty if it is. */
  readonly flaws: readonly string[];
  readonly files: number;
  readonly bytes: number;
  readonly ignored: number;
  readonly unsigned: number;
}

const GIT = ['.git', '.gitattributes', '.github', '.gitignore'];

/** Compares a model with a manifest, both ways (§8.4, §8.5). */
export function judgeModel(
  manifest: NaiveManifest,
  tree: NaiveTree,
  options: Options,
  signature: string | undefined,
): Verdict {
  const resources = manifest.resources.map((one) =>
    tree.isFile && one.path === '.' ? { ...one, path: baseOf(tree.root) } : one,
  );
  const byPath = Map.groupBy(resources, ({ path }) => path);
  const own = (options.ignorePaths ?? []).map((path) =>
    path
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .join('/'),
  );
  const git = options.ignoreGitPaths === false ? [] : GIT;
  const ignored = new Set([...manifest.ignored, ...own, ...git]);
  const linksCount = manifest.allowSymlinks && options.allowSymlinks === true;
  const flaws: string[] = [];
  const extra: string[] = [];
  const hidden: string[] = [];
  const seen = new Set<string>();
  let bytes = 0;
  for (const one of tree.found) {
    const shards = one.isUtf8 ? byPath.get(one.name) : undefined;
    if (shards === undefined) {
      if (one.name === signature && one.kind === 'file') continue;
      // No text names what is not UTF-8.
      const known = one.isUtf8 ? one.name : one.name.replace(/(?:^|\/)[^/]*$/, '');
      const isHidden = !tree.isFile && isUnder(known, ignored) && one.name !== signature;
      (isHidden ? hidden : extra).push(one.name);
      continue;
    }
    const path = one.kind === 'link' && linksCount ? targetOf(one.path, tree, signature) : one.path;
    if (path === undefined || (one.kind !== 'file' && path === one.path)) {
      flaws.push(`${one.name} is no file`);
      continue;
    }
    seen.add(one.name);
    const content = readFileSync(path);
    bytes += content.length;
    flaws.push(...differences(one.name, shards, content, manifest));
  }
  if (signature !== undefined && tree.directories.has(signature) && !byPath.has(signature)) {
    extra.push(signature);
  }
  for (const path of byPath.keys()) {
    if (!seen.has(path)) flaws.push(`${path} is missing`);
  }
  if (options.ignoreUnsignedFiles !== true) {
    const refused = options.forbidIgnoredFiles === true ? [...extra, ...hidden] : extra;
    flaws.push(...refused.map((name) => `${name} was not signed`));
  }
  return { flaws, files: seen.size, bytes, ignored: hidden.length, unsigned: extra.length };
}

function isUnder(name: string, ignored: ReadonlySet<string>): boolean {
  const parts = name.split('/');
  return parts.some((_, at) => ignored.has(parts.slice(0, at + 1).join('/')));
}

/** A file inside the model that is not the signature. */
function targetOf(link: Buffer, { root }: NaiveTree, signature: string | undefined) {
  try {
    const target = realpathSync.native(link, 'utf8');
    const isInside = target.startsWith(`${root}/`) && statSync(target).isFile();
    const isSignature = signature !== undefined && target === join(root, signature);
    return isInside && !isSignature ? Buffer.from(target) : undefined;
  } catch {
    return undefined;
  }
}

function differences(
  name: string,
  shards: readonly NaiveManifest['resources'][number][],
  content: Buffer,
  { hash }: NaiveManifest,
): string[] {
  const size = shards.reduce((most, { end = 0 }) => Math.max(most, end), 0);
  const isWhole = shards[0]?.end === undefined;
  if (!isWhole && size !== content.length) return [`${name} has another size`];
  const differing = shards.filter(
    ({ start, end, digest }) => digestOf(hash as HashName, content.subarray(start, end)) !== digest,
  );
  return differing.map(() => `${name} differs`);
}

/** Whether a name on the disk could stand in a manifest at all. */
export function isSignable({ name, isUtf8 }: Found): boolean {
  return isUtf8 && !flawInPath(name);
}
