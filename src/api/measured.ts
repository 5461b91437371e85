import { OmsError } from '../errors.ts';
import type { Manifest } from '../format/manifest.ts';
import { flawInName } from '../model/names.ts';
import { quoted } from '../printable.ts';

/** A manifest, and how much was hashed for it. */
export interface MeasuredManifest {
  readonly manifest: Manifest;
  /** Regular files in the model. */
  readonly files: number;
  /** Their size in bytes. */
  readonly bytes: number;
  /** Names that are present under an ignored path. */
  readonly ignored: readonly string[];
}

/** @param shown the model in the user's words. */
export function nothingToSign(shown: string, ignored: readonly string[]): OmsError {
  const hidden = ignored.length === 0 ? '' : `, only ${ignored.length} under ignored paths`;
  return new OmsError('MODEL_EMPTY', `the model ${quoted(shown)} holds no file to sign${hidden}`);
}

/**
 * @param shown the model in the user's words.
 * @throws {OmsError} `MODEL_UNSIGNABLE`
 */
export function checkName(name: unknown, shown: unknown): void {
  if (typeof name === 'string' && flawInName(name) === undefined && !name.includes('/')) return;
  throw new OmsError('MODEL_UNSIGNABLE', 'the model has no name that can be signed', {
    expected: 'a directory or file with a name',
    found: typeof shown === 'string' ? quoted(shown) : typeof shown,
  });
}

/** Shards say nothing of an empty file, so it could come or go unseen (§6.3.2). */
export function checkCovered(emptyFiles: readonly string[]): void {
  const [first] = emptyFiles;
  if (first === undefined) return;
  const more = emptyFiles.length === 1 ? '' : ` (and ${emptyFiles.length - 1} more)`;
  throw new OmsError(
    'MODEL_UNSIGNABLE',
    `shards cannot cover the empty file ${quoted(first)}${more}`,
    {
      hint: 'sign without --shard-size, or leave the file out with --ignore-paths',
    },
  );
}
