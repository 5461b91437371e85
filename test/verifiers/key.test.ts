import { createPublicKey, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Bundle, parseBundle } from '../../src/format/bundle.ts';
import type { JsonObject } from '../../src/format/json.ts';
import { assembleBundle } from '../../src/signers/signer.ts';
import { fingerprintOf, type PublicKeySource, signPayload } from '../../src/trust/keys.ts';
import { type Authenticated, authenticate } from '../../src/verifiers/verifier.ts';
import { legacySignature, makeKey } from '../helpers/pki.ts';
import { failure } from '../trust/helpers.ts';

const privateKey = makeKey('P-256');
const publicKey = createPublicKey(privateKey);
const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
const spki = publicKey.export({ type: 'spki', format: 'der' });
const hint = fingerprintOf(publicKey);
const otherKey = createPublicKey(makeKey('P-256'));
const statement = Buffer.from('{"any":"bytes"}');

function bundleWith(material: JsonObject, signature = signPayload(statement, privateKey)): Bundle {
  return assembleBundle(statement, signature, { publicKey: material });
}

function check(bundle: Bundle, key: PublicKeySource = publicKey): Authenticated {
  return authenticate(parseBundle(bundle), { method: 'key', publicKey: key });
}

const NOT_BY_THIS_KEY = failure('SIGNATURE_INVALID', 'the signature is not by this key');

describe('a bundle signed with a key', () => {
  it.each(['P-256', 'P-384', 'P-521'] as const)('on %s tells whose it is', (curve) => {
    const key = makeKey(curve);
    const fingerprint = fingerprintOf(key);
    const bundle = bundleWith({ hint: fingerprint }, signPayload(statement, key));
    expect(check(bundle, createPublicKey(key))).toEqual({
      signer: { method: 'key', curve, fingerprint },
      payload: { bytes: statement, encoding: 'dsse' },
    });
  });

  it('is accepted with the key as text, as bytes, or behind a preamble', () => {
    for (const key of [pem, Buffer.from(pem), `Public-Key: (256 bit)\n${pem}`]) {
      expect(check(bundleWith({ hint }), key).signer).toMatchObject({ fingerprint: hint });
    }
  });

  it('is refused with another key', () => {
    expect(() => check(bundleWith({ hint }), otherKey)).toThrow(
      failure('KEY_MISMATCH', new RegExp(`expected the key sha256:${fingerprintOf(otherKey)}, `)),
    );
  });

  it('is refused with another key even if it claims to be by that one', () => {
    const claim = { hint: fingerprintOf(otherKey) };
    expect(() => check(bundleWith(claim), otherKey)).toThrow(NOT_BY_THIS_KEY);
  });

  it('is not checked at all with a key that is not usable', () => {
    const ed25519 = createPublicKey(makeKey('Ed25519'));
    expect(() => check(bundleWith({ hint }), ed25519)).toThrow(
      failure('KEY_UNUSABLE', 'expected ECDSA on P-256, P-384 or P-521, found ed25519'),
    );
  });
});

