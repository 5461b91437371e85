import { join } from 'node:path';
import type { Run } from './command.ts';
import type { Credentials } from './credentials.ts';
import type { Model } from './model.ts';

/** One signature over one model, in a directory of its own. */
export interface Job {
  readonly directory: string;
  readonly model: Model;
  /** Path of the model. */
  readonly path: string;
  /** Path of the signature file. */
  readonly signature: string;
  readonly credentials: Credentials;
}

/** Why a verifier is to refuse. */
export type Reason = 'content' | 'link' | 'stranger' | 'forgery';

export interface VerifyOptions {
  readonly trust: 'owner' | 'stranger';
  /** Leaves `--allow_symlinks` or `--ignore_unsigned_files` out, where the model asks for them. */
  readonly bare?: boolean;
}

/** A program that signs and verifies. */
export interface Tool {
  readonly name: string;
  sign(job: Job): Promise<Run>;
  verify(job: Job, options: VerifyOptions): Promise<Run>;
  /** The exit code of a refusal; any but 0 if undefined. */
  readonly refusalCode: number | undefined;
  /** What it says when it refuses. */
  readonly refusals: Readonly<Record<Reason, RegExp>>;
}

export function makeJob(
  directory: string,
  model: Model,
  credentials: Credentials,
  name = 'model',
): Job {
  const path = join(directory, name);
  const signature = model.signatureInside === true ? join(path, 'model.sig') : `${path}.sig`;
  return { directory, model, path, signature, credentials };
}

/** The words for signing. Both command lines take the same: those of the reference. */
export function signWords({ model, path, signature, credentials }: Job): string[] {
  return [
    'sign',
    credentials.method,
    path,
    ...credentials.sign,
    '--signature',
    signature,
    ...scopeWords(model),
    ...(model.ignored ?? []).flatMap((name) => ['--ignore-paths', join(path, name)]),
  ];
}

/** The words for verifying. What was ignored is not repeated: the bundle says it. */
export function verifyWords(
  { model, path, signature, credentials }: Job,
  { trust, bare = false }: VerifyOptions,
): string[] {
  return [
    'verify',
    credentials.method,
    path,
    ...(trust === 'owner' ? credentials.trust : credentials.stranger),
    '--signature',
    signature,
    ...(bare ? [] : scopeWords(model)),
    ...(model.withUnsigned === true && !bare ? ['--ignore_unsigned_files'] : []),
  ];
}

export function scopeWords({ links, withGit }: Model): string[] {
  return [
    ...(links === undefined ? [] : ['--allow_symlinks']),
    ...(withGit === true ? ['--no-ignore-git-paths'] : []),
  ];
}
