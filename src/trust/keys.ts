import {
  createPrivateKey,
  createPublicKey,
  createSign,
  createVerify,
  hash,
  KeyObject,
} from 'node:crypto';
import { OmsError } from '../errors.ts';
import { paePrefix } from '../format/dsse.ts';
import { LEGACY_SIGNATURE_HASH, legacyPae } from '../format/legacy.ts';
import { quoted } from '../printable.ts';
import { NOT_PEM, pemBlocks, textOf } from './pem.ts';

/** The curves of the algorithm registry (§4.2) with the hash that goes with each. */
const CURVES = {
  prime256v1: { name: 'P-256', hash: 'sha256' },
  secp384r1: { name: 'P-384', hash: 'sha384' },
  secp521r1: { name: 'P-521', hash: 'sha512' },
} as const;

/** Names as NIST gives them. */
export type Curve = (typeof CURVES)[keyof typeof CURVES]['name'];

type Parameters = (typeof CURVES)[keyof typeof CURVES];

/** A public key: PEM text (`BEGIN PUBLIC KEY`; text around it is skipped) or a key object. */
export type PublicKeySource = string | Uint8Array | KeyObject;

/**
 * A private key: PEM text (PKCS #8 or SEC 1, either may be encrypted) or a key object.
 */
export type PrivateKeySource = string | Uint8Array | KeyObject;

/** @throws {OmsError} `KEY_UNUSABLE` */
export function loadPublicKey(source: PublicKeySource): KeyObject {
  const key =
    source instanceof KeyObject ? source : parsePublicKey(textOf(source, 'the public key'));
  if (key.type !== 'public') {
    throw unusable('the public key', 'a public key', `a ${key.type} key`);
  }
  return canonicalKey(key);
}

function parsePublicKey(text: string): KeyObject {
  const blocks = pemBlocks(text);
  const [block] = blocks;
  if (block === undefined || blocks.length > 1 || block.label !== 'PUBLIC KEY') {
    const found = blocks.map(({ label }) => quoted(label)).join(', ');
    throw unusable(
      'the public key',
      'one PEM block "PUBLIC KEY"',
      found || 'no PEM block',
      hintFor(block?.label),
    );
  }
  try {
    return createPublicKey({ key: block.der, format: 'der', type: 'spki' });
  } catch (cause) {
    throw new OmsError('KEY_UNUSABLE', 'the public key cannot be read', {
      hint: 'it is damaged: get it again',
      cause,
    });
  }
}

function hintFor(label: string | undefined): string | undefined {
  if (label === undefined) return NOT_PEM;
  if (label === 'CERTIFICATE') return 'use --certificate-chain for certificates';
  if (label.endsWith('PRIVATE KEY')) {
    return 'this is the private key; make the public one of it with openssl pkey -pubout';
  }
  return undefined;
}

/**
 * @param password for an encrypted key; ignored for others.
 * @throws {OmsError} `KEY_UNUSABLE`
 */
export function loadPrivateKey(source: PrivateKeySource, password?: string): KeyObject {
  const key =
    source instanceof KeyObject
      ? source
      : parsePrivateKey(textOf(source, 'the private key'), password);
  if (key.type !== 'private') {
    throw unusable('the private key', 'a private key', `a ${key.type} key`);
  }
  parametersOf(key);
  return key;
}

function parsePrivateKey(text: string, password: string | undefined): KeyObject {
  const blocks = pemBlocks(text).filter(({ label }) => label !== 'EC PARAMETERS');
  const [block] = blocks;
  if (block === undefined || blocks.length > 1 || !block.label.endsWith('PRIVATE KEY')) {
    const found = blocks.map(({ label }) => quoted(label)).join(', ');
    throw unusable(
      'the private key',
      'one PEM private key',
      found || 'no PEM block',
      privateHintFor(block?.label),
    );
  }
  if (isEncrypted(block.text) && password === undefined) {
    throw new OmsError('KEY_UNUSABLE', 'the private key is encrypted', {
      hint: 'give its password with --password, in OMS_PASSWORD, or at the prompt of a terminal',
    });
  }
  try {
    return createPrivateKey({
      key: block.text,
      ...(password === undefined ? {} : { passphrase: password }),
    });
  } catch (cause) {
    const summary = isEncrypted(block.text)
      ? 'the private key cannot be decrypted with this password'
      : 'the private key cannot be read';
    throw new OmsError('KEY_UNUSABLE', summary, { cause });
  }
}

