import type { Bundle } from '../../src/format/bundle.ts';
import { MATERIAL, type Path, PROOF, valueAt } from '../helpers/sigstore/edit.ts';
import type { EntryOptions } from '../helpers/sigstore/rekor.ts';
import { signed } from './helpers.ts';

export const VERSIONS = [[1], [2]] as const;

/** The place of all log entries of a bundle, and of the hashes in the proof of the first one. */
export const ENTRIES: Path = [...MATERIAL, 'tlogEntries'];
export const HASHES: Path = [...PROOF, 'hashes'];

/** Good bundles, by the version of the log. Both have a timestamp. */
export const bundles = { 1: signed({ timestamps: [{}] }), 2: signed({ rekor: 2 }) } as const;

/** A bundle like the good one of a version, but for its entries. */
export function withEntry(rekor: 1 | 2, ...entries: readonly EntryOptions[]): Bundle {
  return signed({ rekor, entries, timestamps: [{}] });
}

export function hashesOf(bundle: Bundle): readonly string[] {
  const hashes = valueAt(bundle, HASHES);
  return Array.isArray(hashes) ? hashes.filter((hash) => typeof hash === 'string') : [];
}
