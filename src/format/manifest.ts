import { hash } from 'node:crypto';
import { sortByName } from '../model/names.ts';

/** Identifiers of the algorithm registry for file digests (§7). */
export type HashAlgorithm = 'sha256' | 'blake2b' | 'blake3';

/** Length of a digest in bytes: BLAKE2b is used with 512 bits, BLAKE3 with 256. */
export const DIGEST_BYTES: Readonly<Record<HashAlgorithm, number>> = {
  sha256: 32,
  blake2b: 64,
  blake3: 32,
};

/** Bytes of a shard when nothing else is asked for (§6.3.2). */
export const DEFAULT_SHARD_SIZE = 1_000_000_000;

/** How a model is turned into resources (§5.2.2). */
export interface Serialization {
  readonly hashAlgorithm: HashAlgorithm;
  /** Bytes of a shard (method `shards`), or `undefined` for one resource a file (`files`). */
  readonly shardSize: number | undefined;
  readonly allowSymlinks: boolean;
  /** Normalised paths relative to the model root, in canonical order. */
  readonly ignorePaths: readonly string[];
}

/** A file, or a part of one, and its digest (§5.2.1). */
export interface Resource {
  /** The resource's name: the path, and with shards `:start:end` after it. */
  readonly name: string;
  /** Canonical path of the file, relative to the model root. */
  readonly path: string;
  /** Offset of the first byte. */
  readonly start: number;
  /** Offset behind the last byte; `undefined` without shards, where a manifest holds no size. */
  readonly end: number | undefined;
  /** Lower-case hex. */
  readonly digest: string;
}

/** What a model consists of. */
export interface Manifest {
  /** Basename of the model; informative (§6.5). */
  readonly name: string;
  readonly serialization: Serialization;
  /** In canonical order when made here, in the signer's order when read from a bundle. */
  readonly resources: readonly Resource[];
  /** SHA-256 over the resources' digests in their order, lower-case hex (§6.5.1). */
  readonly rootDigest: string;
}

/** Puts resources into canonical order (§5.2.1, §6.4) and computes their root digest. */
export function buildManifest(
  name: string,
  serialization: Serialization,
  resources: Iterable<Resource>,
): Manifest {
  const ordered = sortByName(resources);
  return { name, serialization, resources: ordered, rootDigest: rootDigestOf(ordered) };
}

/** SHA-256 over the raw digests, in the order given, whatever algorithm they are of (§6.5.1). */
export function rootDigestOf(resources: readonly Resource[]): string {
  // In one call: the first hash object of a process takes 0.4 ms.
  const bytes = Buffer.alloc(resources.reduce((sum, { digest }) => sum + digest.length / 2, 0));
  let end = 0;
  for (const { digest } of resources) end += bytes.write(digest, end, 'hex');
  return hash('sha256', bytes, 'hex');
}

/** The name of a part of a file: start inclusive, end exclusive, in bytes (§6.3.2). */
export function shardName(path: string, start: number, end: number): string {
  return `${path}:${start}:${end}`;
}
