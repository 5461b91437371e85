import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { der, integer, oid, sequence, spkiOf } from '../helpers/pki.ts';
import { exponentOneSpki, pssOnlySpki, rsaKey } from './rsa.ts';

/** Kinds of keys that an issuer may have. */
export const STRONG_KINDS = [
  'P-256',
  'P-384',
  'P-521',
  'RSA-2048',
  'RSA-3072',
  'RSA-4096',
  'RSA-PSS',
] as const;

/** Kinds that it may not. */
export const WEAK_KINDS = [
  'RSA-1024',
  'RSA-2047',
  'secp256k1',
  'brainpoolP256r1',
  'Ed25519',
  'Ed448',
] as const;

/** The curves of the algorithm registry (§4.2): what a signer's key is on. */
export const CURVES = ['P-256', 'P-384', 'P-521'] as const;

export type KeyKind = (typeof STRONG_KINDS)[number] | (typeof WEAK_KINDS)[number] | 'RSA-e3';

/** A key with what a certificate says of it, which need not be the truth. */
export interface Key {
  readonly kind: string;
  readonly privateKey: KeyObject;
  readonly spki: Buffer;
  /** What key identifiers hold. */
  readonly id: Buffer;
}

const CURVE_OIDS: Readonly<Record<string, string>> = {
  'P-256': '1.2.840.10045.3.1.7',
  'P-384': '1.3.132.0.34',
  'P-521': '1.3.132.0.35',
  secp256k1: '1.3.132.0.10',
  brainpoolP256r1: '1.3.36.3.3.2.8.1.1.7',
};

const EDWARDS: Readonly<Record<string, readonly [oid: string, bytes: number]>> = {
  Ed25519: ['1.3.101.112', 32],
  Ed448: ['1.3.101.113', 57],
};

/** The place of a leaf, beyond that of any issuer. */
export const LEAF = 99;

const made = new Map<string, Key>();

/** The same key each time for a kind and a place in a chain. */
export function keyOf(kind: KeyKind, place: number): Key {
  const name = `${kind} ${place}`;
  const key = made.get(name) ?? keyFor(kind, privateKeyOf(kind, place));
  made.set(name, key);
  return key;
}

function privateKeyOf(kind: KeyKind, place: number): KeyObject {
  const curve = CURVE_OIDS[kind];
  if (curve !== undefined) return ellipticKey(curve, `${kind} ${place}`);
  const edwards = EDWARDS[kind];
  if (edwards !== undefined) return edwardsKey(...edwards, `${kind} ${place}`);
  return rsaKey(kind === 'RSA-PSS' ? 'RSA-2048' : kind, place);
}

/** RFC 5915; OpenSSL finds the public key itself. Any 31 bytes are below the order of each curve. */
function ellipticKey(curve: string, seed: string): KeyObject {
  const scalar = createHash('sha256').update(seed).digest().subarray(1);
  const parameters = der(0xa0, oid(curve));
  const key = sequence(integer(1), der(0x04, scalar), parameters);
  return createPrivateKey({ key, format: 'der', type: 'sec1' });
}

/** RFC 8410 §7. */
function edwardsKey(curve: string, size: number, seed: string): KeyObject {
  const bytes = createHash('shake256', { outputLength: size }).update(seed).digest();
  const key = sequence(integer(0), sequence(oid(curve)), der(0x04, der(0x04, bytes)));
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

function keyFor(kind: KeyKind, privateKey: KeyObject): Key {
  const spki = spkiOf(privateKey);
  return describe(kind, privateKey, kind === 'RSA-PSS' ? pssOnlySpki(privateKey) : spki);
}

/** A key with another description of itself in its certificate. */
export function describe(kind: string, privateKey: KeyObject, spki: Buffer): Key {
  const id = createHash('sha256').update(spki).digest().subarray(0, 20);
  return { kind, privateKey, spki, id };
}

/** A key on a curve that its certificate gives by parameters in place of a name. */
export function explicitKey(curve: string): Key {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: curve,
    paramEncoding: 'explicit',
  });
  return describe(`explicit ${curve}`, privateKey, spkiOf(privateKey));
}

/** RFC 5480 §2.2: a point by one coordinate and a bit. */
export function compressedKey(kind: KeyKind, place: number): Key {
  const { privateKey, spki } = keyOf(kind, place);
  const { x = '', y = '' } = privateKey.export({ format: 'jwk' });
  const last = Buffer.from(y, 'base64url').at(-1) ?? 0;
  const point = Buffer.concat([Buffer.of(2 + (last & 1)), Buffer.from(x, 'base64url')]);
  // The first member of the whole is the algorithm, with a length of one byte.
  const algorithm = spki.subarray(spki[1] === 0x81 ? 3 : 2);
  const end = 2 + (algorithm[1] ?? 0);
  return describe(
    `compressed ${kind}`,
    privateKey,
    sequence(algorithm.subarray(0, end), der(0x03, Buffer.of(0), point)),
  );
}

/** With the exponent 1 all that an RSA key signs, anybody can. */
export function exponentOne(key: Key): Key {
  return { ...key, kind: 'RSA-e1', spki: exponentOneSpki(key.privateKey) };
}
