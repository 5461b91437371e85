import {
  constants,
  createHash,
  createPublicKey,
  createSign,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import type { Bundle } from '../../src/format/bundle.ts';
import { legacyPae } from '../../src/format/legacy.ts';
import { assembleBundle, base64 } from '../../src/signers/signer.ts';
import { type Certificate, parseCertificate } from '../../src/trust/certificate.ts';
import { signPayload } from '../../src/trust/keys.ts';

/**
 * A certificate authority for tests. It writes DER by hand, so that it can also issue what no
 * sensible authority or library would, and everything it issues is validly signed unless asked not.
 */
export interface Issued {
  readonly subject: string;
  readonly der: Buffer;
  readonly pem: string;
  readonly privateKey: KeyObject;
}

export type KeyKind =
  | 'P-256'
  | 'P-384'
  | 'P-521'
  | 'secp256k1'
  | 'Ed25519'
  | `RSA-${1024 | 2048 | 3072}`;

export type Usage = 'digitalSignature' | 'keyEncipherment' | 'keyCertSign' | 'cRLSign';
export type Hash = 'sha1' | 'sha256' | 'sha384' | 'sha512';

export interface IssueOptions {
  /** The common name. */
  readonly subject: string;
  /** Absent: self-signed. */
  readonly issuer?: Issued;
  /** Writes an empty subject, as Fulcio does; `subject` is then only a name for the reader. */
  readonly nameless?: boolean;
  /** The name written as issuer; the issuer's own by default. */
  readonly issuerName?: string;
  /** Signs in place of the issuer's key. */
  readonly signedWith?: KeyObject;
  readonly key?: KeyKind | KeyObject;
  /** A buffer is written as it is, to hold what is not a time. */
  readonly notBefore?: Date | Buffer;
  readonly notAfter?: Date | Buffer;
  readonly serial?: number;
  /** Basic constraints; left out when undefined, as with all extensions. */
  readonly ca?: boolean | undefined;
  readonly pathLength?: number;
  readonly keyUsage?: readonly Usage[] | undefined;
  readonly extendedKeyUsage?: readonly string[] | undefined;
  /** Marks the extended key usage critical, as RFC 3161 asks of a timestamp authority. */
  readonly criticalExtendedKeyUsage?: boolean;
  /** Subject and authority key identifiers; written unless false. */
  readonly keyIdentifiers?: boolean;
  /** Written after the others, as they are. */
  readonly extensions?: readonly Buffer[];
  /** Makes the last extensions from the signed part as it is without them (RFC 6962 §3.1). */
  readonly embed?: (precertificate: Buffer) => readonly Buffer[];
  /** Hash of the signature; SHA-256 by default. */
  readonly hash?: Hash;
  /** RSASSA-PSS in place of PKCS #1 v1.5. */
  readonly pss?: boolean;
  /** The algorithm that the signed part names, if it is to differ from the one outside. */
  readonly innerAlgorithm?: Buffer;
}

const DAY = 86_400_000;

/** What makes a CA, and what makes a signer of code; both to be spread into options. */
export const CA = { ca: true, keyUsage: ['keyCertSign', 'cRLSign'] } as const;
export const SIGNER = {
  ca: false,
  keyUsage: ['digitalSignature'],
  extendedKeyUsage: ['1.3.6.1.5.5.7.3.3'],
} as const;
export const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

export function makeKey(kind: KeyKind, paramEncoding: 'named' | 'explicit' = 'named'): KeyObject {
  if (kind === 'Ed25519') return generateKeyPairSync('ed25519').privateKey;
  if (kind.startsWith('RSA-')) {
    return generateKeyPairSync('rsa', { modulusLength: Number(kind.slice(4)) }).privateKey;
  }
  return generateKeyPairSync('ec', { namedCurve: kind, paramEncoding }).privateKey;
}

export function issue(options: IssueOptions): Issued {
  const { subject, issuer, key = 'P-256', hash = 'sha256', pss = false } = options;
  const privateKey = typeof key === 'string' ? makeKey(key) : key;
  const signingKey = options.signedWith ?? issuer?.privateKey ?? privateKey;
  const algorithm = signatureAlgorithm(signingKey, hash, pss);
  const serial =
    options.serial === undefined
      ? der(0x02, Buffer.from([1]), randomBytes(8))
      : integer(options.serial);
  const extensions = extensionsOf(options, privateKey, issuer?.privateKey ?? signingKey);
  const tbsWith = (embedded: readonly Buffer[]): Buffer =>
    sequence(
      der(0xa0, integer(2)),
      serial,
      options.innerAlgorithm ?? algorithm,
      nameOf(options.issuerName ?? issuer?.subject ?? subject),
      sequence(
        time(options.notBefore ?? new Date(Date.now() - DAY)),
        time(options.notAfter ?? new Date(Date.now() + 365 * DAY)),
      ),
      options.nameless === true ? sequence() : nameOf(subject),
      spkiOf(privateKey),
      der(0xa3, sequence(...extensions, ...embedded)),
    );
  const tbs = tbsWith(options.embed?.(tbsWith([])) ?? []);
  const signature = sign(signingKey.asymmetricKeyType === 'ed25519' ? null : hash, tbs, {
    key: signingKey,
    ...(pss ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: SALT[hash] } : {}),
  });
  const bytes = sequence(tbs, algorithm, bitString(signature));
  return { subject, privateKey, der: bytes, pem: pemOf('CERTIFICATE', bytes) };
}

