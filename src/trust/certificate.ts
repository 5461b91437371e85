import { hash as digestOf, X509Certificate } from 'node:crypto';
import type { ASN1Obj } from '@sigstore/core';
import { OmsError } from '../errors.ts';
import { integerOf, oidOf, parseDer } from './asn1.ts';
import { NOT_PEM, pemBlocks, textOf } from './pem.ts';

/** What people are shown of a certificate. Its names are the CA's word. */
export interface CertificateSummary {
  /** One line, most significant part first as it stands in the certificate. Untrusted text. */
  readonly subject: string;
  readonly issuer: string;
  /** Upper-case hex. */
  readonly serialNumber: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SHA-256 over the DER, lower-case hex. */
  readonly fingerprint: string;
}

/** A certificate (RFC 5280), read once, with the extensions that decide what it may be used for. */
export interface Certificate extends CertificateSummary {
  readonly der: Uint8Array;
  /** For names, dates, the public key and signatures. */
  readonly x509: X509Certificate;
  /** Whether issuer and subject are the same name (RFC 5280 §6.1: "self-issued"). */
  readonly isSelfIssued: boolean;
  /** The algorithm of its own signature, by OID, and for RSASSA-PSS that of the hash. */
  readonly signatureAlgorithm: { readonly oid: string; readonly pssHash: string | undefined };
  /** Whether the signed part names the same one (§4.1.1.2). */
  readonly isAlgorithmSigned: boolean;
  /** OIDs of the extensions that a verifier must understand or refuse (§4.2). */
  readonly criticalExtensions: readonly string[];
  readonly hasNameConstraints: boolean;
  /** Whether Fulcio issued it, for ten minutes of one keyless signature. */
  readonly isKeyless: boolean;
  /** §4.2.1.9; `undefined` without the extension. */
  readonly basicConstraints:
    | { readonly ca: boolean; readonly pathLength: number | undefined }
    | undefined;
  /** §4.2.1.3; `undefined` without the extension. */
  readonly keyUsage:
    | {
        readonly digitalSignature: boolean;
        readonly nonRepudiation: boolean;
        readonly keyCertSign: boolean;
      }
    | undefined;
  /** §4.2.1.12: OIDs; `undefined` without the extension. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  /** The content of each extension (`extnValue`) by OID, for those that have rules of their own. */
  readonly extensions: ReadonlyMap<string, Uint8Array>;
}

/** Object identifiers of RFC 5280 that decisions depend on. */
export const OID = {
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  extendedKeyUsage: '2.5.29.37',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  anyExtendedKeyUsage: '2.5.29.37.0',
  rsassaPss: '1.2.840.113549.1.1.10',
  /** The arc of Fulcio's own extensions. */
  fulcio: '1.3.6.1.4.1.57264.1.',
} as const;

/**
 * @param where names the certificate in messages.
 * @throws {OmsError} `CERTIFICATE_REFUSED` when it is not exactly one well-formed certificate.
 */
export function parseCertificate(der: Uint8Array, where: string): Certificate {
  try {
    const x509 = new X509Certificate(der);
    // Node also takes PEM text, and passes over what follows the certificate.
    if (!x509.raw.equals(der)) throw new Error('there is something around it');
    return read(der, x509, parseDer(der));
  } catch (cause) {
    throw new OmsError('CERTIFICATE_REFUSED', `${where} is not a well-formed certificate`, {
      cause,
    });
  }
}

/**
 * The certificates in several PEM texts; a message tells which of them, as of the files that they are
 * from.
 *
 * @throws {OmsError} `KEY_UNUSABLE` when there is none in one of them, or one cannot be read.
 */
export function loadAllCertificates(
  sources: readonly (string | Uint8Array)[],
  what: string,
): Certificate[] {
  const many = sources.length;
  return sources.flatMap((source, index) =>
    loadCertificates(source, many === 1 ? what : `${what} in file ${index + 1} of ${many}`),
  );
}

