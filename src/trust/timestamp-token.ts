import type { ASN1Obj } from '@sigstore/core';
import { childOf, integerOf, oidOf, parseDer } from './asn1.ts';
import { hashNamed, readSignedData, type SignedData } from './signed-data.ts';

/** What a timestamp says (RFC 3161 §2.4.2), and the signature on that. */
export interface TimestampToken extends Omit<SignedData, 'content'> {
  /** `genTime`: around this, give or take the accuracy. */
  readonly time: Date;
  /** In milliseconds; 0 where the authority does not say. */
  readonly accuracy: number;
  /** What was stamped, by its hash, of SHA-256 or better. */
  readonly imprint: { readonly algorithm: string; readonly digest: Buffer };
  /** OID of the policy under which it was made. */
  readonly policy: string;
  /** What tells the answer to one request from others. */
  readonly nonce: bigint | undefined;
}

/** `id-ct-TSTInfo` (RFC 3161 §2.4.2). */
const TST_INFO = '1.2.840.113549.1.9.16.1.4';

/**
 * @param der `TimeStampResp`.
 * @throws what is wrong with the form, never in words of the token; the caller says what it was about.
 */
export function readToken(der: Uint8Array): TimestampToken {
  const response = parseDer(der);
  checkGranted(childOf(response, 0));
  const { content, ...signed } = readSignedData(childOf(response, 1), TST_INFO);
  return { ...readInfo(parseDer(content)), ...signed };
}

/** PKIStatus: granted, and granted with changes (RFC 3161 §2.4.2). */
const GRANTED: ReadonlySet<bigint> = new Set([0n, 1n]);

/** There are six (RFC 3161 §2.4.2). */
const MAX_STATUS_BYTES = 4;

/** PKIFailureInfo, by the number of the bit (RFC 3161 §2.4.2). */
const FAILURES: ReadonlyMap<number, string> = new Map([
  [0, 'badAlg'],
  [2, 'badRequest'],
  [5, 'badDataFormat'],
  [14, 'timeNotAvailable'],
  [15, 'unacceptedPolicy'],
  [16, 'unacceptedExtension'],
  [17, 'addInfoNotAvailable'],
  [25, 'systemFailure'],
]);

/** `PKIStatusInfo`: the status, a text, which is the authority's and not shown, and failure bits. */
function checkGranted(info: ASN1Obj): void {
  if (GRANTED.has(integerOf(childOf(info, 0), MAX_STATUS_BYTES))) return;
  // X.690 §8.6: how many of the last bits are unused, then the bits, the highest first.
  const bits = info.subs
    .slice(1)
    .find(({ tag }) => tag.isBitString())
    ?.value.subarray(1);
  const isSet = (bit: number): boolean => (((bits?.[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1;
  const failures = [...FAILURES].filter(([bit]) => isSet(bit)).map(([, name]) => name);
  const why = failures.length === 0 ? '' : ` (${failures.join(', ')})`;
  throw new Error(`it was not granted${why}`);
}

/** RFC 3161 §2.4.1 suggests eight. */
const MAX_NONCE_BYTES = 64;

/** There is one (RFC 3161 §2.4.2). */
const MAX_VERSION_BYTES = 4;

/** Tags of the accuracy, the ordering, the nonce, the authority's name, and extensions. */
const OPTIONAL = [0x30, 0x01, 0x02, 0xa0, 0xa1] as const;

/**
 * Members that may be absent, by their tags in the order of these. What stands elsewhere, or twice,
 * must not be passed over: an accuracy would pass for none.
 */
function inOrder(
  members: readonly ASN1Obj[],
  tags: readonly number[],
  what: string,
): readonly (ASN1Obj | undefined)[] {
  const places = members.map(({ tag }) => tags.indexOf(tag.toDER()));
  if (places.some((place, at) => place <= (places[at - 1] ?? -1))) {
    throw new Error(`${what} is malformed`);
  }
  return tags.map((_, place) => members[places.indexOf(place)]);
}

/** `TSTInfo`: version, policy, messageImprint, serialNumber, genTime, and what is optional. */
function readInfo(
  info: ASN1Obj,
): Pick<TimestampToken, 'time' | 'accuracy' | 'imprint' | 'policy' | 'nonce'> {
  const version = integerOf(childOf(info, 0), MAX_VERSION_BYTES);
  if (version !== 1n) throw new Error('it is of no known version');
  const optional = inOrder(info.subs.slice(5), OPTIONAL, 'what is optional in it');
  const [accuracy, , nonce, , extensions] = optional;
  checkExtensions(extensions?.subs ?? []);
  return {
    time: readTime(childOf(info, 4)),
    accuracy: readAccuracy(accuracy),
    imprint: { algorithm: hashNamed(childOf(info, 2, 0, 0)), digest: childOf(info, 2, 1).value },
    policy: readPolicy(childOf(info, 1)),
    nonce: nonce && integerOf(nonce, MAX_NONCE_BYTES),
  };
}

/** None is known, so none may be critical (RFC 5280 §4.2). */
function checkExtensions(extensions: readonly ASN1Obj[]): void {
  for (const extension of extensions) {
    oidOf(childOf(extension, 0));
    if (extension.subs.length === 3 && childOf(extension, 1).toBoolean()) {
      throw new Error('a critical extension is not understood');
    }
  }
}

/** Real ones take a dozen bytes. */
const MAX_POLICY_BYTES = 64;

/** X.690 §8.19. The parser takes the first two arcs from one byte, as if none were beyond 2.39. */
function readPolicy({ tag, value }: ASN1Obj): string {
  if (!tag.isOID() || value.length > MAX_POLICY_BYTES || !((value.at(-1) ?? 0x80) < 0x80)) {
    throw new Error('its policy is malformed');
  }
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const byte of value) {
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    if (byte > 0x7f) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [joint = 0n, ...rest] = arcs;
  const first = joint < 80n ? joint / 40n : 2n;
  return [first, joint - first * 40n, ...rest].join('.');
}

/** RFC 3161 §2.4.2: GeneralizedTime in UTC, with fractions of a second if it likes. */
const TIME = /^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})(\.[0-9]{1,9})?Z$/;

function readTime({ tag, value }: ASN1Obj): Date {
  const match = TIME.exec(value.toString('latin1'));
  const [year, month, day, hour, minute, second, fraction = ''] = match?.slice(1) ?? [];
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const time = new Date(`${text}${fraction}Z`);
  // A date that is in no calendar would become another one.
  const isTime = tag.isGeneralizedTime() && !Number.isNaN(time.getTime());
  if (!isTime || !time.toISOString().startsWith(text)) throw new Error('its time is malformed');
  return time;
}

/** `SEQUENCE { seconds INTEGER, millis [0], micros [1] }`, all optional. */
function readAccuracy(value: ASN1Obj | undefined): number {
  if (value === undefined) return 0;
  const parts = inOrder(value.subs, [0x02, 0x80, 0x81], 'its accuracy');
  const factors = [1000, 1, 1 / 1000];
  return factors.reduce((sum, factor, at) => sum + numberOf(parts[at]?.value) * factor, 0);
}

/** More seconds than these are no accuracy. */
const MAX_NUMBER_BYTES = 4;

function numberOf(bytes: Buffer = Buffer.of(0)): number {
  if (bytes.length === 0 || bytes.length > MAX_NUMBER_BYTES || (bytes[0] ?? 0) > 0x7f) {
    throw new Error('its accuracy is malformed');
  }
  return bytes.readUIntBE(0, bytes.length);
}