/** Root, intermediate and leaf, good for signing code; each can be told to differ. */
export function chainOf(
  differences: Partial<Record<'root' | 'intermediate' | 'leaf', Partial<IssueOptions>>> = {},
): { readonly root: Issued; readonly intermediate: Issued; readonly leaf: Issued } {
  const root = issue({ subject: 'Test Root', ...CA, ...differences.root });
  const intermediate = issue({
    subject: 'Test Intermediate',
    issuer: root,
    ...CA,
    ...differences.intermediate,
  });
  const leaf = issue({
    subject: 'Test Signer',
    issuer: intermediate,
    ...SIGNER,
    ...differences.leaf,
  });
  return { root, intermediate, leaf };
}

export function parsed({ der: bytes, subject }: Issued): Certificate {
  return parseCertificate(bytes, subject);
}

/** A bundle over any bytes, validly signed, with any certificates. */
export function certificateBundle(
  statement: Uint8Array,
  [leaf, ...others]: readonly [Issued, ...Issued[]],
  signature: Uint8Array = signPayload(statement, leaf.privateKey),
): Bundle {
  const certificates = [leaf, ...others].map((one) => ({ rawBytes: base64(one.der) }));
  return assembleBundle(statement, signature, { x509CertificateChain: { certificates } });
}

/** A signature as model_signing 0.2.0 made them. */
export function legacySignature(statement: Uint8Array, key: KeyObject): Buffer {
  const signer = createSign('sha256');
  for (const part of legacyPae(statement)) signer.update(part);
  return signer.sign(key);
}

export function pemOf(label: string, bytes: Uint8Array): string {
  const lines = base64(bytes).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** The encoding of one ASN.1 value (X.690): its tag, the length of its parts, its parts. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const size = Buffer.from(body.length.toString(16).padStart(6, '0'), 'hex');
  const length =
    body.length < 0x80
      ? [body.length]
      : body.length < 0x100
        ? [0x81, ...size.subarray(2)]
        : body.length < 0x10000
          ? [0x82, ...size.subarray(1)]
          : [0x83, ...size];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return der(0x30, ...parts);
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const digits = [arc & 0x7f];
    for (let high = arc >>> 7; high > 0; high >>>= 7) digits.unshift(0x80 | (high & 0x7f));
    return digits;
  });
  return der(0x06, Buffer.from(bytes));
}

export function extension(id: string, critical: boolean, value: Uint8Array): Buffer {
  const flag = critical ? [der(0x01, Buffer.from([0xff]))] : [];
  return sequence(oid(id), ...flag, der(0x04, value));
}

/** A small number; serials and lengths need no more. */
export function integer(value: number): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return der(0x02, ...((bytes[0] ?? 0) > 0x7f ? [Buffer.from([0])] : []), bytes);
}

