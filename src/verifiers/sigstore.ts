import { OmsError } from '../errors.ts';
import type { ParsedBundle, SigstoreMaterial } from '../format/bundle.ts';
import type { SignedPayload } from '../format/dsse.ts';
import type { LogEntry } from '../format/log-entry.ts';
import { quoted } from '../printable.ts';
import {
  type Certificate,
  type CertificateSummary,
  OID,
  parseCertificate,
  summarise,
} from '../trust/certificate.ts';
import { type ClaimName, type IdentityName, readFulcioIdentity } from '../trust/fulcio.ts';
import { checkIssued } from '../trust/issuers.ts';
import { type Curve, curveOf, verifyPayload } from '../trust/keys.ts';
import { checkLogBody, loggedSignature } from '../trust/log-body.ts';
import { findLog, type LoggedEntry, promisedTime } from '../trust/proof.ts';
import { checkCertificateLogs } from '../trust/sct.ts';
import { verifyEvidence } from '../trust/sigstore.ts';
import { findAuthority, type TrustedTimestamp } from '../trust/timestamp.ts';
import type { TrustSource } from '../trust/trust-source.ts';
import { parseTrustedRoot, type TrustedRoot } from '../trust/trusted-root.ts';
import { checkIdentity, checkIdentityPolicy, type IdentityPolicy } from './identity.ts';
import { checkMembers } from './members.ts';
import { checkDistinct, checkThresholds, type Thresholds, thresholdsOf } from './thresholds.ts';

/** Trust one identity, on the word of one identity provider and of one Sigstore instance. */
export type SigstorePolicy = IdentityPolicy & {
  readonly method: 'sigstore';
  /** The instance's CAs, logs and timestamp authorities: Sigstore's `TrustedRoot` in JSON. */
  readonly trustedRoot: TrustSource;
  /** How many independent operators must vouch; 1 each unless said. */
  readonly thresholds?: Thresholds | undefined;
};

/** Who signed, for the sigstore method. */
export interface SigstoreSignerIdentity {
  readonly method: 'sigstore';
  readonly curve: Curve;
  readonly identity: IdentityName;
  /** URL of the OpenID provider that vouched for it. */
  readonly issuer: string;
  readonly claims: Readonly<Partial<Record<ClaimName, string>>>;
  readonly certificate: CertificateSummary;
  readonly logEntries: readonly { readonly log: string; readonly index: string }[];
  /** When the signature was made, on whose word. Never empty. */
  readonly times: readonly ProvenTime[];
}

export interface ProvenTime {
  readonly at: Date;
  readonly source: 'log' | 'timestamp-authority';
  /** URL of the log or the authority, as the trusted root has it. */
  readonly url: string;
}

const MEMBERS: readonly (keyof SigstorePolicy)[] = [
  'method',
  'identity',
  'identityRegExp',
  'issuer',
  'claims',
  'trustedRoot',
  'thresholds',
];

/** What comes out of a keyless signature that is good, whoever made it. */
export interface KeylessSignature {
  readonly signer: SigstoreSignerIdentity;
  readonly payload: SignedPayload;
}

/**
 * Verifies a bundle of the sigstore method (§8.2), without any network: that the trusted instance
 * issued the certificate, logged the signature while the certificate was good, and that the
 * certificate is of whom the policy names.
 *
 * @throws {OmsError} `USAGE`, `TRUST_UNUSABLE`, `CERTIFICATE_REFUSED`, `LOG_ENTRY_INVALID`,
 *   `TIMESTAMP_INVALID`, `SIGNATURE_INVALID`, `IDENTITY_MISMATCH`
 */
export function verifyWithSigstore(
  bundle: ParsedBundle,
  material: SigstoreMaterial,
  policy: SigstorePolicy,
): KeylessSignature {
  checkMembers(policy, MEMBERS, 'the policy');
  checkIdentityPolicy(policy);
  const root = parseTrustedRoot(policy.trustedRoot);
  const opened = openKeyless(bundle, material, root, policy.thresholds);
  const { identity: name, issuer, claims } = opened.signer;
  checkIdentity({ name, issuer, claims }, policy);
  return opened;
}

