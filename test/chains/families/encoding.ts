import { der, integer, sequence } from '../../helpers/pki.ts';
import {
  CODE,
  EVERYWHERE,
  type Family,
  inEach,
  ISSUED,
  ISSUERS,
  malformed,
  type Refusal,
  unfit,
} from '../family.ts';

const UNREAD = malformed();
const NOT_A_CA = unfit('a CA certificate', 'one that is not');

function serial(...bytes: readonly number[]): { serial: Buffer } {
  return { serial: der(0x02, Buffer.from(bytes)) };
}

function ones(length: number): readonly number[] {
  return Array.from({ length }, () => 1);
}

const serials: readonly Family[] = [
  ...inEach(EVERYWHERE, 'serial 0', serial(0)),
  ...inEach(EVERYWHERE, 'serial negative', serial(0x80, 1)),
  ...inEach(EVERYWHERE, 'serial of 20 bytes', serial(...ones(20))),
  ...inEach(EVERYWHERE, 'serial of 21 bytes', serial(...ones(21))),
  ...inEach(['leaf'], 'serial of 1000 bytes', serial(...ones(1000))),
  ...inEach(['leaf'], 'serial with a zero too many', serial(0, 1), UNREAD),
  ...inEach(['leaf'], 'serial with 0xff too many', serial(0xff, 0x80), UNREAD),
  ...inEach(['leaf'], 'serial of no bytes', serial(), UNREAD),
  ...inEach(['leaf'], 'serial of another type', { serial: der(0x04, Buffer.of(1)) }, UNREAD),
];

function ofVersion(version: number, hasExtensions = true): Refusal {
  return malformed(`it is of version ${version}${hasExtensions ? ' and has extensions' : ''}$`);
}

const UNIQUE_IDS = Buffer.concat([der(0x81, Buffer.of(0, 1)), der(0x82, Buffer.of(0, 2))]);

const versions: readonly Family[] = [
  ...inEach(EVERYWHERE, 'version 1 with extensions', { version: 1 }, ofVersion(1)),
  ...inEach(EVERYWHERE, 'version 2 with extensions', { version: 2 }, ofVersion(2)),
  ...inEach(EVERYWHERE, 'version 4', { version: 4 }, ofVersion(4)),
  ...inEach(
    ['leaf'],
    'version 4 without extensions',
    { version: 4, extensions: [] },
    ofVersion(4, false),
    CODE,
  ),
  ...inEach(['leaf'], 'version 1', { version: 1, extensions: [] }, undefined, CODE),
  ...inEach(['leaf'], 'version 2', { version: 2, extensions: [] }, undefined, CODE),
  ...inEach(['leaf'], 'version 3 without extensions', { extensions: [] }, undefined, CODE),
  ...inEach(ISSUERS, 'version 1', { version: 1, extensions: [] }, NOT_A_CA),
  ...inEach(ISSUERS, 'version 3 without extensions', { extensions: [] }, NOT_A_CA),
  ...inEach(
    ['leaf'],
    'version 1 in so many words',
    { version: 1, extensions: [], before: (tbs) => grown(tbs, [der(0xa0, integer(0))], []) },
    undefined,
    CODE,
  ),
  ...inEach(['leaf'], 'version 3 with unique identifiers', { uniqueIds: UNIQUE_IDS }),
  ...inEach(
    ['leaf'],
    'version 1 with unique identifiers',
    { version: 1, extensions: [], uniqueIds: UNIQUE_IDS },
    undefined,
    CODE,
  ),
];

const notDer: readonly Family[] = [
  ...inEach(EVERYWHERE, 'length of more bytes than needed', { after: longLength }, UNREAD),
  ...inEach(ISSUED, 'length of more bytes than needed, inside', { before: longLength }, UNREAD),
  ...inEach(['leaf'], 'length not said', { after: indefinite }, UNREAD),
  ...inEach(['leaf'], 'length not said, inside', { before: indefinite }, UNREAD),
  ...inEach(
    EVERYWHERE,
    'a byte behind',
    { after: (bytes) => Buffer.concat([bytes, Buffer.of(0)]) },
    UNREAD,
  ),
  ...inEach(
    ['leaf'],
    'a byte behind, inside',
    { before: (tbs) => grown(tbs, [], [Buffer.of(0)]) },
    UNREAD,
  ),
  ...inEach(
    ['leaf'],
    'a member behind, inside',
    { before: (tbs) => grown(tbs, [], [integer(1)]) },
    UNREAD,
  ),
  ...inEach(
    ['leaf'],
    'a member behind',
    { after: (bytes) => grown(bytes, [], [integer(1)]) },
    UNREAD,
  ),
  ...inEach(['leaf'], 'the last byte missing', { after: (bytes) => bytes.subarray(0, -1) }, UNREAD),
  ...inEach(
    ['leaf'],
    'another tag',
    { after: (bytes) => Buffer.concat([Buffer.of(0x31), bytes.subarray(1)]) },
    UNREAD,
  ),
  ...inEach(
    ['leaf'],
    'an empty list of extensions',
    { extensions: [], before: (tbs) => grown(tbs, [], [der(0xa3, sequence())]) },
    undefined,
    CODE,
  ),
  ...inEach(['leaf'], 'signature of seven bits less', { unusedBits: 7 }, UNREAD),
];

/** How many bytes tag and length take. */
function headOf(bytes: Buffer): number {
  const first = bytes[1] ?? 0;
  return first < 0x80 ? 2 : 2 + (first & 0x7f);
}

/** The outermost length in one byte more than it takes. */
function longLength(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0x30, (bytes[1] ?? 0) + 1, 0), bytes.subarray(2)]);
}

/** X.690 §8.1.3.6: a length that is not said, but ended by two zeros. */
function indefinite(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0x30, 0x80), bytes.subarray(headOf(bytes)), Buffer.of(0, 0)]);
}

/** A sequence with more members before and behind. */
function grown(bytes: Buffer, before: readonly Buffer[], behind: readonly Buffer[]): Buffer {
  return sequence(...before, bytes.subarray(headOf(bytes)), ...behind);
}

export const encoding: readonly Family[] = [...serials, ...versions, ...notDer];
