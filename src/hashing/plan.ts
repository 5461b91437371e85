import { lstatSync } from 'node:fs';
import { OmsError, reasonOf } from '../errors.ts';
import { MAX_RESOURCES } from '../format/limits.ts';
import { type ModelFile, pathOf } from '../model/tree.ts';
import { quoted } from '../printable.ts';
import type { FileState } from './job.ts';

/** What is to be hashed of a model: its files, each as a whole or in shards. */
export interface Plan {
  /** Absolute path of the model. */
  readonly root: string;
  readonly files: readonly ModelFile[];
  /** How the files are cut, or `undefined` for one digest a file (§6.3.1). */
  readonly shards: Shards | undefined;
  /** How many digests there will be. */
  readonly count: number;
  /** Files of zero bytes, which shards cannot describe (§6.3.2). Always empty without shards. */
  readonly emptyFiles: readonly string[];
  /** Files that have not the size that was expected, with theirs. They are not hashed. */
  readonly resized: ReadonlyMap<string, number>;
}

/** §6.3.2: one digest for every so many bytes of a file, the last for the rest. */
export interface Shards {
  /** Bytes of a shard. */
  readonly size: number;
  /** The files as they were when their shards were counted, in the order of the files. */
  readonly states: readonly FileState[];
}

/** One digest a file (§6.3.1). */
export function planFiles(root: string, files: readonly ModelFile[]): Plan {
  checkCount(files.length);
  return {
    root,
    files,
    shards: undefined,
    count: files.length,
    emptyFiles: [],
    resized: new Map(),
  };
}

/**
 * One digest a byte range of `size` bytes (§6.3.2). Sizes come from the file system now.
 *
 * @param expected sizes in bytes that a manifest asks for. A file of another size is set aside: it
 *   differs already, and hashing what somebody made of it could take for ever.
 */
export function planShards(
  root: string,
  all: readonly ModelFile[],
  size: number,
  expected: ReadonlyMap<string, number> = new Map(),
): Plan {
  const files: ModelFile[] = [];
  const states: FileState[] = [];
  const emptyFiles: string[] = [];
  const resized = new Map<string, number>();
  let count = 0;
  for (const file of all) {
    const state = stateOf(file.name, pathOf(root, file));
    if (state.size !== (expected.get(file.name) ?? state.size)) {
      resized.set(file.name, state.size);
      continue;
    }
    if (state.size === 0) emptyFiles.push(file.name);
    count += shardCount(state.size, size);
    checkCount(count);
    files.push(file);
    states.push(state);
  }
  return { root, files, shards: { size, states }, count, emptyFiles, resized };
}

/** How many shards a file has. */
export function shardCount(fileSize: number, shardSize: number): number {
  return Math.ceil(fileSize / shardSize);
}

function checkCount(resources: number): void {
  if (resources <= MAX_RESOURCES) return;
  throw new OmsError('USAGE', 'the model has too many files or shards', {
    expected: `at most ${MAX_RESOURCES}`,
    found: String(resources),
    hint: 'use larger shards, or sign the parts of the model each by itself',
  });
}

function stateOf(name: string, path: string): FileState {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = lstatSync(path);
    return { dev, ino, size, mtimeMs, ctimeMs };
  } catch (cause) {
    const found = reasonOf(cause);
    throw new OmsError('FILE_UNREADABLE', `the file ${quoted(name)} cannot be read`, {
      found,
      cause,
    });
  }
}
