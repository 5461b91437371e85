import type { Random } from '../base/random.ts';

const INTERESTING = [
  0x00, 0x01, 0x0a, 0x0d, 0x20, 0x22, 0x2c, 0x2f, 0x3a, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d, 0x7f, 0x80,
  0xc0, 0xed, 0xef, 0xf4, 0xff,
] as const;

/** Text that is not well-formed UTF-8, or that decoders have read wrongly. */
const SEQUENCES = [
  'efbbbf',
  'c080',
  'c0af',
  'eda080',
  'edb080',
  'f4908080',
  'f8888080',
  'e0809f',
  '5c7530303030',
  '5c7564383030',
  'e280a8',
  'fffe',
  'feff',
  '1f8b08',
  '00000000',
  'ffffffff',
  '0d0a0d0a',
] as const;

/** Changes bytes without regard to what they mean. */
export function editBytes(bytes: Buffer, random: Random, other?: Buffer): Buffer {
  let edited = bytes;
  for (let left = random.size(4); left > 0; left--) edited = editOnce(edited, random, other);
  return edited;
}

function editOnce(bytes: Buffer, random: Random, other: Buffer = bytes): Buffer {
  const at = random.below(bytes.length);
  const end = Math.min(bytes.length, at + random.size(64));
  const put = (part: Buffer, to = at): Buffer =>
    Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(to)]);
  switch (random.below(9)) {
    case 0:
      return put(Buffer.of((bytes[at] ?? 0) ^ (1 << random.below(8))), at + 1);
    case 1:
      return put(Buffer.of(random.pick(INTERESTING)), at + 1);
    case 2:
      return put(Buffer.of(random.pick(INTERESTING)));
    case 3:
      return put(Buffer.of(), end);
    case 4:
      return bytes.subarray(0, at);
    case 5:
      return put(Buffer.from(random.pick(SEQUENCES), 'hex'));
    case 6: {
      const start = random.below(other.length);
      return put(other.subarray(start, start + random.size(300)), random.oneIn(2) ? end : at);
    }
    case 7:
      return put(bytes.subarray(at, end));
    default:
      return put(random.bytes(random.size(16)), end);
  }
}
