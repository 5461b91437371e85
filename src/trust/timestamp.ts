import { createRequire } from 'node:module';
import type { RFC3161Timestamp } from '@sigstore/core';
import { OmsError } from '../errors.ts';
import { quoted } from '../printable.ts';
import { OID } from './certificate.ts';
import type { Authority } from './trusted-root.ts';
import { covers } from './validity.ts';

/** A timestamp of a trusted authority (RFC 3161). Its signature is for the caller to verify. */
export interface TrustedTimestamp {
  readonly timestamp: RFC3161Timestamp;
  readonly authority: Authority;
  readonly at: Date;
}

const CODE = 'TIMESTAMP_INVALID';
const require = createRequire(import.meta.url);

/**
 * Reads a timestamp response and finds its authority in the trusted root: the one whose certificate
 * the timestamp names. That certificate must be good for this, and for nothing else.
 *
 * @param der `TimeStampResp` (RFC 3161 §2.4.2).
 * @throws {OmsError} `TIMESTAMP_INVALID`
 */
export function findAuthority(
  der: Uint8Array,
  authorities: readonly Authority[],
): TrustedTimestamp {
  const { timestamp, at, issuer, serialNumber } = parse(der);
  const known = authorities.filter(({ chain }) => isNamed(chain[0].der, issuer, serialNumber));
  if (known.length === 0) {
    throw new OmsError(CODE, 'the timestamp is of an authority that is not in the trusted root', {
      expected: authorities.map(({ uri }) => quoted(uri, 60)).join(' or ') || 'no timestamp',
      hint: 'check that the trusted root is of the Sigstore instance that the signer used',
    });
  }
  const authority = known.find(({ validity }) => covers(validity, at));
  if (authority === undefined) {
    throw new OmsError(CODE, 'the timestamp authority was not trusted at the time it gives', {
      found: at.toISOString(),
    });
  }
  checkUsage(authority);
  return { timestamp, authority, at };
}

interface Parsed {
  readonly timestamp: RFC3161Timestamp;
  readonly at: Date;
  readonly issuer: Buffer;
  readonly serialNumber: Buffer;
}

/** PKIStatus: granted, and granted with changes (RFC 3161 §2.4.2). */
const GRANTED: ReadonlySet<bigint> = new Set([0n, 1n]);

function parse(der: Uint8Array): Parsed {
  const { RFC3161Timestamp: parser } = require('@sigstore/core') as typeof import('@sigstore/core');
  try {
    const timestamp = parser.parse(Buffer.from(der));
    if (!GRANTED.has(timestamp.status)) throw new Error('it was not granted');
    const at = timestamp.signingTime;
    if (Number.isNaN(at.getTime())) throw new Error('its time is malformed');
    const { signerIssuer: issuer, signerSerialNumber: serialNumber } = timestamp;
    return { timestamp, at, issuer, serialNumber };
  } catch (cause) {
    throw new OmsError(CODE, 'the timestamp is malformed', {
      expected: 'a timestamp response (RFC 3161) that was granted',
      cause,
    });
  }
}

/** Compares in the encoding: names that only look the same are others. */
function isNamed(der: Uint8Array, issuer: Buffer, serialNumber: Buffer): boolean {
  const { X509Certificate: parser } = require('@sigstore/core') as typeof import('@sigstore/core');
  const certificate = parser.parse(Buffer.from(der));
  return certificate.issuer.equals(issuer) && certificate.serialNumber.equals(serialNumber);
}

/** RFC 3161 §2.3: one extended key usage, which is critical. */
function checkUsage({ chain: [certificate] }: Authority): void {
  const usages = certificate.extendedKeyUsage;
  const isOnly = usages?.length === 1 && usages[0] === OID.timeStamping;
  const isCritical = certificate.criticalExtensions.includes(OID.extendedKeyUsage);
  if (isOnly && isCritical && certificate.keyUsage?.digitalSignature !== false) return;
  const summary = `the certificate ${quoted(certificate.subject, 80)} may not be used for timestamps`;
  throw new OmsError(CODE, summary, {
    expected: 'the extended key usage timeStamping alone, marked critical',
    found: `${usages?.join(', ') ?? 'none'}${isCritical ? '' : ', not critical'}`,
  });
}
