import type { SignedEntity, TrustMaterial } from '@sigstore/verify';
import { type ErrorCode, OmsError, reasonOf } from '../errors.ts';
import { quoted } from '../printable.ts';
import type { Certificate } from './certificate.ts';
import { sigstoreCore, sigstoreVerify } from './libraries.ts';
import type { LoggedSignature } from './log-body.ts';
import type { LoggedEntry } from './proof.ts';
import type { TrustedTimestamp } from './timestamp.ts';
import type { Authority, Log, TrustedRoot } from './trusted-root.ts';
import type { Validity } from './validity.ts';

/** A signature with all that speaks for it, read and matched to the trusted root. */
export interface SignedEvidence {
  readonly leaf: Certificate;
  readonly signed: LoggedSignature;
  readonly entries: readonly LoggedEntry[];
  readonly timestamps: readonly TrustedTimestamp[];
  /** Whether the signature is by the leaf's key over the payload. */
  readonly isSigned: () => boolean;
}

/**
 * Has Sigstore's own library verify the cryptography: the leaf's chain at every proven time, the
 * certificate timestamps in it (RFC 6962), each promise, checkpoint and Merkle proof of a log, each
 * timestamp (RFC 3161), and the signature. What it does not look at, its caller checks.
 *
 * @throws {OmsError} `CERTIFICATE_REFUSED`, `LOG_ENTRY_INVALID`, `TIMESTAMP_INVALID`,
 *   `SIGNATURE_INVALID`
 */
export function verifyEvidence(evidence: SignedEvidence, root: TrustedRoot): void {
  const { Verifier } = sigstoreVerify();
  const thresholds = { tlogThreshold: 1, ctlogThreshold: 1, timestampThreshold: 1 };
  try {
    new Verifier(trustMaterial(evidence, root), thresholds).verify(entityOf(evidence));
  } catch (cause) {
    throw refusal(cause, evidence);
  }
}

function trustMaterial({ entries, timestamps }: SignedEvidence, root: TrustedRoot): TrustMaterial {
  return {
    certificateAuthorities: root.certificateAuthorities.map(authorityOf),
    // Only those whose usage was checked, and of the logs those that the entries were found to be
    // of, by the names that the entries use.
    timestampAuthorities: timestamps.map(({ authority }) => authorityOf(authority)),
    tlogs: entries.map(({ log, entry }) => logOf(log, entry.logId)),
    ctlogs: root.ctLogs.flatMap((log) => log.ids.map((id) => logOf(log, id))),
    publicKey: () => {
      throw new Error('a keyless bundle names no public key');
    },
  };
}

function authorityOf({
  chain,
  validity,
}: Authority): TrustMaterial['certificateAuthorities'][number] {
  const { X509Certificate } = sigstoreCore();
  return {
    certChain: chain.map(({ der }) => X509Certificate.parse(Buffer.from(der))),
    validFor: rangeOf(validity),
  };
}

function logOf({ baseUrl, key, validity }: Log, id: Uint8Array): TrustMaterial['tlogs'][number] {
  return { baseURL: baseUrl, logID: Buffer.from(id), publicKey: key, validFor: rangeOf(validity) };
}

/** The first and the last moment that a `Date` can hold. */
const EVER = { start: new Date(-8.64e15), end: new Date(8.64e15) } as const;

function rangeOf({ start, end }: Validity): { start: Date; end: Date } {
  return { start: start ?? EVER.start, end: end ?? EVER.end };
}

function entityOf(evidence: SignedEvidence): SignedEntity {
  const { leaf, signed, entries, timestamps, isSigned } = evidence;
  const signature = Buffer.from(signed.signature);
  return {
    key: {
      $case: 'certificate',
      certificate: sigstoreCore().X509Certificate.parse(Buffer.from(leaf.der)),
    },
    signature: {
      signature,
      verifySignature: isSigned,
      compareSignature: (other) => other.equals(signature),
      compareDigest: (other) => other.equals(signed.payloadDigest()),
      compareSignedDigest: (other) => other.equals(signed.signedDigest()),
    },
    tlogEntries: entries.map(({ entry, proof }) => toProtobuf(entry, proof)),
    timestamps: [
      ...timestamps.map(({ timestamp }) => ({ $case: 'timestamp-authority' as const, timestamp })),
      ...entries
        .filter(({ entry }) => entry.promise !== undefined)
        .map(({ entry, proof }) => ({
          $case: 'transparency-log' as const,
          tlogEntry: toProtobuf(entry, proof),
        })),
    ],
  };
}

/** As the library takes it. */
type ProtobufEntry = SignedEntity['tlogEntries'][number];

function toProtobuf(entry: LoggedEntry['entry'], proof: LoggedEntry['proof']): ProtobufEntry {
  return {
    logIndex: String(entry.logIndex),
    logId: { keyId: Buffer.from(entry.logId) },
    kindVersion: { kind: entry.kind, version: entry.version },
    integratedTime: String(entry.integratedTime),
    inclusionPromise: entry.promise && { signedEntryTimestamp: Buffer.from(entry.promise) },
    inclusionProof: {
      logIndex: String(proof.logIndex),
      rootHash: Buffer.from(proof.rootHash),
      treeSize: String(proof.treeSize),
      hashes: proof.hashes.map((hash) => Buffer.from(hash)),
      checkpoint: { envelope: proof.checkpoint },
    },
    canonicalizedBody: Buffer.from(entry.body),
  };
}

interface Refusal {
  readonly code: ErrorCode;
  readonly summary: string;
  readonly hint: string;
}

const CHANGED = 'the bundle was changed after signing, or the trusted root is of another instance';

const CERTIFICATE: Refusal = {
  code: 'CERTIFICATE_REFUSED',
  summary: 'the signing certificate is not in a trusted log of certificates',
  hint: 'check that the trusted root is of the Sigstore instance that the signer used',
};
const LOG: Refusal = {
  code: 'LOG_ENTRY_INVALID',
  summary: 'the transparency log does not vouch for this signature',
  hint: CHANGED,
};

/** By the codes of the library's errors. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  CERTIFICATE_ERROR: CERTIFICATE,
  TLOG_ERROR: LOG,
  TLOG_BODY_ERROR: LOG,
  TLOG_INCLUSION_PROOF_ERROR: LOG,
  TLOG_INCLUSION_PROMISE_ERROR: LOG,
  TLOG_MISSING_INCLUSION_ERROR: LOG,
  TIMESTAMP_ERROR: {
    code: 'TIMESTAMP_INVALID',
    summary: 'the timestamp does not vouch for this signature',
    hint: CHANGED,
  },
  SIGNATURE_ERROR: {
    code: 'SIGNATURE_INVALID',
    summary: 'the signature is not by the certificate in the bundle',
    hint: 'the bundle was changed after signing',
  },
};

function refusal(cause: unknown, { leaf }: SignedEvidence): OmsError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  // What is not an error of the library's own is one of its parts, at a place of the certificate
  // or a timestamp that it takes for granted.
  const { code: ours, summary, hint } = REFUSALS[code] ?? CERTIFICATE;
  const reasons = [cause, cause instanceof Error ? cause.cause : undefined].filter(Boolean);
  const found = reasons.map(reasonOf).join(': ');
  const who = ours === 'CERTIFICATE_REFUSED' ? `${quoted(leaf.issuer, 80)} as issuer: ` : '';
  return new OmsError(ours, summary, { found: `${who}${found}`, hint, cause });
}
