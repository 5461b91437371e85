import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/format/json.ts';
import { parseTrustedRoot, type TrustedRoot } from '../../src/trust/trusted-root.ts';
import { edited } from '../helpers/edited.ts';
import { makeKey, spkiOf } from '../helpers/pki.ts';
import { base64Of, ctKey, log, logKey, trustedRoot } from '../helpers/trust.ts';
import { failure } from './helpers.ts';

const readWith = (path: string, value: JsonValue | undefined): TrustedRoot =>
  parseTrustedRoot(edited(trustedRoot, path, value));

const unusable = (part: string | RegExp): unknown => failure('TRUST_UNUSABLE', part);

function publicBytes(key: KeyObject, type: 'spki' | 'pkcs1'): Buffer {
  return type === 'spki'
    ? key.export({ type: 'spki', format: 'der' })
    : key.export({ type: 'pkcs1', format: 'der' });
}

describe.each([
  ['tlogs', 'logs'],
  ['ctlogs', 'ctLogs'],
] as const)('a log of %s', (key, list) => {
  const path = `${key}.0`;

  const withKey = (rawBytes: Uint8Array, keyDetails: string): TrustedRoot =>
    readWith(key, [
      { ...log('https://log.example.com', rawBytes, keyDetails) },
      log('https://other.example.com', spkiOf(ctKey), 'PKIX_ECDSA_P384_SHA_384'),
    ]);

  const urls = (read: TrustedRoot): string[] => read[list].map(({ baseUrl }) => baseUrl);

  it.each([
    ['P-256', 'PKIX_ECDSA_P256_SHA_256', 'ec'],
    ['P-384', 'PKIX_ECDSA_P384_SHA_384', 'ec'],
    ['P-521', 'PKIX_ECDSA_P521_SHA_512', 'ec'],
    ['Ed25519', 'PKIX_ED25519', 'ed25519'],
    ['RSA-2048', 'PKIX_RSA_PKCS1V15_2048_SHA256', 'rsa'],
    ['RSA-2048', 'PKIX_RSA_PKCS1V5', 'rsa'],
  ] as const)('may have a key of %s: %s', (kind, details, type) => {
    const spki = spkiOf(makeKey(kind));
    const read = withKey(spki, details);
    expect(read[list]).toHaveLength(2);
    expect(read[list][0]?.key.type).toBe('public');
    expect(read[list][0]?.key.asymmetricKeyType).toBe(type);
    expect(read[list][0]?.key.export({ type: 'spki', format: 'der' })).toEqual(spki);
  });

  it.each(['PKCS1_RSA_PKCS1V5', 'PKCS1_RSA_PSS'])(
    'may have a key of RSA in the older encoding: %s',
    (details) => {
      const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const read = withKey(publicBytes(publicKey, 'pkcs1'), details);
      expect(read[list]).toHaveLength(2);
      expect(read[list][0]?.key.export({ type: 'spki', format: 'der' })).toEqual(
        publicBytes(publicKey, 'spki'),
      );
      expect(urls(withKey(publicBytes(publicKey, 'spki'), details))).toHaveLength(1);
      expect(urls(withKey(publicBytes(publicKey, 'pkcs1'), 'PKIX_RSA_PKCS1V5'))).toHaveLength(1);
    },
  );

  it.each<[string, () => Uint8Array, string]>([
    ['random bytes', () => Buffer.alloc(91, 7), 'PKIX_ECDSA_P256_SHA_256'],
    ['random bytes as RSA', () => Buffer.alloc(91, 7), 'PKCS1_RSA_PKCS1V5'],
    ['an algorithm of the future', () => Buffer.alloc(1312, 7), 'PKIX_FALCON_512'],
    ['no details', () => Buffer.alloc(32, 7), 'PUBLIC_KEY_DETAILS_UNSPECIFIED'],
    [
      'a private key',
      () => logKey.export({ type: 'pkcs8', format: 'der' }),
      'PKIX_ECDSA_P256_SHA_256',
    ],
    [
      'one that cannot sign',
      () => generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'der' }),
      'PKIX_ED25519',
    ],
    [
      'PEM text',
      () => Buffer.from(`-----BEGIN PUBLIC KEY-----\n${base64Of(spkiOf(logKey))}\n`),
      'PKIX_ECDSA_P256_SHA_256',
    ],
  ])('is left out, and only that one, when its key is %s', (_, make, details) => {
    expect(urls(withKey(make(), details))).toEqual(['https://other.example.com']);
  });

  it.each<JsonValue | undefined>([
    undefined,
    null,
    '',
    'HASH_ALGORITHM_UNSPECIFIED',
    'SHA2_384',
    'SHA2_512',
    'SHA3_256',
    'sha2_256',
    'SHA2_256 ',
  ])('is left out when it hashes with %j', (hashAlgorithm) => {
    expect(readWith(`${path}.hashAlgorithm`, hashAlgorithm)[list]).toEqual([]);
    const others = list === 'logs' ? 'ctLogs' : 'logs';
    expect(readWith(`${path}.hashAlgorithm`, hashAlgorithm)[others]).toHaveLength(1);
  });

  it.each([
    ['publicKey', 'publicKey: expected an object'],
    ['publicKey.rawBytes', 'publicKey.rawBytes: expected a string'],
    ['publicKey.keyDetails', 'publicKey.keyDetails: expected a string'],
    ['logId', 'logId: expected the id of the log'],
    ['logId.keyId', 'logId.keyId: expected a string'],
  ])('has to have %s', (member, reason) => {
    for (const value of [undefined, null]) {
      expect(() => readWith(`${path}.${member}`, value)).toThrow(unusable(`${key}[0].${reason}`));
    }
  });

  it.each<[string, JsonValue, string]>([
    ['baseUrl', {}, 'baseUrl: expected a string'],
    ['hashAlgorithm', 1, 'hashAlgorithm: expected a string'],
    ['operator', 1, 'operator: expected a string'],
    ['publicKey', 'text', 'publicKey: expected an object'],
    ['publicKey.rawBytes', 1, 'publicKey.rawBytes: expected a string'],
    ['publicKey.keyDetails', 5, 'publicKey.keyDetails: expected a string'],
    ['publicKey.validFor', [], 'publicKey.validFor: expected an object'],
    ['publicKey.validFor.start', 1, 'publicKey.validFor.start: expected a string'],
    ['publicKey.validFor.start', 'yesterday', 'publicKey.validFor.start: expected a time'],
    ['publicKey.rawBytes', 'YQ', 'publicKey.rawBytes: expected canonical base64'],
    ['logId', 'AQ==', 'logId: expected an object'],
    ['logId.keyId', 'AQ', 'logId.keyId: expected canonical base64'],
    ['logId.keyId', '', 'logId.keyId: expected canonical base64'],
    ['checkpointKeyId', {}, 'checkpointKeyId.keyId: expected a string'],
    ['checkpointKeyId', { keyId: 'AQ' }, 'checkpointKeyId.keyId: expected canonical base64'],
  ])('does not have %s that is %j', (member, value, reason) => {
    expect(() => readWith(`${path}.${member}`, value)).toThrow(unusable(`${key}[0].${reason}`));
  });

  it('is known by its id, by that of its checkpoints, or by both', () => {
    const checkpointKeyId = { keyId: base64Of(Buffer.of(1, 2, 3, 4)) };
    const both = edited(trustedRoot, `${path}.checkpointKeyId`, checkpointKeyId);
    const own = Buffer.alloc(32, key === 'tlogs' ? 1 : 2);
    expect(parseTrustedRoot(both)[list][0]?.ids).toEqual([own, Buffer.of(1, 2, 3, 4)]);
    for (const none of [undefined, null]) {
      const read = parseTrustedRoot(edited(both, `${path}.logId`, none));
      expect(read[list][0]?.ids).toEqual([Buffer.of(1, 2, 3, 4)]);
    }
  });

  it('need not say where it is, who runs it and how long its key is good', () => {
    expect(readWith(`${path}.baseUrl`, undefined)[list][0]?.baseUrl).toBe('');
    expect(readWith(`${path}.operator`, undefined)[list][0]?.operator).toBe('');
    expect(readWith(`${path}.publicKey.validFor`, undefined)[list][0]?.validity).toEqual({
      start: undefined,
      end: undefined,
    });
  });

  it('is good as long as its key, whatever stands beside it', () => {
    const end = '2026-01-01T00:00:00Z';
    expect(readWith(`${path}.publicKey.validFor.end`, end)[list][0]?.validity).toEqual({
      start: new Date('2024-02-01T00:00:00Z'),
      end: new Date(end),
    });
    expect(readWith(`${path}.validFor`, { end })[list][0]?.validity.end).toBeUndefined();
  });
});