function bitString(bytes: Uint8Array, unused = 0): Buffer {
  return der(0x03, Buffer.from([unused]), bytes);
}

/** A distinguished name of one common name. */
export function nameOf(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid('2.5.4.3'), der(0x0c, Buffer.from(commonName)))));
}

/** RFC 5280 §4.1.2.5: UTCTime until 2049, GeneralizedTime after. */
function time(value: Date | Buffer): Buffer {
  if (Buffer.isBuffer(value)) return value;
  const digits = value.toISOString().replace(/\.\d+|[-:T]/g, '');
  const year = value.getUTCFullYear();
  return year >= 1950 && year < 2050
    ? der(0x17, Buffer.from(digits.slice(2)))
    : der(0x18, Buffer.from(digits));
}

/** The public key of a private one, as `SubjectPublicKeyInfo`. */
export function spkiOf(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
}

const BITS: Readonly<Record<Usage, number>> = {
  digitalSignature: 0x80,
  keyEncipherment: 0x20,
  keyCertSign: 0x04,
  cRLSign: 0x02,
};

function extensionsOf(options: IssueOptions, own: KeyObject, authority: KeyObject): Buffer[] {
  const { ca, pathLength, keyUsage, extendedKeyUsage, keyIdentifiers = true } = options;
  const list: Buffer[] = [];
  if (ca !== undefined) {
    const flag = ca ? [der(0x01, Buffer.from([0xff]))] : [];
    const length = pathLength === undefined ? [] : [integer(pathLength)];
    list.push(extension('2.5.29.19', true, sequence(...flag, ...length)));
  }
  if (keyUsage !== undefined) {
    const bits = keyUsage.reduce((sum, usage) => sum | BITS[usage], 0);
    const unused = bits === 0 ? 0 : Math.log2(bits & -bits);
    list.push(
      extension('2.5.29.15', true, bitString(Buffer.from(bits === 0 ? [] : [bits]), unused)),
    );
  }
  if (extendedKeyUsage !== undefined) {
    const critical = options.criticalExtendedKeyUsage ?? false;
    list.push(extension('2.5.29.37', critical, sequence(...extendedKeyUsage.map(oid))));
  }
  if (keyIdentifiers) {
    list.push(extension('2.5.29.14', false, der(0x04, keyId(own))));
    list.push(extension('2.5.29.35', false, sequence(der(0x80, keyId(authority)))));
  }
  return [...list, ...(options.extensions ?? [])];
}

function keyId(key: KeyObject): Buffer {
  return createHash('sha256').update(spkiOf(key)).digest().subarray(0, 20);
}

const NULL = der(0x05);
const SALT: Readonly<Record<Hash, number>> = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 };
export const HASHES: Readonly<Record<Hash, string>> = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
};
const ECDSA = { sha1: '1', sha256: '3.2', sha384: '3.3', sha512: '3.4' } as const;
const PKCS1 = { sha1: '5', sha256: '11', sha384: '12', sha512: '13' } as const;

/** `AlgorithmIdentifier` (RFC 3279, RFC 4055, RFC 5758, RFC 8410). */
export function signatureAlgorithm(key: KeyObject, hash: Hash, pss = false): Buffer {
  if (key.asymmetricKeyType === 'ed25519') return sequence(oid('1.3.101.112'));
  if (key.asymmetricKeyType === 'ec') return sequence(oid(`1.2.840.10045.4.${ECDSA[hash]}`));
  if (!pss) return sequence(oid(`1.2.840.113549.1.1.${PKCS1[hash]}`), NULL);
  const digest = sequence(oid(HASHES[hash]), NULL);
  // SHA-1 and a salt of 20 bytes are the defaults, which DER leaves out.
  const parameters =
    hash === 'sha1'
      ? []
      : [
          der(0xa0, digest),
          der(0xa1, sequence(oid('1.2.840.113549.1.1.8'), digest)),
          der(0xa2, integer(SALT[hash])),
        ];
  return sequence(oid('1.2.840.113549.1.1.10'), sequence(...parameters));
}
