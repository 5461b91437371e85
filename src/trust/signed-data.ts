import { constants, hash, type KeyObject, verify } from 'node:crypto';
import type { ASN1Obj } from '@sigstore/core';
import { childOf, oidOf } from './asn1.ts';

/**
 * Content with one signature, in the form of CMS (RFC 5652 §5). What is signed covers the content;
 * by whom it is signed, and whether to believe them, is for the caller.
 */
export interface SignedData {
  /** Encapsulated, DER. */
  readonly content: Buffer;
  /** The certificates that came with it, DER. Untrusted. */
  readonly certificates: readonly Uint8Array[];
  /** Whether a certificate is the one that the signer names as theirs, by its hash. */
  readonly names: (certificate: Uint8Array) => boolean;
  readonly isSignedBy: (key: KeyObject) => boolean;
}

const OID = {
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  /** With SHA-1, from before RFC 5816. */
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
} as const;

/** Hashes that are strong enough. */
const HASHES: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/**
 * @param contentInfo `ContentInfo` (RFC 5652 §3).
 * @param type OID of the content.
 * @throws what is wrong with the form; the caller says what it was about.
 */
export function readSignedData(contentInfo: ASN1Obj, type: string): SignedData {
  if (oidOf(childOf(contentInfo, 0)) !== OID.signedData) throw new Error('it is not signed');
  // The library of the method sigstore takes another member for it, where there is one.
  if (contentInfo.subs.length !== 2 || !childOf(contentInfo, 1).tag.isContextSpecific(0)) {
    throw new Error('there is something beside it');
  }
  const signedData = childOf(contentInfo, 1, 0);
  const encapsulated = childOf(signedData, 2);
  const signers = signedData.subs.at(-1)?.subs ?? [];
  const [signer] = signers;
  if (signer === undefined || signers.length > 1) throw new Error('it has not one signer');
  const attributes = readAttributes(signer);
  const types = [childOf(encapsulated, 0), attributes.get(OID.contentType)];
  if (!types.every((one) => one !== undefined && oidOf(one) === type)) {
    throw new Error('it is of another type');
  }
  const content = childOf(encapsulated, 1, 0).value;
  const algorithm = hashNamed(childOf(signer, 2, 0));
  const digest = attributes.get(OID.messageDigest)?.value;
  if (digest?.equals(hash(algorithm, content, 'buffer')) !== true) {
    throw new Error('what is signed is something else');
  }
  return {
    content,
    certificates: readCertificates(signedData),
    names: (certificate) => isTrue(() => isNamed(attributes, certificate)),
    isSignedBy: (key) => isTrue(() => isSigned(signer, algorithm, key)),
  };
}

/** What is asked of a token that is malformed, or with a key of another kind, is not so. */
function isTrue(ask: () => boolean): boolean {
  try {
    return ask();
  } catch {
    return false;
  }
}

/** The name under which `node:crypto` knows a hash. Throws for one that is too weak. */
export function hashNamed(oid: ASN1Obj): string {
  const name = HASHES[oidOf(oid)];
  if (name === undefined) throw new Error('a hash is weaker than SHA-256');
  return name;
}

/** Real ones have one to four. */
const MAX_CERTIFICATES = 16;

/** RFC 5652 §5.1: tagged [0], between the content and the signers. */
function readCertificates(signedData: ASN1Obj): readonly Uint8Array[] {
  const list = signedData.subs.slice(3).find(({ tag }) => tag.isContextSpecific(0))?.subs ?? [];
  if (list.length > MAX_CERTIFICATES) throw new Error('it has too many certificates');
  return list.map((certificate) => certificate.toDER());
}

type Attributes = ReadonlyMap<string, ASN1Obj>;

/** RFC 5652 §5.3, §11: each attribute once, with one value. */
function readAttributes(signer: ASN1Obj): Attributes {
  const attributes = new Map<string, ASN1Obj>();
  for (const { subs } of signedAttributes(signer)?.subs ?? []) {
    const [type, values] = subs;
    const [value, ...others] = values?.subs ?? [];
    const oid = type === undefined ? '' : oidOf(type);
    if (value === undefined || others.length > 0 || attributes.has(oid)) {
      throw new Error('a signed attribute is malformed');
    }
    attributes.set(oid, value);
  }
  return attributes;
}

function signedAttributes(signer: ASN1Obj): ASN1Obj | undefined {
  return signer.subs.slice(3).find(({ tag }) => tag.isContextSpecific(0));
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
  const [first, second] = childOf(value, 0, 0).subs;
  const isHashFirst = first?.tag.isOctetString() === true;
  const digest = isHashFirst ? first : second;
  const algorithm = isHashFirst ? fallback : HASHES[nameOf(first)];
  if (digest === undefined || algorithm === undefined) return false;
  return digest.value.equals(hash(algorithm, certificate, 'buffer'));
}

/** The OID in an `AlgorithmIdentifier`. */
function nameOf(algorithm: ASN1Obj | undefined): string {
  const name = algorithm?.subs[0];
  return name === undefined ? '' : oidOf(name);
}

/** Signature algorithms with their hash; `undefined` for those that leave it to `digestAlgorithm`. */
const SIGNATURES: ReadonlyMap<string, string | undefined> = new Map([
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  // rsaEncryption and id-ecPublicKey, as CMS allows them here (RFC 3370 §3.2, RFC 5753 §2.1.1).
  ['1.2.840.113549.1.1.1', undefined],
  ['1.2.840.10045.2.1', undefined],
  ['1.2.840.113549.1.1.10', undefined],
]);

const RSASSA_PSS = '1.2.840.113549.1.1.10';

function isSigned(signer: ASN1Obj, digestAlgorithm: string, key: KeyObject): boolean {
  // Behind the signed attributes: the algorithm, then the signature.
  const [attributes, algorithm, signature] = signer.subs.slice(3);
  const oid = nameOf(algorithm);
  if (!attributes?.tag.isContextSpecific(0) || signature === undefined || !SIGNATURES.has(oid)) {
    return false;
  }
  // What is signed is their set, and not the tag that they have here (RFC 5652 §5.4).
  const signed = attributes.toDER();
  signed[0] = 0x31;
  const padding = oid === RSASSA_PSS ? { padding: constants.RSA_PKCS1_PSS_PADDING } : {};
  const name = SIGNATURES.get(oid) ?? digestAlgorithm;
  return verify(name, signed, { key, dsaEncoding: 'der', ...padding }, signature.value);
}