describe('what a bundle says of its key', () => {
  const asText = Buffer.from(pem).toString('base64');
  const asDer = spki.toString('base64');

  it.each([
    ['the fingerprint', { hint }],
    ['the key as PEM text', { rawBytes: asText }],
    ['the key as DER', { rawBytes: asDer }],
    ['both', { hint, rawBytes: asText }],
    ['the key with its details', { rawBytes: asText, keyDetails: 'PKIX_ECDSA_P256_SHA_256' }],
  ])('may be %s', (_, material) => {
    expect(check(bundleWith(material)).payload.bytes).toEqual(statement);
  });

  const otherText = Buffer.from(otherKey.export({ type: 'spki', format: 'pem' })).toString(
    'base64',
  );
  const otherDer = otherKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const privatePem = Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  it.each([
    ['another fingerprint', { hint: fingerprintOf(otherKey) }],
    ['the fingerprint in upper case', { hint: hint.toUpperCase() }],
    ['a part of the fingerprint', { hint: hint.slice(0, 63) }],
    ['an empty fingerprint', { hint: '' }],
    ['the right key and another fingerprint', { hint: 'key-1', rawBytes: asText }],
    ['another key as PEM text', { rawBytes: otherText }],
    ['another key as DER', { rawBytes: otherDer }],
    ['the right fingerprint and another key', { hint, rawBytes: otherText }],
    ['garbage in place of the key', { rawBytes: Buffer.from('garbage').toString('base64') }],
    ['two keys', { rawBytes: Buffer.from(pem + pem).toString('base64') }],
    ['the private key', { rawBytes: privatePem.toString('base64') }],
    ['the key cut off', { rawBytes: spki.subarray(0, -1).toString('base64') }],
  ])('may not be %s, though the signature is right', (_, material) => {
    expect(() => check(bundleWith(material))).toThrow(
      failure('KEY_MISMATCH', 'the bundle was signed with another key'),
    );
  });

  it('does not choose the key: its own key does not make it good', () => {
    const attacker = makeKey('P-256');
    const signature = signPayload(statement, attacker);
    const rawBytes = Buffer.from(createPublicKey(attacker).export({ type: 'spki', format: 'pem' }));
    expect(() => check(bundleWith({ rawBytes: rawBytes.toString('base64') }, signature))).toThrow(
      failure('KEY_MISMATCH', 'found another key in publicKey.rawBytes'),
    );
    expect(() => check(bundleWith({ hint }, signature))).toThrow(NOT_BY_THIS_KEY);
  });
});

describe('the signature of a bundle', () => {
  const signature = signPayload(statement, privateKey);

  it('does not survive a change of any of its bits', () => {
    for (let bit = 0; bit < signature.length * 8; bit++) {
      const flipped = Buffer.from(signature);
      flipped.writeUInt8((flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => check(bundleWith({ hint }, flipped)), `bit ${bit}`).toThrow(NOT_BY_THIS_KEY);
    }
  });

  it('does not survive a change of any bit of the payload', () => {
    for (let bit = 0; bit < statement.length * 8; bit++) {
      const flipped = Buffer.from(statement);
      flipped.writeUInt8((flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7)), bit >> 3);
      const bundle = assembleBundle(flipped, signature, { publicKey: { hint } });
      expect(() => check(bundle), `bit ${bit}`).toThrow(NOT_BY_THIS_KEY);
    }
  });

  it.each([
    ['a single byte', Buffer.of(0)],
    ['two plain numbers in place of DER', Buffer.alloc(64, 1)],
    ['an empty sequence', Buffer.from('3000', 'hex')],
    ['two zeros', Buffer.from('3006020100020100', 'hex')],
    ['two ones', Buffer.from('3006020101020101', 'hex')],
    ['a byte behind it', Buffer.concat([signature, Buffer.of(0)])],
    ['its last byte missing', signature.subarray(0, -1)],
    ['a longer form of its length', Buffer.concat([Buffer.of(0x30, 0x81), signature.subarray(1)])],
  ])('may not be %s', (_, bytes) => {
    expect(() => check(bundleWith({ hint }, bytes))).toThrow(NOT_BY_THIS_KEY);
  });

  it.each([
    ['P-384', 'sha256'],
    ['P-384', 'sha512'],
    ['P-521', 'sha256'],
    ['P-256', 'sha384'],
    ['P-256', 'sha1'],
  ] as const)('by a key on %s may not use %s', (curve, hash) => {
    const key = makeKey(curve);
    const pae = Buffer.concat([
      Buffer.from(`DSSEv1 28 application/vnd.in-toto+json ${statement.length} `),
      statement,
    ]);
    const right = { 'P-256': 'sha256', 'P-384': 'sha384', 'P-521': 'sha512' }[curve];
    const material = { hint: fingerprintOf(key) };
    const own = createPublicKey(key);
    expect(check(bundleWith(material, sign(right, pae, key)), own).signer.method).toBe('key');
    expect(() => check(bundleWith(material, sign(hash, pae, key)), own)).toThrow(NOT_BY_THIS_KEY);
  });

  it('may not be over the payload alone', () => {
    expect(() => check(bundleWith({ hint }, sign('sha256', statement, privateKey)))).toThrow(
      NOT_BY_THIS_KEY,
    );
  });

  it('may not be in the old form, which came with certificates only', () => {
    const old = legacySignature(statement, privateKey);
    expect(() => check(bundleWith({ hint }, old))).toThrow(NOT_BY_THIS_KEY);
  });
});
