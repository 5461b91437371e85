import { describe, expect, it } from 'vitest';
import { parseBundle } from '../../src/format/bundle.ts';
import type { JsonObject, JsonValue } from '../../src/format/json.ts';
import {
  MAX_CERTIFICATE_BYTES,
  MAX_CERTIFICATES,
  MAX_HINT_LENGTH,
  MAX_KEY_BYTES,
  MAX_SIGNATURE_BYTES,
} from '../../src/format/limits.ts';
import { edited } from '../helpers/edited.ts';
import { base64 } from '../helpers/log-entry.ts';
import { failure } from '../trust/helpers.ts';

/** A bundle that is right in its form, and signed by nobody. */
function bundle(material: JsonObject): JsonObject {
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: material,
    dsseEnvelope: {
      payload: 'YQ==',
      payloadType: 'application/vnd.in-toto+json',
      signatures: [{ sig: 'YQ==', keyid: '' }],
    },
  };
}

const certificate = { rawBytes: 'YQ==' };
const chain = (count: number): JsonObject => ({
  x509CertificateChain: { certificates: Array.from({ length: count }, () => certificate) },
});

const KEY = bundle({ publicKey: { hint: 'x', rawBytes: 'YQ==', keyDetails: 'x' } });
const CHAIN = bundle(chain(2));
const LEAF = bundle({ certificate });
const STAMPED = bundle({
  publicKey: { hint: 'x' },
  timestampVerificationData: {
    rfc3161Timestamps: [{ signedTimestamp: 'YQ==' }, { signedTimestamp: 'YQ==' }],
  },
});

const parse = (value: JsonObject): unknown => parseBundle(JSON.stringify(value));
const refused = (rest: string): unknown =>
  failure('BUNDLE_MALFORMED', `the signature file is not a valid bundle: ${rest}`);

describe('a bundle that is not valid says where', () => {
  const CERTIFICATES = 'verificationMaterial.x509CertificateChain.certificates';
  const STAMPS = 'verificationMaterial.timestampVerificationData.rfc3161Timestamps';

  it.each<[JsonObject, string, JsonValue, string]>([
    [KEY, 'mediaType', 'x', 'mediaType: expected "application/vnd'],
    [KEY, 'verificationMaterial', null, 'verificationMaterial: expected an object'],
    [KEY, 'dsseEnvelope', 'x', 'dsseEnvelope: expected an object'],
    [KEY, 'dsseEnvelope.payload', 'YQ', 'dsseEnvelope.payload: expected canonical base64'],
    [KEY, 'dsseEnvelope.payloadType', 'x', 'dsseEnvelope.payloadType: expected "application/vnd'],
    [KEY, 'dsseEnvelope.signatures', [], 'dsseEnvelope.signatures: expected exactly one'],
    [KEY, 'dsseEnvelope.signatures.0', 'x', 'dsseEnvelope.signatures[0]: expected an object'],
    [KEY, 'dsseEnvelope.signatures.0.sig', 1, 'dsseEnvelope.signatures[0].sig: expected a string'],
    [
      KEY,
      'dsseEnvelope.signatures.0.sig',
      'YQ',
      'dsseEnvelope.signatures[0].sig: expected canonical base64',
    ],
    [
      KEY,
      'verificationMaterial.publicKey.hint',
      1,
      'verificationMaterial.publicKey.hint: expected a string',
    ],
    [
      KEY,
      'verificationMaterial.publicKey.rawBytes',
      'YQ',
      'publicKey.rawBytes: expected canonical base64',
    ],
    [
      LEAF,
      'verificationMaterial.certificate.rawBytes',
      'YQ',
      'certificate.rawBytes: expected canon',
    ],
    [CHAIN, `${CERTIFICATES}.1`, 'x', 'x509CertificateChain.certificates[1]: expected an object'],
    [
      CHAIN,
      `${CERTIFICATES}.1.rawBytes`,
      'YQ',
      'x509CertificateChain.certificates[1]: expected can',
    ],
    [
      CHAIN,
      `${CERTIFICATES}.1.x`,
      1,
      'x509CertificateChain.certificates[1]: expected only rawBytes',
    ],
    [
      STAMPED,
      `${STAMPS}.1`,
      'x',
      'timestampVerificationData.rfc3161Timestamps[1]: expected an object',
    ],
    [
      STAMPED,
      `${STAMPS}.1.signedTimestamp`,
      'YQ',
      'timestampVerificationData.rfc3161Timestamps[1]: expected canonical',
    ],
    [
      STAMPED,
      `${STAMPS}.1.signedTimestamp`,
      1,
      'timestampVerificationData.rfc3161Timestamps[1].signedTimestamp: expected a string',
    ],
  ])('%#: %s', (good, path, value, reason) => {
    expect(() => parse(good)).not.toThrow();
    expect(() => parse(edited(good, path, value))).toThrow(refused(reason));
  });

  it('and that it may be damaged', () => {
    expect(() => parse({})).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('the file is damaged') }),
    );
  });
});

describe('what a bundle holds is taken up to its bound', () => {
  it.each<[JsonObject, string, (size: number) => JsonValue, number]>([
    [KEY, 'verificationMaterial.publicKey.hint', (size) => 'x'.repeat(size), MAX_HINT_LENGTH],
    [KEY, 'verificationMaterial.publicKey.rawBytes', (size) => base64(size, 1), MAX_KEY_BYTES],
    [KEY, 'dsseEnvelope.signatures.0.sig', (size) => base64(size, 1), MAX_SIGNATURE_BYTES],
    [
      LEAF,
      'verificationMaterial.certificate.rawBytes',
      (size) => base64(size, 1),
      MAX_CERTIFICATE_BYTES,
    ],
    [CHAIN, 'verificationMaterial', chain, MAX_CERTIFICATES],
  ])('%#: %s', (good, path, make, most) => {
    expect(() => parse(edited(good, path, make(most)))).not.toThrow();
    expect(() => parse(edited(good, path, make(most + 1)))).toThrow(refused(''));
  });
});
