import { OmsError } from '../errors.ts';
import type { ParsedBundle } from '../format/bundle.ts';
import { loadAllCertificates } from '../trust/certificate.ts';
import { type Stamp, verifyStamps } from '../trust/stamp.ts';

/** Whom to trust for the time of a signature, with the methods *key* and *certificate*. */
export interface TimestampPolicy {
  /**
   * PEM texts: the timestamp authorities' roots, intermediates, or their own certificates. Every
   * timestamp in a bundle must then be good. Without this none is looked at, and none counts.
   */
  readonly timestampAnchors?: readonly (string | Uint8Array)[] | undefined;
  /** Refuses a bundle without a timestamp. */
  readonly requireTimestamp?: boolean | undefined;
}

export const TIMESTAMP_MEMBERS = ['timestampAnchors', 'requireTimestamp'] as const;

/**
 * The timestamps over a bundle's signature, the earliest first.
 *
 * @throws {OmsError} `USAGE`, `KEY_UNUSABLE`, `TIMESTAMP_INVALID`
 */
export function stampsOf(
  { envelope, timestamps }: ParsedBundle,
  { timestampAnchors, requireTimestamp }: TimestampPolicy,
): readonly Stamp[] {
  if (requireTimestamp !== undefined && typeof requireTimestamp !== 'boolean') {
    throw new OmsError('USAGE', 'whether a timestamp is required must be true or false', {
      found: typeof requireTimestamp,
    });
  }
  if (timestampAnchors === undefined) {
    if (requireTimestamp !== true) return [];
    throw new OmsError('USAGE', 'a timestamp is required, and nobody is trusted for one', {
      expected: 'certificates of timestamp authorities',
    });
  }
  if (!Array.isArray(timestampAnchors) || timestampAnchors.length === 0) {
    throw new OmsError('USAGE', 'the certificates of timestamp authorities must not be none', {
      expected: 'an array of PEM texts',
    });
  }
  if (timestamps.length === 0 && requireTimestamp === true) {
    throw new OmsError('TIMESTAMP_INVALID', 'the bundle has no timestamp', {
      expected: 'one, as was required',
      hint: 'ask its signer for a bundle with one (oms sign --tsa-url)',
    });
  }
  const what = 'the certificates of timestamp authorities';
  const anchors = loadAllCertificates(timestampAnchors, what);
  return verifyStamps(timestamps, envelope.signature, anchors);
}
