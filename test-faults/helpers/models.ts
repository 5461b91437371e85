import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pseudoRandom } from '../../test/helpers/hashing.ts';
import { writeFiles } from '../../test/helpers/model.ts';

/**
 * What is signed: `small` is hashed by the main thread alone, in one read and in several; `large`
 * always calls worker threads, and `many`, whose signature is large, where the machine is slow.
 */
export const MODELS = ['small', 'large', 'many'] as const;
export type ModelKind = (typeof MODELS)[number];

export const MIB = 2 ** 20;

/** Bytes of a large file, of which two are enough to call worker threads. */
export const LARGE_BYTES = 18 * MIB;

/** Read in three pieces, the last of which is not full. */
export const WEIGHTS_BYTES = 700_000;

export function writeModel(kind: ModelKind, path: string): void {
  mkdirSync(path, { recursive: true });
  writeFiles(path, {
    'config.json': '{"layers": 2}\n',
    'nested/tokenizer.txt': 'a\nb\nc\n',
    'weights.bin': pseudoRandom(WEIGHTS_BYTES),
  });
  if (kind === 'large') {
    writeFileSync(join(path, 'a.bin'), filled(LARGE_BYTES, 1));
    writeFileSync(join(path, 'b.bin'), filled(LARGE_BYTES - 12_345, 2));
  }
  if (kind === 'many') {
    for (let file = 0; file < 1_200; file++) {
      const directory = join(path, `part-${file % 20}`);
      if (file < 20) mkdirSync(directory);
      writeFileSync(join(directory, `${file}.bin`), pseudoRandom(3_000, file));
    }
  }
}

function filled(length: number, seed: number): Buffer {
  return Buffer.alloc(length, pseudoRandom(65_521, seed));
}
