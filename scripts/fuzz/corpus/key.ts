import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import type { Bundle } from '../../../src/index.ts';
import type { JsonObject } from '../../../src/format/json.ts';
import { repeatably } from '../base/chance.ts';
import { type CurveName, otherSignature, signEcdsa } from '../base/ecdsa.ts';
import { idOf, type Ledger, NOTHING } from './ledger.ts';
import { encoded } from './pae.ts';
import type { Seed, Sealed, Sealing, TrustedKey } from './seed.ts';

export const MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** §4.2: the hash that goes with a curve. */
const HASHES: Readonly<Record<string, string>> = {
  'P-256': 'sha256',
  'P-384': 'sha384',
  'P-521': 'sha512',
};

export function curveOf(key: KeyObject): CurveName {
  return key.export({ format: 'jwk' }).crv as CurveName;
}

export function pemOf(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return String(publicKey.export({ type: 'spki', format: 'pem' }));
}

export function fingerprintOf(key: KeyObject): string {
  return createHash('sha256').update(pemOf(key)).digest('hex');
}

/** What it is to trust a key. */
export function trustIn(key: KeyObject): TrustedKey {
  return { id: idOf(key), fingerprint: fingerprintOf(key) };
}

export interface Signature {
  readonly bytes: Buffer;
  readonly ledger: Ledger;
}

/** Signs a statement as it is to be signed. */
export function signStatement(statement: Buffer, own: KeyObject, sealing: Sealing): Signature {
  const key = sealing.signedWith ?? own;
  const { encoding = 'dsse', random } = sealing;
  // Before DSSE, whatever the curve was.
  const rightHash = encoding === 'legacy' ? 'sha256' : (HASHES[curveOf(key)] ?? 'sha256');
  const { hash = rightHash } = sealing;
  const right = signEcdsa(hash, encoded(statement, encoding), key, random);
  const bytes = sealing.malleate === true ? otherSignature(right, curveOf(key)) : right;
  const payloads = hash === rightHash ? [{ key: idOf(key), payload: statement, encoding }] : [];
  return { bytes, ledger: { ...NOTHING, payloads } };
}

/** `null` is written, absent is not. */
export type KeyId = string | null | undefined;

export function bundleOf(
  statement: Buffer,
  signature: Buffer,
  verificationMaterial: JsonObject,
  keyid?: KeyId,
): Bundle {
  const sig = signature.toString('base64');
  return {
    mediaType: MEDIA_TYPE,
    verificationMaterial,
    dsseEnvelope: {
      payload: statement.toString('base64'),
      payloadType: PAYLOAD_TYPE,
      signatures: [keyid === undefined ? { sig } : { sig, keyid }],
    },
  };
}

/** Signs with a bare key, with this material beside it. */
export function sealWithKey(
  key: KeyObject,
  material: (key: KeyObject) => JsonObject = hintOf,
  keyid?: KeyId,
): Seed['seal'] {
  return (statement, sealing): Sealed => {
    return repeatably(sealing.random, () => {
      const { bytes, ledger } = signStatement(statement, key, sealing);
      return { bundle: bundleOf(statement, bytes, material(key), keyid), ledger };
    });
  };
}

export function hintOf(key: KeyObject): JsonObject {
  return { publicKey: { hint: fingerprintOf(key) } };
}

/** As bundles before 1.1.0 have the key: PEM text, or DER as Sigstore has it. */
export function rawKeyOf(key: KeyObject, form: 'pem' | 'der'): JsonObject {
  const der = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const bytes = form === 'pem' ? Buffer.from(pemOf(key)) : der;
  const keyDetails = 'PKIX_ECDSA_P256_SHA_256';
  return { publicKey: { rawBytes: bytes.toString('base64'), keyDetails } };
}
