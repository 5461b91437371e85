import { resolve } from 'node:path';
import type { Command } from 'commander';
import {
  openBundle,
  type SignedManifest,
  type Verification,
  verifyAgainst,
} from '../api/verify.ts';
import { OmsError } from '../errors.ts';
import { parseBundle } from '../format/bundle.ts';
import { joinable } from '../model/location.ts';
import { quoted } from '../printable.ts';
import { loadCertificates, parseCertificate } from '../trust/certificate.ts';
import type { Policy } from '../verifiers/verifier.ts';
import {
  addCommonOptions,
  addJobsOption,
  addScopeOptions,
  type JobsArguments,
  type ScopeArguments,
  scopeOf,
  warnOfSlowHash,
} from './common.ts';
import {
  amount,
  block,
  type Line,
  notCovered,
  rootDigest,
  serializationJson,
  signerJson,
  signerLines,
} from './describe.ts';
import {
  defaultSignaturePath,
  hintForMissingSignature,
  lookAtModel,
  readSignatureFile,
} from './files.ts';
import { addIdentityOptions, IDENTITY_OPTIONS } from './identity-options.ts';
import { chooseMethod, type MethodOptions, methodOfEach, readOperands } from './method.ts';
import { type PolicyArguments, policyOf, type Trusted } from './policy.ts';
import { working } from './progress.ts';
import { isTalkative, type Report, type Session, say } from './session.ts';
import type { ChosenTrust } from './trust-choice.ts';
import { addTrustOptions, TRUST_OPTIONS } from './trust-options.ts';
import { collect, once, onceAs, parseTime } from './values.ts';

interface VerifyArguments extends ScopeArguments, JobsArguments, PolicyArguments {
  readonly signature?: string;
  readonly logFingerprints?: boolean;
  readonly ignoreUnsignedFiles?: boolean;
  readonly forbidIgnoredFiles?: boolean;
}

const OPTIONS_OF: MethodOptions = {
  'public-key': ['key'],
  'certificate-chain': ['certificate'],
  'verification-time': ['certificate'],
  'tsa-certificate-chain': ['key', 'certificate'],
  'require-timestamp': ['key', 'certificate'],
  'log-fingerprints': ['certificate'],
  ...methodOfEach(IDENTITY_OPTIONS, 'sigstore'),
  ...methodOfEach(TRUST_OPTIONS, 'sigstore'),
};

const EXAMPLES = `
The method follows from the options: --public-key, --certificate-chain or --identity. The bundle
must have been signed with the same method.

Examples:
  oms verify ./model --public-key key.pub
  oms verify ./model --certificate-chain our-root.pem
  oms verify ./model --certificate-chain our-root.pem --tsa-certificate-chain tsa-root.pem
  oms verify ./model --identity ada@example.com --identity-provider https://accounts.google.com
  oms verify ./model --identity-provider https://token.actions.githubusercontent.com \\
      --identity https://github.com/acme/model/.github/workflows/release.yml@refs/heads/main
  oms verify ./model --public-key key.pub --json | jq .ok

Exit codes: 0 the model is what was signed; 1 refused: it was checked, and it is not good;
2 wrong usage; 3 it could not be checked.
`;

export function addVerifyCommand(program: Command): Command {
  const command = program
    .command('verify')
    .usage('[key|certificate|sigstore] MODEL [options]')
    .argument('[operands...]')
    .summary('verify a model')
    .description('Verify that a model is what somebody you trust has signed.')
    .optionsGroup('Whom you trust:')
    .option('--public-key <file>', "the signer's public key (PEM)", once)
    .option(
      '--certificate-chain <file>',
      'certificates that you trust: roots, intermediates or the signer (PEM, repeatable)',
      collect,
    )
    .option(
      '--verification-time <time>',
      'judge validity periods at this time instead of now (RFC 3339)',
      onceAs(parseTime),
    )
    .option(
      '--tsa-certificate-chain <file>',
      'timestamp authorities that you trust: with it, a signature is judged when it was made (PEM, repeatable)',
      collect,
    )
    .option('--require-timestamp', 'refuse signatures without a timestamp of these')
    .option('--log-fingerprints', 'print the fingerprints of all certificates involved');
  addTrustOptions(addIdentityOptions(command))
    .optionsGroup('Where the signature is:')
    .option('--signature <file>', 'default: MODEL/model.sig, or MODEL.sig for a single file', once);
  addScopeOptions(command)
    .option('--ignore-unsigned-files', 'accept files that were not signed, and count them')
    .option('--no-ignore-unsigned-files', 'refuse them (default)')
    .option('--forbid-ignored-files', 'refuse unsigned files under ignored paths too');
  command.optionsGroup('How files are hashed:');
  addJobsOption(command);
  return addCommonOptions(command).addHelpText('after', EXAMPLES);
}

