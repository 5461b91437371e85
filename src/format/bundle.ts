import { OmsError } from '../errors.ts';
import { decodeBase64 } from './base64.ts';
import { type Envelope, readEnvelope } from './dsse.ts';
import { Fields } from './fields.ts';
import { type JsonObject, type JsonValue, readJson, readJsonText } from './json.ts';
import {
  BUNDLE_LIMITS,
  MAX_ATTESTATIONS,
  MAX_CERTIFICATE_BYTES,
  MAX_CERTIFICATES,
  MAX_HINT_LENGTH,
  MAX_KEY_BYTES,
  MAX_TIMESTAMP_BYTES,
} from './limits.ts';
import { type LogEntry, readLogEntry } from './log-entry.ts';
import { malformed } from './malformed.ts';

/** The only media type that OMS bundles have had (§4, §8.1). */
export const MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** How a model was signed; it decides what the verification material holds (§4.1). */
export type Method = 'key' | 'certificate' | 'sigstore';

/** Method *key*: what the bundle says about its key. It is compared, never used to find a key. */
export interface KeyMaterial {
  readonly method: 'key';
  /** SHA-256 of the key's SPKI PEM in lower-case hex; absent in bundles before 1.1.0. */
  readonly hint: string | undefined;
  /** The key itself as written before 1.1.0: PEM text or DER. */
  readonly rawBytes: Uint8Array | undefined;
}

/** Method *certificate*: the leaf, then whatever else the signer added. All of it is untrusted. */
export interface CertificateMaterial {
  readonly method: 'certificate';
  /** DER, at least one. */
  readonly certificates: readonly Uint8Array[];
}

/** Method *sigstore*: a leaf from Fulcio and what the transparency log said of it. */
export interface SigstoreMaterial {
  readonly method: 'sigstore';
  /** DER. */
  readonly certificate: Uint8Array;
}

/** Verification material by method (§4.1). */
export type Material = KeyMaterial | CertificateMaterial | SigstoreMaterial;

/** A bundle taken apart and checked for its form. Nothing in it is verified. */
export interface ParsedBundle {
  readonly material: Material;
  readonly envelope: Envelope;
  /** Only the sigstore method gives them a meaning. */
  readonly logEntries: readonly LogEntry[];
  /** RFC 3161 tokens, DER. */
  readonly timestamps: readonly Uint8Array[];
}

/**
 * A Sigstore bundle as plain JSON, as {@link MEDIA_TYPE} defines it: `JSON.stringify` makes the
 * text of a signature file from it. What a signer returns and what a verifier takes.
 */
export interface Bundle {
  readonly mediaType: string;
  readonly verificationMaterial: JsonObject;
  readonly dsseEnvelope: {
    readonly payload: string;
    readonly payloadType: string;
    readonly signatures: readonly { readonly sig: string; readonly keyid?: string | null }[];
  };
}

/**
 * Reads a bundle (§4, §8.1) strictly: unknown members, a second kind of verification material, a
 * second signature, base64 in any but its canonical form are refused.
 *
 * @param source the text of a signature file, its bytes, or the object that a signer returned.
 * @throws {OmsError} `BUNDLE_MALFORMED`
 */
export function parseBundle(source: string | Uint8Array | Bundle): ParsedBundle {
  const root = new Fields(readSource(source), '', 'BUNDLE_MALFORMED');
  root.only('mediaType', 'verificationMaterial', 'dsseEnvelope');
  root.constant('mediaType', MEDIA_TYPE);
  const material = root.object('verificationMaterial');
  material.only(...KINDS, 'tlogEntries', 'timestampVerificationData');
  const logEntries = readLogEntries(material);
  return {
    material: readMaterial(material, logEntries.length),
    envelope: readEnvelope(root.object('dsseEnvelope')),
    logEntries,
    timestamps: readTimestamps(material),
  };
}

/** As messages call it. */
const WHAT = 'the signature file';

function readSource(source: string | Uint8Array | Bundle): JsonValue {
  if (source instanceof Uint8Array) {
    return readJson(source, BUNDLE_LIMITS, WHAT, 'BUNDLE_MALFORMED');
  }
  if (typeof source === 'string') return readText(source);
  const { rest, payload } = takeOutPayload(source);
  const json = readText(textOf(rest));
  return payload === undefined ? json : putInPayload(json as JsonObject, payload);
}

function readText(text: string): JsonValue {
  return readJsonText(text, BUNDLE_LIMITS, WHAT, 'BUNDLE_MALFORMED');
}

/** An object from outside goes through its JSON text, so that it is plain data afterwards. */
function textOf(bundle: Bundle): string {
  try {
    return JSON.stringify(bundle) ?? '';
  } catch (cause) {
    throw new OmsError('BUNDLE_MALFORMED', 'the bundle is not plain JSON', { cause });
  }
}

/**
 * Nearly all of a bundle is its payload, up to hundreds of megabytes. In a plain object that is a
 * string already, so it need not go through text.
 */