/**
 * The certificates in a PEM text, in their order.
 *
 * @throws {OmsError} `KEY_UNUSABLE` when there is none, or one cannot be read.
 */
export function loadCertificates(source: string | Uint8Array, what: string): Certificate[] {
  const blocks = pemBlocks(textOf(source, what));
  const certificates = blocks.filter(({ label }) => label === 'CERTIFICATE');
  if (certificates.length === 0) {
    throw new OmsError('KEY_UNUSABLE', `${what} cannot be used`, {
      expected: 'at least one PEM block "CERTIFICATE"',
      found: blocks.map(({ label }) => `"${label}"`).join(', ') || 'no PEM block',
      hint: blocks.length === 0 ? NOT_PEM : 'give the file of a certificate, not of a key',
    });
  }
  return certificates.map(({ der }, index) => {
    try {
      return parseCertificate(der, `certificate ${index + 1}`);
    } catch (cause) {
      throw new OmsError('KEY_UNUSABLE', `certificate ${index + 1} of ${what} cannot be read`, {
        expected: 'a well-formed X.509 certificate',
        hint: 'it is damaged, or was never good: get another',
        cause,
      });
    }
  });
}

/** What a person is shown of a certificate. */
export function summarise(certificate: Certificate): CertificateSummary {
  const { subject, issuer, serialNumber, notBefore, notAfter, fingerprint } = certificate;
  return { subject, issuer, serialNumber, notBefore, notAfter, fingerprint };
}

function read(der: Uint8Array, x509: X509Certificate, root: ASN1Obj): Certificate {
  const [tbs, algorithm] = root.subs;
  // Of the optional leading members only the version can be there, tagged [0].
  const fields = tbs?.subs.filter((field) => !field.tag.isContextSpecific()) ?? [];
  const [, inner, , validity] = fields;
  if (!tbs || !algorithm || !inner || !validity) {
    throw new Error('members are missing');
  }
  const extensions = readExtensions(tbs);
  checkVersion(tbs, extensions.size > 0);
  return {
    der,
    x509,
    subject: oneLine(x509.subject),
    issuer: oneLine(x509.issuer),
    serialNumber: x509.serialNumber,
    notBefore: readTime(validity.subs[0]),
    notAfter: readTime(validity.subs[1]),
    fingerprint: digestOf('sha256', der, 'hex'),
    // Not by its bytes: the same text may be written in several types of string (§7.1).
    isSelfIssued: x509.issuer === x509.subject,
    signatureAlgorithm: readAlgorithm(algorithm),
    isAlgorithmSigned: inner.toDER().equals(algorithm.toDER()),
    criticalExtensions: [...extensions].filter(([, { critical }]) => critical).map(([oid]) => oid),
    hasNameConstraints: extensions.has(OID.nameConstraints),
    isKeyless: extensions.keys().some((oid) => oid.startsWith(OID.fulcio)),
    basicConstraints: readBasicConstraints(extensions.get(OID.basicConstraints)?.value),
    keyUsage: readKeyUsage(extensions.get(OID.keyUsage)?.value),
    extendedKeyUsage: extensions.get(OID.extendedKeyUsage)?.value.subs.map(oidOf),
    extensions: new Map([...extensions].map(([oid, extension]) => [oid, extension.der])),
  };
}

/** RFC 5280 §4.1.2.1: 1, 2 or 3, written as one less; extensions are of version 3. */
function checkVersion(tbs: ASN1Obj, hasExtensions: boolean): void {
  const field = tbs.subs.find(({ tag }) => tag.isContextSpecific(0))?.subs[0];
  const version = field === undefined ? 0n : readNumber(field);
  if (version > 2n || (hasExtensions && version !== 2n)) {
    throw new Error(
      `it is of version ${version + 1n}${hasExtensions ? ' and has extensions' : ''}`,
    );
  }
}

