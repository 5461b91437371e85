import { createHash, createPublicKey, createSecretKey, ECDH, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  canonicalKey,
  curveOf,
  fingerprintOf,
  loadPublicKey,
  signPayload,
  verifyLegacyPayload,
  verifyPayload,
} from '../../src/trust/keys.ts';
import { der, issue, makeKey, oid, pemOf, sequence } from '../helpers/pki.ts';
import { failure } from './helpers.ts';

const CURVES = ['P-256', 'P-384', 'P-521'] as const;
const privateKey = makeKey('P-256');
const publicKey = createPublicKey(privateKey);
const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;

function unusable(part: string | RegExp): unknown {
  return failure('KEY_UNUSABLE', part);
}

/** The same key with its point in the short form. */
function compressed(key: KeyObject, nodeName: string, curve: string): string {
  const spki = key.export({ type: 'spki', format: 'der' });
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  const point = Buffer.concat([
    Buffer.of(4),
    Buffer.from(x, 'base64url'),
    Buffer.from(y, 'base64url'),
  ]);
  const short = ECDH.convertKey(point, nodeName, undefined, undefined, 'compressed') as Buffer;
  expect(spki.subarray(-point.length)).toEqual(point);
  return pemOf(
    'PUBLIC KEY',
    sequence(sequence(oid('1.2.840.10045.2.1'), oid(curve)), der(0x03, Buffer.of(0), short)),
  );
}

describe('a public key', () => {
  it.each(CURVES)('may be on %s', (curve) => {
    const key = createPublicKey(makeKey(curve));
    expect(curveOf(loadPublicKey(key.export({ type: 'spki', format: 'pem' })))).toBe(curve);
    expect(curveOf(loadPublicKey(key))).toBe(curve);
  });

  it('may be given as text, as bytes, or as a key object', () => {
    for (const source of [pem, Buffer.from(pem), publicKey]) {
      expect(loadPublicKey(source).equals(publicKey)).toBe(true);
    }
  });

  it('may have text around it, CR LF, and no last line feed', () => {
    const around = `Public-Key: (256 bit)\npub:\n    04:a1:b2\n${pem}\nthat was it`;
    for (const text of [around, pem.replaceAll('\n', '\r\n'), pem.trimEnd()]) {
      expect(loadPublicKey(text).equals(publicKey)).toBe(true);
    }
  });

  it.each([
    ['nothing', '', 'found no PEM block'],
    ['two keys', pem + pem, 'found "PUBLIC KEY", "PUBLIC KEY"'],
    ['the private key', privateKey.export({ type: 'pkcs8', format: 'pem' }), 'found "PRIVATE KEY"'],
    ['a SEC1 key', privateKey.export({ type: 'sec1', format: 'pem' }), 'found "EC PRIVATE KEY"'],
    ['a key and a certificate', pem + issue({ subject: 'x' }).pem, '"PUBLIC KEY", "CERTIFICATE"'],
    ['DER', publicKey.export({ type: 'spki', format: 'der' }), 'found no PEM block'],
    ['one cut off', pem.slice(0, -8), 'found no PEM block'],
  ])('may not be %s', (_, source, found) => {
    expect(() => loadPublicKey(source)).toThrow(unusable(found));
  });

  it.each([
    ['pkcs8', 'this is the private key; make the public one of it with openssl pkey -pubout'],
    ['sec1', 'this is the private key; make the public one of it with openssl pkey -pubout'],
  ] as const)('may not be a private key in %s, and the reader is told what to do', (type, hint) => {
    const text = privateKey.export({ type, format: 'pem' });
    expect(() => loadPublicKey(text)).toThrow(expect.objectContaining({ hint }));
  });

  it('may not be of another label, for which there is no advice', () => {
    for (const label of ['RSA PUBLIC KEY', 'PRIVATE KEY RING']) {
      const text = pemOf(label, Buffer.of(1));
      expect(() => loadPublicKey(text)).toThrow(expect.objectContaining({ hint: undefined }));
    }
  });

  it('is called so where it is no text', () => {
    const nothing = undefined as unknown as string;
    expect(() => loadPublicKey(nothing)).toThrow(unusable('the public key cannot be used'));
  });

  it('may not be a certificate, and the reader is told where that belongs', () => {
    expect(() => loadPublicKey(issue({ subject: 'x' }).pem)).toThrow(
      expect.objectContaining({
        code: 'KEY_UNUSABLE',
        found: '"CERTIFICATE"',
        hint: 'use --certificate-chain for certificates',
      }),
    );
  });

  it('may not be a private or secret key object', () => {
    expect(() => loadPublicKey(privateKey)).toThrow(unusable('found a private key'));
    const secret = createSecretKey(Buffer.alloc(32));
    expect(() => loadPublicKey(secret)).toThrow(unusable('found a secret key'));
  });

  it.each([
    ['secp256k1', 'EC secp256k1'],
    ['Ed25519', 'ed25519'],
    ['RSA-3072', 'rsa'],
  ] as const)('may not be of the kind %s', (kind, found) => {
    const other = createPublicKey(makeKey(kind));
    const message = `the key cannot be used: expected ECDSA on P-256, P-384 or P-521, found ${found}`;
    expect(() => loadPublicKey(other)).toThrow(unusable(message));
    const text = other.export({ type: 'spki', format: 'pem' });
    expect(() => loadPublicKey(text)).toThrow(unusable(message));
  });

  it.each([
    ['garbage', Buffer.from('garbage')],
    ['a point that is not on the curve', offCurve()],
    ['an empty sequence', sequence()],
  ])('may not hold %s', (_, bytes) => {
    expect(() => loadPublicKey(pemOf('PUBLIC KEY', bytes))).toThrow(
      unusable('the public key cannot be read'),
    );
  });

  it('may not have other parameters than those of its curve', () => {
    const spki = createPublicKey(makeKey('P-256', 'explicit')).export({
      type: 'spki',
      format: 'der',
    });
    // The generator of P-256; with one that an attacker chose, any signature could be made.
    const generator = spki.indexOf(Buffer.from('6b17d1f2e12c4247', 'hex'));
    expect(generator).toBeGreaterThan(0);
    spki.copy(spki, generator, spki.length - 64);
    expect(() => loadPublicKey(pemOf('PUBLIC KEY', spki))).toThrow(
      unusable(/cannot be (read|used: expected ECDSA .* found EC with explicit parameters)/),
    );
  });

  function offCurve(): Buffer {
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    spki.writeUInt8((spki.at(-1) ?? 0) ^ 1, spki.length - 1);
    return spki;
  }
});

