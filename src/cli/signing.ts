import { OmsError } from '../errors.ts';
import type { Seal } from '../api/sign.ts';
import type { Method } from '../format/bundle.ts';
import { certificateSigner } from '../signers/certificate.ts';
import { keySigner } from '../signers/key.ts';
import type { Signer } from '../signers/signer.ts';
import type { StampingOptions } from '../signers/stamping.ts';
import { parseCertificate, summarise } from '../trust/certificate.ts';
import { readStampClaim } from '../trust/stamp.ts';
import type { SigstoreSignerIdentity } from '../verifiers/sigstore.ts';
import {
  certificateJson,
  iso,
  type Line,
  signerJson,
  signerLines,
  stampLine,
  timestampsJson,
} from './describe.ts';
import { readNamedFile } from './files.ts';
import type { Waiting } from './keyless.ts';
import type { KeylessArguments } from './keyless-options.ts';
import { findPassword } from './password.ts';
import { type CommonOptions, type Session, sayNotes } from './session.ts';
import type { ChosenTrust } from './trust-choice.ts';

/** Options that say who signs, by any method. */
export interface SigningArguments extends KeylessArguments, CommonOptions {
  readonly privateKey?: string;
  readonly password?: string;
  readonly signingCertificate?: string;
  readonly certificateChain?: readonly string[];
  readonly tsaUrl?: string;
  readonly tsaPolicy?: string;
}

/** A signer, and how to say whose signature it has made. */
export interface Signing {
  readonly makeSigner: (waiting: Waiting) => Signer;
  readonly signatory: (seal: Seal) => Signatory;
}

/**
 * Reads keys, or finds out whose identity signs.
 *
 * @throws {OmsError} `USAGE`, `KEY_UNUSABLE`, and for keyless signing what `prepareKeyless` throws.
 */
export async function prepareSigning(
  method: Method | undefined,
  given: SigningArguments,
  session: Session,
): Promise<Signing> {
  if (method === 'key' || method === 'certificate') {
    const make = await keyedSigner(method, given, session);
    // Asked for now, too: a key that is no good must not be found out after an hour of hashing.
    make({});
    return { makeSigner: make, signatory: signatoryOf };
  }
  // All that only this method needs is in a file of its own, which the others do not wait for.
  const { prepareKeyless } = await import('./keyless.ts');
  const { makeSigner: make, signedBy, trust } = await prepareKeyless(given, session);
  sayNotes(session, trust.notes, given);
  return { makeSigner: make, signatory: () => keylessSignatory(signedBy(), trust) };
}

async function keyedSigner(
  method: 'key' | 'certificate',
  given: SigningArguments,
  session: Session,
): Promise<(hooks: Waiting) => Signer> {
  const { privateKey, signingCertificate, certificateChain = [] } = given;
  if (privateKey === undefined) {
    throw new OmsError('USAGE', `the method ${method} needs --private-key`, {
      hint:
        given.tsaUrl &&
        'for keyless signing leave out --tsa-url: the instance names its own authorities',
    });
  }
  checkStampingOptions(method, given);
  const key = readNamedFile(privateKey, 'the private key');
  const password = await findPassword(key, given.password, session);
  const common = { privateKey: key, ...(password === undefined ? {} : { password }) };
  if (method === 'key') return (hooks) => keySigner({ ...common, ...stampingOf(given, hooks) });
  if (signingCertificate === undefined) {
    throw new OmsError('USAGE', 'the method certificate needs --signing-certificate');
  }
  const certificate = readNamedFile(signingCertificate, 'the signing certificate');
  const chain = certificateChain.map((path) => readNamedFile(path, 'the certificate chain'));
  return (hooks) =>
    certificateSigner({ ...common, certificate, chain, ...stampingOf(given, hooks) });
}

function checkStampingOptions(method: Method, given: SigningArguments): void {
  if (given.tsaUrl !== undefined) return;
  const { tsaPolicy, serviceTimeout } = given;
  const idle = [tsaPolicy && '--tsa-policy', serviceTimeout && '--service-timeout'].find(Boolean);
  if (idle) throw new OmsError('USAGE', `with the method ${method}, ${idle} needs --tsa-url`);
}

function stampingOf(given: SigningArguments, { signal, onWait }: Waiting): StampingOptions {
  const { tsaUrl, tsaPolicy, serviceTimeout } = given;
  return {
    timestampUrl: tsaUrl,
    timestampPolicy: tsaPolicy,
    signal,
    ...(serviceTimeout === undefined ? {} : { timeout: serviceTimeout * 1000 }),
    onStep: (url) => onWait?.(`Waiting for a timestamp of ${url}`),
  };
}

/** Who signed, by a bundle that was just made and verified by its signer. */
interface Signatory {
  readonly lines: readonly Line[];
  readonly json: Readonly<Record<string, unknown>>;
  /** What the signature was checked against, for the method sigstore. */
  readonly trust?: ChosenTrust['json'];
}

function signatoryOf({ material, timestamps }: Seal): Signatory {
  const stamps = timestamps.map(readStampClaim);
  if (material.method === 'key') {
    const fingerprint = `sha256:${material.hint ?? ''}`;
    return {
      lines: [['Signed by', `the key ${fingerprint}`], ...stamps.map(stampLine)],
      json: { method: material.method, fingerprint, ...timestampsJson(stamps) },
    };
  }
  const [der] = material.method === 'certificate' ? material.certificates : [material.certificate];
  const leaf = summarise(parseCertificate(der ?? new Uint8Array(), 'the signing certificate'));
  return {
    lines: [
      ['Signed by', `${leaf.subject} (certificate)`],
      ['Issued by', leaf.issuer],
      ['Valid', `${iso(leaf.notBefore)} to ${iso(leaf.notAfter)}`],
      ...stamps.map(stampLine),
    ],
    json: {
      method: material.method,
      certificate: certificateJson(leaf),
      ...timestampsJson(stamps),
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
    json: signerJson(signer),
    trust: trust.json,
  };
}
