import { OmsError } from '../errors.ts';
import {
  DEFAULT_SHARD_SIZE,
  DIGEST_BYTES,
  type HashAlgorithm,
  type Serialization,
} from '../format/manifest.ts';
import { MAX_IGNORE_PATHS } from '../format/limits.ts';
import type { HashOptions } from '../hashing/pool.ts';
import { GIT_PATHS, mergeIgnorePaths, normaliseIgnorePath } from '../model/ignore.ts';
import { nameInModel } from '../model/location.ts';
import { flawInName } from '../model/names.ts';
import { quoted } from '../printable.ts';
import { checkMembers } from '../verifiers/members.ts';

/** Which files count, for signing and for verifying. */
export interface ScopeOptions {
  /**
   * Paths to leave out, relative to the model root, with `/` between components; a directory stands
   * for all below it. Exact names, no patterns (§6.2.1).
   */
  readonly ignorePaths?: readonly string[];
  /** Leave out `.git`, `.gitattributes`, `.github` and `.gitignore` at the top level (§6.2). */
  readonly ignoreGitPaths?: boolean;
  /**
   * Path of the signature file, absolute or relative to the working directory. If it lies inside
   * the model it is not part of it.
   */
  readonly signaturePath?: string;
  /**
   * Read symbolic links to files inside the model in place of their targets (§6.1.1). When
   * verifying, links are read only if the signer allowed them too.
   */
  readonly allowSymlinks?: boolean;
}

/** How a model becomes a manifest. */
export interface SerializationOptions extends ScopeOptions {
  /** Algorithm of the file digests; SHA-256 by default, which every verifier knows. */
  readonly hashAlgorithm?: HashAlgorithm;
  /**
   * One digest for every so many bytes instead of one for every file. `true` means 1,000,000,000.
   * The reference implementation cannot verify bundles made so.
   */
  readonly shardSize?: number | true;
}

export interface DigestOptions extends SerializationOptions, HashOptions {}
export interface SignOptions extends SerializationOptions, HashOptions {}

export interface VerifyOptions extends ScopeOptions, HashOptions {
  /** Accept files that were not signed, and list them in the result (§8.5). */
  readonly ignoreUnsignedFiles?: boolean;
  /** Refuse a model with anything in it that is not signed, be it under an ignored path. */
  readonly forbidIgnoredFiles?: boolean;
}

/**
 * An empty path would mean the working directory: more likely it is a variable that is not set.
 *
 * @throws {OmsError} `USAGE`
 */
export function checkModelPath(model: unknown): void {
  checkPath(model, 'the model', 'the path of a file or directory');
}

function checkPath(path: unknown, what: string, expected: string): void {
  if (typeof path === 'string' && path !== '' && !path.includes('\0')) return;
  throw new OmsError('USAGE', `the path of ${what} is not usable`, {
    expected,
    found: typeof path === 'string' ? quoted(path) : typeof path,
  });
}

const FLAGS = [
  'ignoreGitPaths',
  'allowSymlinks',
  'ignoreUnsignedFiles',
  'forbidIgnoredFiles',
] as const satisfies readonly (keyof VerifyOptions)[];

const VERIFY_MEMBERS = [
  ...FLAGS,
  'ignorePaths',
  'signaturePath',
  'jobs',
  'signal',
  'onProgress',
  'useCallingThread',
] as const satisfies readonly (keyof VerifyOptions)[];

/**
 * A wish with a typing error, or in another form such as `'true'`, must not pass for no wish.
 *
 * @throws {OmsError} `USAGE`
 */
export function checkVerifyOptions(options: VerifyOptions): void {
  checkMembers(options, VERIFY_MEMBERS, 'the options');
  for (const name of FLAGS) {
    const value: unknown = options[name];
    if (value === undefined || typeof value === 'boolean') continue;
    throw new OmsError('USAGE', `the option ${name} must be true or false`, {
      found: typeof value,
    });
  }
  checkJobs(options);
  if (options.ignoreUnsignedFiles === true && options.forbidIgnoredFiles === true) {
    throw new OmsError('USAGE', 'unsigned files cannot be both ignored and forbidden');
  }
}