function takeOutPayload(bundle: Bundle): { readonly rest: Bundle; readonly payload?: string } {
  if (!isPlain(bundle) || !isPlain(bundle.dsseEnvelope)) return { rest: bundle };
  const { dsseEnvelope, ...others } = bundle;
  const { payload, ...envelope } = dsseEnvelope;
  if (typeof payload !== 'string' || payload.length > BUNDLE_LIMITS.bytes) return { rest: bundle };
  return { rest: { ...others, dsseEnvelope: { ...envelope, payload: '' } }, payload };
}

function putInPayload(json: JsonObject, payload: string): JsonObject {
  return { ...json, dsseEnvelope: { ...(json['dsseEnvelope'] as JsonObject), payload } };
}

/**
 * Whether an object is as an object literal makes it: no class, no accessors, no `toJSON`, and
 * nothing that its JSON would not show.
 */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Object.getPrototypeOf(value) !== Object.prototype || 'toJSON' in value) return false;
  return Object.values(Object.getOwnPropertyDescriptors(value)).every(
    (one) => 'value' in one && one.enumerable === true,
  );
}

const KINDS = ['publicKey', 'x509CertificateChain', 'certificate'] as const;

function readMaterial(material: Fields, logEntries: number): Material {
  const present = KINDS.filter((kind) => material.optional(kind) !== undefined);
  const [kind] = present;
  if (kind === undefined || present.length !== 1) {
    throw malformed('BUNDLE_MALFORMED', 'verificationMaterial', {
      expected: `exactly one of ${KINDS.join(', ')}`,
      found: present.length === 0 ? 'none' : present.join(' and '),
    });
  }
  switch (kind) {
    case 'publicKey':
      return readPublicKey(material.object(kind));
    case 'x509CertificateChain':
      return { method: 'certificate', certificates: readChain(material.object(kind)) };
    case 'certificate': {
      const certificate = readCertificate(material.object(kind), `${kind}.rawBytes`);
      // The Go client writes a leaf without a chain this way; keyless bundles have log entries.
      return logEntries === 0
        ? { method: 'certificate', certificates: [certificate] }
        : { method: 'sigstore', certificate };
    }
  }
}

function readPublicKey(fields: Fields): KeyMaterial {
  fields.only('hint', 'rawBytes', 'keyDetails');
  const hint = fields.optional('hint') === undefined ? undefined : fields.string('hint');
  if (hint !== undefined && hint.length > MAX_HINT_LENGTH) {
    throw fields.error('hint', `at most ${MAX_HINT_LENGTH} characters`);
  }
  const rawBytes =
    fields.optional('rawBytes') === undefined
      ? undefined
      : decode(fields.string('rawBytes'), 'publicKey.rawBytes', MAX_KEY_BYTES);
  if (fields.optional('keyDetails') !== undefined) fields.string('keyDetails');
  if (hint === undefined && rawBytes === undefined) {
    throw fields.error('hint', 'the fingerprint of the public key');
  }
  return { method: 'key', hint, rawBytes };
}

function readChain(fields: Fields): readonly Uint8Array[] {
  const entries = fields.only('certificates').array('certificates');
  if (entries.length === 0 || entries.length > MAX_CERTIFICATES) {
    throw malformed('BUNDLE_MALFORMED', 'x509CertificateChain.certificates', {
      expected: `1 to ${MAX_CERTIFICATES} certificates`,
      found: `${entries.length}`,
    });
  }
  return entries.map((entry, index) => {
    const where = `x509CertificateChain.certificates[${index}]`;
    return readCertificate(new Fields(entry, where, 'BUNDLE_MALFORMED'), where);
  });
}

function readCertificate(fields: Fields, where: string): Uint8Array {
  return decode(fields.only('rawBytes').string('rawBytes'), where, MAX_CERTIFICATE_BYTES);
}

function readLogEntries(material: Fields): readonly LogEntry[] {
  if (material.optional('tlogEntries') === undefined) return [];
  const entries = material.array('tlogEntries');
  if (entries.length > MAX_ATTESTATIONS) {
    throw material.error('tlogEntries', `at most ${MAX_ATTESTATIONS} entries`);
  }
  return entries.map((entry, index) =>
    readLogEntry(entry, `verificationMaterial.tlogEntries[${index}]`),
  );
}

function readTimestamps(material: Fields): readonly Uint8Array[] {
  if (material.optional('timestampVerificationData') === undefined) return [];
  const data = material.object('timestampVerificationData').only('rfc3161Timestamps');
  if (data.optional('rfc3161Timestamps') === undefined) return [];
  const tokens = data.array('rfc3161Timestamps');
  if (tokens.length > MAX_ATTESTATIONS) {
    throw data.error('rfc3161Timestamps', `at most ${MAX_ATTESTATIONS} timestamps`);
  }
  return tokens.map((token, index) => {
    const where = `timestampVerificationData.rfc3161Timestamps[${index}]`;
    const fields = new Fields(token, where, 'BUNDLE_MALFORMED').only('signedTimestamp');
    return decode(fields.string('signedTimestamp'), where, MAX_TIMESTAMP_BYTES);
  });
}

function decode(text: string, where: string, most: number): Buffer {
  return decodeBase64(text, where, 'BUNDLE_MALFORMED', most);
}
