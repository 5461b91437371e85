import { sortByName } from '../model/names.ts';
import type { Irregular, ModelFile } from '../model/tree.ts';
import type { Resource } from './manifest.ts';

/** One path at which a model is not as it was signed. Digests are lower-case hex. */
export interface Difference {
  readonly name: string;
  /** Digest that was signed: of the file, or of its first shard that differs. */
  readonly expected?: string;
  /** Digest that was computed of the same. */
  readonly found?: string;
  /** What else there is to say, as in "a symbolic link" or "20 bytes instead of 10". */
  readonly note?: string;
}

/** How a model differs from its signed manifest, in canonical order of the names. */
export interface ModelDiff {
  /** Signed, and there, but not the same. */
  readonly changed: readonly Difference[];
  /** Signed, and not there. */
  readonly missing: readonly Difference[];
  /** There, and not signed. Its content is not read: it does not matter. */
  readonly extra: readonly Difference[];
}

/** What was found of a model. */
export interface Findings {
  /** Digests of the listed files. */
  readonly resources: Iterable<Pick<Resource, 'name' | 'digest'>>;
  /** Listed files of another size than was signed, with theirs in bytes; known of shards only. */
  readonly resized: ReadonlyMap<string, number>;
  /** Regular files that no resource names. */
  readonly unlisted: readonly ModelFile[];
  readonly irregular: readonly Irregular[];
}

/** Compares both ways (§8.4, steps 8 and 9): what was signed is there, what is there was signed. */
export function compareModel(expected: readonly Resource[], findings: Findings): ModelDiff {
  const differing = new Map(expected.map((resource) => [resource.name, resource]));
  /** Digests of what is there and differs. */
  const found = new Map<string, string>();
  for (const { name, digest } of findings.resources) {
    if (differing.get(name)?.digest === digest) differing.delete(name);
    else found.set(name, digest);
  }

  const changed = new Map<string, Difference>();
  const missing = new Map<string, Difference>();
  const extra: Difference[] = findings.unlisted.map(({ name }) => ({ name }));
  const listed = new Set(findings.irregular.length === 0 ? [] : expected.map(({ path }) => path));
  for (const { name, what } of findings.irregular) {
    if (listed.has(name)) changed.set(name, { name, note: what });
    else extra.push({ name, note: what });
  }
  const sizes = findings.resized.size === 0 ? new Map() : sizesOf(expected);
  for (const [name, size] of findings.resized) {
    changed.set(name, { name, note: `${size} bytes instead of ${sizes.get(name)}` });
  }
  for (const resource of differing.values()) {
    const { name, path, digest } = resource;
    // Of a file in shards, the first that differs is enough.
    if (changed.has(path)) continue;
    const actual = found.get(name);
    if (actual !== undefined) changed.set(path, describeChange(resource, actual));
    else if (!missing.has(path)) missing.set(path, { name: path, expected: digest });
  }
  return {
    changed: sortDifferences([...changed.values()]),
    missing: sortDifferences([...missing.values()]),
    extra: sortDifferences(extra),
  };
}

/** Of a file, or of one of its shards. */
function describeChange({ path, start, end, digest }: Resource, found: string): Difference {
  const change = { name: path, expected: digest, found };
  return end === undefined ? change : { ...change, note: `in bytes ${start} to ${end}` };
}

export function isEmpty(diff: ModelDiff): boolean {
  return diff.changed.length + diff.missing.length + diff.extra.length === 0;
}

/** Bytes of every file that is described in shards. */
export function sizesOf(resources: readonly Resource[]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const { path, end } of resources) {
    if (end !== undefined) sizes.set(path, Math.max(sizes.get(path) ?? 0, end));
  }
  return sizes;
}

export function sortDifferences(differences: readonly Difference[]): readonly Difference[] {
  return sortByName(differences);
}
