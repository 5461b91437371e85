import type { Random } from '../base/random.ts';
import { allOf, bytesTlv, parseAll, type Tlv, write } from './tree.ts';

/** A change of one value in its tree. Returns false where it has nothing to do. */
type Edit = (tlv: Tlv, all: readonly Tlv[], random: Random) => boolean;

const TAGS = [
  0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x13, 0x16, 0x17, 0x18, 0x1e, 0x30, 0x31, 0x24,
  0x80, 0x81, 0x82, 0x86, 0xa0, 0xa1, 0xa2, 0xa3, 0xff, 0x1f, 0x00,
] as const;

const EDITS: Readonly<Record<string, Edit>> = {
  tag: (tlv, _, random) => {
    tlv.tag = random.oneIn(2) ? random.pick(TAGS) : tlv.tag ^ (1 << random.below(8));
    return true;
  },
  bytes: ({ content }, _, random) => {
    if (content.kind !== 'bytes') return false;
    content.bytes = otherBytes(content.bytes, random);
    return true;
  },
  integer: (tlv, _, random) => {
    if (tlv.tag !== 0x02 || tlv.content.kind !== 'bytes') return false;
    const { bytes } = tlv.content;
    tlv.content.bytes = random.pick([
      Buffer.concat([Buffer.of(0), bytes]),
      Buffer.concat([Buffer.of(0xff), bytes]),
      Buffer.of(),
      Buffer.of(0),
      Buffer.of(0xff),
      Buffer.of(0x80),
      Buffer.of(1),
      Buffer.alloc(random.size(600), 0x7f),
    ]);
    return true;
  },
  length: (tlv, _, random) => {
    tlv.length = random.pick([
      { form: 'long', bytes: random.between(4, 8) },
      { form: 'indefinite' },
      { form: 'wrong', by: random.pick([-1, 1, -2, 2, 100, -100, 70_000]) },
    ]);
    return true;
  },
  drop: (tlv, _, random) => {
    const { content } = tlv;
    if (content.kind !== 'children' || content.children.length === 0) return false;
    content.children.splice(random.below(content.children.length), 1);
    return true;
  },
  double: (tlv, _, random) => {
    const { content } = tlv;
    if (content.kind !== 'children' || content.children.length === 0) return false;
    const one = random.pick(content.children);
    const copies = Array.from({ length: random.size(8) }, () => structuredCopy(one));
    content.children.splice(random.below(content.children.length + 1), 0, ...copies);
    return true;
  },
  order: ({ content }, _, random) => {
    if (content.kind !== 'children' || content.children.length < 2) return false;
    content.children = random.shuffled(content.children);
    return true;
  },
  replace: (tlv, all, random) => {
    const other = structuredCopy(random.pick(all));
    tlv.content = other.content;
    if (random.oneIn(2)) tlv.tag = other.tag;
    return true;
  },
  add: ({ content }, all, random) => {
    if (content.kind !== 'children') return false;
    const other = random.oneIn(3)
      ? bytesTlv(random.pick(TAGS), random.bytes(random.size(20)))
      : structuredCopy(random.pick(all));
    content.children.splice(random.below(content.children.length + 1), 0, other);
    return true;
  },
  after: (tlv, _, random) => {
    tlv.after = random.bytes(random.size(6));
    return true;
  },
  empty: (tlv) => {
    tlv.content = { kind: 'bytes', bytes: Buffer.of() };
    return true;
  },
  wrap: (tlv, _, random) => {
    const inside = structuredCopy(tlv);
    tlv.tag = random.pick([0x30, 0x31, 0xa0, 0x24, 0x04]);
    tlv.prefix = Buffer.of();
    tlv.content = { kind: 'children', children: [inside] };
    return true;
  },
  flatten: (tlv) => {
    const { content } = tlv;
    if (content.kind !== 'children') return false;
    tlv.content = { kind: 'bytes', bytes: Buffer.concat(content.children.map(write)) };
    tlv.tag &= ~0x20;
    return true;
  },
};

/** Names of edits that leave valid DER, with other values in it. */
export const PROPER_EDITS = ['bytes', 'drop', 'double', 'order', 'replace', 'add', 'integer'];

/** Changes a value and what is in it, at one place or at some. */
export function editDer(root: Tlv, random: Random, names: readonly string[] = Object.keys(EDITS)) {
  const edits = random.size(3);
  for (let made = 0, tries = 0; made < edits && tries < 50; tries++) {
    const all = allOf(root);
    const edit = EDITS[random.pick(names)];
    if (edit?.(random.pick(all), all, random) === true) made++;
  }
}

function otherBytes(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length);
  const copy = Buffer.from(bytes);
  switch (random.below(7)) {
    case 0:
      return random.bytes(bytes.length);
    case 1:
      return bytes.subarray(0, at);
    case 2:
      return Buffer.concat([bytes, random.bytes(random.size(20))]);
    case 3:
      return Buffer.alloc(bytes.length, random.pick([0, 0xff, 0x80, 0x20]));
    case 4:
      return Buffer.alloc(random.size(3_000), random.pick([0x81, 0x00, 0xff, 0x41]));
    default:
      if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
      return copy;
  }
}

function structuredCopy(tlv: Tlv): Tlv {
  const [copy] = parseAll(write(tlv)) ?? [];
  return copy ?? { ...tlv, content: { kind: 'bytes', bytes: Buffer.of() } };
}
