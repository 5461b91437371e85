import { childAt, childrenOf, parseAll, parseOne, type Tlv, valueOf, write } from '../asn1/tree.ts';
import { sha256 } from '../corpus/ledger.ts';
import { Flaw } from './json.ts';

/** A certificate as strict DER reads, without a library. */
export interface NaiveCertificate {
  readonly der: Buffer;
  readonly fingerprint: string;
  /** The signed part, and the public key, by their hashes. */
  readonly tbs: string;
  readonly key: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly isSelfIssued: boolean;
  /** The algorithm of its own signature, and of its key: OIDs as hex of their content. */
  readonly signedWith: string;
  readonly keyKind: string;
  /** By the hex of their OID's content. */
  readonly extensions: ReadonlyMap<string, Extension>;
}

interface Extension {
  readonly isCritical: boolean;
  readonly value: Buffer;
}

/** OIDs as hex of their content. */
export const EXTENSIONS = {
  keyUsage: '551d0f',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
  nameConstraints: '551d1e',
  extendedKeyUsage: '551d25',
  fulcio: '2b0601040183bf3001',
} as const;

export const CODE_SIGNING = '2b06010505070303';
const TIME_STAMPING = '2b06010505070308';
const ANY_USAGE = '551d2500';
const EXTENSION_LIST = 0xa3;

/**
 * @param isNamed whether the verifier named it, so that nobody looks at its signature.
 * @throws {Flaw} for what is not a certificate in DER.
 */
export function readCertificate(der: Buffer, isNamed = false): NaiveCertificate {
  const tbs = childAt(parseOne(der), 0);
  const fields = tbs === undefined ? [] : childrenOf(tbs).filter(({ tag }) => tag < 0x80);
  const [, algorithm, issuer, validity, subject, spki] = fields;
  const outer = childAt(parseOne(der), 1);
  if (!tbs || !outer || !algorithm || !issuer || !validity || !subject || !spki) {
    throw new Flaw('not a certificate in DER');
  }
  if (!isNamed && !write(algorithm).equals(write(outer))) throw new Flaw('two algorithms');
  return {
    der,
    fingerprint: sha256(der),
    tbs: sha256(write(tbs)),
    key: sha256(write(spki)),
    notBefore: readTime(childAt(validity, 0)),
    notAfter: readTime(childAt(validity, 1)),
    isSelfIssued: write(issuer).equals(write(subject)),
    signedWith: hexAt(outer, 0),
    keyKind: `${hexAt(spki, 0, 0)} ${hexAt(spki, 0, 1)}`.trim(),
    extensions: readExtensions(tbs),
  };
}

function hexAt(tlv: Tlv, ...path: readonly number[]): string {
  return valueOf(childAt(tlv, ...path) ?? EMPTY).toString('hex');
}

