import type { JsonLimits } from './json.ts';

/**
 * A bundle is held as one JavaScript string while it is read, and V8 strings end at 512 MiB. One
 * million resources with BLAKE2b digests, indented as the reference does, need 420 MB in base64.
 * Everything but the payload is small: the longest Merkle proofs have some dozens of hashes.
 */
export const BUNDLE_LIMITS: JsonLimits = { bytes: 480 * 2 ** 20, depth: 16, values: 100_000 };

/**
 * A statement is at most three quarters of its bundle. A resource is one object with three members,
 * so this is room for four million of them; no valid statement is nested deeper than five levels,
 * and annotations in a resource may add some.
 */
export const STATEMENT_LIMITS: JsonLimits = { bytes: 360 * 2 ** 20, depth: 16, values: 16_000_000 };

/** Certificates in one bundle. Real chains have two to four. */
export const MAX_CERTIFICATES = 32;

/** One certificate in DER bytes; real ones have one or two thousand. */
export const MAX_CERTIFICATE_BYTES = 64 * 1024;

/** Log entries, and timestamps, in one bundle. Real bundles have one of each. */
export const MAX_ATTESTATIONS = 64;

/** A signature in DER bytes: two P-521 integers take 139. */
export const MAX_SIGNATURE_BYTES = 512;
