import { createHash } from 'node:crypto';
import { OmsError } from '../errors.ts';
import { decodeBase64 } from '../format/base64.ts';
import { type Envelope, paePrefix } from '../format/dsse.ts';
import { Fields } from '../format/fields.ts';
import { readJson } from '../format/json.ts';
import { LOG_BODY_LIMITS } from '../format/limits.ts';
import type { LogEntry } from '../format/log-entry.ts';
import { quoted } from '../printable.ts';
import { pemBlocks } from './pem.ts';

const CODE = 'LOG_ENTRY_INVALID';

/** A signature by the digests that logs know it by. Each is computed once, when it is asked for. */
export interface LoggedSignature {
  /** DER. */
  readonly signature: Uint8Array;
  /** SHA-256 over the payload. */
  readonly payloadDigest: () => Buffer;
  /** SHA-256 over the pre-authentication encoding, which is what the signature is over. */
  readonly signedDigest: () => Buffer;
}

export function loggedSignature({ payload, signature }: Envelope): LoggedSignature {
  return {
    signature,
    payloadDigest: once(() => createHash('sha256').update(payload).digest()),
    signedDigest: once(() =>
      createHash('sha256').update(paePrefix(payload.length)).update(payload).digest(),
    ),
  };
}

function once<T>(compute: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= compute());
}

/** What a log recorded of a signature. */
interface LogRecord {
  /** Over the payload, or over what was signed, by the kind of the entry. */
  readonly digest: string;
  readonly signature: Uint8Array;
  /** DER. */
  readonly certificate: Uint8Array;
}

/**
 * Checks that a log entry is about this very signature: made with this certificate, over this
 * payload. The log itself only says that it has seen the body; what the body says is compared here.
 *
 * @param leaf the signing certificate, DER.
 * @throws {OmsError} `LOG_ENTRY_INVALID`
 */
export function checkLogBody(entry: LogEntry, signed: LoggedSignature, leaf: Uint8Array): void {
  const form = FORMS.get(`${entry.kind} ${entry.version}`);
  if (form === undefined) {
    throw new OmsError(CODE, 'the log entry is of a kind that says nothing of this signature', {
      expected: [...FORMS.keys()].join(', '),
      found: quoted(`${entry.kind} ${entry.version}`, 60),
    });
  }
  const record = form.read(readBody(entry));
  if (record.digest !== form.digest(signed).toString('hex')) throw other('payload');
  if (!isSame(record.signature, signed.signature)) throw other('signature');
  if (!isSame(record.certificate, leaf)) throw other('certificate');
}

interface Form {
  readonly read: (spec: Fields) => LogRecord;
  readonly digest: (signed: LoggedSignature) => Buffer;
}

/** Entries that Sigstore's logs have written for envelopes: kind and version to their form. */
const FORMS: ReadonlyMap<string, Form> = new Map([
  // Rekor v1.
  ['dsse 0.0.1', { read: readDsse1, digest: payloadDigest }],
  // Rekor v2 until 2025.
  ['dsse 0.0.2', { read: readDsse2, digest: payloadDigest }],
  // Rekor v2 since then.
  ['hashedrekord 0.0.2', { read: readHashedRekord2, digest: signedDigest }],
]);

function payloadDigest(signed: LoggedSignature): Buffer {
  return signed.payloadDigest();
}

function signedDigest(signed: LoggedSignature): Buffer {
  return signed.signedDigest();
}

function readBody({ body, kind, version }: LogEntry): Fields {
  const value = readJson(body, LOG_BODY_LIMITS, 'the body of the log entry', CODE);
  const fields = new Fields(value, 'canonicalizedBody', CODE).only('apiVersion', 'kind', 'spec');
  fields.constant('kind', kind);
  fields.constant('apiVersion', version);
  return fields.object('spec');
}

function readDsse1(spec: Fields): LogRecord {
  spec.only('envelopeHash', 'payloadHash', 'signatures');
  const payloadHash = spec.object('payloadHash').only('algorithm', 'value');
  payloadHash.constant('algorithm', 'sha256');
  const signature = onlySignature(spec).only('signature', 'verifier');
  return {
    digest: payloadHash.string('value'),
    signature: bytesOf(signature, 'signature'),
    certificate: certificateIn(bytesOf(signature, 'verifier')),
  };
}

function readDsse2(spec: Fields): LogRecord {
  const dsse = spec.only('dsseV002').object('dsseV002').only('payloadHash', 'signatures');
  return { digest: digestOf(dsse, 'payloadHash'), ...readSignature2(onlySignature(dsse)) };
}

function readHashedRekord2(spec: Fields): LogRecord {
  const rekord = spec.only('hashedRekordV002').object('hashedRekordV002').only('data', 'signature');
  return { digest: digestOf(rekord, 'data'), ...readSignature2(rekord.object('signature')) };
}

function readSignature2(signature: Fields): Omit<LogRecord, 'digest'> {
  const verifier = signature.only('content', 'verifier').object('verifier');
  verifier.only('x509Certificate', 'keyDetails');
  return {
    signature: bytesOf(signature, 'content'),
    certificate: bytesOf(verifier.object('x509Certificate').only('rawBytes'), 'rawBytes'),
  };
}

function digestOf(fields: Fields, key: string): string {
  const digest = fields.object(key).only('algorithm', 'digest');
  digest.constant('algorithm', 'SHA2_256');
  return Buffer.from(bytesOf(digest, 'digest')).toString('hex');
}

function onlySignature(fields: Fields): Fields {
  const signatures = fields.array('signatures');
  if (signatures.length !== 1) throw fields.error('signatures', 'exactly one signature');
  return new Fields(signatures[0], 'canonicalizedBody.signatures[0]', CODE);
}

function bytesOf(fields: Fields, key: string): Uint8Array {
  return decodeBase64(fields.string(key), `canonicalizedBody.${key}`, CODE);
}

/** Rekor v1 keeps the certificate as PEM text. Anything but one certificate is none. */
function certificateIn(pem: Uint8Array): Uint8Array {
  const blocks = pemBlocks(Buffer.from(pem).toString('latin1'));
  const [block] = blocks;
  const isOne = blocks.length === 1 && block?.label === 'CERTIFICATE';
  return isOne ? block.der : new Uint8Array();
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function other(what: string): OmsError {
  return new OmsError(CODE, `the log entry is of another ${what}`, {
    hint: 'the entry was taken from another bundle, or the bundle was changed',
  });
}
