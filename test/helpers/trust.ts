import type { JsonObject } from '../../src/format/json.ts';
import { chainOf, issue, makeKey, spkiOf } from './pki.ts';

/** A trusted root as a file holds it, with certificates and keys of the tests' own. */

export const { root: anchor, intermediate, leaf } = chainOf();
export const clock = issue({ subject: 'Clock', issuer: anchor });
export const logKey = makeKey('P-256');
export const ctKey = makeKey('P-384');

export const ROOT_TYPE = 'application/vnd.dev.sigstore.trustedroot+json;version=0.1';

export function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

export function authority(uri: string, ...chain: readonly { readonly der: Buffer }[]): JsonObject {
  return {
    subject: { organization: 'example.com', commonName: 'example' },
    uri,
    certChain: { certificates: chain.map(({ der }) => ({ rawBytes: base64Of(der) })) },
    validFor: { start: '2024-01-01T00:00:00Z', end: '2030-01-01T00:00:00Z' },
    operator: 'example.com',
  };
}

export function log(
  baseUrl: string,
  key: Uint8Array,
  keyDetails = 'PKIX_ECDSA_P256_SHA_256',
  id = 1,
): JsonObject {
  return {
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: base64Of(key),
      keyDetails,
      validFor: { start: '2024-02-01T00:00:00Z' },
    },
    logId: { keyId: base64Of(Buffer.alloc(32, id)) },
    operator: 'example.net',
  };
}

export const trustedRoot: JsonObject = {
  mediaType: ROOT_TYPE,
  tlogs: [log('https://rekor.example.com', spkiOf(logKey))],
  certificateAuthorities: [
    authority('https://fulcio.example.com', intermediate, anchor),
    authority('https://old.example.com', anchor),
  ],
  ctlogs: [log('https://ct.example.com', spkiOf(ctKey), 'PKIX_ECDSA_P384_SHA_384', 2)],
  timestampAuthorities: [authority('https://tsa.example.com', clock, anchor)],
};