describe('the fingerprint of a key', () => {
  it.each(CURVES)('is the SHA-256 of its PEM text, on %s', (curve) => {
    const key = createPublicKey(makeKey(curve));
    const text = key.export({ type: 'spki', format: 'pem' });
    expect(text).toMatch(/^-----BEGIN PUBLIC KEY-----\n[^\r]*\n-----END PUBLIC KEY-----\n$/);
    expect(fingerprintOf(key)).toBe(createHash('sha256').update(text).digest('hex'));
  });

  it('does not depend on how the file is written', () => {
    const expected = fingerprintOf(publicKey);
    const spki = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    const texts = [
      `preamble\n${pem}`,
      pem.replaceAll('\n', '\r\n'),
      `-----BEGIN PUBLIC KEY-----\n${spki}\n-----END PUBLIC KEY-----\n`,
    ];
    for (const text of texts) expect(fingerprintOf(loadPublicKey(text))).toBe(expected);
  });

  it.each([
    ['prime256v1', 'P-256', '1.2.840.10045.3.1.7'],
    ['secp384r1', 'P-384', '1.3.132.0.34'],
    ['secp521r1', 'P-521', '1.3.132.0.35'],
  ] as const)('does not depend on how the point is written, on %s', (nodeName, kind, curve) => {
    const key = createPublicKey(makeKey(kind));
    const short = compressed(key, nodeName, curve);
    expect(short.length).toBeLessThan(
      (key.export({ type: 'spki', format: 'pem' }) as string).length,
    );
    expect(fingerprintOf(loadPublicKey(short))).toBe(fingerprintOf(key));
    expect(fingerprintOf(createPublicKey(short))).toBe(fingerprintOf(key));
  });

  it.each(CURVES)('does not depend on how the curve is written, on %s', (curve) => {
    const explicit = createPublicKey(makeKey(curve, 'explicit'));
    const named = createPublicKey({ key: explicit.export({ format: 'jwk' }), format: 'jwk' });
    expect(explicit.export({ type: 'spki', format: 'pem' })).not.toBe(
      named.export({ type: 'spki', format: 'pem' }),
    );
    expect(fingerprintOf(explicit)).toBe(fingerprintOf(named));
    expect(fingerprintOf(loadPublicKey(explicit.export({ type: 'spki', format: 'pem' })))).toBe(
      fingerprintOf(named),
    );
  });

  it('of a private key is that of its public half', () => {
    expect(fingerprintOf(privateKey)).toBe(fingerprintOf(publicKey));
    expect(canonicalKey(privateKey).type).toBe('public');
  });

  it('differs between keys', () => {
    expect(fingerprintOf(makeKey('P-256'))).not.toBe(fingerprintOf(publicKey));
  });
});

describe('a signature', () => {
  const payload = Buffer.from('{"a":1}');

  it.each(CURVES)('by a key on %s is accepted by it and by no other', (curve) => {
    const key = makeKey(curve);
    const signature = signPayload(payload, key);
    expect(verifyPayload(payload, signature, createPublicKey(key))).toBe(true);
    expect(verifyPayload(payload, signature, createPublicKey(makeKey(curve)))).toBe(false);
  });

  it('is of the payload with its length and type before it', () => {
    const signature = signPayload(payload, privateKey);
    expect(verifyPayload(Buffer.from('{"a":2}'), signature, publicKey)).toBe(false);
    expect(verifyPayload(Buffer.from('{"a":1} '), signature, publicKey)).toBe(false);
    expect(verifyPayload(Buffer.alloc(0), signature, publicKey)).toBe(false);
  });

  it('cannot be made or checked with a key of another kind', () => {
    for (const kind of ['secp256k1', 'Ed25519', 'RSA-2048'] as const) {
      const other = makeKey(kind);
      expect(() => signPayload(payload, other)).toThrow(unusable('expected ECDSA on P-256'));
      for (const verify of [verifyPayload, verifyLegacyPayload]) {
        expect(() => verify(payload, Buffer.of(1), createPublicKey(other))).toThrow(
          unusable('expected ECDSA on P-256'),
        );
      }
    }
  });
});
