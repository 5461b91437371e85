import { OmsError } from '../errors.ts';
import type { JsonObject } from '../format/json.ts';
import { nameOfService, readWebUrl } from '../format/url.ts';
import { type CallOptions, checkTimeout } from './service-call.ts';
import { base64 } from './signer.ts';
import { encodePolicy, timestamp } from './timestamp.ts';

/** Has somebody else say when a signature was made, with the methods *key* and *certificate*. */
export interface StampingOptions {
  /** URL of a timestamp authority (RFC 3161 over HTTP), in full. */
  readonly timestampUrl?: string | undefined;
  /** OID of the policy that the authority shall follow; its own choice unless said. */
  readonly timestampPolicy?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How long one attempt may take, in milliseconds; 30 seconds by default. */
  readonly timeout?: number | undefined;
  /** Told before the authority is asked; the URL is without its query. */
  readonly onStep?: ((url: string) => void) | undefined;
}

const TIMEOUT = 30_000;

/** The options as they were given, whatever becomes of the caller's object. */
export interface Stamping extends StampingOptions {
  readonly timeout: number;
}

/**
 * Reads what must not be found out after an hour of hashing.
 *
 * @throws {OmsError} `USAGE`
 */
export function readStamping(options: StampingOptions): Stamping {
  const { timestampUrl, timestampPolicy, signal, timeout = TIMEOUT, onStep } = options;
  checkTimeout(timeout);
  if (timestampPolicy !== undefined) encodePolicy(timestampPolicy);
  const isWanted = timestampUrl !== undefined || timestampPolicy !== undefined;
  // In JavaScript it may be a URL object, which would do until a message had to quote it.
  const isUrl = typeof timestampUrl === 'string' && readWebUrl(timestampUrl) !== undefined;
  if (isWanted && !isUrl) {
    throw new OmsError('USAGE', 'the timestamp authority must have a URL', {
      expected: 'a text with http or https, without user name and password',
    });
  }
  return { timestampUrl, timestampPolicy, signal, timeout, onStep };
}

/**
 * Verification material with a timestamp over a signature, if one is wanted.
 *
 * @throws {OmsError} `SERVICE_FAILED`, `ABORTED`
 */
export async function stamped(
  material: JsonObject,
  signature: Uint8Array,
  { timestampUrl, timestampPolicy, signal, timeout, onStep }: Stamping,
): Promise<JsonObject> {
  if (timestampUrl === undefined) return material;
  onStep?.(nameOfService(timestampUrl));
  const call: CallOptions = { timeout, signal, secrets: [], configuredBy: 'the URL' };
  const der = await timestamp(signature, timestampUrl, call, timestampPolicy);
  const rfc3161Timestamps = [{ signedTimestamp: base64(der) }];
  return { ...material, timestampVerificationData: { rfc3161Timestamps } };
}
