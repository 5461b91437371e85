import type { KeyObject } from 'node:crypto';
import type { Bundle } from '../format/bundle.ts';
import type { JsonObject } from '../format/json.ts';
import { signPayload } from '../trust/keys.ts';
import type { SelectedServices, Service } from '../trust/signing-config.ts';
import { type CertifiedSignature, log } from './rekor.ts';
import { type CallOptions, statusOf } from './service-call.ts';
import { assembleBundle, base64 } from './signer.ts';
import { timestamp } from './timestamp.ts';

export interface SigningStep {
  readonly what: 'certificate' | 'log' | 'timestamp';
  /** Of the service. */
  readonly url: string;
}

/**
 * Signs, and has timestamp authorities and logs say that they have seen the signature.
 *
 * @param certificate of the key, DER.
 * @throws {OmsError} `SERVICE_FAILED`, `ABORTED`
 */
export function attest(
  payload: Uint8Array,
  key: KeyObject,
  certificate: Uint8Array,
  services: SelectedServices,
  call: CallOptions,
  onStep: (step: SigningStep) => void,
): Promise<Bundle> {
  return again(() => signAndShow(payload, key, certificate, services, call, onStep));
}

async function signAndShow(
  payload: Uint8Array,
  key: KeyObject,
  certificate: Uint8Array,
  { logs, timestampAuthorities }: SelectedServices,
  call: CallOptions,
  onStep: (step: SigningStep) => void,
): Promise<Bundle> {
  const signed: CertifiedSignature = { payload, signature: signPayload(payload, key), certificate };
  // Timestamps first: they leave nothing behind when one of them, or a log, cannot be had.
  const timestamps = await allOf(timestampAuthorities, call, (service, options) => {
    onStep({ what: 'timestamp', url: service.url });
    return timestamp(signed.signature, service.url, options);
  });
  const logEntries = await allOf(logs, call, (service, options) => {
    onStep({ what: 'log', url: service.url });
    return log(signed, service, options);
  });
  return assemble(signed, logEntries, timestamps);
}

/** Asks all at once. When one fails, nobody waits for the others, which would keep the program. */
async function allOf<T>(
  services: readonly Service[],
  call: CallOptions,
  ask: (service: Service, options: CallOptions) => Promise<T>,
): Promise<readonly T[]> {
  const end = new AbortController();
  const signals = call.signal === undefined ? [end.signal] : [end.signal, call.signal];
  const options = { ...call, signal: AbortSignal.any(signals) };
  try {
    return await Promise.all(services.map((service) => ask(service, options)));
  } finally {
    end.abort();
  }
}

/** How often it is signed anew. */
const RENEWALS = 2;

/** An entry that is there already (409), and one whose request was cut off in the log (499). */
const LOST: ReadonlySet<number | undefined> = new Set([409, 499]);

/**
 * A Rekor v2 log gives the proof of an entry once, in its answer; when that got lost, the same entry
 * is refused and cannot be asked for. Another signature makes another entry.
 */
async function again<T>(attempt: () => Promise<T>, left = RENEWALS): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (left === 0 || !LOST.has(statusOf(error))) throw error;
    return again(attempt, left - 1);
  }
}

function assemble(
  signed: CertifiedSignature,
  tlogEntries: readonly JsonObject[],
  timestamps: readonly Uint8Array[],
): Bundle {
  const rfc3161Timestamps = timestamps.map((der) => ({ signedTimestamp: base64(der) }));
  return assembleBundle(signed.payload, signed.signature, {
    certificate: { rawBytes: base64(signed.certificate) },
    tlogEntries,
    ...(timestamps.length === 0 ? {} : { timestampVerificationData: { rfc3161Timestamps } }),
  });
}
