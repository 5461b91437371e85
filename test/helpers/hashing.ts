import { execFileSync } from 'node:child_process';
import { readdirSync, readlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blake2b } from '@noble/hashes/blake2.js';
import { blake3 } from '@noble/hashes/blake3.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { HashAlgorithm } from '../../src/format/manifest.ts';
import { type HashJob, JobRunner } from '../../src/hashing/job.ts';
import type { Plan } from '../../src/hashing/plan.ts';
import { type HashOptions, hashAll } from '../../src/hashing/pool.ts';
import { createQueue } from '../../src/hashing/queue.ts';
import { layOut } from '../../src/hashing/table.ts';
import { createTally } from '../../src/hashing/tally.ts';
import type { SharedMemory } from '../../src/hashing/thread.ts';
import type { ModelFile } from '../../src/model/tree.ts';
import { interfere } from './interfere.ts';
import { temporaryDirectory } from './model.ts';

export const MIB = 2 ** 20;

/** Sizes at which one thing ends and another begins: a block, a buffer, a file of two buffers. */
export const SIZES = [0, 1, 63, 64, 65, 262_143, 262_144, 262_145, 524_288, 1_000_003] as const;

export const ALGORITHMS = ['sha256', 'blake2b', 'blake3'] as const;

const ORACLES = {
  sha256: (data: Uint8Array) => sha256(data),
  blake2b: (data: Uint8Array) => blake2b(data, { dkLen: 64 }),
  blake3: (data: Uint8Array) => blake3(data, { dkLen: 32 }),
} as const satisfies Record<HashAlgorithm, (data: Uint8Array) => Uint8Array>;

/** The digest by other code than that under test. */
export function oracle(algorithm: HashAlgorithm, data: Uint8Array): string {
  return Buffer.from(ORACLES[algorithm](data)).toString('hex');
}

export function pseudoRandom(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => ((index + seed) * 2_654_435_761) >>> 24);
}

/** A file in a directory of its own. It is old: any change to it now shows in its times. */
export function oldFile(content: Uint8Array | string): string {
  const path = join(temporaryDirectory(), 'w');
  writeFileSync(path, content);
  utimesSync(path, 1e9, 1e9);
  return path;
}

/** Makes a file that takes no room on the disk: zeros, and its seed as text at the beginning. */
export function sparseFile(path: string, size: number, seed = ''): void {
  writeFileSync(path, seed);
  truncateSync(path, size);
}

/** Files of a model in a new directory, each with its size; the large ones are sparse. */
export function sparseModel(sizes: readonly number[]): {
  readonly root: string;
  readonly files: readonly ModelFile[];
} {
  const root = temporaryDirectory();
  const files = sizes.map((size, index) => {
    const name = `f${index}`;
    sparseFile(join(root, name), size, `content ${index}`);
    return { name, target: undefined };
  });
  return { root, files };
}

/** Many names for the same small file: what costs an engine time, without what costs a disk time. */
export function manyNames(count: number, content = 'small'): readonly ModelFile[] {
  const target = oldFile(content);
  return Array.from({ length: count }, (_, index) => ({ name: `many/${index}`, target }));
}

export function wholeFile(path: string, name = 'dir/w'): HashJob {
  return { name, path, start: 0, end: undefined, state: undefined };
}

/** Runs a job from its beginning to its end, `limit` bytes at a time. */
export function hashJob(
  runner: JobRunner,
  job: HashJob,
  limit = Number.POSITIVE_INFINITY,
): { readonly digest: string; readonly bytes: number } {
  // No timeout ends a loop on this thread.
  const release = interfere(job.path, { before: 10_000 }, () => {
    throw new Error('the file is read without end');
  });
  try {
    let bytes = 0;
    runner.open(job);
    for (;;) {
      const step = runner.advance(limit);
      bytes += step.bytes;
      if (step.digest !== undefined) return { digest: step.digest, bytes };
      if (step.bytes === 0) throw new Error('a step without progress');
    }
  } finally {
    release();
  }
}

/** All that comes out of a run. */
export async function hashed(
  plan: Plan,
  algorithm: HashAlgorithm = 'sha256',
  options: HashOptions = {},
): Promise<{ readonly digests: readonly string[]; readonly bytes: number }> {
  const all = await hashAll(plan, algorithm, options);
  const digests = Array.from({ length: plan.count }, (_, job) => all.of(job));
  return { digests, bytes: all.bytes };
}

/** As {@link hashJob}, by SHA-256 and with a runner of its own. */
export function hashAlone(job: HashJob): string {
  return hashJob(new JobRunner('sha256'), job).digest;
}

/** What the threads of a run share. There is room for the calling thread and 8 others. */
export function shared(plan: Plan, algorithm: HashAlgorithm = 'sha256'): SharedMemory {
  return {
    table: layOut(plan, algorithm),
    queue: createQueue(plan.count),
    tally: createTally(9),
  };
}

/**
 * Digests a model that is worth several threads, in a process with these flags, after some code.
 * Returns what came out.
 */
export function digestInProcess(flags: readonly string[], before = ''): string {
  const index = JSON.stringify(join(import.meta.dirname, '../../src/index.ts'));
  const script = `
    process.on('unhandledRejection', () => { console.log('unhandled'); process.exit(9); });
    ${before}
    import(${index}).then(async ({ digest }) => {
      try {
        const { resources } = await digest('.', { jobs: 4 });
        console.log(resources.length, 'resources');
      } catch (error) { console.log(error.code); }
    });`;
  const { root } = sparseModel([20 * MIB, 30 * MIB]);
  const options = { cwd: root, encoding: 'utf8' } as const;
  return execFileSync(process.execPath, [...flags, '--eval', script], options).trim();
}

/** The files below a directory that this process has open. Only Linux tells; elsewhere none. */
export function openBelow(directory: string): readonly string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`);
      return path.startsWith(directory) ? [path] : [];
    } catch {
      return [];
    }
  });
}