function privateHintFor(label: string | undefined): string | undefined {
  if (label === undefined) return NOT_PEM;
  return label === 'PUBLIC KEY' ? 'this is the public key; sign with the private one' : undefined;
}

/** Whether the PEM text of a private key asks for a password: PKCS #8, or OpenSSL's older form. */
export function isEncrypted(source: PrivateKeySource): boolean {
  if (source instanceof KeyObject) return false;
  const text = textOf(source, 'the private key');
  return /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: *4,ENCRYPTED/m.test(text);
}

function unusable(what: string, expected: string, found: string, hint?: string): OmsError {
  const summary = `${what} cannot be used`;
  return new OmsError('KEY_UNUSABLE', summary, {
    expected,
    found,
    hint,
  });
}

/**
 * The public key in its one canonical encoding: curve by name, point uncompressed. Fingerprints are
 * taken of this, so a key has one fingerprint however its file is written.
 */
export function canonicalKey(key: KeyObject): KeyObject {
  parametersOf(key);
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return createPublicKey({ key: publicKey.export({ format: 'jwk' }), format: 'jwk' });
}

/** The curve of a key. @throws {OmsError} `KEY_UNUSABLE` for any but the three of §4.2. */
export function curveOf(key: KeyObject): Curve {
  return parametersOf(key).name;
}

function parametersOf(key: KeyObject): Parameters {
  // OpenSSL gives a name to explicit parameters too, but only if all of them are the curve's own.
  const curve = key.asymmetricKeyDetails?.namedCurve ?? '';
  const kind = key.asymmetricKeyType ?? 'unknown';
  if (kind !== 'ec' || !Object.hasOwn(CURVES, curve)) {
    // Without a name: older OpenSSL says so in a word of its own.
    const name = curve === '' || curve === 'UNDEF' ? 'with explicit parameters' : curve;
    const found = kind === 'ec' ? `EC ${name}` : kind;
    throw unusable(
      'the key',
      'ECDSA on P-256, P-384 or P-521',
      found,
      key.type === 'public'
        ? 'ask the signer for a public key of this kind, or for a certificate'
        : 'make one with openssl ecparam -name prime256v1 -genkey -noout',
    );
  }
  return CURVES[curve as keyof typeof CURVES];
}

/**
 * The fingerprint that stands as `hint` in a bundle: SHA-256 over the key's SPKI PEM text as it is
 * written anew (64 columns, LF, final LF), lower-case hex.
 */
export function fingerprintOf(key: KeyObject): string {
  const pem = canonicalKey(key).export({ type: 'spki', format: 'pem' });
  return hash('sha256', pem, 'hex');
}

/** Signs the pre-authentication encoding of a payload. Returns DER. */
export function signPayload(payload: Uint8Array, key: KeyObject): Buffer {
  const signer = createSign(parametersOf(key).hash);
  signer.update(paePrefix(payload.length));
  signer.update(payload);
  return signer.sign({ key, dsaEncoding: 'der' });
}

/** Whether `signature` (DER) is the key's over the pre-authentication encoding of a payload. */
export function verifyPayload(payload: Uint8Array, signature: Uint8Array, key: KeyObject): boolean {
  const verifier = createVerify(parametersOf(key).hash);
  verifier.update(paePrefix(payload.length));
  verifier.update(payload);
  return verifier.verify({ key, dsaEncoding: 'der' }, signature);
}

/** The same for the text that `model_signing` 0.2.0 signed; see `format/legacy`. */
export function verifyLegacyPayload(
  payload: Uint8Array,
  signature: Uint8Array,
  key: KeyObject,
): boolean {
  parametersOf(key);
  const verifier = createVerify(LEGACY_SIGNATURE_HASH);
  for (const part of legacyPae(payload)) verifier.update(part);
  return verifier.verify({ key, dsaEncoding: 'der' }, signature);
}
