import { lstatSync } from 'node:fs';
import { OmsError, reasonOf } from '../errors.ts';
import { MAX_RESOURCES } from '../format/limits.ts';
import { type Resource, shardName } from '../format/manifest.ts';
import type { ModelFile } from '../model/tree.ts';
import { quoted } from '../printable.ts';
import type { FileState, HashJob } from './job.ts';

/** The digests to compute for a model: one job a resource, in the same order. */
export interface Plan {
  readonly jobs: readonly HashJob[];
  readonly resources: readonly Omit<Resource, 'digest'>[];
  /** Files of zero bytes, which shards cannot describe (§6.3.2). Always empty without shards. */
  readonly emptyFiles: readonly string[];
  /** Files that have not the size that was expected, with theirs. They are not hashed. */
  readonly resized: ReadonlyMap<string, number>;
}

/** One job a file (§6.3.1). */
export function planFiles(files: readonly ModelFile[]): Plan {
  checkCount(files.length);
  return {
    jobs: files.map(({ name, path }) => ({
      name,
      path,
      start: 0,
      end: undefined,
      state: undefined,
    })),
    resources: files.map(({ name }) => ({ name, path: name, start: 0, end: undefined })),
    emptyFiles: [],
    resized: new Map(),
  };
}

/**
 * One job a byte range of `shardSize` bytes (§6.3.2). Sizes come from the file system now.
 *
 * @param expected sizes in bytes that a manifest asks for. A file of another size is set aside: it
 *   differs already, and hashing what somebody made of it could take for ever.
 */
export function planShards(
  files: readonly ModelFile[],
  shardSize: number,
  expected: ReadonlyMap<string, number> = new Map(),
): Plan {
  const jobs: HashJob[] = [];
  const resources: Omit<Resource, 'digest'>[] = [];
  const emptyFiles: string[] = [];
  const resized = new Map<string, number>();
  for (const { name, path } of files) {
    const state = stateOf(name, path);
    if (state.size !== (expected.get(name) ?? state.size)) {
      resized.set(name, state.size);
      continue;
    }
    if (state.size === 0) emptyFiles.push(name);
    checkCount(resources.length + Math.ceil(state.size / shardSize));
    for (let start = 0; start < state.size; start += shardSize) {
      const end = Math.min(start + shardSize, state.size);
      jobs.push({ name, path, start, end, state });
      resources.push({ name: shardName(name, start, end), path: name, start, end });
    }
  }
  return { jobs, resources, emptyFiles, resized };
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
    return lstatSync(path);
  } catch (cause) {
    const found = reasonOf(cause);
    throw new OmsError('FILE_UNREADABLE', `the file ${quoted(name)} cannot be read`, {
      found,
      cause,
    });
  }
}
