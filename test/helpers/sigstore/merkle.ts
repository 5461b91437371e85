import { createHash } from 'node:crypto';

/** Merkle trees as RFC 6962 §2.1 defines them, by their recursive definitions. */

export function leafHash(entry: Uint8Array): Buffer {
  return hash(Buffer.of(0), entry);
}

function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return hash(Buffer.of(1), left, right);
}

/** The root of a tree over leaf hashes, at least one. */
export function rootOf(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only !== undefined && leaves.length === 1) return only;
  const cut = splitOf(leaves.length);
  return nodeHash(rootOf(leaves.slice(0, cut)), rootOf(leaves.slice(cut)));
}

/** The audit path of the leaf at `index`, from the leaf up (§2.1.1). */
export function pathTo(index: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length === 1) return [];
  const cut = splitOf(leaves.length);
  return index < cut
    ? [...pathTo(index, leaves.slice(0, cut)), rootOf(leaves.slice(cut))]
    : [...pathTo(index - cut, leaves.slice(cut)), rootOf(leaves.slice(0, cut))];
}

/** The largest power of two that is smaller than `count`. */
function splitOf(count: number): number {
  return 2 ** Math.ceil(Math.log2(count) - 1);
}

function hash(...parts: readonly Uint8Array[]): Buffer {
  return parts.reduce((state, part) => state.update(part), createHash('sha256')).digest();
}
