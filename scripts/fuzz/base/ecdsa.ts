import { createECDH, createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import { der } from '../../../test/helpers/pki.ts';
import { Random } from './random.ts';

/**
 * ECDSA (FIPS 186-5 §6.4.1) whose nonces come from a source of chance that can be repeated, so that
 * an input of the fuzzer is the same bytes each time. The keys made here protect nothing.
 */
const CURVES = {
  'P-256': {
    openssl: 'prime256v1',
    bytes: 32,
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  },
  'P-384': {
    openssl: 'secp384r1',
    bytes: 48,
    order:
      0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
  'P-521': {
    openssl: 'secp521r1',
    bytes: 66,
    order:
      0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  },
  secp256k1: {
    openssl: 'secp256k1',
    bytes: 32,
    order: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
  },
} as const;

export type CurveName = keyof typeof CURVES;

export function makeEcKey(name: CurveName, random: Random): KeyObject {
  const { bytes, order } = CURVES[name];
  const d = toBytes(scalar(random, bytes, order), bytes);
  const { x, y } = pointOf(name, d);
  const url = (part: Buffer): string => part.toString('base64url');
  return createPrivateKey({
    key: { kty: 'EC', crv: name, d: url(d), x: url(x), y: url(y) },
    format: 'jwk',
  });
}

/** A signature in DER. */
export function signEcdsa(hash: string, data: Uint8Array, key: KeyObject, random: Random): Buffer {
  const { crv, d = '' } = key.export({ format: 'jwk' });
  const name = crv as CurveName;
  const { order } = CURVES[name];
  const digest = createHash(hash).update(data).digest();
  const excess = BigInt(Math.max(0, digest.length * 8 - order.toString(2).length));
  const z = toNumber(digest) >> excess;
  const { r, inverseOfK } = nonce(name, random.below(NONCES));
  const s = (inverseOfK * ((z + r * toNumber(Buffer.from(d, 'base64url'))) % order)) % order;
  return writeSignature(r, s);
}

interface Nonce {
  readonly r: bigint;
  readonly inverseOfK: bigint;
}

/** So many for each curve, used again and again: to make one takes milliseconds. */
const NONCES = 16;
const nonces = new Map<string, Nonce>();

function nonce(name: CurveName, number: number): Nonce {
  const label = `nonce ${number} of ${name}`;
  const { bytes, order } = CURVES[name];
  let made = nonces.get(label);
  if (made === undefined) {
    const k = scalar(new Random(label), bytes, order);
    const r = toNumber(pointOf(name, toBytes(k, bytes)).x) % order;
    made = { r, inverseOfK: inverse(k, order) };
    nonces.set(label, made);
  }
  return made;
}

/** The other signature that is as good: `s` in place of the order less `s`. */
export function otherSignature(signature: Uint8Array, name: CurveName): Buffer {
  const bytes = Buffer.from(signature);
  const start = (bytes[1] ?? 0) === 0x81 ? 3 : 2;
  const lengthOfR = bytes[start + 1] ?? 0;
  const r = toNumber(bytes.subarray(start + 2, start + 2 + lengthOfR));
  const s = toNumber(bytes.subarray(start + 4 + lengthOfR));
  return writeSignature(r, CURVES[name].order - s);
}

function writeSignature(r: bigint, s: bigint): Buffer {
  return der(0x30, integerOf(r), integerOf(s));
}

/** X.690 §8.3, of what is not negative. */
function integerOf(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return der(0x02, ...((bytes[0] ?? 0) > 0x7f ? [Buffer.of(0)] : []), bytes);
}

function pointOf(name: CurveName, secret: Buffer): { readonly x: Buffer; readonly y: Buffer } {
  const { openssl, bytes } = CURVES[name];
  const ecdh = createECDH(openssl);
  ecdh.setPrivateKey(secret);
  const point = ecdh.getPublicKey();
  return { x: point.subarray(1, 1 + bytes), y: point.subarray(1 + bytes) };
}

function scalar(random: Random, bytes: number, order: bigint): bigint {
  return (toNumber(random.bytes(bytes)) % (order - 1n)) + 1n;
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n];
  while (a > 1n) {
    const quotient = a / b;
    [a, b] = [b, a % b];
    [x, y] = [y, x - quotient * y];
  }
  return x < 0n ? x + modulus : x;
}

function toNumber(bytes: Uint8Array): bigint {
  const hex = Buffer.from(bytes).toString('hex');
  return hex === '' ? 0n : BigInt(`0x${hex}`);
}

function toBytes(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex');
}
