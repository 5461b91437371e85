import { decodeBase64 } from './base64.ts';
import { Fields } from './fields.ts';
import { MAX_SIGNATURE_BYTES } from './limits.ts';
import { malformed } from './malformed.ts';

/** The only payload type of OMS (§6.7). */
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** A DSSE envelope with exactly one signature. Nothing in it is verified. */
export interface Envelope {
  /** The statement as signed, byte for byte. */
  readonly payload: Uint8Array;
  /** DER-encoded ECDSA signature. */
  readonly signature: Uint8Array;
}

/**
 * A payload whose signature a verifier has accepted. Only `src/verifiers` makes one, and only of
 * this is a statement read for a decision.
 */
export interface SignedPayload {
  readonly bytes: Uint8Array;
  /** Which text around the payload was signed: DSSE's, or that of `model_signing` 0.2.0. */
  readonly encoding: 'dsse' | 'legacy';
}

/** DSSE 1.0 envelope, as OMS narrows it (§4.1, §6.7). `keyid` is checked for its type, never used. */
export function readEnvelope(fields: Fields): Envelope {
  fields.only('payload', 'payloadType', 'signatures');
  fields.constant('payloadType', PAYLOAD_TYPE);
  const signatures = fields.array('signatures');
  // With two signatures it would be open which of them was checked.
  if (signatures.length !== 1) {
    throw malformed('BUNDLE_MALFORMED', 'dsseEnvelope.signatures', {
      expected: 'exactly one signature',
      found: `${signatures.length}`,
    });
  }
  const where = 'dsseEnvelope.signatures[0]';
  const entry = new Fields(signatures[0], where, 'BUNDLE_MALFORMED').only('sig', 'keyid');
  if (entry.optional('keyid') !== undefined) entry.string('keyid');
  const signature = decodeBase64(
    entry.string('sig'),
    `${where}.sig`,
    'BUNDLE_MALFORMED',
    MAX_SIGNATURE_BYTES,
  );
  const payload = decodeBase64(
    fields.string('payload'),
    'dsseEnvelope.payload',
    'BUNDLE_MALFORMED',
  );
  return { payload, signature };
}

/**
 * What precedes the payload in DSSE's pre-authentication encoding; the encoding is this followed
 * by the payload itself. Given in two parts so that a payload of hundreds of megabytes is hashed
 * where it lies instead of being copied.
 */
export function paePrefix(payloadLength: number): Buffer {
  return Buffer.from(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payloadLength} `);
}
