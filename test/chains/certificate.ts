import { constants, createHash, sign } from 'node:crypto';
import { der, type Hash, integer, oid, sequence, signatureAlgorithm } from '../helpers/pki.ts';
import type { Key } from './keys.ts';

/** Hashes that a signature in a chain may use, or should not. */
export type SignatureHash = Hash | 'md5' | 'sha224' | 'sha3-256';

export interface Extension {
  readonly id: string;
  readonly critical: boolean;
  /** The content of the octet string. */
  readonly value: Buffer;
  /** The whole, where it is to be written in another way. */
  readonly encoded?: Buffer;
}

/** All that is written into a certificate, each part as it will stand there. */
export interface Plan {
  /** What messages will call it. */
  readonly subject: string;
  readonly subjectName: Buffer;
  readonly issuerName: Buffer;
  readonly key: Key;
  readonly signer: Key;
  readonly hash: SignatureHash;
  readonly pss: boolean;
  /** The algorithm that is named in the signed part, outside, or in both. */
  readonly innerAlgorithm?: Buffer;
  readonly outerAlgorithm?: Buffer;
  readonly version: 1 | 2 | 3 | 4;
  /** `INTEGER`. */
  readonly serial: Buffer;
  /** Two times. */
  readonly validity: readonly [Buffer, Buffer];
  /** Members between the key and the extensions (`issuerUniqueID`, `subjectUniqueID`). */
  readonly uniqueIds?: Buffer;
  readonly extensions: readonly Extension[];
  /** Changes the signed part before it is signed. */
  readonly before?: (tbs: Buffer) => Buffer;
  /** Makes the signature. */
  readonly sign?: (tbs: Buffer) => Buffer;
  /** Changes the signature after it is made. */
  readonly onSignature?: (signature: Buffer) => Buffer;
  /** Bits of its last byte that are said not to count. */
  readonly unusedBits?: number;
  /** Changes the whole after it is signed. */
  readonly after?: (certificate: Buffer) => Buffer;
}

export const ID = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  certificatePolicies: '2.5.29.32',
  policyMappings: '2.5.29.33',
  authorityKeyIdentifier: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extendedKeyUsage: '2.5.29.37',
  inhibitAnyPolicy: '2.5.29.54',
} as const;

export const TRUE = der(0x01, Buffer.of(0xff));
export const NULL = der(0x05);

export function write(plan: Plan): Buffer {
  const algorithm = algorithmOf(plan);
  const extensions = plan.extensions.map(encodeExtension);
  const assembled = sequence(
    ...(plan.version === 1 ? [] : [der(0xa0, integer(plan.version - 1))]),
    plan.serial,
    plan.innerAlgorithm ?? algorithm,
    plan.issuerName,
    sequence(...plan.validity),
    plan.subjectName,
    plan.key.spki,
    plan.uniqueIds ?? Buffer.alloc(0),
    ...(extensions.length === 0 ? [] : [der(0xa3, sequence(...extensions))]),
  );
  const tbs = plan.before?.(assembled) ?? assembled;
  const made = plan.sign?.(tbs) ?? signWith(plan, tbs);
  const signature = plan.onSignature?.(made) ?? made;
  const certificate = sequence(
    tbs,
    plan.outerAlgorithm ?? algorithm,
    der(0x03, Buffer.of(plan.unusedBits ?? 0), signature),
  );
  return plan.after?.(certificate) ?? certificate;
}

function encodeExtension({ id, critical, value, encoded }: Extension): Buffer {
  return encoded ?? sequence(oid(id), ...(critical ? [TRUE] : []), der(0x04, value));
}

const SALT: Readonly<Record<Hash, number>> = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 };
const OTHER_HASHES: Readonly<Record<string, readonly [ecdsa: string, rsa: string]>> = {
  md5: ['1.2.840.10045.4.1', '1.2.840.113549.1.1.4'],
  sha224: ['1.2.840.10045.4.3.1', '1.2.840.113549.1.1.14'],
  'sha3-256': ['2.16.840.1.101.3.4.3.10', '2.16.840.1.101.3.4.3.14'],
};

function algorithmOf({ signer, hash, pss }: Plan): Buffer {
  const type = signer.privateKey.asymmetricKeyType;
  if (type === 'ed448') return sequence(oid('1.3.101.113'));
  if (hash in SALT) return signatureAlgorithm(signer.privateKey, hash as Hash, pss);
  const [ecdsa = '', rsa = ''] = OTHER_HASHES[hash] ?? [];
  return type === 'ec' ? sequence(oid(ecdsa)) : sequence(oid(rsa), NULL);
}

/** The nonces of ECDSA are random, so the bytes of a certificate are not the same each time. */
function signWith({ signer: { privateKey }, hash, pss }: Plan, tbs: Buffer): Buffer {
  const isEdwards = privateKey.asymmetricKeyType?.startsWith('ed') === true;
  return sign(isEdwards ? null : hash, tbs, {
    key: privateKey,
    ...(pss ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: SALT[hash as Hash] } : {}),
  });
}

/** RFC 8017 §9.2: what the signature of an RSA key with the exponent 1 is, for anybody. */
export function paddedDigest(tbs: Buffer, size: number): Buffer {
  const digest = createHash('sha256').update(tbs).digest();
  const info = sequence(sequence(oid('2.16.840.1.101.3.4.2.1'), NULL), der(0x04, digest));
  const padding = Buffer.alloc(size - info.length - 3, 0xff);
  return Buffer.concat([Buffer.of(0, 1), padding, Buffer.of(0), info]);
}

/** RFC 5280 §4.1.2.5: UTCTime until 2049, GeneralizedTime after. */
export function time(at: Date | string): Buffer {
  const date = new Date(at);
  return date.getUTCFullYear() < 2050 ? utcTime(digitsOf(date).slice(2)) : longTime(digitsOf(date));
}

function digitsOf(date: Date): string {
  return date.toISOString().replace(/\.\d+|[-:T]/g, '');
}

export function utcTime(text: string): Buffer {
  return der(0x17, Buffer.from(text));
}

export function longTime(text: string): Buffer {
  return der(0x18, Buffer.from(text));
}

const STRINGS = { utf8: 0x0c, printable: 0x13, teletex: 0x14, bmp: 0x1e } as const;

/** A distinguished name of one common name, in a type of string. */
export function name(text: string | Buffer, kind: keyof typeof STRINGS = 'utf8'): Buffer {
  return sequence(der(0x31, attribute('2.5.4.3', STRINGS[kind], text)));
}

export function attribute(id: string, tag: number, text: string | Buffer): Buffer {
  return sequence(oid(id), der(tag, Buffer.from(text)));
}
