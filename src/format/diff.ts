import type { Irregular, ModelFile } from '../model/directory.ts';
import { compareNames } from '../model/names.ts';
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
  /** Listed files of zero bytes that shards have no resource for. */
  readonly emptyFiles: readonly string[];
  /** Regular files that no resource names. */
  readonly unlisted: readonly ModelFile[];
  readonly irregular: readonly Irregular[];
}

/** Compares both ways (§8.4, steps 8 and 9): what was signed is there, what is there was signed. */
export function compareModel(expected: readonly Resource[], findings: Findings): ModelDiff {
  const found = byPath(findings.resources);
  for (const name of findings.emptyFiles) found.set(name, []);
  const irregular = new Map(findings.irregular.map((entry) => [entry.name, entry]));
  const changed: Difference[] = [];
  const missing: Difference[] = [];
  const listed = byPath(expected);
  for (const [name, signed] of listed) {
    const odd = irregular.get(name);
    const actual = found.get(name);
    if (odd !== undefined) {
      changed.push({ name, note: odd.what });
    } else if (actual === undefined) {
      missing.push({ name, ...(signed[0] ? { expected: signed[0].digest } : {}) });
    } else {
      const difference = compareFile(name, signed, actual);
      if (difference !== undefined) changed.push(difference);
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

/** All resources of one file: one without shards. */
function compareFile(
  name: string,
  signed: readonly Resource[],
  actual: readonly Resource[],
): Difference | undefined {
  const digests = new Map(actual.map((resource) => [resource.name, resource.digest]));
  const sizes = [sizeOf(signed), sizeOf(actual)];
  const differing = signed.find((resource) => digests.get(resource.name) !== resource.digest);
  if (differing === undefined && sizes[0] === sizes[1] && signed.length === actual.length) {
    return undefined;
  }
  const digest = differing === undefined ? undefined : digests.get(differing.name);
  return {
    name,
    ...(differing === undefined ? {} : { expected: differing.digest }),
    ...(digest === undefined ? {} : { found: digest }),
    ...(sizes[0] === sizes[1]
      ? noteOfShard(differing)
      : { note: `${sizes[1]} bytes instead of ${sizes[0]}` }),
  };
}

function noteOfShard(shard: Resource | undefined): { note?: string } {
  return shard?.end === undefined ? {} : { note: `in bytes ${shard.start} to ${shard.end}` };
}

/** Only shards say how large a file is. */
function sizeOf(resources: readonly Resource[]): number | undefined {
  return resources.reduce<number | undefined>(
    (size, { end }) => (end === undefined ? size : Math.max(size ?? 0, end)),
    resources.length === 0 ? 0 : undefined,
  );
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
