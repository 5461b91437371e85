/**
 * DER (X.690) as a tree of tags, lengths and values that can also be written wrong. What stands in
 * an OCTET STRING or a BIT STRING is taken apart too, where it is DER.
 */
export interface Tlv {
  tag: number;
  /** What stands before the children, as the count of unused bits of a BIT STRING. */
  prefix: Buffer;
  content: { kind: 'bytes'; bytes: Buffer } | { kind: 'children'; children: Tlv[] };
  length: LengthForm;
  /** What follows the value, without being counted. */
  after: Buffer;
}

/** How the length is written: as DER asks, in a longer form, indefinitely, or wrong by so much. */
export type LengthForm =
  | { readonly form: 'right' }
  | { readonly form: 'long'; readonly bytes: number }
  | { readonly form: 'indefinite' }
  | { readonly form: 'wrong'; readonly by: number };

const NONE = Buffer.alloc(0);
const RIGHT: LengthForm = { form: 'right' };
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const CONSTRUCTED = 0x20;

/** Where a value ends, or that it does not: all of the header is checked. */
interface Header {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

export function isConstructed(tag: number): boolean {
  return (tag & CONSTRUCTED) !== 0;
}

/** The values that these bytes are, one after the other; `undefined` if they are not strict DER. */
export function parseAll(bytes: Buffer): Tlv[] | undefined {
  const values: Tlv[] = [];
  for (let at = 0; at < bytes.length; ) {
    const header = readHeader(bytes, at);
    if (header === undefined) return undefined;
    const value = bytes.subarray(header.start, header.end);
    const tlv = takeApart(header.tag, value);
    if (tlv === undefined) return undefined;
    values.push(tlv);
    at = header.end;
  }
  return values;
}

/** One value and nothing behind it. */
export function parseOne(bytes: Buffer): Tlv | undefined {
  const values = parseAll(bytes);
  return values?.length === 1 ? values[0] : undefined;
}

function takeApart(tag: number, value: Buffer): Tlv | undefined {
  const plain: Tlv = {
    tag,
    prefix: NONE,
    content: { kind: 'bytes', bytes: value },
    length: RIGHT,
    after: NONE,
  };
  if (isConstructed(tag)) {
    const children = parseAll(value);
    return children && { ...plain, content: { kind: 'children', children } };
  }
  const prefixBytes = tag === BIT_STRING ? 1 : 0;
  const inner = value.subarray(prefixBytes);
  const canHold = (tag === OCTET_STRING || tag === BIT_STRING) && inner.length > 2;
  const children = canHold ? parseAll(inner) : undefined;
  if (children === undefined) return plain;
  return {
    ...plain,
    prefix: value.subarray(0, prefixBytes),
    content: { kind: 'children', children },
  };
}

function readHeader(bytes: Buffer, at: number): Header | undefined {
  const [tag, first] = [bytes[at], bytes[at + 1]];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined;
  let start = at + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first - 0x80;
    if (count === 0 || count > 4 || start + count > bytes.length) return undefined;
    length = bytes.readUIntBE(start, count);
    start += count;
    if (length < 0x80 || length < 2 ** (8 * (count - 1))) return undefined;
  }
  return start + length > bytes.length ? undefined : { tag, start, end: start + length };
}

export function write({ tag, prefix, content, length, after }: Tlv): Buffer {
  const inner = content.kind === 'bytes' ? [content.bytes] : content.children.map(write);
  const value = Buffer.concat([prefix, ...inner]);
  const header = Buffer.concat([Buffer.of(tag), writeLength(value.length, length)]);
  const end = length.form === 'indefinite' ? Buffer.of(0, 0) : NONE;
  return Buffer.concat([header, value, end, after]);
}

function writeLength(right: number, form: LengthForm): Buffer {
  switch (form.form) {
    case 'right':
      return shortest(right);
    case 'long': {
      const bytes = Buffer.alloc(form.bytes);
      bytes.writeUInt32BE(right, form.bytes - 4);
      return Buffer.concat([Buffer.of(0x80 + form.bytes), bytes]);
    }
    case 'indefinite':
      return Buffer.of(0x80);
    case 'wrong':
      return shortest(Math.max(0, right + form.by));
  }
}

function shortest(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  const significant = bytes.subarray(bytes.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.of(0x80 + significant.length), significant]);
}

/** A value and all in it, itself first. */
export function allOf(root: Tlv): Tlv[] {
  const found = [root];
  for (let next = 0; next < found.length; next++) {
    const { content } = found[next] as Tlv;
    if (content.kind === 'children') found.push(...content.children);
  }
  return found;
}

export function childrenOf({ content }: Tlv): readonly Tlv[] {
  return content.kind === 'children' ? content.children : [];
}

/** What stands at a path of positions. */
export function childAt(root: Tlv | undefined, ...path: readonly number[]): Tlv | undefined {
  return path.reduce((node: Tlv | undefined, at) => node && childrenOf(node).at(at), root);
}

/** The content octets, prefix included. */
export function valueOf(tlv: Tlv): Buffer {
  const { prefix, content } = tlv;
  const inner = content.kind === 'bytes' ? [content.bytes] : content.children.map(write);
  return Buffer.concat([prefix, ...inner]);
}

export function bytesTlv(tag: number, bytes: Buffer): Tlv {
  return { tag, prefix: NONE, content: { kind: 'bytes', bytes }, length: RIGHT, after: NONE };
}
