import type { JsonObject } from '../../../src/format/json.ts';
import { pemOf } from '../pki.ts';
import { b64, pae, sha256 } from './bytes.ts';

/** What an entry of a log is about. */
export interface Signed {
  readonly payload: Uint8Array;
  /** DER */
  readonly signature: Uint8Array;
  /** The signer's certificate in DER: the entry's verifier. */
  readonly certificate: Uint8Array;
}

/** The kinds of entries, with their versions, that a log can make of a signed statement. */
export type Kind = keyof typeof BODIES;

/** The body of an entry as the log writes it, before it is put into canonical form. */
export function logBody(kind: Kind, signed: Signed): JsonObject {
  return { apiVersion: versionOf(kind), kind: nameOf(kind), spec: BODIES[kind](signed) };
}

export function nameOf(kind: Kind): string {
  return kind.split(' ')[0] ?? '';
}

export function versionOf(kind: Kind): string {
  return kind.split(' ')[1] ?? '';
}

const BODIES = {
  /** Rekor v1 */
  'dsse 0.0.1': (signed: Signed): JsonObject => ({
    envelopeHash: hex(Buffer.from(envelopeText(signed))),
    payloadHash: hex(signed.payload),
    signatures: [{ signature: b64(signed.signature), verifier: pem(signed) }],
  }),
  /** Rekor v2 before rekor-tiles 2.3 */
  'dsse 0.0.2': (signed: Signed): JsonObject => ({
    dsseV002: {
      payloadHash: digest(signed.payload),
      signatures: [{ content: b64(signed.signature), verifier: verifierOf(signed) }],
    },
  }),
  /** Rekor v2 from rekor-tiles 2.3 on: over the pre-authentication encoding */
  'hashedrekord 0.0.2': (signed: Signed): JsonObject => ({
    hashedRekordV002: {
      data: digest(pae(signed.payload)),
      signature: { content: b64(signed.signature), verifier: verifierOf(signed) },
    },
  }),
  /** Rekor v1, for signatures that are not in an envelope */
  'hashedrekord 0.0.1': (signed: Signed): JsonObject => ({
    data: { hash: hex(pae(signed.payload)) },
    signature: { content: b64(signed.signature), publicKey: { content: pem(signed) } },
  }),
  /** Rekor v1, given up for dsse */
  'intoto 0.0.2': (signed: Signed): JsonObject => ({
    content: {
      envelope: {
        payloadType: 'application/vnd.in-toto+json',
        signatures: [{ publicKey: pem(signed), sig: b64(b64(signed.signature)) }],
      },
      hash: hex(Buffer.from(envelopeText(signed))),
      payloadHash: hex(signed.payload),
    },
  }),
} as const satisfies Record<string, (signed: Signed) => JsonObject>;

function envelopeText({ payload, signature }: Signed): string {
  const signatures = [{ sig: b64(signature) }];
  return JSON.stringify({
    payload: b64(payload),
    payloadType: 'application/vnd.in-toto+json',
    signatures,
  });
}

function pem({ certificate }: Signed): string {
  return b64(pemOf('CERTIFICATE', certificate));
}

function verifierOf({ certificate }: Signed): JsonObject {
  return {
    keyDetails: 'PKIX_ECDSA_P256_SHA_256',
    x509Certificate: { rawBytes: b64(certificate) },
  };
}

function hex(bytes: Uint8Array): JsonObject {
  return { algorithm: 'sha256', value: sha256(bytes).toString('hex') };
}

function digest(bytes: Uint8Array): JsonObject {
  return { algorithm: 'SHA2_256', digest: b64(sha256(bytes)) };
}
