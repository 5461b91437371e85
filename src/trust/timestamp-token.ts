import { constants, hash, type KeyObject, verify } from 'node:crypto';
import type { ASN1Obj } from '@sigstore/core';
import { parseDer } from './asn1.ts';

/**
 * What a timestamp says (RFC 3161 §2.4.2, in a CMS envelope, RFC 5652). What is signed covers it;
 * by whom it is signed, and whether to believe them, is for the caller.
 */
export interface TimestampToken {
  /** `genTime`: around this, give or take the accuracy. */
  readonly time: Date;
  /** In milliseconds; 0 where the authority does not say. */
  readonly accuracy: number;
  /** What was stamped, by its hash, of SHA-256 or better. */
  readonly imprint: { readonly algorithm: string; readonly digest: Buffer };
  /** OID of the policy under which it was made. */
  readonly policy: string;
  /** What tells the answer to one request from others. */
  readonly nonce: bigint | undefined;
  /** The certificates that came with it, DER. Untrusted. */
  readonly certificates: readonly Uint8Array[];
  /** Whether a certificate is the one that the token names as its signer's, by its hash. */
  readonly names: (certificate: Uint8Array) => boolean;
  readonly isSignedBy: (key: KeyObject) => boolean;
}

const OID = {
  /** `id-ct-TSTInfo` (RFC 3161 §2.4.2). */
  tstInfo: '1.2.840.113549.1.9.16.1.4',
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

/** PKIStatus: granted, and granted with changes (RFC 3161 §2.4.2). */
const GRANTED: ReadonlySet<bigint> = new Set([0n, 1n]);

/**
 * @param der `TimeStampResp`.
 * @throws what is wrong with the form; the caller says what it was about.
 */
export function readToken(der: Uint8Array): TimestampToken {
  const response = parseDer(der);
  if (!GRANTED.has(child(response, 0, 0).toInteger())) throw new Error('it was not granted');
  if (child(response, 1, 0).toOID() !== OID.signedData) throw new Error('it is not signed');
  const signedData = child(response, 1, 1, 0);
  const content = child(signedData, 2);
  const signers = signedData.subs.at(-1)?.subs ?? [];
  const [signer] = signers;
  if (signer === undefined || signers.length > 1) throw new Error('it has not one signer');
  const attributes = readAttributes(signer);
  const types = [child(content, 0), attributes.get(OID.contentType)].map((type) => type?.toOID());
  if (!types.every((type) => type === OID.tstInfo)) throw new Error('it is of another type');
  const info = child(content, 1, 0).value;
  const algorithm = hashNamed(child(signer, 2, 0));
  const digest = attributes.get(OID.messageDigest)?.value;
  if (digest?.equals(hash(algorithm, info, 'buffer')) !== true) {
    throw new Error('what is signed is something else');
  }
  return {
    ...readInfo(parseDer(info)),
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

function hashNamed(oid: ASN1Obj): string {
  const name = HASHES[oid.toOID()];
  if (name === undefined) throw new Error('a hash is weaker than SHA-256');
  return name;
}

/** `TSTInfo`: version, policy, messageImprint, serialNumber, genTime, and what is optional. */
function readInfo(
  info: ASN1Obj,
): Pick<TimestampToken, 'time' | 'accuracy' | 'imprint' | 'policy' | 'nonce'> {
  const optional = info.subs.slice(5);
  // Extensions are tagged [1]; none is known, so none may be critical.
  const extensions = optional.find(({ tag }) => tag.isContextSpecific(1))?.subs ?? [];
  if (extensions.some(({ subs }) => subs.length === 3 && subs[1]?.toBoolean() === true)) {
    throw new Error('a critical extension is not understood');
  }
  const nonce = optional.find(({ tag }) => tag.isInteger());
  return {
    time: readTime(child(info, 4)),
    accuracy: readAccuracy(optional[0]),
    imprint: { algorithm: hashNamed(child(info, 2, 0, 0)), digest: child(info, 2, 1).value },
    policy: readPolicy(child(info, 1)),
    nonce: nonce?.toInteger(),
  };
}

/** Real ones take a dozen bytes. */
const MAX_POLICY_BYTES = 64;

/** X.690 §8.19. The parser takes the first two arcs from one byte, as if none were beyond 2.39. */
function readPolicy({ tag, value }: ASN1Obj): string {
  if (!tag.isOID() || value.length > MAX_POLICY_BYTES || !((value.at(-1) ?? 0x80) < 0x80)) {
    throw new Error('its policy is malformed');
  }
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const byte of value) {
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    if (byte > 0x7f) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [joint = 0n, ...rest] = arcs;
  const first = joint < 80n ? joint / 40n : 2n;
  return [first, joint - first * 40n, ...rest].join('.');
}

/** RFC 3161 §2.4.2: GeneralizedTime in UTC, with fractions of a second if it likes. */
const TIME = /^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})(\.[0-9]{1,9})?Z$/;

function readTime({ tag, value }: ASN1Obj): Date {
  const match = TIME.exec(value.toString('latin1'));
  const [year, month, day, hour, minute, second, fraction = ''] = match?.slice(1) ?? [];
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const time = new Date(`${text}${fraction}Z`);
  // A date that is in no calendar would become another one.
  const isTime = tag.isGeneralizedTime() && !Number.isNaN(time.getTime());
  if (!isTime || !time.toISOString().startsWith(text)) throw new Error('its time is malformed');
  return time;
}

/** `SEQUENCE { seconds INTEGER, millis [0], micros [1] }`, all optional. */
function readAccuracy(value: ASN1Obj | undefined): number {
  // X.690 §8.9.1: a constructed SEQUENCE has this tag.
  if (value?.tag.toDER() !== 0x30) return 0;
  const factors = [
    [value.subs.find(({ tag }) => tag.isInteger()), 1000],
    [value.subs.find(({ tag }) => tag.isContextSpecific(0)), 1],
    [value.subs.find(({ tag }) => tag.isContextSpecific(1)), 1 / 1000],
  ] as const;
  return factors.reduce((sum, [part, factor]) => sum + numberOf(part?.value) * factor, 0);
}

/** More seconds than these are no accuracy. */
const MAX_NUMBER_BYTES = 4;

function numberOf(bytes: Buffer = Buffer.of(0)): number {
  if (bytes.length === 0 || bytes.length > MAX_NUMBER_BYTES || (bytes[0] ?? 0) > 0x7f) {
    throw new Error('its accuracy is malformed');
  }
  return bytes.readUIntBE(0, bytes.length);
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
    const oid = type?.toOID() ?? '';
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
  const [first, second] = child(value, 0, 0).subs;
  const isHashFirst = first?.tag.isOctetString() === true;
  const digest = isHashFirst ? first : second;
  const algorithm = isHashFirst ? fallback : HASHES[first?.subs[0]?.toOID() ?? ''];
  if (digest === undefined || algorithm === undefined) return false;
  return digest.value.equals(hash(algorithm, certificate, 'buffer'));
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
  const oid = algorithm?.subs[0]?.toOID() ?? '';
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

function child(parent: ASN1Obj, ...path: readonly number[]): ASN1Obj {
  return path.reduce((object, at) => {
    const found = object.subs[at];
    if (found === undefined) throw new Error('a member is missing');
    return found;
  }, parent);
}
