import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Updater } from 'tuf-js';
import { TRUST_LIMITS } from '../format/limits.ts';
import {
  filesFrom,
  METADATA,
  type RepositoryCopy,
  type RepositoryFiles,
  TARGETS,
  type TargetName,
  toCopy,
  versionOf,
} from './copy.ts';
import type { Downloads } from './download.ts';

/** Bytes that one file of metadata may have; those of the public instance need a tenth at most. */
const METADATA_LIMITS = {
  rootMaxLength: 512 * 1024,
  timestampMaxLength: 16 * 1024,
  snapshotMaxLength: 2 ** 20,
  targetsMaxLength: 2 ** 20,
};

/** New roots that are taken in one go; the public instance has a handful a year. */
const MAX_ROTATIONS = 64;

/** Loaded when a repository is asked. */
const require = createRequire(import.meta.url);
function tuf(): typeof import('tuf-js') {
  return require('tuf-js') as typeof import('tuf-js');
}

/**
 * Asks a TUF repository what is new (TUF specification §5), starting from a root that is trusted.
 * Works on files of its own, as `tuf-js` does not replace its files as a whole.
 *
 * @param roots where to start: the first one that is not damaged. An expired one will do (§5.3).
 * @param known an earlier copy, so that an older answer than that is noticed.
 * @throws the reason, of any class.
 */
export async function refresh(
  repository: string,
  roots: readonly Uint8Array[],
  known: RepositoryFiles | undefined,
  downloads: Downloads,
): Promise<RepositoryCopy> {
  const directory = mkdtempSync(join(tmpdir(), 'oms-trust-'));
  try {
    mkdirSync(join(directory, 'targets'));
    for (const name of known === undefined ? [] : [...METADATA, ...TARGETS]) {
      writeFileSync(pathOf(directory, name), known?.[name] ?? '');
    }
    const root = firstUsable(roots, directory);
    const rotations = await newRoots(repository, versionOf(root), downloads);
    const updater = openUpdater(directory, repository, {
      fetcher: fetcherOf(downloads, rotations, directory),
      config: { ...METADATA_LIMITS, maxRootRotations: rotations.size },
    });
    await updater.refresh();
    for (const name of TARGETS) await fetchTarget(updater, name, directory);
    return toCopy(filesFrom((name) => readFileSync(pathOf(directory, name))));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

type UpdaterOptions = ConstructorParameters<typeof Updater>[0];

function openUpdater(
  directory: string,
  repository: string,
  options: Pick<UpdaterOptions, 'fetcher' | 'config'>,
): Updater {
  return new (tuf().Updater)({
    metadataDir: directory,
    metadataBaseUrl: repository,
    targetDir: join(directory, 'targets'),
    targetBaseUrl: `${repository}/targets`,
    ...options,
  });
}

/** Leaves that root in the directory. An updater checks whether it is signed by itself. */
function firstUsable(roots: readonly Uint8Array[], directory: string): Uint8Array {
  let flaw: unknown;
  for (const root of roots) {
    try {
      writeFileSync(pathOf(directory, 'root.json'), root);
      openUpdater(directory, '', {});
      return root;
    } catch (error) {
      flaw = error;
    }
  }
  throw flaw;
}

/**
 * Roots that follow a version, not verified. They are asked for ahead, since the updater takes the
 * end of their list only from an error of a class that its package does not export.
 */
async function newRoots(
  repository: string,
  version: number,
  downloads: Downloads,
): Promise<ReadonlyMap<string, Buffer>> {
  const roots = new Map<string, Buffer>();
  while (roots.size < MAX_ROTATIONS) {
    const url = `${repository}/${version + roots.size + 1}.root.json`;
    const bytes = await downloads.get(url, METADATA_LIMITS.rootMaxLength);
    if (bytes === undefined) break;
    roots.set(url, bytes);
  }
  return roots;
}

type Fetcher = NonNullable<UpdaterOptions['fetcher']>;

function fetcherOf(
  downloads: Downloads,
  roots: ReadonlyMap<string, Buffer>,
  directory: string,
): Fetcher {
  const downloadBytes = async (url: string, limit: number): Promise<Buffer> =>
    roots.get(url) ?? (await downloads.need(url, limit));
  return {
    downloadBytes,
    async downloadFile(url, limit, handle) {
      const path = join(directory, 'download');
      writeFileSync(path, await downloadBytes(url, limit));
      return handle(path);
    },
  };
}

async function fetchTarget(updater: Updater, name: TargetName, directory: string): Promise<void> {
  const target = await updater.getTargetInfo(name);
  if (target === undefined) throw new Error(`the repository has no target ${name}`);
  if (target.length > TRUST_LIMITS.bytes) throw new Error(`the target ${name} is too large`);
  const path = pathOf(directory, name);
  if ((await updater.findCachedTarget(target, path)) === undefined) {
    await updater.downloadTarget(target, path);
  }
}

function pathOf(directory: string, name: keyof RepositoryFiles): string {
  const isTarget = TARGETS.some((target) => target === name);
  return isTarget ? join(directory, 'targets', name) : join(directory, name);
}
