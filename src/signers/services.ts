import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import type { VerificationMaterial } from '@sigstore/sign';
import { PAYLOAD_TYPE, paePrefix } from '../format/dsse.ts';
import type { JsonObject } from '../format/json.ts';
import { readLogEntry } from '../format/log-entry.ts';
import type { IdentityToken } from '../identity/token.ts';
import { loggedSignature } from '../trust/log-body.ts';
import { pemBlocks } from '../trust/pem.ts';
import { REKOR_TILES, type Service } from '../trust/signing-config.ts';
import { type CallOptions, callService, fetchOptions } from './service-call.ts';
import { base64 } from './signer.ts';

/** A signature with the certificate of its key. */
export interface CertifiedSignature {
  readonly payload: Uint8Array;
  /** DER. */
  readonly signature: Uint8Array;
  /** DER. */
  readonly certificate: Uint8Array;
}

/**
 * Signs a payload with a key, and has Fulcio certify that the key is the token's owner's.
 *
 * @throws {OmsError} `SERVICE_FAILED`, `ABORTED`
 */
export async function certify(
  payload: Uint8Array,
  key: KeyObject,
  token: IdentityToken,
  { url }: Service,
  options: CallOptions,
): Promise<CertifiedSignature> {
  const { FulcioSigner } = await import('@sigstore/sign');
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
  const signer = new FulcioSigner({
    fulcioBaseURL: url,
    identityProvider: { getToken: () => Promise.resolve(token.raw) },
    keyHolder: {
      sign: (data) =>
        Promise.resolve({
          signature: sign('sha256', data, key),
          key: { $case: 'publicKey', publicKey },
        }),
    },
    ...fetchOptions(options),
  });
  const signed = Buffer.concat([paePrefix(payload.length), payload]);
  return callService('a certificate', url, options, async () => {
    const { signature, key: answer } = await signer.sign(signed);
    const [block] = pemBlocks(answer.$case === 'x509Certificate' ? answer.certificate : '');
    if (block?.label !== 'CERTIFICATE') throw new Error('the answer holds no certificate');
    return { payload, signature, certificate: block.der };
  });
}

/**
 * Has a transparency log take up a signature, and returns the entry as a bundle holds it.
 *
 * @throws {OmsError} `SERVICE_FAILED`, `ABORTED`
 */
export async function log(
  signed: CertifiedSignature,
  { url, apiVersion }: Service,
  options: CallOptions,
): Promise<JsonObject> {
  const { RekorWitness } = await import('@sigstore/sign');
  const witness = new RekorWitness({
    rekorBaseURL: url,
    majorApiVersion: apiVersion,
    ...fetchOptions(options),
  });
  const content = apiVersion >= REKOR_TILES ? asMessage(signed) : asEnvelope(signed);
  return callService('a log entry', url, options, async () => {
    const { tlogEntries } = await witness.testify(content, pemOf(signed.certificate));
    const [entry] = tlogEntries;
    if (entry === undefined) throw new Error('the answer holds no log entry');
    const json = entryJson(entry);
    readLogEntry(json, 'the entry');
    return json;
  });
}

/**
 * Has a timestamp authority say when a signature was there. Returns its response (RFC 3161), DER.
 *
 * @throws {OmsError} `SERVICE_FAILED`, `ABORTED`
 */
export async function timestamp(
  signed: CertifiedSignature,
  { url }: Service,
  options: CallOptions,
): Promise<Uint8Array> {
  const { TSAWitness } = await import('@sigstore/sign');
  const witness = new TSAWitness({ tsaBaseURL: url, ...fetchOptions(options) });
  return callService('a timestamp', url, options, async () => {
    const { rfc3161Timestamps } = await witness.testify(asMessage(signed));
    const [answer] = rfc3161Timestamps;
    if (answer === undefined) throw new Error('the answer holds no timestamp');
    return answer.signedTimestamp;
  });
}

type Content = Parameters<InstanceType<typeof import('@sigstore/sign').RekorWitness>['testify']>[0];

/** Rekor v1 takes the envelope, and checks its signature. */
function asEnvelope({ payload, signature }: CertifiedSignature): Content {
  return {
    $case: 'dsseEnvelope',
    dsseEnvelope: {
      payload: Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength),
      payloadType: PAYLOAD_TYPE,
      signatures: [{ sig: Buffer.from(signature), keyid: '' }],
    },
  };
}

/**
 * Rekor v2 takes only a digest and a signature over it: for an envelope, those of its
 * pre-authentication encoding. `@sigstore/sign` would post the envelope, which it refuses.
 */
function asMessage(signed: CertifiedSignature): Content {
  const { payload, signature } = signed;
  return {
    $case: 'messageSignature',
    messageSignature: {
      messageDigest: {
        algorithm: SHA2_256,
        digest: loggedSignature({ payload, signature }).signedDigest(),
      },
      signature: Buffer.from(signature),
    },
  };
}

/** Of Sigstore's protobuf definitions, which number their hash algorithms. */
const SHA2_256 = 1;

function pemOf(certificate: Uint8Array): string {
  const lines = base64(certificate).match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** The JSON form of the protobuf message, as bundles have it. */
function entryJson(entry: NonNullable<VerificationMaterial['tlogEntries']>[number]): JsonObject {
  const { inclusionPromise: promise, inclusionProof: proof } = entry;
  if (proof?.checkpoint === undefined) throw new Error('the entry has no inclusion proof');
  return {
    logIndex: entry.logIndex,
    logId: { keyId: base64(entry.logId.keyId) },
    kindVersion: { kind: entry.kindVersion.kind, version: entry.kindVersion.version },
    integratedTime: entry.integratedTime,
    ...(promise === undefined
      ? {}
      : { inclusionPromise: { signedEntryTimestamp: base64(promise.signedEntryTimestamp) } }),
    inclusionProof: {
      logIndex: proof.logIndex,
      rootHash: base64(proof.rootHash),
      treeSize: proof.treeSize,
      hashes: proof.hashes.map(base64),
      checkpoint: { envelope: proof.checkpoint.envelope },
    },
    canonicalizedBody: base64(entry.canonicalizedBody),
  };
}
