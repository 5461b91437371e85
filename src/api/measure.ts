import { type Resource, type Serialization, shardName } from '../format/manifest.ts';
import { type Plan, planFiles, planShards } from '../hashing/plan.ts';
import { type Digests, type HashOptions, hashAll } from '../hashing/pool.ts';
import type { ModelFile } from '../model/tree.ts';

/** Files, hashed. */
export interface Measurement extends Pick<Plan, 'emptyFiles' | 'resized'> {
  /** In the order of the files; made anew whenever it is gone through. */
  readonly resources: Iterable<Resource>;
  /** Bytes that were hashed. */
  readonly bytes: number;
}

/** Hashes files as a plan says. */
export async function measure(
  plan: Plan,
  { hashAlgorithm }: Serialization,
  options: HashOptions,
): Promise<Measurement> {
  const { emptyFiles, resized } = plan;
  const digests = await hashAll(plan, hashAlgorithm, options);
  const resources = { [Symbol.iterator]: () => resourcesOf(plan, digests) };
  return { resources, bytes: digests.bytes, emptyFiles, resized };
}

/**
 * What is to be hashed of the files of a model under these parameters.
 *
 * @param expected for shards: the sizes that a manifest asks for.
 */
export function planFor(
  root: string,
  files: readonly ModelFile[],
  { shardSize }: Serialization,
  expected?: ReadonlyMap<string, number>,
): Plan {
  return shardSize === undefined
    ? planFiles(root, files)
    : planShards(root, files, shardSize, expected);
}

function* resourcesOf({ files, shards }: Plan, digests: Digests): Generator<Resource, void> {
  let job = 0;
  for (const [file, { name: path }] of files.entries()) {
    if (shards === undefined) {
      yield { name: path, path, start: 0, end: undefined, digest: digests.of(job++) };
      continue;
    }
    const size = shards.states[file]?.size ?? 0;
    for (let start = 0; start < size; start += shards.size) {
      const end = Math.min(start + shards.size, size);
      yield { name: shardName(path, start, end), path, start, end, digest: digests.of(job++) };
    }
  }
}
