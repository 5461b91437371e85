import { resolve } from 'node:path';
import type { Command } from 'commander';
import { signMeasured } from '../api/sign.ts';
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
import { amount, block, type Line, notCovered, rootDigest, serializationJson } from './describe.ts';
import { defaultSignaturePath, lookAtModel } from './files.ts';
import { addTokenOptions, KEYLESS_SIGNING_OPTIONS } from './keyless-options.ts';
import { chooseMethod, type MethodOptions, methodOfEach, readOperands } from './method.ts';
import { working } from './progress.ts';
import type { Report, Session } from './session.ts';
import { writeSignatureFile } from './signature-file.ts';
import { checkSignatureTarget } from './signature-target.ts';
import { prepareSigning, type SigningArguments } from './signing.ts';
import { addTrustOptions } from './trust-options.ts';
import { clearUnfinished } from './unfinished.ts';
import { collect, once, parseWebUrl } from './values.ts';

interface SignArguments extends ScopeArguments, HashArguments, JobsArguments, SigningArguments {
  readonly signature?: string;
  readonly force?: boolean;
}

const OPTIONS_OF: MethodOptions = {
  'private-key': ['key', 'certificate'],
  password: ['key', 'certificate'],
  'signing-certificate': ['certificate'],
  'certificate-chain': ['certificate'],
  'tsa-url': ['key', 'certificate'],
  'tsa-policy': ['key', 'certificate'],
  ...methodOfEach(KEYLESS_SIGNING_OPTIONS, 'sigstore'),
  'service-timeout': ['key', 'certificate', 'sigstore'],
};

const EXAMPLES = `
The method follows from the options: --private-key alone is a bare key, with
--signing-certificate it is a certificate, without both it is keyless (sigstore): the identity that
you log in with, or that your CI system has, is certified for this one signature, which goes to a
public log together with the identity.

Examples:
  oms sign ./model
  oms sign ./model --identity-token-file token.jwt --trust-config our-sigstore.json

  openssl ecparam -name prime256v1 -genkey -noout -out key.pem
  oms sign ./model --private-key key.pem

  oms sign ./model --private-key key.pem \\
      --signing-certificate cert.pem --certificate-chain ca.pem \\
      --tsa-url https://tsa.example.com/tsr

The signature goes to model.sig inside a directory, or to FILE.sig beside a single file.
`;

export function addSignCommand(program: Command): Command {
  const command = program
    .command('sign')
    .usage('[key|certificate|sigstore] MODEL [options]')
    .argument('[operands...]')
    .summary('sign a model')
    .description('Sign a model: a directory, or a single file.')
    .optionsGroup('Who signs:')
    .option('--private-key <file>', 'ECDSA key (P-256, P-384, P-521): PEM, PKCS #8 or SEC 1', once)
    .option(
      '--password <password>',
      'of an encrypted key; better in OMS_PASSWORD, or asked for on a terminal',
    )
    .option('--signing-certificate <file>', 'certificate for the key (PEM)', once)
    .option('--certificate-chain <file>', 'certificates up to the root (PEM, repeatable)', collect)
    .option('--tsa-url <url>', 'has this authority say when it was signed (RFC 3161)', parseWebUrl)
    .option('--tsa-policy <oid>', 'the policy that the authority shall follow', once);
  addTrustOptions(addTokenOptions(command), true)
    .optionsGroup('Where the signature goes:')
    .option('--signature <file>', 'default: MODEL/model.sig, or MODEL.sig for a single file', once)
    .option('--force', 'replace what is there, even if it is not a signature');
  addScopeOptions(command);
  addHashOptions(command);
  addJobsOption(command);
  return addCommonOptions(command).addHelpText('after', EXAMPLES);
}

export async function runSign(
  operands: readonly string[],
  given: SignArguments,
  named: readonly string[],
  session: Session,
): Promise<Report> {
  const { word, model: path } = readOperands(operands);
  const method = chooseMethod(word, named, OPTIONS_OF, 'sigstore');
  const model = joinable(path);
  const scope = scopeOf(model, given);
  lookAtModel(model);
  const signature = joinable(given.signature ?? defaultSignaturePath(model));
  const force = given.force === true;
  const seen = checkSignatureTarget(signature, model, force);
  clearUnfinished(signature, model);
  const signing = await prepareSigning(method, given, session);
  warnOfSlowHash(given.hash, session, given);

  const { manifest, seal, files, bytes, ignored } = await working(
    session,
    given,
    given.shardSize,
    async (options, onWait) => {
      const signed = await signMeasured(model, signing.makeSigner({ ...options, onWait }), {
        ...scope,
        ...hashOptionsOf(given),
        signaturePath: signature,
        ...options,
      });
      // A signal now must not leave a part of it behind.
      const { signal } = options;
      await writeSignatureFile(signature, model, signed.bundle, { force, seen, signal });
      return signed;
    },
  );

  const signatory = signing.signatory(seal);
  const lines: readonly Line[] = [
    ['Model', resolve(model)],
    ['Content', amount(files, bytes)],
    ['Root digest', rootDigest(manifest)],
    ...signatory.lines,
    ['Signature', resolve(signature)],
  ];
  return {
    command: 'sign',
    exitCode: 0,
    json: {
      signing: {
        model: resolve(model),
        name: manifest.name,
        signature: resolve(signature),
        files,
        bytes,
        rootDigest: rootDigest(manifest),
        serialization: serializationJson(manifest.serialization),
        signer: signatory.json,
        ...(signatory.trust === undefined ? {} : { trust: signatory.trust }),
        notCovered: { ignored },
      },
    },
    text: [...block('Signed.', lines), ...notCovered(ignored, [], given.verbose)],
  };
}
