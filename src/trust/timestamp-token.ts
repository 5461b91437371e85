import { hash } from 'node:crypto';
import type { ASN1Obj } from '@sigstore/core';
import { parseDer } from './asn1.ts';

/**
 * What a timestamp says (RFC 3161 §2.4.2, in a CMS envelope, RFC 5652). Its signature is for the
 * caller to verify.
 */
export interface TimestampToken {
  /** What was stamped, by its hash. */
  readonly imprint: { readonly algorithm: string; readonly digest: Buffer };
  /** What the request had to be told from others, if it had. */
  readonly nonce: bigint | undefined;
  /** Whether a certificate is the one that the token names as its signer's. */
  readonly names: (certificate: Uint8Array) => boolean;
}

const OID = {
  /** `id-ct-TSTInfo` (RFC 3161 §2.4.2). */
  tstInfo: '1.2.840.113549.1.9.16.1.4',
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

/** PKIStatus: granted, and granted with changes (RFC 3161 §2.4.2). */
const GRANTED: ReadonlySet<bigint> = new Set([0n, 1n]);

/**
 * @param der `TimeStampResp`.
 * @throws what is wrong with the form; the caller says what it was about.
 */
export function readToken(der: Uint8Array): TimestampToken {
  const response = parseDer(der);
  if (!GRANTED.has(child(response, 0, 0).toInteger())) throw new Error('it was not granted');
  const signedData = child(response, 1, 1, 0);
  const content = child(signedData, 2);
  const signers = signedData.subs.at(-1)?.subs ?? [];
  const [signer] = signers;
  if (signer === undefined || signers.length > 1) throw new Error('it has not one signer');
  const attributes = readAttributes(signer);
  const types = [child(content, 0), attributes.get(OID.contentType)].map((type) => type?.toOID());
  if (!types.every((type) => type === OID.tstInfo)) throw new Error('it is of another type');
  return {
    ...readInfo(parseDer(child(content, 1, 0).value)),
    names: (certificate) => isNamed(attributes, certificate),
  };
}

/** `TSTInfo`: version, policy, messageImprint, serialNumber, genTime, and what is optional. */
function readInfo(info: ASN1Obj): Pick<TimestampToken, 'imprint' | 'nonce'> {
  const algorithm = HASHES[child(info, 2, 0, 0).toOID()];
  if (algorithm === undefined) throw new Error('its hash is weaker than SHA-256');
  const nonce = info.subs.slice(5).find(({ tag }) => tag.isInteger());
  return {
    imprint: { algorithm, digest: child(info, 2, 1).value },
    nonce: nonce?.toInteger(),
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
  const newer = attributes.get(OID.signingCertificateV2);
  const older = attributes.get(OID.signingCertificate);
  if (newer !== undefined && !isFirst(newer, certificate, 'sha256')) return false;
  if (older !== undefined && !isFirst(older, certificate, 'sha1')) return false;
  return newer !== undefined || older !== undefined;
}

/** `SEQUENCE { certs SEQUENCE OF { hashAlgorithm DEFAULT SHA-256, certHash, issuerSerial } }` */
function isFirst(value: ASN1Obj, certificate: Uint8Array, fallback: string): boolean {
  const [first, second] = child(value, 0, 0).subs;
  const isHashFirst = first?.tag.isOctetString() === true;
  const digest = isHashFirst ? first : second;
  const algorithm = isHashFirst ? fallback : HASHES[first?.subs[0]?.toOID() ?? ''];
  if (digest === undefined || algorithm === undefined) return false;
  return digest.value.equals(hash(algorithm, certificate, 'buffer'));
}

function child(parent: ASN1Obj, ...path: readonly number[]): ASN1Obj {
  return path.reduce((object, at) => {
    const found = object.subs[at];
    if (found === undefined) throw new Error('a member is missing');
    return found;
  }, parent);
}
