import { resolve } from 'node:path';
import type { Command } from 'commander';
import { signMeasured } from '../api/sign.ts';
import { OmsError } from '../errors.ts';
import type { Material, Method } from '../format/bundle.ts';
import { certificateSigner } from '../signers/certificate.ts';
import { keySigner } from '../signers/key.ts';
import type { Signer } from '../signers/signer.ts';
import { parseCertificate, summarise } from '../trust/certificate.ts';
import type { SigstoreSignerIdentity } from '../verifiers/sigstore.ts';
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
import {
  amount,
  block,
  iso,
  type Line,
  notCovered,
  rootDigest,
  serializationJson,
  signerJson,
  signerLines,
} from './describe.ts';
import { checkModelExists, defaultSignaturePath, readKeyFile } from './files.ts';
import type { Waiting } from './keyless.ts';
import {
  addTokenOptions,
  KEYLESS_SIGNING_OPTIONS,
  type KeylessArguments,
} from './keyless-options.ts';
import { chooseMethod, type MethodOptions, methodOfEach, readOperands } from './method.ts';
import { findPassword } from './password.ts';
import { working } from './progress.ts';
import { type CommonOptions, isTalkative, type Report, type Session, say } from './session.ts';
import { checkSignatureTarget, writeSignatureFile } from './signature-file.ts';
import type { ChosenTrust } from './trust-choice.ts';
import { addTrustOptions } from './trust-options.ts';
import { collect, once } from './values.ts';

interface SignArguments
  extends ScopeArguments,
    HashArguments,
    JobsArguments,
    KeylessArguments,
    CommonOptions {
  readonly signature?: string;
  readonly force?: boolean;
  readonly privateKey?: string;
  readonly password?: string;
  readonly signingCertificate?: string;
  readonly certificateChain?: readonly string[];
}

const OPTIONS_OF: MethodOptions = {
  'private-key': ['key', 'certificate'],
  password: ['key', 'certificate'],
  'signing-certificate': ['certificate'],
  'certificate-chain': ['certificate'],
  ...methodOfEach(KEYLESS_SIGNING_OPTIONS, 'sigstore'),
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
      --signing-certificate cert.pem --certificate-chain ca.pem

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
    .option('--certificate-chain <file>', 'certificates up to the root (PEM, repeatable)', collect);
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
  const { word, model } = readOperands(operands);
  const method = chooseMethod(word, named, OPTIONS_OF, 'sigstore');
  const scope = scopeOf(model, given);
  checkModelExists(model);
  const signature = given.signature ?? defaultSignaturePath(model);
  const seen = checkSignatureTarget(signature, model, given.force === true);
  const signing = await prepare(method, given, session);
  warnOfSlowHash(given.hash, session, given);

  const { manifest, bundle, material, files, bytes, ignored } = await working(
    session,
    given,
    given.shardSize,
    (options, onWait) =>
      signMeasured(model, signing.makeSigner({ ...options, onWait }), {
        ...scope,
        ...hashOptionsOf(given),
        signaturePath: signature,
        ...options,
      }),
  );
  writeSignatureFile(signature, model, bundle, given.force === true, seen);

  const signatory = signing.signatory(material);
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
        notCovered: { ignored },
      },
    },
    text: [...block('Signed.', lines), ...notCovered(ignored, [], given.verbose)],
  };
}

/** A signer, and how to say whose signature it has made. */
interface Signing {
  readonly makeSigner: (hooks: Waiting) => Signer;
  readonly signatory: (material: Material) => Signatory;
}

async function prepare(
  method: Method | undefined,
  given: SignArguments,
  session: Session,
): Promise<Signing> {
  if (method === 'key' || method === 'certificate') {
    const signer = await makeSigner(method, given, session);
    return { makeSigner: () => signer, signatory: signatoryOf };
  }
  // All that only this method needs is in a file of its own, which the others do not wait for.
  const { prepareKeyless } = await import('./keyless.ts');
  const { makeSigner: make, signedBy, trust } = await prepareKeyless(given, session);
  if (isTalkative(given) && trust.notes.length > 0) say(session, trust.notes);
  return { makeSigner: make, signatory: () => keylessSignatory(signedBy(), trust) };
}

async function makeSigner(
  method: 'key' | 'certificate',
  given: SignArguments,
  session: Session,
): Promise<Signer> {
  const { privateKey, signingCertificate, certificateChain = [] } = given;
  if (privateKey === undefined) {
    throw new OmsError('USAGE', `the method ${method} needs --private-key`);
  }
  const key = readKeyFile(privateKey, 'the private key');
  const password = await findPassword(key, given.password, session);
  const common = { privateKey: key, ...(password === undefined ? {} : { password }) };
  if (method === 'key') return keySigner(common);
  if (signingCertificate === undefined) {
    throw new OmsError('USAGE', 'the method certificate needs --signing-certificate');
  }
  return certificateSigner({
    ...common,
    certificate: readKeyFile(signingCertificate, 'the signing certificate'),
    chain: certificateChain.map((path) => readKeyFile(path, 'the certificate chain')),
  });
}

/** Who signed, by a bundle that was just made and verified by its signer. */
interface Signatory {
  readonly lines: readonly Line[];
  readonly json: Readonly<Record<string, unknown>>;
}

function signatoryOf(material: Material): Signatory {
  if (material.method === 'key') {
    const fingerprint = `sha256:${material.hint ?? ''}`;
    return {
      lines: [['Signed by', `the key ${fingerprint}`]],
      json: { method: material.method, fingerprint },
    };
  }
  const [der] = material.method === 'certificate' ? material.certificates : [material.certificate];
  const leaf = summarise(parseCertificate(der ?? new Uint8Array(), 'the signing certificate'));
  return {
    lines: [
      ['Signed by', `${leaf.subject} (certificate)`],
      ['Issued by', leaf.issuer],
      ['Valid', `${iso(leaf.notBefore)} to ${iso(leaf.notAfter)}`],
    ],
    json: {
      method: material.method,
      certificate: { ...leaf, fingerprint: `sha256:${leaf.fingerprint}` },
    },
  };
}

function keylessSignatory(
  signer: SigstoreSignerIdentity | undefined,
  trust: ChosenTrust,
): Signatory {
  if (signer === undefined) throw new OmsError('INTERNAL', 'the signer did not say who signed');
  return {
    lines: [...signerLines(signer), ['Instance', trust.description]],
    json: { ...signerJson(signer), trust: trust.json },
  };
}
