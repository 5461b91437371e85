import { resolve } from 'node:path';
import type { Command } from 'commander';
import { measureModel } from '../api/digest.ts';
import { OmsError } from '../errors.ts';
import { joinable } from '../model/location.ts';
import {
  addCommonOptions,
  addHashOptions,
  addJobsOption,
  addScopeOptions,
  type HashArguments,
  hashOptionsOf,
  type JobsArguments,
  type ScopeArguments,
  scopeOf,
  warnOfSlowHash,
} from './common.ts';
import { notCovered, rootDigest, serializationJson } from './describe.ts';
import { defaultSignaturePath } from './files.ts';
import { working } from './progress.ts';
import type { CommonOptions, Report, Session } from './session.ts';
import { once } from './values.ts';

interface DigestArguments extends ScopeArguments, HashArguments, JobsArguments, CommonOptions {
  readonly signature?: string;
}

const EXAMPLES = `
The digest is SHA-256 over the digests of all files, in the order of their names. It is what a
signature's subject holds. It does not hold the names: compare signatures, not digests.
It is the same before and after signing: the signature file is not part of the model.

Example:
  oms digest ./model
`;

export function addDigestCommand(program: Command): Command {
  const command = program
    .command('digest')
    .usage('MODEL [options]')
    .argument('[model...]')
    .summary('print the root digest of a model')
    .description('Print the root digest of a model, as sha256:….')
    .optionsGroup('Where the signature is:')
    .option('--signature <file>', 'left out (default: MODEL/model.sig)', once);
  addScopeOptions(command);
  addHashOptions(command);
  addJobsOption(command);
  return addCommonOptions(command).addHelpText('after', EXAMPLES);
}

export async function runDigest(
  [path, ...rest]: readonly string[],
  given: DigestArguments,
  session: Session,
): Promise<Report> {
  if (path === undefined || path === '' || rest.length > 0) {
    throw new OmsError('USAGE', 'digest takes the path of one model');
  }
  warnOfSlowHash(given.hash, session, given);
  const model = joinable(path);
  const scope = scopeOf(model, given);
  const { manifest, files, bytes, ignored } = await working(
    session,
    given,
    given.shardSize,
    (options) =>
      measureModel(model, {
        ...scope,
        ...hashOptionsOf(given),
        signaturePath: given.signature ?? defaultSignaturePath(model),
        ...options,
      }),
  );
  return {
    command: 'digest',
    exitCode: 0,
    json: {
      digest: {
        model: resolve(model),
        name: manifest.name,
        files,
        bytes,
        rootDigest: rootDigest(manifest),
        serialization: serializationJson(manifest.serialization),
        notCovered: { ignored },
      },
    },
    text: [rootDigest(manifest)],
    notes: notCovered(ignored, [], given.verbose),
  };
}
