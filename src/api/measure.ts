import type { Resource, Serialization } from '../format/manifest.ts';
import { type Plan, planFiles, planShards } from '../hashing/plan.ts';
import { type HashOptions, hashAll } from '../hashing/pool.ts';
import type { ModelFile } from '../model/tree.ts';

/** Files, hashed. */
export interface Measurement extends Pick<Plan, 'emptyFiles' | 'resized'> {
  /** In the order of the files. */
  readonly resources: readonly Resource[];
  /** Bytes that were hashed. */
  readonly bytes: number;
}

/** Hashes files as a plan says. */
export async function measure(
  { jobs, resources, emptyFiles, resized }: Plan,
  { hashAlgorithm }: Serialization,
  options: HashOptions,
): Promise<Measurement> {
  const hashed = await hashAll(jobs, hashAlgorithm, options);
  let total = 0;
  const measured = resources.map((resource, index): Resource => {
    const { digest, bytes } = hashed[index] as (typeof hashed)[number];
    total += bytes;
    return { ...resource, digest };
  });
  return { resources: measured, bytes: total, emptyFiles, resized };
}

/**
 * What is to be hashed of these files under these parameters.
 *
 * @param expected for shards: the sizes that a manifest asks for.
 */
export function planFor(
  files: readonly ModelFile[],
  { shardSize }: Serialization,
  expected?: ReadonlyMap<string, number>,
): Plan {
  return shardSize === undefined ? planFiles(files) : planShards(files, shardSize, expected);
}
