import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from '../errors.ts';
import { decodeBase64 } from '../format/base64.ts';
import { Fields } from '../format/fields.ts';
import { readJson } from '../format/json.ts';
import { quoted } from '../printable.ts';
import { filesFrom, type RepositoryCopy, type RepositoryFiles, toCopy } from './copy.ts';
import type { InstanceName } from './instance.ts';
import { isPrivate, readPrivately, replacePrivately } from './private-file.ts';

/** A copy that an earlier run has kept. */
export interface CachedCopy extends RepositoryCopy {
  /** When the repository was last asked. */
  readonly refreshed: Date;
  /** SHA-256 of the root from which the repository was followed; in hex. */
  readonly anchor: string;
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
      if (!isPrivateDirectory(this.#directory)) return undefined;
      return this.#parse(readPrivately(this.path, LIMITS.bytes));
    } catch {
      return undefined;
    }
  }

  /** @returns why the copy was not kept; nothing if it was, or was not to be. */
  write({ files, refreshed, anchor }: CachedCopy): string | undefined {
    if (this.#directory === undefined || this.path === undefined) return undefined;
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      if (!isPrivateDirectory(this.#directory)) {
        return `nothing is kept in ${quoted(this.#directory)}, as others could change it`;
      }
      replacePrivately(this.path, this.#serialize(files, refreshed, anchor));
      return undefined;
    } catch (error) {
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
    return { ...toCopy(files), refreshed, anchor: fields.string('anchor') };
  }

  #serialize(files: RepositoryFiles, refreshed: Date, anchor: string): string {
    return JSON.stringify({
      format: FORMAT,
      repository: this.#repository,
      refreshed: refreshed.toISOString(),
      anchor,
      files: filesFrom((name) => Buffer.from(files[name]).toString('base64')),
    });
  }
}

function isPrivateDirectory(path: string): boolean {
  const stats = lstatSync(path);
  return stats.isDirectory() && isPrivate(stats);
}
