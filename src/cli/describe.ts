import type { Manifest, Serialization } from '../format/manifest.ts';
import { printable } from '../printable.ts';
import type { CertificateSummary } from '../trust/certificate.ts';
import type { NameKind } from '../trust/fulcio.ts';
import type { Stamp, StampClaim } from '../trust/stamp.ts';
import type { CertificateSignerIdentity } from '../verifiers/certificate.ts';
import type { SigstoreSignerIdentity } from '../verifiers/sigstore.ts';
import type { SignerIdentity } from '../verifiers/verifier.ts';

/** One line of a block: what it is about, and what it is. */
export type Line = readonly [label: string, value: string];

/** How many names of one kind are listed unless all are asked for. */
export const MAX_LISTED = 20;

export function block(title: string, lines: readonly Line[]): readonly string[] {
  const width = Math.max(...lines.map(([label]) => label.length));
  return [title, ...lines.map(([label, value]) => `  ${label.padEnd(width)}  ${printable(value)}`)];
}

/** `5 files, 16,176,974 bytes (16.2 MB)` */
export function amount(files: number, bytes: number): string {
  const rounded = bytes < 1000 ? '' : ` (${size(bytes)})`;
  return `${count(files, 'file')}, ${count(bytes, 'byte')}${rounded}`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** `512 B`, `16.2 MB`; as part of a whole, `3.0 of 16.2 MB` */
export function size(bytes: number, whole?: number): string {
  const power = UNITS.findLastIndex((_, at) => at === 0 || (whole ?? bytes) >= 1000 ** at);
  const scaled = (number: number): string => (number / 1000 ** power).toFixed(power === 0 ? 0 : 1);
  const numbers = whole === undefined ? [bytes] : [bytes, whole];
  return `${numbers.map(scaled).join(' of ')} ${UNITS[power]}`;
}

/** `1 file`, `2,000 files` */
export function count(number: number, noun: string): string {
  return `${grouped(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** `2,000`. The first use of `toLocaleString` in a process takes 13 ms. */
export function grouped(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ',');
}

export function rootDigest({ rootDigest: digest }: Manifest): string {
  return `sha256:${digest}`;
}

export function signerLines(signer: SignerIdentity): readonly Line[] {
  if (signer.method === 'key') {
    const { fingerprint, curve, timestamps = [] } = signer;
    return [
      ['Signed by', `the key sha256:${fingerprint} (${curve})`],
      ...timestamps.map(stampLine),
    ];
  }
  if (signer.method === 'sigstore') return keylessLines(signer);
  const [leaf] = signer.chain;
  const anchor = signer.chain.at(-1);
  const { at, source } = signer.time;
  const judged = JUDGED[source](iso(at));
  return [
    ['Signed by', `${leaf.subject} (certificate, ${signer.curve})`],
    ['Issued by', leaf.issuer],
    ['Valid', `${iso(leaf.notBefore)} to ${iso(leaf.notAfter)}, ${judged}`],
    ['Trusted', `${anchor?.subject ?? ''} (sha256:${anchor?.fingerprint ?? ''})`],
    ...(signer.timestamps ?? []).map(stampLine),
  ];
}

const JUDGED: Readonly<
  Record<CertificateSignerIdentity['time']['source'], (at: string) => string>
> = {
  now: () => 'checked now',
  timestamp: (at) => `checked for ${at}, the time of the earliest timestamp`,
  'verification-time': (at) => `checked for ${at}, as asked`,
};

/** By a timestamp that was verified, if it has an anchor, or that only says so of itself. */
export function stampLine({ at, accuracy, authority, anchor }: StampClaim | Stamp): Line {
  const about = accuracy === 0 ? '' : ` (± ${accuracy / 1000} s)`;
  const by = authority?.subject ?? 'an authority that it does not name';
  const trusted = anchor === undefined ? '' : `, trusted by ${anchor.subject}`;
  return ['Signed at', `${iso(at)}${about}, says ${by}${trusted}`];
}

export const NAME_KINDS: Readonly<Record<NameKind, string>> = {
  email: 'e-mail address',
  uri: 'URI',
  username: 'user name',
  dns: 'host name',
};

function keylessLines(signer: SigstoreSignerIdentity): readonly Line[] {
  const { identity, issuer, logEntries, times, claims } = signer;
  const source = claims['source-repository-uri'];
  const built = [source, claims['source-repository-ref'], claims['source-repository-digest']];
  return [
    ['Signed by', `${identity.value} (${NAME_KINDS[identity.kind]})`],
    ['Vouched for', `by ${issuer}`],
    ...(source === undefined ? [] : [['Source', built.filter(Boolean).join(' ')] as const]),
    ...times.map(({ at, url }) => ['Signed at', `${iso(at)}, says ${url}`] as const),
    ...logEntries.map(({ log, index }) => ['Logged', `${log}, index ${index}`] as const),
  ];
}

export function iso(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z');
}

export function signerJson(signer: SignerIdentity): Record<string, unknown> {
  switch (signer.method) {
    case 'key':
      return {
        ...signer,
        fingerprint: `sha256:${signer.fingerprint}`,
        ...timestampsJson(signer.timestamps),
      };
    case 'certificate':
      return {
        ...signer,
        chain: signer.chain.map(certificateJson),
        ...timestampsJson(signer.timestamps),
      };
    case 'sigstore':
      return { ...signer, certificate: certificateJson(signer.certificate) };
  }
}

export function timestampsJson(timestamps: readonly (StampClaim | Stamp)[] = []): object {
  return timestamps.length === 0 ? {} : { timestamps: timestamps.map(stampJson) };
}

export function stampJson({ authority, anchor, ...stamp }: StampClaim | Stamp): object {
  return {
    ...stamp,
    ...(authority === undefined ? {} : { authority: certificateJson(authority) }),
    ...(anchor === undefined ? {} : { anchor: certificateJson(anchor) }),
  };
}

export function certificateJson(certificate: CertificateSummary): CertificateSummary {
  return { ...certificate, fingerprint: `sha256:${certificate.fingerprint}` };
}

export function serializationJson(serialization: Serialization): Record<string, unknown> {
  const { hashAlgorithm, shardSize, allowSymlinks, ignorePaths } = serialization;
  return {
    method: shardSize === undefined ? 'files' : 'shards',
    hashAlgorithm,
    ...(shardSize === undefined ? {} : { shardSize }),
    allowSymlinks,
    ignorePaths,
  };
}

/** Names in one line, all of them or the first some. */
export function inOneLine(names: readonly string[], verbose: boolean | undefined): string {
  const shown = verbose === true ? names : names.slice(0, MAX_LISTED);
  const rest = names.length - shown.length;
  const more = rest === 0 ? [] : [`… and ${grouped(rest)} more (--verbose lists all)`];
  return [...shown, ...more].join(', ');
}

/** Names under a heading, all of them or the first some. */
export function listing(
  heading: string,
  names: readonly string[],
  verbose: boolean | undefined,
): readonly string[] {
  if (names.length === 0) return [];
  const shown = verbose === true ? names : names.slice(0, MAX_LISTED);
  const rest = names.length - shown.length;
  return [
    heading,
    ...shown.map((name) => `    ${printable(name)}`),
    ...(rest === 0 ? [] : [`    … and ${grouped(rest)} more (--verbose lists all)`]),
  ];
}

/** What is present and not covered by the signature: counted, and listed on request. */
export function notCovered(
  ignored: readonly string[],
  unsigned: readonly string[],
  verbose: boolean | undefined,
): readonly string[] {
  const lists: readonly (readonly [string, readonly string[]])[] = [
    ['under ignored paths', ignored],
    ['not signed', unsigned],
  ];
  return lists.flatMap(([why, names]) => {
    if (names.length === 0) return [];
    const heading = `  Not covered: ${count(names.length, 'path')} ${why}`;
    return verbose === true ? listing(heading, names, true) : [`${heading} (--verbose lists them)`];
  });
}