/**
 * RFC 5280 §4.1.2.5: to the second, in UTC. Not taken from Node, which does not ask OpenSSL whether
 * it could read the time, and answers with what was in the memory if not.
 */
function readTime(value: ASN1Obj | undefined): Date {
  const text = value?.value.toString('latin1') ?? '';
  const date = value?.toDate();
  if (!/^[0-9]{12}(?:[0-9]{2})?Z$/.test(text) || !date || Number.isNaN(date.getTime())) {
    throw new Error('a time is malformed');
  }
  // A date that is in no calendar would become another one.
  const written = date.toISOString().replace(/\.000|[-:T]/g, '');
  if (!written.endsWith(text)) throw new Error('a time is in no calendar');
  return date;
}

/** A path length, or a version, of four bytes is more than any. */
const MAX_NUMBER_BYTES = 4;

function readNumber(value: ASN1Obj): bigint {
  const number = integerOf(value, MAX_NUMBER_BYTES);
  if (number < 0n) throw new Error('a number is negative');
  return number;
}

interface Extension {
  readonly critical: boolean;
  readonly value: ASN1Obj;
  readonly der: Uint8Array;
}

/** RFC 5280 §4.1: `SEQUENCE { extnID, critical DEFAULT FALSE, extnValue OCTET STRING }`. */
function readExtensions(tbs: ASN1Obj): ReadonlyMap<string, Extension> {
  const extensions = new Map<string, Extension>();
  const list = tbs.subs.find((field) => field.tag.isContextSpecific(3))?.subs[0]?.subs ?? [];
  for (const { subs } of list) {
    const oid = subs[0] && oidOf(subs[0]);
    const wrapped = subs.at(-1);
    if (oid === undefined || !wrapped?.tag.isOctetString() || subs.length > 3) {
      throw new Error('an extension is malformed');
    }
    if (extensions.has(oid)) throw new Error(`the extension ${oid} appears twice`);
    const critical = subs.length === 3 && subs[1]?.toBoolean() === true;
    const value = DECISIVE.has(oid) ? parseDer(wrapped.value) : wrapped;
    extensions.set(oid, { critical, value, der: wrapped.value });
  }
  return extensions;
}

const DECISIVE: ReadonlySet<string> = new Set([
  OID.basicConstraints,
  OID.keyUsage,
  OID.extendedKeyUsage,
]);

function readBasicConstraints(value: ASN1Obj | undefined): Certificate['basicConstraints'] {
  if (value === undefined) return undefined;
  const [ca, pathLength, ...rest] = value.subs;
  // §4.2.1.9: only a CA may have one.
  if (ca?.tag.isInteger() === true) throw new Error('a path length stands without the CA flag');
  if (rest.length > 0) throw new Error('the basic constraints are malformed');
  return {
    ca: ca?.toBoolean() ?? false,
    pathLength: pathLength === undefined ? undefined : Number(readNumber(pathLength)),
  };
}

function readKeyUsage(value: ASN1Obj | undefined): Certificate['keyUsage'] {
  if (value === undefined) return undefined;
  const bits = value.toBitString();
  return {
    digitalSignature: bits[0] === 1,
    nonRepudiation: bits[1] === 1,
    keyCertSign: bits[5] === 1,
  };
}

function readAlgorithm(algorithm: ASN1Obj): Certificate['signatureAlgorithm'] {
  const [oid, parameters] = algorithm.subs;
  if (oid === undefined) throw new Error('the signature algorithm is missing');
  // RFC 4055 §3.1: hashAlgorithm is tagged [0]; without it the hash is SHA-1.
  const hash = parameters?.subs.find((field) => field.tag.isContextSpecific(0));
  const pssHash = hash?.subs[0]?.subs[0];
  return { oid: oidOf(oid), pssHash: pssHash && oidOf(pssHash) };
}

/** Node puts each part of a name on its own line. */
function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').join(', ');
}
