import type { Resource, Serialization } from '../format/manifest.ts';
import { type Plan, planFiles, planShards } from '../hashing/plan.ts';
import { hashAll, type HashOptions } from '../hashing/pool.ts';
import type { ModelFile } from '../model/directory.ts';

/** Files, hashed. */
export interface Measurement {
  /** In the order of the files. */
  readonly resources: readonly Resource[];
  /** Bytes that were hashed. */
  readonly bytes: number;
  /** Files that shards leave out (§6.3.2). */
  readonly emptyFiles: readonly string[];
}

/** Hashes files as a manifest's parameters say. */
export async function measure(
  files: readonly ModelFile[],
  { hashAlgorithm, shardSize }: Serialization,
  options: HashOptions,
): Promise<Measurement> {
  const plan: Plan = shardSize === undefined ? planFiles(files) : planShards(files, shardSize);
  const hashed = await hashAll(plan.jobs, hashAlgorithm, options);
  let total = 0;
  const resources = plan.resources.map((resource, index): Resource => {
    const { digest, bytes } = hashed[index] as (typeof hashed)[number];
    total += bytes;
    return { ...resource, digest };
  });
  return { resources, bytes: total, emptyFiles: plan.emptyFiles };
}
