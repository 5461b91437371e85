import { type KeyObject, sign } from 'node:crypto';
import { der, extension, type Issued, makeKey, spkiOf } from '../pki.ts';
import { sha256 } from './bytes.ts';
import { SIGNED_AT } from './times.ts';

/** A log of certificates (RFC 6962). It promises to log what it is shown, and logs nothing. */
export interface CtLog {
  readonly baseUrl: string;
  readonly key: KeyObject;
  /** SHA-256 of the public key (§3.2). */
  readonly id: Buffer;
}

/** How an SCT is to differ from a right one. */
export interface SctOptions {
  /** The log that signs; the instance's own by default. */
  readonly log?: CtLog;
  readonly time?: Date;
  /** Stands in the SCT in place of the log's own. */
  readonly logId?: Buffer;
  /** Signs in place of the log's key. */
  readonly signedWith?: KeyObject;
  /** What the log is shown, given what it should be. */
  readonly precertificate?: (right: Buffer) => Buffer;
  /** Whose key is said to issue the certificate. */
  readonly issuer?: Issued;
  readonly version?: number;
  /** Bytes of the extensions, which are signed too. */
  readonly extensions?: Buffer;
}

export function makeCtLog(baseUrl = 'https://ctlog.example/2025'): CtLog {
  const key = makeKey('P-256');
  return { baseUrl, key, id: sha256(spkiOf(key)) };
}

/**
 * A signed certificate timestamp (§3.2).
 *
 * @param precertificate the signed part of the certificate as it is without SCTs.
 */
export function makeSct(
  log: CtLog,
  precertificate: Buffer,
  issuer: Issued,
  options: SctOptions = {},
): Buffer {
  const signer = options.log ?? log;
  const { version = 0, extensions = Buffer.alloc(0), time = SIGNED_AT } = options;
  const certificate = options.precertificate?.(precertificate) ?? precertificate;
  const milliseconds = Buffer.alloc(8);
  milliseconds.writeBigUInt64BE(BigInt(time.getTime()));
  const signed = Buffer.concat([
    Buffer.of(version, CERTIFICATE_TIMESTAMP),
    milliseconds,
    Buffer.of(0, PRECERT_ENTRY),
    sha256(spkiOf((options.issuer ?? issuer).privateKey)),
    vector(3, certificate),
    vector(2, extensions),
  ]);
  const signature = sign('sha256', signed, options.signedWith ?? signer.key);
  return Buffer.concat([
    Buffer.of(version),
    options.logId ?? signer.id,
    milliseconds,
    vector(2, extensions),
    Buffer.of(SHA256, ECDSA),
    vector(2, signature),
  ]);
}

/** The extension that holds SCTs (§3.3): their list in an octet string of its own. */
export function sctExtension(scts: readonly Buffer[]): Buffer {
  const list = vector(2, Buffer.concat(scts.map((sct) => vector(2, sct))));
  return extension('1.3.6.1.4.1.11129.2.4.2', false, der(0x04, list));
}

const CERTIFICATE_TIMESTAMP = 0;
const PRECERT_ENTRY = 1;
/** RFC 5246 §7.4.1.4.1 */
const SHA256 = 4;
const ECDSA = 3;

/** Bytes with their length before them (RFC 5246 §4.3). */
function vector(lengthBytes: number, bytes: Buffer): Buffer {
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(bytes.length, 0, lengthBytes);
  return Buffer.concat([length, bytes]);
}
