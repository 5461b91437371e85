import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { der, integer, oid, sequence, spkiOf } from '../helpers/pki.ts';

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

/** RSA keys take long to find; the primes of these were found once, and protect nothing. */
const PRIMES: Readonly<Record<string, readonly (readonly [p: string, q: string])[]>> = JSON.parse(
  readFileSync(join(import.meta.dirname, 'rsa-primes.json'), 'utf8'),
);

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
  const stored = PRIMES[kind === 'RSA-PSS' ? 'RSA-2048' : kind] ?? [];
  const primes = stored[place % stored.length];
  if (primes === undefined) throw new Error(`no key of the kind ${kind}`);
  return rsaKey(primes, kind === 'RSA-e3' ? 3n : 65_537n);
}

/** RFC 8017 §3.2, RFC 7518 §6.3. */
function rsaKey(primes: readonly [string, string], exponent: bigint): KeyObject {
  const [p, q] = primes.map((text) =>
    BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`),
  );
  if (p === undefined || q === undefined) throw new Error('an RSA key has two primes');
  const d = inverse(exponent, (p - 1n) * (q - 1n));
  const members = {
    n: p * q,
    e: exponent,
    d,
    p,
    q,
    dp: d % (p - 1n),
    dq: d % (q - 1n),
    qi: inverse(q, p),
  };
  const key = Object.fromEntries(
    Object.entries(members).map(([name, value]) => [name, base64url(value)]),
  );
  return createPrivateKey({ key: { kty: 'RSA', ...key }, format: 'jwk' });
}

/** By Euclid's algorithm. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n];
  while (a > 1n) {
    const quotient = b / a;
    [a, b] = [b % a, a];
    [x, y] = [y - quotient * x, x];
  }
  return ((x % modulus) + modulus) % modulus;
}

function base64url(value: bigint): string {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
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
  return describe(kind, privateKey, kind === 'RSA-PSS' ? forPssOnly(privateKey) : spki);
}

/** A key with another description of itself in its certificate. */
export function describe(kind: string, privateKey: KeyObject, spki: Buffer): Key {
  const id = createHash('sha256').update(spki).digest().subarray(0, 20);
  return { kind, privateKey, spki, id };
}

/** RFC 4055 §1.2: an RSA key under the object identifier of RSASSA-PSS. */
function forPssOnly(privateKey: KeyObject): Buffer {
  return rsaSpki(
    createPublicKey(privateKey).export({ type: 'pkcs1', format: 'der' }),
    sequence(oid('1.2.840.113549.1.1.10')),
  );
}

/** `SubjectPublicKeyInfo` around an `RSAPublicKey`. */
export function rsaSpki(
  publicKey: Uint8Array,
  algorithm: Buffer = sequence(oid('1.2.840.113549.1.1.1'), der(0x05)),
): Buffer {
  return sequence(algorithm, der(0x03, Buffer.of(0), publicKey));
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

/** A key with the modulus of an RSA key and the exponent 1: all that it signs, anybody can. */
export function exponentOne(key: Key): Key {
  const { n = '' } = key.privateKey.export({ format: 'jwk' });
  const modulus = der(0x02, Buffer.of(0), Buffer.from(n, 'base64url'));
  return { ...key, kind: 'RSA-e1', spki: rsaSpki(sequence(modulus, integer(1))) };
}
