import { createRequire } from 'node:module';

/**
 * Libraries that only some methods need, loaded when they are: the key method must not wait for
 * them, and deciding whom to trust is nothing to wait for in the middle of.
 */
const require = createRequire(import.meta.url);

/** ASN.1, certificates and timestamps. */
export function sigstoreCore(): typeof import('@sigstore/core') {
  return require('@sigstore/core') as typeof import('@sigstore/core');
}

/** Verification of keyless signatures. */
export function sigstoreVerify(): typeof import('@sigstore/verify') {
  return require('@sigstore/verify') as typeof import('@sigstore/verify');
}

/** Regular expressions in linear time. */
export function re2(): typeof import('re2js') {
  return require('re2js') as typeof import('re2js');
}
