import { createHash } from 'node:crypto';
import { childAt, childrenOf, parseOne, type Tlv, valueOf } from '../asn1/tree.ts';

/** What a timestamp says (RFC 3161 §2.4.2), as strict DER reads. */
export interface NaiveStamp {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly accuracy: number;
  readonly policy: string;
}

const HASHES: Readonly<Record<string, string>> = {
  '608648016503040201': 'sha256',
  '608648016503040202': 'sha384',
  '608648016503040203': 'sha512',
};

/** `undefined` for what does not say anything of this signature. */
export function readStamp(response: Tlv, signature: Buffer): NaiveStamp | undefined {
  const status = childAt(response, 0, 0);
  const isGranted = status?.tag === 0x02 && ['00', '01'].includes(valueOf(status).toString('hex'));
  const content = childAt(response, 1, 1, 0, 2, 1, 0);
  const info = content?.tag === 0x04 ? parseOne(valueOf(content)) : undefined;
  const [version, policy, imprint, serial, time, ...optional] = info ? childrenOf(info) : [];
  const algorithm = HASHES[valueOf(childAt(imprint, 0, 0) ?? NONE).toString('hex')];
  const digest = childAt(imprint, 1);
  const isWhole = [version, serial].every((one) => one?.tag === 0x02) && policy?.tag === 0x06;
  if (!isGranted || !isWhole || algorithm === undefined || time?.tag !== 0x18) return undefined;
  const right = createHash(algorithm).update(signature).digest();
  const at = timeOf(valueOf(time).toString('latin1'));
  if (digest?.tag !== 0x04 || !valueOf(digest).equals(right) || at === undefined) return undefined;
  return { at, accuracy: accuracyOf(optional[0]), policy: oidText(valueOf(policy)) };
}

const NONE: Tlv = {
  tag: 0,
  prefix: Buffer.alloc(0),
  content: { kind: 'bytes', bytes: Buffer.alloc(0) },
  length: { form: 'right' },
  after: Buffer.alloc(0),
};

function timeOf(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d{1,9})?Z$/.exec(text);
  if (match === null) return undefined;
  const [, y, mo, d, h, mi, s, fraction = ''] = match;
  const at = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}${fraction.slice(0, 4)}Z`);
  return Number.isNaN(at) ? undefined : at;
}

function accuracyOf(value: Tlv | undefined): number {
  if (value?.tag !== 0x30) return 0;
  const units: Readonly<Record<number, number>> = { 0x02: 1000, 0x80: 1, 0x81: 0.001 };
  return childrenOf(value).reduce((sum, { tag, content }) => {
    const number = content.kind === 'bytes' ? Number(`0x${content.bytes.toString('hex')}`) : 0;
    return sum + number * (units[tag] ?? 0);
  }, 0);
}

/** X.690 §8.19 */
function oidText(bytes: Buffer): string {
  const arcs: bigint[] = [0n];
  for (const byte of bytes) {
    arcs[arcs.length - 1] = ((arcs.at(-1) ?? 0n) << 7n) | BigInt(byte & 0x7f);
    if (byte < 0x80) arcs.push(0n);
  }
  const [joint = 0n, ...rest] = arcs.slice(0, -1);
  const first = joint < 80n ? joint / 40n : 2n;
  return [first, joint - first * 40n, ...rest].join('.');
}