export async function runVerify(
  operands: readonly string[],
  given: VerifyArguments,
  named: readonly string[],
  session: Session,
): Promise<Report> {
  const { word, model: path } = readOperands(operands);
  const method = chooseMethod(word, named, OPTIONS_OF, undefined);
  const getPolicy = policyOf(method, given, session);
  const model = joinable(path);
  const scope = scopeOf(model, given);
  const signature = joinable(given.signature ?? defaultSignaturePath(model));
  lookAtModel(model);
  const { signed, trust } = await openSignature(model, signature, getPolicy, given, session);
  const { hashAlgorithm, shardSize } = signed.manifest.serialization;
  warnOfSlowHash(hashAlgorithm, session, given);

  const verification = await working(session, given, shardSize, (options) =>
    verifyAgainst(signed, model, {
      ...scope,
      ignoreUnsignedFiles: given.ignoreUnsignedFiles === true,
      forbidIgnoredFiles: given.forbidIgnoredFiles === true,
      ...(given.jobs === undefined ? {} : { jobs: given.jobs }),
      signaturePath: signature,
      ...options,
    }),
  );
  return report(model, signature, verification, given, trust);
}

/** Says against what a signature was checked that is refused: an old root may be the reason. */
async function naming<T>(
  trust: ChosenTrust | undefined,
  given: VerifyArguments,
  session: Session,
  check: () => Promise<T>,
): Promise<T> {
  try {
    return await check();
  } catch (error) {
    const isRefused = error instanceof OmsError && error.outcome === 'refused';
    if (isRefused && trust?.json['asOf'] !== undefined && isTalkative(given)) {
      say(session, [`Checked against ${trust.description}`]);
    }
    throw error;
  }
}

/** In a function of its own, so that the text of the file is not kept while the model is hashed. */
async function openSignature(
  model: string,
  signature: string,
  getPolicy: () => Promise<Trusted>,
  given: VerifyArguments,
  session: Session,
): Promise<{ readonly signed: SignedManifest; readonly trust: ChosenTrust | undefined }> {
  const bundle = readSignatureFile(signature, () => hintForMissingSignature(model, signature));
  // Only now, since a trust root may have to be asked for.
  const { policy, trust } = await getPolicy();
  if (given.logFingerprints === true) logFingerprints(bundle, policy, session);
  const signed = await naming(trust, given, session, () => openBundle(bundle, policy, {}));
  return { signed, trust };
}

/** Of all certificates in the bundle, whether they turn out to be good or not. */
function logFingerprints(bundle: Buffer, policy: Policy, session: Session): void {
  const { material } = parseBundle(bundle);
  const found = material.method === 'certificate' ? material.certificates : [];
  const certificates = found.map((der, index) => parseCertificate(der, `certificate ${index + 1}`));
  const anchors = policy.method === 'certificate' ? policy.anchors : [];
  const trusted = anchors.flatMap((text) => loadCertificates(text, 'the trusted certificate'));
  say(session, [
    ...certificates.map((one) => `bundle, unverified: sha256:${one.fingerprint} ${one.subject}`),
    ...trusted.map((one) => `trusted: sha256:${one.fingerprint} ${one.subject}`),
  ]);
}

function report(
  model: string,
  signature: string,
  verification: Verification,
  { verbose, identityRegexp }: VerifyArguments,
  trust: ChosenTrust | undefined,
): Report {
  const { manifest, signer, files, bytes, ignored, unsigned } = verification;
  const lines: readonly Line[] = [
    ['Model', resolve(model)],
    ['Content', amount(files, bytes)],
    ['Root digest', rootDigest(manifest)],
    ...signerLines(signer),
    ...(identityRegexp === undefined
      ? []
      : [['Accepted', `whoever has a name that matches ${quoted(identityRegexp)}`] as const]),
    ...(trust === undefined ? [] : [['Trusted', trust.description] as const]),
  ];
  return {
    command: 'verify',
    exitCode: 0,
    json: {
      verification: {
        model: resolve(model),
        name: manifest.name,
        signature: resolve(signature),
        files,
        bytes,
        rootDigest: rootDigest(manifest),
        serialization: serializationJson(manifest.serialization),
        signer: signerJson(signer),
        ...(identityRegexp === undefined ? {} : { accepted: { identityRegexp } }),
        ...(trust === undefined ? {} : { trust: trust.json }),
        notCovered: { ignored, unsigned },
      },
    },
    text: [
      ...block('Verified: the model is what was signed.', lines),
      ...notCovered(ignored, unsigned, verbose),
    ],
  };
}