/**
 * @param model its path, if it has one.
 * @throws {OmsError} `USAGE`
 */
export function serializationOf(
  model: string | undefined,
  options: SerializationOptions,
): Serialization {
  const { hashAlgorithm = 'sha256', shardSize, allowSymlinks = false } = options;
  if (!Object.hasOwn(DIGEST_BYTES, hashAlgorithm)) {
    throw new OmsError('USAGE', 'the hash algorithm is not known', {
      expected: Object.keys(DIGEST_BYTES).join(', '),
      found: hashAlgorithm,
    });
  }
  const bytes = shardSize === true ? DEFAULT_SHARD_SIZE : shardSize;
  if (bytes !== undefined && !(Number.isSafeInteger(bytes) && bytes > 0)) {
    throw new OmsError('USAGE', 'the shard size is not usable', {
      expected: 'a positive whole number of bytes',
      found: String(bytes),
    });
  }
  const signature = signatureNameIn(model, options.signaturePath);
  const recorded = signature === undefined || hasPattern(signature) ? [] : [signature];
  return {
    hashAlgorithm,
    shardSize: bytes,
    allowSymlinks,
    ignorePaths: mergeIgnorePaths(ignorePathsOf(options).map(withoutPattern), recorded),
  };
}

/** What the caller leaves out, checked: unlike a bundle's, a path outside is the caller's error. */
export function ignorePathsOf({
  ignorePaths = [],
  ignoreGitPaths = true,
}: ScopeOptions): readonly string[] {
  if (!Array.isArray(ignorePaths)) {
    throw new OmsError('USAGE', 'the ignored paths are not usable', {
      expected: 'an array of paths',
      found: typeof ignorePaths,
    });
  }
  if (ignorePaths.length > MAX_IGNORE_PATHS) {
    throw new OmsError('USAGE', 'there are too many ignored paths', {
      expected: `at most ${MAX_IGNORE_PATHS}`,
      found: String(ignorePaths.length),
      hint: 'ignore the directories that they are in',
    });
  }
  const own = ignorePaths.map((path: unknown) => {
    const name = typeof path === 'string' ? normaliseIgnorePath(path) : undefined;
    if (name?.kind === 'inside' && flawInName(name.name) === undefined) return name.name;
    throw new OmsError('USAGE', 'an ignored path is not inside the model', {
      expected: 'a path below the model root',
      found: typeof path === 'string' ? quoted(path) : typeof path,
    });
  });
  return mergeIgnorePaths(own, ignoreGitPaths ? GIT_PATHS : []);
}

/** §6.2.1: what a signer records holds no pattern characters, so that nobody takes it for one. */
function withoutPattern(path: string): string {
  if (!hasPattern(path)) return path;
  throw new OmsError('USAGE', 'an ignored path cannot be recorded in a signature', {
    expected: 'a path without *, ? and [',
    found: quoted(path),
    hint: 'name the directory it is in, or rename it',
  });
}

function hasPattern(path: string): boolean {
  return /[*?[]/.test(path);
}

/** @throws {OmsError} `USAGE` */
export function signatureNameIn(
  model: string | undefined,
  path: string | undefined,
): string | undefined {
  if (path === undefined) return undefined;
  checkPath(path, 'the signature', 'the path of a file');
  return model === undefined ? undefined : nameInModel(model, path);
}

/** @throws {OmsError} `USAGE` */
export function checkJobs({ jobs }: HashOptions): void {
  if (jobs !== undefined && !(Number.isSafeInteger(jobs) && jobs > 0)) {
    throw new OmsError('USAGE', 'the number of hashing threads is not usable', {
      expected: 'a positive whole number',
      found: String(jobs),
    });
  }
}