function readTime(value: Tlv | undefined): Date {
  const text = value === undefined ? '' : valueOf(value).toString('latin1');
  const [, year = '', rest = ''] = /^(\d{2}|\d{4})(\d{10})Z$/.exec(text) ?? [];
  const century = Number(year) < 50 ? '20' : '19';
  const digits = `${year.length === 2 ? century : ''}${year}${rest}`;
  const [, y, mo, d, h, mi, s] = /^(.{4})(..)(..)(..)(..)(..)$/.exec(digits) ?? [];
  const time = new Date(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
  const isPrecise = !Number.isNaN(time.getTime());
  if (!isPrecise || value?.tag !== (year.length === 2 ? 0x17 : 0x18)) throw new Flaw('a time');
  return time;
}

function readExtensions(tbs: Tlv): NaiveCertificate['extensions'] {
  const extensions = new Map<string, Extension>();
  const list = childrenOf(tbs).filter(({ tag }) => tag === EXTENSION_LIST);
  if (list.length > 1) throw new Flaw('two lists of extensions');
  for (const one of childrenOf(childAt(list[0], 0) ?? EMPTY)) {
    const [oid, ...rest] = childrenOf(one);
    const value = rest.pop();
    const [critical, ...others] = rest;
    if (oid?.tag !== 0x06 || value?.tag !== 0x04 || others.length > 0) throw new Flaw('extension');
    if (critical !== undefined && critical.tag !== 0x01) throw new Flaw('an extension');
    const name = valueOf(oid).toString('hex');
    if (extensions.has(name)) throw new Flaw('an extension twice');
    const isCritical = critical !== undefined && valueOf(critical)[0] !== 0;
    extensions.set(name, { isCritical, value: valueOf(value) });
  }
  return extensions;
}

const EMPTY: Tlv = {
  tag: 0x30,
  prefix: Buffer.alloc(0),
  content: { kind: 'children', children: [] },
  length: { form: 'right' },
  after: Buffer.alloc(0),
};

const EC = '2a8648ce3d0201';
const CURVES: ReadonlySet<string> = new Set(
  ['2a8648ce3d030107', '2b81040022', '2b81040023'].map((curve) => `${EC} ${curve}`),
);
/** With parameters NULL. How long they are is not looked at. */
const RSA = '2a864886f70d010101';
const STRONG: ReadonlySet<string> = new Set([
  '2a8648ce3d040302',
  '2a8648ce3d040303',
  '2a8648ce3d040304',
  '2a864886f70d01010b',
  '2a864886f70d01010c',
  '2a864886f70d01010d',
  '2a864886f70d01010a',
]);

/** What is wrong with a certificate that signs models at these times, by RFC 5280 and §8.2. */
export function flawInLeaf(certificate: NaiveCertificate, times: readonly Date[]): string[] {
  const usage = usagesOf(certificate);
  return [
    ...flawInAny(certificate, times),
    ...(usage.bits !== undefined && (usage.bits & 0x80) === 0 ? ['no digitalSignature'] : []),
    ...(allowsCode(usage.extended) ? [] : ['no codeSigning']),
    ...(CURVES.has(certificate.keyKind) ? [] : ['a key of another kind']),
  ];
}

/** The same for one that issues others: the ones below it, the signer first. */
export function flawInIssuer(
  certificate: NaiveCertificate,
  below: readonly NaiveCertificate[],
  times: readonly Date[],
): string[] {
  const usage = usagesOf(certificate);
  const between = below.slice(1).filter(({ isSelfIssued }) => !isSelfIssued).length;
  const isStrong = STRONG.has(below.at(-1)?.signedWith ?? '');
  return [
    ...flawInAny(certificate, times),
    ...(usage.isCa ? [] : ['no CA']),
    ...(between > usage.pathLength ? ['too many below it'] : []),
    ...(isStrong ? [] : ['a weak signature']),
    ...(CURVES.has(certificate.keyKind) || certificate.keyKind === RSA ? [] : ['an odd key']),
    ...(usage.bits !== undefined && (usage.bits & 0x04) === 0 ? ['no keyCertSign'] : []),
    ...(allowsCode(usage.extended) ? [] : ['no codeSigning']),
  ];
}

const UNDERSTOOD: ReadonlySet<string> = new Set([
  EXTENSIONS.basicConstraints,
  EXTENSIONS.keyUsage,
  EXTENSIONS.extendedKeyUsage,
  EXTENSIONS.subjectAltName,
]);

function flawInAny({ notBefore, notAfter, extensions }: NaiveCertificate, times: readonly Date[]) {
  const unknown = [...extensions].find(
    ([oid, { isCritical }]) => isCritical && !UNDERSTOOD.has(oid),
  );
  return [
    ...times.filter((time) => !(time >= notBefore && time <= notAfter)).map(() => 'not valid then'),
    ...(unknown === undefined ? [] : [`critical ${unknown[0]}`]),
    ...(extensions.has(EXTENSIONS.nameConstraints) ? ['name constraints'] : []),
  ];
}

/** What is wrong with the certificate of a clock (RFC 3161 §2.3). */
export function flawInClock(certificate: NaiveCertificate, times: readonly Date[]): string[] {
  const usage = usagesOf(certificate);
  const { extensions } = certificate;
  return [
    ...flawInAny(certificate, times),
    ...(usage.bits !== undefined && (usage.bits & 0x80) === 0 ? ['no digitalSignature'] : []),
    ...(usage.extended?.join() === TIME_STAMPING ? [] : ['not for timestamps alone']),
    ...(extensions.get(EXTENSIONS.extendedKeyUsage)?.isCritical === true ? [] : ['not critical']),
  ];
}

export interface Usages {
  readonly isCa: boolean;
  /** Without a limit, more than there can be. */
  readonly pathLength: number;
  /** The first byte of the key usage; `undefined` without the extension. */
  readonly bits: number | undefined;
  readonly extended: readonly string[] | undefined;
}

export function usagesOf({ extensions }: NaiveCertificate): Usages {
  const parsed = (oid: string): Tlv | undefined => {
    const extension = extensions.get(oid);
    if (extension === undefined) return undefined;
    const value = parseOne(extension.value);
    if (value === undefined) throw new Flaw(`the extension ${oid} is not DER`);
    return value;
  };
  const keyUsage = parsed(EXTENSIONS.keyUsage);
  const extended = parsed(EXTENSIONS.extendedKeyUsage);
  const constraints = parsed(EXTENSIONS.basicConstraints);
  const ca = childAt(constraints, 0);
  return {
    pathLength: pathLengthOf(constraints),
    isCa: ca?.tag === 0x01 && valueOf(ca)[0] === 0xff,
    bits: keyUsage && (valueOf(keyUsage)[1] ?? 0),
    extended: extended && childrenOf(extended).map((oid) => valueOf(oid).toString('hex')),
  };
}

function pathLengthOf(constraints: Tlv | undefined): number {
  const length = childrenOf(constraints ?? EMPTY).find(({ tag }) => tag === 0x02);
  return length === undefined ? 100 : Number(`0x${valueOf(length).toString('hex')}`);
}

function allowsCode(extended: readonly string[] | undefined): boolean {
  return extended === undefined || extended.includes(CODE_SIGNING) || extended.includes(ANY_USAGE);
}

/** The one name of a subject, and who vouches for it, as Fulcio writes them. */
export function identityOf({ extensions }: NaiveCertificate) {
  const names = parseAll(
    valueOf(parseOne(extensions.get(EXTENSIONS.subjectAltName)?.value ?? Buffer.of()) ?? EMPTY),
  );
  const [name] = names ?? [];
  if (name === undefined || names?.length !== 1) throw new Flaw('not one name');
  const own = (number: number): Buffer | undefined =>
    extensions.get(`${EXTENSIONS.fulcio}${number.toString(16).padStart(2, '0')}`)?.value;
  const wrapped = own(8);
  const newer = wrapped && valueOf(parseOne(wrapped) ?? EMPTY).toString();
  const older = own(1)?.toString();
  if (newer !== undefined && older !== undefined && newer !== older) throw new Flaw('two issuers');
  const kinds: Readonly<Record<number, string>> = { 0x81: 'email', 0x82: 'dns', 0x86: 'uri' };
  const kind = name.tag === 0xa0 ? 'username' : (kinds[name.tag] ?? 'unknown');
  const value = name.tag === 0xa0 ? childAt(name, 1, 0) : name;
  return {
    name: { kind, value: value === undefined ? '' : valueOf(value).toString() },
    issuer: newer ?? older ?? '',
  };
}
