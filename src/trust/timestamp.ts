import type { RFC3161Timestamp } from '@sigstore/core';
import { type ErrorDetails, OmsError } from '../errors.ts';
import { quoted } from '../printable.ts';
import { OID } from './certificate.ts';
import { sigstoreCore } from './libraries.ts';
import { readToken, type TimestampToken } from './timestamp-token.ts';
import type { Authority } from './trusted-root.ts';
import { covers } from './validity.ts';

/** A timestamp over a signature by a trusted authority (RFC 3161). */
export interface TrustedTimestamp {
  readonly timestamp: RFC3161Timestamp;
  readonly authority: Authority;
  readonly at: Date;
}

/**
 * Reads a timestamp response, and finds the authority in the trusted root that has stamped this
 * signature with it: the timestamp names its certificate, which must be good for this and nothing
 * else. The authority's own chain is for the caller to verify.
 *
 * @param der `TimeStampResp` (RFC 3161 §2.4.2).
 * @param signature what must have been stamped.
 * @throws {OmsError} `TIMESTAMP_INVALID`
 */
export function findAuthority(
  der: Uint8Array,
  signature: Uint8Array,
  authorities: readonly Authority[],
): TrustedTimestamp {
  const { timestamp, at, issuer, serialNumber, token } = parse(der);
  const known = authorities.filter(({ chain }) => isNamed(chain[0].der, issuer, serialNumber));
  if (known.length === 0) {
    throw invalid('the timestamp is of an authority that is not in the trusted root', {
      expected: authorities.map(({ uri }) => quoted(uri, 60)).join(' or ') || 'no timestamp',
      found: `one that names certificate ${serialNumber.toString('hex')}`,
      hint: 'check that the trusted root is of the Sigstore instance that the signer used',
    });
  }
  const trusted = known.filter(({ validity }) => covers(validity, at));
  if (trusted.length === 0) {
    throw invalid('the timestamp authority was not trusted at the time it gives', {
      found: at.toISOString(),
    });
  }
  const authority = trusted.find((candidate) => isBy({ timestamp, token }, signature, candidate));
  if (authority === undefined) {
    throw invalid('the timestamp is not over this signature, or not by the authority it names', {
      hint: 'it was taken from another bundle, or the bundle was changed',
    });
  }
  checkUsage(authority);
  checkNames(token, authority);
  return { timestamp, authority, at };
}

interface Parsed {
  readonly timestamp: RFC3161Timestamp;
  readonly token: TimestampToken;
  readonly at: Date;
  readonly issuer: Buffer;
  readonly serialNumber: Buffer;
}

function parse(der: Uint8Array): Parsed {
  try {
    const token = readToken(der);
    const timestamp = sigstoreCore().RFC3161Timestamp.parse(Buffer.from(der));
    const at = timestamp.signingTime;
    if (Number.isNaN(at.getTime())) throw new Error('its time is malformed');
    const { signerIssuer: issuer, signerSerialNumber: serialNumber } = timestamp;
    return { timestamp, token, at, issuer, serialNumber };
  } catch (cause) {
    throw invalid('the timestamp is malformed, or was not granted', {
      expected: 'a timestamp response (RFC 3161) with a token',
      cause,
    });
  }
}

/** Compares in the encoding: names that only look the same are others. */
function isNamed(der: Uint8Array, issuer: Buffer, serialNumber: Buffer): boolean {
  const certificate = sigstoreCore().X509Certificate.parse(Buffer.from(der));
  return certificate.issuer.equals(issuer) && certificate.serialNumber.equals(serialNumber);
}

/** Two authorities may have one name; the signature tells which of them it was. */
function isBy(
  { timestamp, token }: Pick<Parsed, 'timestamp' | 'token'>,
  signature: Uint8Array,
  { chain: [certificate] }: Authority,
): boolean {
  try {
    timestamp.verify(Buffer.from(signature), certificate.x509.publicKey);
    // The library takes an algorithm that it does not know for the usual one of the key.
    return token.isSignedBy(certificate.x509.publicKey);
  } catch {
    return false;
  }
}

/** RFC 3161 §2.3: one extended key usage, which is critical. */
function checkUsage({ chain: [certificate] }: Authority): void {
  const usages = certificate.extendedKeyUsage;
  const isOnly = usages?.length === 1 && usages[0] === OID.timeStamping;
  const isCritical = certificate.criticalExtensions.includes(OID.extendedKeyUsage);
  if (isOnly && isCritical && certificate.keyUsage?.digitalSignature !== false) return;
  const subject = quoted(certificate.subject, 80);
  throw invalid(`the certificate ${subject} may not be used for timestamps`, {
    expected: 'the extended key usage timeStamping alone, marked critical',
    found: `${usages?.join(', ') ?? 'none'}${isCritical ? '' : ', not critical'}`,
  });
}

/** RFC 5816: the signed attributes name the certificate by its hash. */
function checkNames(token: TimestampToken, { chain: [certificate] }: Authority): void {
  if (isNamedBy(token, certificate.der)) return;
  throw invalid('the timestamp names another certificate than the one that signed it', {
    expected: quoted(certificate.subject, 80),
  });
}

/** What the attribute holds is read only here, and may be anything. */
function isNamedBy(token: TimestampToken, certificate: Uint8Array): boolean {
  try {
    return token.names(certificate);
  } catch {
    return false;
  }
}

function invalid(summary: string, details: ErrorDetails): OmsError {
  return new OmsError('TIMESTAMP_INVALID', summary, details);
}
