import { compareNames } from '../model/names.ts';
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
  readonly resources: readonly Resource[];
  /** Listed files of another size than was signed, with theirs in bytes; known of shards only. */
  readonly resized: ReadonlyMap<string, number>;
  /** Regular files that no resource names. */
  readonly unlisted: readonly ModelFile[];
  readonly irregular: readonly Irregular[];
}

/** Compares both ways (§8.4, steps 8 and 9): what was signed is there, what is there was signed. */
export function compareModel(expected: readonly Resource[], findings: Findings): ModelDiff {
  const found = byPath(findings.resources);
  const irregular = new Map(findings.irregular.map((entry) => [entry.name, entry]));
  const changed: Difference[] = [];
  const missing: Difference[] = [];
  const listed = byPath(expected);
  const sizes = sizesOf(expected);
  for (const [name, signed] of listed) {
    const odd = irregular.get(name);
    const size = findings.resized.get(name);
    const actual = found.get(name);
    if (odd !== undefined) {
      changed.push({ name, note: odd.what });
    } else if (size !== undefined) {
      changed.push({ name, note: `${size} bytes instead of ${sizes.get(name)}` });
    } else if (actual === undefined) {
      missing.push({ name, expected: signed[0]?.digest ?? '' });
    } else {
      changed.push(...compareFile(name, signed, actual));
    }
  }
  const extra: Difference[] = [
    ...findings.unlisted.map(({ name }) => ({ name })),
    ...findings.irregular
      .filter(({ name }) => !listed.has(name))
      .map(({ name, what }) => ({ name, note: what })),
  ];
  return {
    changed: sortDifferences(changed),
    missing: sortDifferences(missing),
    extra: sortDifferences(extra),
  };
}

export function isEmpty(diff: ModelDiff): boolean {
  return diff.changed.length + diff.missing.length + diff.extra.length === 0;
}

/** All resources of one file: one without shards, and with them as many as were signed. */
function compareFile(
  name: string,
  signed: readonly Resource[],
  actual: readonly Resource[],
): readonly Difference[] {
  const digests = new Map(actual.map((resource) => [resource.name, resource.digest]));
  const differing = signed.find((resource) => digests.get(resource.name) !== resource.digest);
  if (differing === undefined) return [];
  const { start, end, digest: expected } = differing;
  const found = digests.get(differing.name) ?? '';
  return [
    {
      name,
      expected,
      found,
      ...(end === undefined ? {} : { note: `in bytes ${start} to ${end}` }),
    },
  ];
}

/** Bytes of every file that is described in shards. */
export function sizesOf(resources: readonly Resource[]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const { path, end } of resources) {
    if (end !== undefined) sizes.set(path, Math.max(sizes.get(path) ?? 0, end));
  }
  return sizes;
}

function byPath(resources: readonly Resource[]): Map<string, Resource[]> {
  const files = new Map<string, Resource[]>();
  for (const resource of resources) {
    const parts = files.get(resource.path);
    if (parts === undefined) files.set(resource.path, [resource]);
    else parts.push(resource);
  }
  return files;
}

export function sortDifferences(differences: readonly Difference[]): readonly Difference[] {
  return differences.toSorted((a, b) => compareNames(a.name, b.name));
}
