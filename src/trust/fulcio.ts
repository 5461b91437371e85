import type { ASN1Obj } from '@sigstore/core';
import { OmsError } from '../errors.ts';
import { quoted } from '../printable.ts';
import { oidOf, parseDer } from './asn1.ts';
import { type Certificate, OID } from './certificate.ts';

/** Whom Fulcio has issued a certificate to, by what its extensions say. */
export interface FulcioIdentity {
  readonly name: IdentityName;
  /** URL of the OpenID provider that vouched for the identity. */
  readonly issuer: string;
  /** What else the provider said: names of {@link CLAIMS} to values. */
  readonly claims: Readonly<Partial<Record<ClaimName, string>>>;
}

/** The one name in a certificate. Two of the same text and of different kinds are different names. */
export interface IdentityName {
  readonly kind: NameKind;
  readonly value: string;
}

export type NameKind = 'email' | 'uri' | 'username' | 'dns';

const ARC = '1.3.6.1.4.1.57264.1';
const ISSUER_V1 = `${ARC}.1`;
const OTHER_NAME = `${ARC}.7`;
const ISSUER_V2 = `${ARC}.8`;

/** The claims of Fulcio's extension table (oid-info.md): number in its arc, and how it is written. */
const TABLE = {
  'github-workflow-trigger': [2, 'raw'],
  'github-workflow-sha': [3, 'raw'],
  'github-workflow-name': [4, 'raw'],
  'github-workflow-repository': [5, 'raw'],
  'github-workflow-ref': [6, 'raw'],
  'build-signer-uri': [9, 'der'],
  'build-signer-digest': [10, 'der'],
  'runner-environment': [11, 'der'],
  'source-repository-uri': [12, 'der'],
  'source-repository-digest': [13, 'der'],
  'source-repository-ref': [14, 'der'],
  'source-repository-identifier': [15, 'der'],
  'source-repository-owner-uri': [16, 'der'],
  'source-repository-owner-identifier': [17, 'der'],
  'build-config-uri': [18, 'der'],
  'build-config-digest': [19, 'der'],
  'build-trigger': [20, 'der'],
  'run-invocation-uri': [21, 'der'],
  'source-repository-visibility-at-signing': [22, 'der'],
  'deployment-environment': [23, 'der'],
  'token-subject': [24, 'der'],
} as const;

export type ClaimName = keyof typeof TABLE;

export const CLAIMS = Object.keys(TABLE) as readonly ClaimName[];

/**
 * Reads who a certificate of Fulcio's is for. It says nothing of whether Fulcio issued it.
 *
 * @throws {OmsError} `IDENTITY_MISMATCH` when it does not say, or says it in two ways.
 */
export function readFulcioIdentity(leaf: Certificate): FulcioIdentity {
  return { name: readName(leaf), issuer: readIssuer(leaf), claims: readClaims(leaf) };
}

/** Tags of `GeneralName` (RFC 5280 §4.2.1.6) that Fulcio uses, and one that others might. */
const TAGS: Readonly<Record<number, NameKind>> = { 0: 'username', 1: 'email', 2: 'dns', 6: 'uri' };

function readName(leaf: Certificate): IdentityName {
  const der = leaf.extensions.get(OID.subjectAltName);
  if (der === undefined) throw unclear('one name', 'none');
  const names = decode('the subject alternative name', () => parseDer(der).subs);
  const [name] = names;
  // With two it would be open which one the verifier was asked for.
  if (name === undefined || names.length > 1) throw unclear('one name', `${names.length}`);
  const tag = Object.keys(TAGS)
    .map(Number)
    .find((number) => name.tag.isContextSpecific(number));
  const kind = tag === undefined ? undefined : TAGS[tag];
  if (kind === undefined) throw unclear('an e-mail address, a URI or a user name', 'another kind');
  const value = decode('the subject alternative name', () =>
    kind === 'username' ? readOtherName(name) : readText(name),
  );
  if (value === '') throw unclear('a name', 'an empty one');
  return { kind, value };
}

/** `SEQUENCE { type-id OID, value [0] EXPLICIT UTF8String }` */
function readOtherName({ subs }: ASN1Obj): string {
  const [type, wrapper, ...rest] = subs;
  const [text, ...others] = wrapper?.subs ?? [];
  if (
    type === undefined ||
    oidOf(type) !== OTHER_NAME ||
    !wrapper?.tag.isContextSpecific(0) ||
    !text
  ) {
    throw new Error('it is not a name of Fulcio');
  }
  if (rest.length > 0 || others.length > 0 || !isUtf8String(text)) throw new Error('malformed');
  return utf8Of(text.value);
}

/** The older form is kept by Fulcio beside the newer one, for verifiers that only know it. */
function readIssuer({ extensions }: Certificate): string {
  const [older, newer] = [extensions.get(ISSUER_V1), extensions.get(ISSUER_V2)];
  const issuers = decode('the issuer', () => [
    ...(newer === undefined ? [] : [derText(newer)]),
    ...(older === undefined ? [] : [utf8Of(older)]),
  ]);
  const [issuer, other] = issuers;
  if (issuer === undefined || issuer === '') throw unclear('an issuer', 'none');
  if (other !== undefined && other !== issuer) {
    throw unclear('one issuer', `${quoted(issuer)} and ${quoted(other)}`);
  }
  return issuer;
}

function readClaims({ extensions }: Certificate): FulcioIdentity['claims'] {
  const claims = CLAIMS.flatMap((name) => {
    const [number, form] = TABLE[name];
    const der = extensions.get(`${ARC}.${number}`);
    if (der === undefined) return [];
    return [[name, decode(name, () => (form === 'der' ? derText(der) : utf8Of(der)))] as const];
  });
  return Object.fromEntries(claims);
}

function derText(der: Uint8Array): string {
  const text = parseDer(der);
  if (!isUtf8String(text)) throw new Error('not a UTF8String');
  return utf8Of(text.value);
}

/** X.680: universal, primitive, number 12. */
const UTF8_STRING = 0x0c;

function isUtf8String({ tag }: ASN1Obj): boolean {
  return tag.toDER() === UTF8_STRING;
}

function utf8Of(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** RFC 5280 §4.2.1.6: IA5String. In pieces, as BER has it, other readers join the pieces alone. */
function readText({ tag, value }: ASN1Obj): string {
  if (tag.constructed) throw new Error('it is in pieces');
  return asciiOf(value);
}

function asciiOf(bytes: Uint8Array): string {
  if (bytes.some((byte) => byte < 0x20 || byte > 0x7e)) throw new Error('not printable ASCII');
  return Buffer.from(bytes).toString('latin1');
}

function decode<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new OmsError('IDENTITY_MISMATCH', `${what} in the certificate is malformed`, { cause });
  }
}

function unclear(expected: string, found: string): OmsError {
  return new OmsError('IDENTITY_MISMATCH', 'the certificate does not say clearly who signed', {
    expected,
    found,
  });
}
