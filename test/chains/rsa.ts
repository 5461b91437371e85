import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { der, integer, oid, sequence } from '../helpers/pki.ts';

/** RSA keys take long to find; the primes of these were found once, and protect nothing. */
const PRIMES: Readonly<Record<string, readonly (readonly [p: string, q: string])[]>> = JSON.parse(
  readFileSync(join(import.meta.dirname, 'rsa-primes.json'), 'utf8'),
);

/** RFC 8017 §3.2, RFC 7518 §6.3. */
export function rsaKey(kind: string, place: number): KeyObject {
  const stored = PRIMES[kind] ?? [];
  const primes = stored[place % stored.length] ?? [];
  const [p, q] = primes.map((text) =>
    BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`),
  );
  if (p === undefined || q === undefined) throw new Error(`no key of the kind ${kind}`);
  const exponent = kind === 'RSA-e3' ? 3n : 65_537n;
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

/** RFC 4055 §1.2: an RSA key under the object identifier of RSASSA-PSS. */
export function pssOnlySpki(privateKey: KeyObject): Buffer {
  return rsaSpki(
    createPublicKey(privateKey).export({ type: 'pkcs1', format: 'der' }),
    sequence(oid('1.2.840.113549.1.1.10')),
  );
}

/** `SubjectPublicKeyInfo` around an `RSAPublicKey`. */
function rsaSpki(
  publicKey: Uint8Array,
  algorithm: Buffer = sequence(oid('1.2.840.113549.1.1.1'), der(0x05)),
): Buffer {
  return sequence(algorithm, der(0x03, Buffer.of(0), publicKey));
}

/** The same modulus with the exponent 1. */
export function exponentOneSpki(privateKey: KeyObject): Buffer {
  const { n = '' } = privateKey.export({ format: 'jwk' });
  const modulus = der(0x02, Buffer.of(0), Buffer.from(n, 'base64url'));
  return rsaSpki(sequence(modulus, integer(1)));
}