/**
 * The same without the last question, who it is: for a signer that looks at its own bundle.
 *
 * @throws {OmsError} as {@link verifyWithSigstore}, without `IDENTITY_MISMATCH` for the policy.
 */
export function openKeyless(
  { envelope, logEntries, timestamps: tokens }: ParsedBundle,
  material: SigstoreMaterial,
  root: TrustedRoot,
  wanted?: Thresholds,
): KeylessSignature {
  const thresholds = thresholdsOf(wanted);
  const leaf = parseCertificate(material.certificate, 'the signing certificate');
  const signed = loggedSignature(envelope);
  const timestamps = tokens.map((token) =>
    findAuthority(token, envelope.signature, root.timestampAuthorities),
  );
  const moments = momentsOf(logEntries, timestamps);
  const entries = logEntries.map((entry) => findLog(entry, root.logs, moments));
  checkDistinct(entries);

  checkLeaf(leaf);
  checkIssued(leaf, root.certificateAuthorities, moments);
  checkCertificateLogs(leaf, root.ctLogs, moments);
  for (const { entry } of entries) checkLogBody(entry, signed, leaf.der);
  const isSigned = (): boolean =>
    verifyPayload(envelope.payload, envelope.signature, leaf.x509.publicKey);
  verifyEvidence({ leaf, signed, entries, timestamps, isSigned }, root);
  checkThresholds(entries, timestamps, thresholds);

  const { name: identity, issuer, claims } = readFulcioIdentity(leaf);
  const places = entries.map(({ log, index }) => ({ log: log.baseUrl, index: String(index) }));
  return {
    payload: { bytes: envelope.payload, encoding: 'dsse' },
    signer: {
      method: 'sigstore',
      curve: curveOf(leaf.x509.publicKey),
      identity,
      issuer,
      claims,
      certificate: summarise(leaf),
      logEntries: places,
      times: provenTimes(entries, timestamps),
    },
  };
}

/**
 * The times that are signed by somebody: a log's counts only with its promise. They are proven once
 * the signatures are verified; until then everything is asked of all of them.
 */
function momentsOf(
  entries: readonly LogEntry[],
  timestamps: readonly TrustedTimestamp[],
): readonly Date[] {
  const promised = entries.map(promisedTime).filter((time) => time !== undefined);
  const moments = [...timestamps.map(({ at }) => at), ...promised];
  if (moments.length > 0) return moments;
  throw new OmsError('TIMESTAMP_INVALID', 'nobody says when the signature was made', {
    expected: "a timestamp of a trusted authority, or a log's signed time",
    found: 'neither',
  });
}

function provenTimes(
  entries: readonly LoggedEntry[],
  timestamps: readonly TrustedTimestamp[],
): readonly ProvenTime[] {
  const stamped = timestamps.map(({ at, authority: { uri: url } }) => {
    return { at, source: 'timestamp-authority' as const, url };
  });
  const promised = entries.flatMap(({ entry, log }) => {
    const at = promisedTime(entry);
    return at === undefined ? [] : [{ at, source: 'log' as const, url: log.baseUrl }];
  });
  return [...stamped, ...promised];
}

/**
 * Fulcio's certificates are for signing code, and say so; what is not said is not assumed.
 *
 * @throws {OmsError} `CERTIFICATE_REFUSED`
 */
export function checkLeaf(leaf: Certificate): void {
  const { extendedKeyUsage, keyUsage, basicConstraints } = leaf;
  if (extendedKeyUsage?.includes(OID.codeSigning) !== true) {
    throw unfit(leaf, 'the extended key usage codeSigning', extendedKeyUsage?.join(', ') ?? 'none');
  }
  if (keyUsage?.digitalSignature !== true) {
    throw unfit(leaf, 'the key usage digitalSignature', 'none');
  }
  if (basicConstraints?.ca === true) throw unfit(leaf, 'no CA certificate', 'one');
}

function unfit(leaf: Certificate, expected: string, found: string): OmsError {
  const summary = `the signing certificate issued by ${quoted(leaf.issuer, 80)} may not sign this`;
  return new OmsError('CERTIFICATE_REFUSED', summary, { expected, found });
}
