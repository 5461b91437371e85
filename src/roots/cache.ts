import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from '../errors.ts';
import { decodeBase64 } from '../format/base64.ts';
import { Fields } from '../format/fields.ts';
import { readJson } from '../format/json.ts';
import { quoted } from '../printable.ts';
import { filesFrom, type RepositoryCopy, type RepositoryFiles, toCopy } from './copy.ts';
import type { InstanceName } from './instance.ts';

/** A copy that an earlier run has kept. */
export interface CachedCopy extends RepositoryCopy {
  /** When the repository was last asked. */
  readonly refreshed: Date;
}

/** What a file of the cache may cost; the public instance needs some 60 kilobytes. */
const LIMITS = { bytes: 8 * 2 ** 20, depth: 3, values: 20, keys: 20 };

const FORMAT = 1;
const CODE = 'TRUST_UNUSABLE';

/**
 * Keeps a copy of a repository in one file, which is replaced as a whole, so that two processes
 * at once cannot tear it. Whoever can write there decides whom the user trusts: a directory or
 * file that others can write to is as good as none. Nothing here fails; a file that cannot be used
 * is made anew.
 */
export class TrustCache {
  readonly #directory: string | undefined;
  readonly #repository: string;
  readonly path: string | undefined;

  /**
   * @param directory `undefined` when nothing is to be kept.
   * @param repository the URL; a copy of another one counts for nothing.
   */
  constructor(directory: string | undefined, instance: InstanceName, repository: string) {
    this.#directory = directory;
    this.#repository = repository;
    this.path = directory === undefined ? undefined : join(directory, `${instance}.json`);
  }

  read(): CachedCopy | undefined {
    if (this.#directory === undefined || this.path === undefined) return undefined;
    try {
      if (!isPrivate(lstatSync(this.#directory), 'directory')) return undefined;
      return this.#parse(readPrivately(this.path));
    } catch {
      return undefined;
    }
  }

  /** @returns why the copy was not kept; nothing if it was, or was not to be. */
  write({ files }: RepositoryCopy, refreshed: Date): string | undefined {
    if (this.#directory === undefined || this.path === undefined) return undefined;
    const aside = `${this.path}.${randomBytes(6).toString('hex')}.new`;
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      if (!isPrivate(lstatSync(this.#directory), 'directory')) {
        return `nothing is kept in ${quoted(this.#directory)}, as others could change it`;
      }
      writeFileSync(aside, this.#serialize(files, refreshed), { flag: 'wx', mode: 0o600 });
      renameSync(aside, this.path);
      return undefined;
    } catch (error) {
      remove(aside);
      return `nothing is kept in ${quoted(this.#directory)}: ${reasonOf(error)}`;
    }
  }

  #parse(bytes: Buffer): CachedCopy {
    const fields = new Fields(readJson(bytes, LIMITS, 'the cache', CODE), '', CODE);
    if (fields.optional('format') !== FORMAT) throw fields.error('format', String(FORMAT));
    fields.constant('repository', this.#repository);
    const refreshed = new Date(fields.string('refreshed'));
    if (Number.isNaN(refreshed.getTime())) throw fields.error('refreshed', 'a time');
    const encoded = fields.object('files');
    const files = filesFrom((name) => decodeBase64(encoded.string(name), name, CODE));
    return { ...toCopy(files), refreshed };
  }

  #serialize(files: RepositoryFiles, refreshed: Date): string {
    return JSON.stringify({
      format: FORMAT,
      repository: this.#repository,
      refreshed: refreshed.toISOString(),
      files: filesFrom((name) => Buffer.from(files[name]).toString('base64')),
    });
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Where nothing can be written there is nothing to remove.
  }
}

/** A link is not followed, and a FIFO not waited for. */
const READING = constants.O_RDONLY | (constants.O_NOFOLLOW || 0) | (constants.O_NONBLOCK || 0);

function readPrivately(path: string): Buffer {
  const descriptor = openSync(path, READING);
  try {
    const stats = fstatSync(descriptor);
    if (!isPrivate(stats, 'file') || stats.size > LIMITS.bytes) throw new Error('not usable');
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Whether only this user can write to it. Windows has no such owners and modes. */
function isPrivate(stats: Stats, kind: 'directory' | 'file'): boolean {
  if (!(kind === 'directory' ? stats.isDirectory() : stats.isFile())) return false;
  return (
    process.geteuid === undefined || (stats.uid === process.geteuid() && !(stats.mode & 0o022))
  );
}
