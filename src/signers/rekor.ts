import { PAYLOAD_TYPE } from '../format/dsse.ts';
import type { JsonObject, JsonValue } from '../format/json.ts';
import { type LogEntry, readLogEntry } from '../format/log-entry.ts';
import type { Answer } from '../network/http.ts';
import { loggedSignature } from '../trust/log-body.ts';
import { REKOR_TILES, type Service } from '../trust/signing-config.ts';
import { readAnswer } from './answer.ts';
import { ask, type CallOptions, type Question } from './service-call.ts';
import { base64 } from './signer.ts';

/** A signature with the certificate of its key. */
export interface CertifiedSignature {
  readonly payload: Uint8Array;
  /** DER. */
  readonly signature: Uint8Array;
  /** DER. */
  readonly certificate: Uint8Array;
}

const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/json' } as const;

/**
 * Has a transparency log take up a signature, and returns the entry as a bundle holds it. Whether it
 * is good is for the verifier of the bundle.
 *
 * @throws {OmsError} `SERVICE_FAILED`, `ABORTED`
 */
export async function log(
  signed: CertifiedSignature,
  { url, apiVersion }: Service,
  options: CallOptions,
): Promise<JsonObject> {
  const entry =
    apiVersion >= REKOR_TILES
      ? await logDigest(signed, url, options)
      : await logEnvelope(signed, url, options);
  return entryJson(entry);
}

/** Rekor v2: a digest, and a signature over it. For an envelope, those of what was signed. */
function logDigest(
  { payload, signature, certificate }: CertifiedSignature,
  service: string,
  options: CallOptions,
): Promise<LogEntry> {
  const request = {
    hashedRekordRequestV002: {
      digest: base64(loggedSignature({ payload: Buffer.from(payload), signature }).signedDigest()),
      signature: {
        content: base64(signature),
        verifier: {
          x509Certificate: { rawBytes: base64(certificate) },
          keyDetails: 'PKIX_ECDSA_P256_SHA_256',
        },
      },
    },
  };
  return ask(
    {
      what: 'log entry',
      service,
      url: `${service}/api/v2/log/entries`,
      headers: JSON_HEADERS,
      body: JSON.stringify(request),
      read: (answer) => readLogEntry(readAnswer(answer).raw, 'the entry'),
    },
    options,
  );
}

/** An entry that is there already; its address is in the header `Location`. */
const CONFLICT = 409;

/** Rekor v1: the envelope, of which the log verifies the signature and keeps digests. */
async function logEnvelope(
  signed: CertifiedSignature,
  service: string,
  options: CallOptions,
): Promise<LogEntry> {
  const entries = `${service}/api/v1/log/entries`;
  const common = { what: 'log entry', service, headers: JSON_HEADERS } as const;
  const posted: Question<LogEntry | URL> = {
    ...common,
    url: entries,
    body: JSON.stringify(proposedEntry(signed)),
    accept: [CONFLICT],
    read: (answer) =>
      answer.status === CONFLICT ? addressIn(answer, entries) : readEntry1(answer),
  };
  const answer = await ask(posted, options);
  if (!(answer instanceof URL)) return answer;
  return ask({ ...common, method: 'GET', url: answer.href, read: readEntry1 }, options);
}

function proposedEntry({ payload, signature, certificate }: CertifiedSignature): object {
  const envelope = {
    payload: base64(payload),
    payloadType: PAYLOAD_TYPE,
    signatures: [{ keyid: '', sig: base64(signature) }],
  };
  const verifiers = [base64(Buffer.from(pemOf(certificate)))];
  const proposedContent = { envelope: JSON.stringify(envelope), verifiers };
  return { apiVersion: '0.0.1', kind: 'dsse', spec: { proposedContent } };
}

function pemOf(certificate: Uint8Array): string {
  const lines = base64(certificate).match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** Below the same log only. */
function addressIn({ headers }: Answer, entries: string): URL {
  const address = new URL(headers.get('location') ?? '', `${entries}/`);
  const id = address.pathname.split('/').at(-1) ?? '';
  if (!/^[0-9a-f]{64,80}$/.test(id)) throw new Error('no entry is named');
  return new URL(`${entries}/${id}`);
}

/** `{ UUID: { body, integratedTime, logID, logIndex, verification } }` */
function readEntry1(answer: Answer): LogEntry {
  const byId = readAnswer(answer);
  const [id, ...others] = byId.keys;
  if (id === undefined || others.length > 0) throw new Error('there is not one entry');
  const entry = byId.object(id);
  const verification = entry.object('verification');
  const proof = verification.object('inclusionProof');
  const body = entry.string('body');
  return readLogEntry(
    {
      logIndex: entry.optional('logIndex') ?? 0,
      logId: { keyId: fromHex(entry.string('logID')) },
      kindVersion: kindOf(body),
      integratedTime: entry.optional('integratedTime') ?? 0,
      inclusionPromise: { signedEntryTimestamp: verification.string('signedEntryTimestamp') },
      inclusionProof: {
        logIndex: proof.optional('logIndex') ?? 0,
        rootHash: fromHex(proof.string('rootHash')),
        treeSize: proof.optional('treeSize') ?? 0,
        hashes: proof.array('hashes').map(fromHex),
        checkpoint: { envelope: proof.string('checkpoint') },
      },
      canonicalizedBody: body,
    },
    'the entry',
  );
}

/** The log says it in the body only. What is there is compared when the bundle is verified. */
function kindOf(body: string): { kind: string; version: string } {
  const { kind, apiVersion } = JSON.parse(Buffer.from(body, 'base64').toString()) as JsonObject;
  if (typeof kind !== 'string' || typeof apiVersion !== 'string') throw new Error('no kind');
  return { kind, version: apiVersion };
}

function fromHex(text: JsonValue): string {
  if (typeof text !== 'string' || !/^(?:[0-9a-f]{2})+$/.test(text)) throw new Error('no hex');
  return Buffer.from(text, 'hex').toString('base64');
}

/** All members, those that are zero too: not every reader knows that these may be left out. */
function entryJson({ promise, proof, ...entry }: LogEntry): JsonObject {
  return {
    logIndex: String(entry.logIndex),
    logId: { keyId: base64(entry.logId) },
    kindVersion: { kind: entry.kind, version: entry.version },
    integratedTime: String(entry.integratedTime),
    ...(promise && { inclusionPromise: { signedEntryTimestamp: base64(promise) } }),
    ...(proof && {
      inclusionProof: {
        logIndex: String(proof.logIndex),
        rootHash: base64(proof.rootHash),
        treeSize: String(proof.treeSize),
        hashes: proof.hashes.map(base64),
        checkpoint: { envelope: proof.checkpoint },
      },
    }),
    canonicalizedBody: base64(entry.body),
  };
}
