import type { KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import { OmsError } from '../errors.ts';
import type { KeyMaterial, ParsedBundle } from '../format/bundle.ts';
import type { SignedPayload } from '../format/dsse.ts';
import {
  type Curve,
  canonicalKey,
  curveOf,
  fingerprintOf,
  loadPublicKey,
  type PublicKeySource,
  verifyPayload,
} from '../trust/keys.ts';
import type { Stamp } from '../trust/stamp.ts';
import { checkMembers } from './members.ts';
import { stampsOf, TIMESTAMP_MEMBERS, type TimestampPolicy } from './stamps.ts';

/** Trust one public key. */
export interface KeyPolicy extends TimestampPolicy {
  readonly method: 'key';
  readonly publicKey: PublicKeySource;
}

const MEMBERS = ['method', 'publicKey', ...TIMESTAMP_MEMBERS];

/** Who signed, for the key method: the holder of this key. */
export interface KeySignerIdentity {
  readonly method: 'key';
  readonly curve: Curve;
  /** SHA-256 of the key's SPKI PEM, lower-case hex: the `hint` of current bundles. */
  readonly fingerprint: string;
  /** When it was signed, on the word of trusted authorities, if there are any; earliest first. */
  readonly timestamps?: readonly Stamp[];
}

/**
 * Verifies a bundle of the key method with the verifier's own key (§8.2). What the bundle says of
 * its key never selects one, but it must not contradict the one that is used.
 *
 * @throws {OmsError} `USAGE`, `KEY_UNUSABLE`, `KEY_MISMATCH`, `SIGNATURE_INVALID`, `TIMESTAMP_INVALID`
 */
export function verifyWithKey(
  bundle: ParsedBundle,
  material: KeyMaterial,
  policy: KeyPolicy,
): { readonly signer: KeySignerIdentity; readonly payload: SignedPayload } {
  checkMembers(policy, MEMBERS, 'the policy');
  const { envelope } = bundle;
  const key = loadPublicKey(policy.publicKey);
  const fingerprint = fingerprintOf(key);
  checkClaim(material, key, fingerprint);
  if (!verifyPayload(envelope.payload, envelope.signature, key)) {
    throw new OmsError('SIGNATURE_INVALID', 'the signature is not by this key', {
      expected: `a signature by the key sha256:${fingerprint}`,
      hint: 'the bundle was changed after signing, or was signed with another key',
    });
  }
  const timestamps = stampsOf(bundle, policy);
  const stamped = timestamps.length === 0 ? {} : { timestamps };
  return {
    signer: { method: 'key', curve: curveOf(key), fingerprint, ...stamped },
    payload: { bytes: envelope.payload, encoding: 'dsse' },
  };
}

function checkClaim({ hint, rawBytes }: KeyMaterial, key: KeyObject, fingerprint: string): void {
  if (hint !== undefined && hint !== fingerprint) {
    throw mismatch(fingerprint, `sha256:${hint}`);
  }
  if (rawBytes !== undefined && !isSameKey(rawBytes, key)) {
    throw mismatch(fingerprint, 'another key in publicKey.rawBytes');
  }
}

function mismatch(fingerprint: string, found: string): OmsError {
  return new OmsError('KEY_MISMATCH', 'the bundle was signed with another key', {
    expected: `the key sha256:${fingerprint}`,
    found,
    hint: 'check that --public-key is the key of this signer',
  });
}

/** Bundles before 1.1.0 carry the key as PEM text; the Sigstore format asks for DER. */
function isSameKey(bytes: Uint8Array, key: KeyObject): boolean {
  const buffer = Buffer.from(bytes);
  try {
    const claimed = buffer.toString('latin1').startsWith('-----BEGIN ')
      ? loadPublicKey(buffer)
      : createPublicKey({ key: buffer, format: 'der', type: 'spki' });
    return canonicalKey(claimed).equals(canonicalKey(key));
  } catch {
    return false;
  }
}
