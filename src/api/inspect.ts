import { reasonOf } from '../errors.ts';
import { type Bundle, type Material, type Method, parseBundle } from '../format/bundle.ts';
import type { Envelope } from '../format/dsse.ts';
import type { LogEntry } from '../format/log-entry.ts';
import type { Manifest } from '../format/manifest.ts';
import { readStatement } from '../format/statement.ts';
import {
  type Certificate,
  type CertificateSummary,
  parseCertificate,
  summarise,
} from '../trust/certificate.ts';
import { type FulcioIdentity, readFulcioIdentity } from '../trust/fulcio.ts';
import { readStampClaim, type StampClaim } from '../trust/stamp.ts';

/** A certificate as a bundle shows it. */
export interface InspectedCertificate extends CertificateSummary {
  readonly isCa: boolean;
  readonly keyUsage: readonly string[] | undefined;
  readonly extendedKeyUsage: readonly string[] | undefined;
  /** Whom a keyless certificate names; `undefined` for others, and where it is not clear. */
  readonly identity: FulcioIdentity | undefined;
}

/**
 * What a bundle says of itself. Every field is unverified: anybody can write such a bundle. To
 * learn whether one of it is true, call `verify`.
 */
export interface Inspection {
  readonly verified: false;
  readonly unverified: {
    readonly method: Method;
    /** Method *key*: the fingerprint that the bundle claims. */
    readonly keyHint: string | undefined;
    readonly certificates: readonly InspectedCertificate[];
    /** As the entries themselves say. */
    readonly logEntries: readonly { readonly logIndex: string; readonly integratedTime: string }[];
    /** What the RFC 3161 tokens say, or why one cannot be read. */
    readonly timestamps: readonly (StampClaim | { readonly reason: string })[];
    /** The form of the statement, or why it cannot be read. */
    readonly statement:
      | { readonly form: 'v1.0' | 'v0.1 (model_signing 0.2.0)'; readonly manifest: Manifest }
      | { readonly form: 'unreadable'; readonly reason: string };
  };
}

/**
 * Reads a bundle without verifying anything.
 *
 * @throws {OmsError} `BUNDLE_MALFORMED`, or `CERTIFICATE_REFUSED` for one that cannot be read.
 */
export function inspect(bundle: string | Uint8Array | Bundle): Inspection {
  const { material, envelope, logEntries, timestamps } = parseBundle(bundle);
  return {
    verified: false,
    unverified: {
      method: material.method,
      keyHint: material.method === 'key' ? material.hint : undefined,
      certificates: certificatesOf(material).map((der, index) =>
        describe(parseCertificate(der, `certificate ${index + 1} of the bundle`)),
      ),
      logEntries: logEntries.map(describeEntry),
      timestamps: timestamps.map(describeStamp),
      statement: readUnverified(envelope),
    },
  };
}

function certificatesOf(material: Material): readonly Uint8Array[] {
  switch (material.method) {
    case 'key':
      return [];
    case 'certificate':
      return material.certificates;
    case 'sigstore':
      return [material.certificate];
  }
}

function describe(certificate: Certificate): InspectedCertificate {
  const { basicConstraints, keyUsage, extendedKeyUsage } = certificate;
  return {
    ...summarise(certificate),
    isCa: basicConstraints?.ca === true,
    keyUsage:
      keyUsage === undefined
        ? undefined
        : (['digitalSignature', 'keyCertSign'] as const).filter((usage) => keyUsage[usage]),
    extendedKeyUsage,
    identity: certificate.isKeyless ? identityOf(certificate) : undefined,
  };
}

function identityOf(certificate: Certificate): FulcioIdentity | undefined {
  try {
    return readFulcioIdentity(certificate);
  } catch {
    return undefined;
  }
}

function describeEntry({ logIndex, integratedTime }: LogEntry): {
  logIndex: string;
  integratedTime: string;
} {
  return { logIndex: String(logIndex), integratedTime: String(integratedTime) };
}

function describeStamp(der: Uint8Array): StampClaim | { readonly reason: string } {
  try {
    return readStampClaim(der);
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

/** The only place where a statement is read whose signature nobody has checked. */
function readUnverified({ payload }: Envelope): Inspection['unverified']['statement'] {
  try {
    const { encoding, manifest } = readStatement(payload);
    return { form: encoding === 'legacy' ? 'v0.1 (model_signing 0.2.0)' : 'v1.0', manifest };
  } catch (error) {
    return { form: 'unreadable', reason: reasonOf(error) };
  }
}
