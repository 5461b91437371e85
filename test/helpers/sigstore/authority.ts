import {
  CA,
  der,
  extension,
  type Issued,
  type IssueOptions,
  issue,
  oid,
  SIGNER,
  sequence,
} from '../pki.ts';
import { after, ERA, LEAF_LIFETIME, SIGNED_AT } from './times.ts';

/** A certificate authority as Fulcio is one: root, intermediate, and leaves for ten minutes. */
export interface Authority {
  readonly root: Issued;
  readonly intermediate: Issued;
}

/** One name of a subject alternative name (RFC 5280 §4.2.1.6). */
export type Name =
  | { readonly email: string }
  | { readonly uri: string }
  | { readonly dns: string }
  /** A UTF8String under Fulcio's own type, unless another is given. */
  | { readonly otherName: string; readonly type?: string }
  /** A name as it is, tag and all. */
  | { readonly raw: Buffer };

/** What stands in a leaf. `null` leaves an extension out that would be there by default. */
export interface LeafOptions {
  /** Several stand in one extension; none leaves it out. */
  readonly names?: readonly Name[];
  /** Fulcio's extension 1.1: the bytes of the text itself. */
  readonly oldIssuer?: string | null;
  /** Fulcio's extension 1.8: a UTF8String; a buffer is written as it is. */
  readonly newIssuer?: string | Buffer | null;
  /** Fulcio's extensions 1.9 and on, by their last number; a buffer is written as it is. */
  readonly claims?: Readonly<Record<number, string | Buffer>>;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** Whatever else is to differ. */
  readonly certificate?: Partial<IssueOptions>;
}

export const IDENTITY = 'signer@example.com';
export const ISSUER = 'https://accounts.example.com';

export const FULCIO = '1.3.6.1.4.1.57264.1';
const OTHER_NAME = `${FULCIO}.7`;

/** The certificate at the top of what somebody certifies. */
export function makeRoot(name: string, differences: Partial<IssueOptions> = {}): Issued {
  const subject = `${name} Root`;
  return issue({ subject, key: 'P-384', hash: 'sha384', ...CA, ...ERA, ...differences });
}

export function makeAuthority(
  name = 'Example Fulcio',
  differences: Partial<Record<'root' | 'intermediate', Partial<IssueOptions>>> = {},
): Authority {
  const root = makeRoot(name, differences.root);
  const intermediate = issue({
    subject: `${name} Intermediate`,
    issuer: root,
    key: 'P-384',
    hash: 'sha384',
    ...(differences.intermediate !== undefined && 'ca' in differences.intermediate
      ? {}
      : { pathLength: 0 }),
    extendedKeyUsage: SIGNER.extendedKeyUsage,
    ...CA,
    ...ERA,
    ...differences.intermediate,
  });
  return { root, intermediate };
}

/** @param embed makes the extension with the SCTs, if there is to be one. */
export function issueLeaf(
  { intermediate }: Authority,
  options: LeafOptions = {},
  embed?: IssueOptions['embed'],
): Issued {
  const { notBefore = SIGNED_AT, notAfter = after(notBefore, LEAF_LIFETIME) } = options;
  return issue({
    subject: 'leaf',
    nameless: true,
    issuer: intermediate,
    hash: 'sha384',
    keyUsage: SIGNER.keyUsage,
    extendedKeyUsage: SIGNER.extendedKeyUsage,
    notBefore,
    notAfter,
    extensions: leafExtensions(options),
    ...(embed === undefined ? {} : { embed }),
    ...options.certificate,
  });
}

/** The extensions that only Fulcio's certificates have, and the subject's names. */
export function leafExtensions(options: LeafOptions = {}): Buffer[] {
  const {
    names = [{ email: IDENTITY }],
    oldIssuer = ISSUER,
    newIssuer = ISSUER,
    claims = {},
  } = options;
  const list: Buffer[] = [];
  // Critical, because the subject is empty (RFC 5280 §4.2.1.6).
  if (names.length > 0) list.push(namesExtension(names));
  if (oldIssuer !== null) list.push(extension(`${FULCIO}.1`, false, Buffer.from(oldIssuer)));
  if (newIssuer !== null) list.push(extension(`${FULCIO}.8`, false, utf8(newIssuer)));
  for (const [number, value] of Object.entries(claims)) {
    list.push(extension(`${FULCIO}.${number}`, false, utf8(value)));
  }
  return list;
}

export function namesExtension(names: readonly Name[]): Buffer {
  return extension('2.5.29.17', true, sequence(...names.map(generalName)));
}

function generalName(name: Name): Buffer {
  if ('email' in name) return der(0x81, Buffer.from(name.email));
  if ('dns' in name) return der(0x82, Buffer.from(name.dns));
  if ('uri' in name) return der(0x86, Buffer.from(name.uri));
  if ('raw' in name) return name.raw;
  return der(0xa0, oid(name.type ?? OTHER_NAME), der(0xa0, utf8(name.otherName)));
}

/** A UTF8String in DER; a buffer is taken as it is. */
export function utf8(value: string | Buffer): Buffer {
  return typeof value === 'string' ? der(0x0c, Buffer.from(value)) : value;
}
