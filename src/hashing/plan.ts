import { lstatSync } from 'node:fs';
import { OmsError, reasonOf } from '../errors.ts';
import { type Resource, shardName } from '../format/manifest.ts';
import type { ModelFile } from '../model/directory.ts';
import { quoted } from '../printable.ts';
import type { FileState, HashJob } from './job.ts';

/** The digests to compute for a model: one job a resource, in the same order. */
export interface Plan {
  readonly jobs: readonly HashJob[];
  readonly resources: readonly Omit<Resource, 'digest'>[];
  /** Files of zero bytes, which shards cannot describe (§6.3.2). Always empty without shards. */
  readonly emptyFiles: readonly string[];
}

/** One job a file (§6.3.1). */
export function planFiles(files: readonly ModelFile[]): Plan {
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
  };
}

/** One job a byte range of `shardSize` bytes (§6.3.2). Sizes come from the file system now. */
export function planShards(files: readonly ModelFile[], shardSize: number): Plan {
  const jobs: HashJob[] = [];
  const resources: Omit<Resource, 'digest'>[] = [];
  const emptyFiles: string[] = [];
  for (const { name, path } of files) {
    const state = stateOf(name, path);
    if (state.size === 0) emptyFiles.push(name);
    if (resources.length + state.size / shardSize > MAX_SHARDS) {
      throw new OmsError('USAGE', 'the model has too many shards', {
        expected: `at most ${MAX_SHARDS}`,
        found: `more, with ${shardSize} bytes each`,
        hint: 'use larger shards',
      });
    }
    for (let start = 0; start < state.size; start += shardSize) {
      const end = Math.min(start + shardSize, state.size);
      jobs.push({ name, path, start, end, state });
      resources.push({ name: shardName(name, start, end), path: name, start, end });
    }
  }
  return { jobs, resources, emptyFiles };
}

/** As many resources as a statement may hold; a tiny shard size must not fill the memory. */
const MAX_SHARDS = 4_000_000;

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
