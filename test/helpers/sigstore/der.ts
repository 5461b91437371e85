/** From the first byte to behind the last one. */
export type Range = readonly [start: number, end: number];

/**
 * Where the content of a value lies in DER, without its tag and length.
 *
 * @param path which member to go into, from the outermost value on; a negative one counts from the
 *   last.
 */
export function contentOf(der: Buffer, path: readonly number[]): Range {
  let range = headerOf(der, 0);
  for (const step of path) {
    const members = membersOf(der, range);
    const member = members.at(step);
    if (member === undefined) throw new Error(`there is no member ${path.join('.')}`);
    range = member;
  }
  return range;
}

function membersOf(der: Buffer, [start, end]: Range): Range[] {
  const members: Range[] = [];
  for (let at = start; at < end; at = members.at(-1)?.[1] ?? end) members.push(headerOf(der, at));
  return members;
}

/** The content of the value that starts at an offset (X.690 §8.1.3). */
function headerOf(der: Buffer, at: number): Range {
  const first = der.readUInt8(at + 1);
  const bytes = first < 0x80 ? 0 : first - 0x80;
  const start = at + 2 + bytes;
  return [start, start + (bytes === 0 ? first : der.readUIntBE(at + 2, bytes))];
}
