import type { JsonLimits } from './json.ts';

/**
 * A bundle is held as one JavaScript string while it is read, and V8 strings end at 512 MiB. One
 * million resources with BLAKE2b digests, indented as the reference does, need 420 MB in base64.
 * Everything but the payload is small: the longest Merkle proofs have some dozens of hashes.
 */
export const BUNDLE_LIMITS: JsonLimits = {
  bytes: 480 * 2 ** 20,
  depth: 16,
  values: 100_000,
  keys: 1_000,
};

/**
 * A statement is at most three quarters of its bundle. A resource is one object with three members,
 * four values in all; no valid statement is nested deeper than five levels, and annotations in a
 * resource may add some.
 */
export const STATEMENT_LIMITS: JsonLimits = {
  bytes: 360 * 2 ** 20,
  depth: 16,
  values: 16_000_000,
  keys: 10_000,
};

/** Resources that are signed at the most, so that their statement stays well within its limits. */
export const MAX_RESOURCES = 3_000_000;

/** The fingerprint of a key has 64 characters. */
export const MAX_HINT_LENGTH = 256;

/** A public key: P-521 takes 268 bytes as PEM text. */
export const MAX_KEY_BYTES = 8 * 1024;

/** Certificates in one bundle. Real chains have two to four. */
export const MAX_CERTIFICATES = 32;

/** One certificate in DER bytes; real ones have one or two thousand. */
export const MAX_CERTIFICATE_BYTES = 16 * 1024;

/** Log entries, and timestamps, in one bundle. Real bundles have one of each. */
export const MAX_ATTESTATIONS = 64;

/** A signature in DER bytes: two P-521 integers take 139. */
export const MAX_SIGNATURE_BYTES = 512;
