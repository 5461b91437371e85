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

/** Ignored paths of one model. Command lines have room for some ten thousand. */
export const MAX_IGNORE_PATHS = 100_000;

/** The fingerprint of a key has 64 characters. */
export const MAX_HINT_LENGTH = 256;

/** A public key: P-521 takes 268 bytes as PEM text. */
export const MAX_KEY_BYTES = 8 * 1024;

/** Certificates in one bundle. Real chains have two to four. */
export const MAX_CERTIFICATES = 32;

/** One certificate in DER bytes; real ones have one or two thousand. */
export const MAX_CERTIFICATE_BYTES = 16 * 1024;

/**
 * Log entries, and timestamps, in one bundle. Real bundles have one of each. A timestamp may come
 * with certificates of its own, through which a way has to be searched.
 */
export const MAX_ATTESTATIONS = 16;

/** A signature in DER bytes: two P-521 integers take 139. */
export const MAX_SIGNATURE_BYTES = 512;

/** The body of a log entry: two signatures' worth of base64 and a certificate. */
export const MAX_LOG_BODY_BYTES = 64 * 1024;

/** The hashes of a Merkle proof: one for each bit of a 64-bit index, at the most. */
export const MAX_PROOF_HASHES = 64;

/** A checkpoint with the signatures of its log and of witnesses; real ones take 200 to 2,000. */
export const MAX_CHECKPOINT_LENGTH = 32 * 1024;

/** One RFC 3161 response in DER bytes, its certificates included; real ones take 700 to 6,000. */
export const MAX_TIMESTAMP_BYTES = 16 * 1024;

/** The body of a log entry, as JSON. */
export const LOG_BODY_LIMITS: JsonLimits = {
  bytes: MAX_LOG_BODY_BYTES,
  depth: 10,
  values: 200,
  keys: 100,
};

/** A trusted root or signing configuration; the public ones take 7 and 2 kilobytes. */
export const TRUST_LIMITS: JsonLimits = {
  bytes: 4 * 2 ** 20,
  depth: 16,
  values: 50_000,
  keys: 1_000,
};
