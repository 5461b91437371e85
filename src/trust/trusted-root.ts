import { createPublicKey, type KeyObject } from 'node:crypto';
import { decodeBase64 } from '../format/base64.ts';
import { Fields } from '../format/fields.ts';
import type { JsonValue } from '../format/json.ts';
import { malformed } from '../format/malformed.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { readTrustSource, type TrustSource } from './trust-source.ts';
import { readValidity, type Validity } from './validity.ts';

/** Whom a Sigstore instance asks to be trusted: its CAs, logs and clocks (protobuf `TrustedRoot`). */
export interface TrustedRoot {
  readonly certificateAuthorities: readonly Authority[];
  readonly timestampAuthorities: readonly Authority[];
  /** Transparency logs of signatures: Rekor. */
  readonly logs: readonly Log[];
  /** Transparency logs of certificates (RFC 6962). */
  readonly ctLogs: readonly Log[];
}

/** A certificate authority, or a timestamp authority with its own certificate first. */
export interface Authority {
  readonly uri: string;
  /** Who runs it; empty where the root does not say. */
  readonly operator: string;
  /** From the one that issues, or stamps, up to the root. Never empty. */
  readonly chain: readonly [Certificate, ...Certificate[]];
  readonly validity: Validity;
}

export interface Log {
  /**
   * Holds the name that stands in the log's checkpoints. Empty where the root does not say: logs of
   * certificates need none, and no checkpoint is taken from a log without one.
   */
  readonly baseUrl: string;
  readonly operator: string;
  /** What entries and certificate timestamps call this log; never empty. */
  readonly ids: readonly Uint8Array[];
  readonly key: KeyObject;
  readonly validity: Validity;
}

const CODE = 'TRUST_UNUSABLE';

/** The spellings that Sigstore's protobuf definitions give. */
const MEDIA_TYPES: readonly string[] = [
  'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  'application/vnd.dev.sigstore.trustedroot.v0.1+json',
  'application/vnd.dev.sigstore.trustedroot.v0.2+json',
];

/**
 * Reads a trusted root. Members that are not known are passed over, as instances add some over the
 * years; what is known must be right. A log whose key this program cannot use is left out, which
 * only narrows what is trusted.
 *
 * @throws {OmsError} `TRUST_UNUSABLE`
 */
export function parseTrustedRoot(source: TrustSource): TrustedRoot {
  return readTrustedRoot(readTrustSource(source, 'the trusted root'), '');
}

/** @param where names the object in messages, when it stands inside another one. */
export function readTrustedRoot(value: JsonValue | undefined, where: string): TrustedRoot {
  const root = new Fields(value, where, CODE);
  if (!MEDIA_TYPES.includes(root.string('mediaType'))) {
    throw root.error('mediaType', `"${MEDIA_TYPES[0]}", the media type of a trusted root`);
  }
  return {
    certificateAuthorities: listOf(root, where, 'certificateAuthorities', readAuthority),
    timestampAuthorities: listOf(root, where, 'timestampAuthorities', readAuthority),
    logs: listOf(root, where, 'tlogs', readLog).filter((log) => log !== undefined),
    ctLogs: listOf(root, where, 'ctlogs', readLog).filter((log) => log !== undefined),
  };
}

function listOf<T>(
  root: Fields,
  where: string,
  key: string,
  read: (fields: Fields, where: string) => T,
): readonly T[] {
  if (root.optional(key) === undefined) return [];
  return root.array(key).map((value, index) => {
    const path = `${where === '' ? '' : `${where}.`}${key}[${index}]`;
    return read(new Fields(value, path, CODE), path);
  });
}

function readAuthority(fields: Fields, where: string): Authority {
  const entries = fields.object('certChain').array('certificates');
  const [first, ...rest] = entries.map((entry, index) => {
    const path = `${where}.certChain.certificates[${index}]`;
    const der = decodeBase64(new Fields(entry, path, CODE).string('rawBytes'), path, CODE);
    return readCertificate(der, path);
  });
  if (first === undefined) throw fields.error('certChain', 'at least one certificate');
  return {
    uri: textOf(fields, 'uri'),
    operator: textOf(fields, 'operator'),
    chain: [first, ...rest],
    validity: readValidity(fields, 'validFor'),
  };
}

function readCertificate(der: Uint8Array, where: string): Certificate {
  try {
    return parseCertificate(der, where);
  } catch (cause) {
    throw malformed(CODE, where, { expected: 'a well-formed certificate', cause });
  }
}

function readLog(fields: Fields, where: string): Log | undefined {
  const publicKey = fields.object('publicKey');
  const der = decodeBase64(publicKey.string('rawBytes'), `${where}.publicKey.rawBytes`, CODE);
  const key = readKey(der, publicKey.string('keyDetails'));
  const validity = readValidity(publicKey, 'validFor');
  const isSha256 =
    fields.optional('hashAlgorithm') !== undefined && fields.string('hashAlgorithm') === 'SHA2_256';
  if (key === undefined || !isSha256) return undefined;
  return {
    baseUrl: textOf(fields, 'baseUrl'),
    operator: textOf(fields, 'operator'),
    ids: readIds(fields, where),
    key,
    validity,
  };
}

/** Newer roots give the key id of the checkpoints beside, or in place of, the hash of the key. */
function readIds(fields: Fields, where: string): readonly Uint8Array[] {
  const present = ['logId', 'checkpointKeyId'].filter((key) => fields.optional(key) !== undefined);
  if (present.length === 0) throw fields.error('logId', 'the id of the log');
  return present.map((key) =>
    decodeBase64(fields.object(key).string('keyId'), `${where}.${key}.keyId`, CODE),
  );
}

/** A string that protobuf leaves out when it is empty. */
function textOf(fields: Fields, key: string): string {
  return fields.optional(key) === undefined ? '' : fields.string(key);
}

/** What a log can sign with; others that Node reads, such as X25519, cannot sign at all. */
const KEY_TYPES: ReadonlySet<unknown> = new Set(['ec', 'ed25519', 'rsa']);

/** `undefined` for an algorithm that Node's OpenSSL does not have. */
function readKey(der: Buffer, details: string): KeyObject | undefined {
  const type = details.startsWith('PKCS1_RSA_') ? 'pkcs1' : 'spki';
  try {
    const key = createPublicKey({ key: der, format: 'der', type });
    return KEY_TYPES.has(key.asymmetricKeyType) ? key : undefined;
  } catch {
    return undefined;
  }
}
