import { hash } from 'node:crypto';
import type { ASN1Obj } from '@sigstore/core';
import { parseDer } from './asn1.ts';

/** What a timestamp response says besides its signature (RFC 3161 §2.4.2, RFC 5652). */
export interface TimestampToken {
  /** What the signature covers by its type: must be that of a timestamp. */
  readonly contentTypes: readonly string[];
  /** Whether a certificate is the one that the token names as its signer's. */
  readonly names: (certificate: Uint8Array) => boolean;
}

/** `id-ct-TSTInfo` (RFC 3161 §2.4.2). */
export const TST_INFO = '1.2.840.113549.1.9.16.1.4';

const ATTRIBUTE = {
  contentType: '1.2.840.113549.1.9.3',
  /** With SHA-1, from before RFC 5816. */
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
} as const;

const HASHES: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/** Throws what is wrong with the form; the caller says what it was about. */
export function readToken(der: Uint8Array): TimestampToken {
  const response = parseDer(der);
  const signedData = child(child(child(response, 1), 1), 0);
  const content = child(signedData, 2);
  const signers = signedData.subs.at(-1)?.subs ?? [];
  const [signer] = signers;
  if (signer === undefined || signers.length > 1) throw new Error('it has not one signer');
  const attributes = readAttributes(signer);
  return {
    contentTypes: [child(content, 0).toOID(), attributes.get(ATTRIBUTE.contentType)?.toOID() ?? ''],
    names: (certificate) => isNamed(attributes, certificate),
  };
}

type Attributes = ReadonlyMap<string, ASN1Obj>;

/** RFC 5652 §5.3, §11: each attribute once, with one value. */
function readAttributes(signer: ASN1Obj): Attributes {
  const list = signer.subs.find(({ tag }) => tag.isContextSpecific(0));
  const attributes = new Map<string, ASN1Obj>();
  for (const { subs } of list?.subs ?? []) {
    const [type, values] = subs;
    const [value, ...others] = values?.subs ?? [];
    const oid = type?.toOID() ?? '';
    if (value === undefined || others.length > 0 || attributes.has(oid)) {
      throw new Error('a signed attribute is malformed');
    }
    attributes.set(oid, value);
  }
  return attributes;
}

/** RFC 5035 §4: the first certificate of the list is the signer's. One of the two must be there. */
function isNamed(attributes: Attributes, certificate: Uint8Array): boolean {
  const newer = attributes.get(ATTRIBUTE.signingCertificateV2);
  const older = attributes.get(ATTRIBUTE.signingCertificate);
  if (newer !== undefined && !isFirst(newer, certificate, 'sha256')) return false;
  if (older !== undefined && !isFirst(older, certificate, 'sha1')) return false;
  return newer !== undefined || older !== undefined;
}

/** `SEQUENCE { certs SEQUENCE OF { hashAlgorithm DEFAULT SHA-256, certHash, issuerSerial } }` */
function isFirst(value: ASN1Obj, certificate: Uint8Array, fallback: string): boolean {
  const [first, second] = child(child(value, 0), 0).subs;
  const isHashFirst = first?.tag.isOctetString() === true;
  const digest = isHashFirst ? first : second;
  const algorithm = isHashFirst ? fallback : HASHES[first?.subs[0]?.toOID() ?? ''];
  if (digest === undefined || algorithm === undefined) return false;
  return digest.value.equals(hash(algorithm, certificate, 'buffer'));
}

function child(parent: ASN1Obj, at: number): ASN1Obj {
  const found = parent.subs[at];
  if (found === undefined) throw new Error('a member is missing');
  return found;
}
