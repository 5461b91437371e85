import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { ScopeOptions, SerializationOptions } from '../api/options.ts';
import { OmsError } from '../errors.ts';
import type { HashAlgorithm } from '../format/manifest.ts';
import { isBlake3Native } from '../hashing/algorithms.ts';
import type { HashOptions } from '../hashing/pool.ts';
import { nameInModel } from '../model/location.ts';
import { quoted } from '../printable.ts';
import { type CommonOptions, type Session, say } from './session.ts';
import { collect, HASH_ALGORITHMS, parseBytes, parseCount, parseLogLevel } from './values.ts';

/** Options that choose which files count. */
export interface ScopeArguments {
  readonly ignorePaths?: readonly string[];
  readonly ignoreGitPaths?: boolean;
  readonly allowSymlinks?: boolean;
}

/** Options that choose how files are hashed. */
export interface HashArguments {
  readonly hash: HashAlgorithm;
  readonly shardSize?: number;
}

export interface JobsArguments {
  readonly jobs?: number;
}

export function addScopeOptions(command: Command): Command {
  return command
    .optionsGroup('Which files count:')
    .option(
      '--ignore-paths <path>',
      'leave out a file or directory of the model (repeatable)',
      collect,
    )
    .option('--ignore-git-paths', 'leave out .git, .gitattributes, .github, .gitignore (default)')
    .option('--no-ignore-git-paths', 'count them like any other')
    .option('--allow-symlinks', 'read links to files inside the model in place of their targets');
}

export function addHashOptions(command: Command): Command {
  return command
    .optionsGroup('How files are hashed:')
    .addOption(
      new Option('--hash <algorithm>', 'algorithm of the file digests')
        .choices(HASH_ALGORITHMS)
        .default('sha256'),
    )
    .option(
      '--shard-size <size>',
      'one digest for every so many bytes: 1000000000, 1GB, 512MiB',
      parseBytes,
    );
}

export function addJobsOption(command: Command): Command {
  return command.option(
    '--jobs <number>',
    'hashing threads (default: one a processor)',
    parseCount,
  );
}

export function addCommonOptions(command: Command): Command {
  return command
    .optionsGroup('Output:')
    .option('--json', 'print one JSON object on standard output, also on failure')
    .option('--quiet', 'print nothing on success')
    .option('--verbose', 'list all paths')
    .addOption(logLevelOption())
    .optionsGroup('Other:')
    .helpOption('-h, --help', 'show this help');
}

export function logLevelOption(): Option {
  return new Option(
    '--log-level <level>',
    'DEBUG adds stack traces; WARNING, ERROR and CRITICAL are like --quiet (INFO)',
  ).argParser(parseLogLevel);
}

/**
 * Translates `--ignore-paths`, which are the user's paths, absolute or relative to the working
 * directory, into names in the model.
 *
 * @throws {OmsError} `USAGE` for a path outside the model.
 */
export function scopeOf(model: string, given: ScopeArguments): ScopeOptions {
  const ignorePaths = (given.ignorePaths ?? []).map((path) => {
    const name = nameInModel(model, path);
    if (name !== undefined) return name;
    throw new OmsError('USAGE', 'an ignored path is not inside the model', {
      expected: `a path below ${quoted(resolve(model))}`,
      found: quoted(resolve(path)),
      ...hintForIgnored(model, path),
    });
  });
  return {
    ignorePaths,
    ignoreGitPaths: given.ignoreGitPaths !== false,
    allowSymlinks: given.allowSymlinks === true,
  };
}

/** As the library takes them: what was not given is not there. */
export function hashOptionsOf({
  hash,
  shardSize,
  jobs,
}: HashArguments & JobsArguments): SerializationOptions & HashOptions {
  return {
    hashAlgorithm: hash,
    ...(shardSize === undefined ? {} : { shardSize }),
    ...(jobs === undefined ? {} : { jobs }),
  };
}

/** Most often the path was meant to be relative to the model. */
function hintForIgnored(model: string, path: string): { hint?: string } {
  if (isAbsolute(path)) return {};
  const meant = join(model, path);
  const isMeant = nameInModel(model, meant) !== undefined && existsSync(meant);
  const question = isMeant ? `: did you mean ${quoted(meant)}?` : '';
  return { hint: `paths are relative to the working directory${question}` };
}

/** Says once that BLAKE3 will be slow where its native module is missing. */
export function warnOfSlowHash(
  algorithm: HashAlgorithm,
  session: Session,
  { json, quiet }: CommonOptions,
): void {
  if (algorithm !== 'blake3' || isBlake3Native() || json === true || quiet === true) return;
  say(session, [
    'Note: @napi-rs/blake-hash has no build for this platform, so BLAKE3 is computed in ' +
      'JavaScript, about a hundred times slower.',
  ]);
}
