import { der, integer, oid, sequence } from '../../helpers/pki.ts';
import { ID, name, TRUE } from '../certificate.ts';
import { both, having, lacking } from '../draft.ts';
import { changed, type Family, family, inEach, ISSUERS, malformed, unfit } from '../family.ts';
import { basicConstraints, extension, keyUsage } from '../extensions.ts';

const NOT_A_CA = unfit('a CA certificate', 'one that is not');
const MALFORMED = malformed('the basic constraints are malformed');
const ALONE = malformed('a path length stands without the CA flag');

function tooLow(limit: number, found: number, subject: string): RegExp {
  return unfit(`at most ${limit} CA certificates below it`, `${found}`)({ subject, where: '' });
}

function raw(...members: readonly Buffer[]): ReturnType<typeof having> {
  return having(extension(ID.basicConstraints, true, sequence(...members)));
}

/** A chain with a limit on the certificate at a place; below it are `length - place - 2` CAs. */
function limited(title: string, length: number, place: number, limit: number): Family {
  const below = length - place - 2;
  return family(title, [length, length], (setting) => ({
    chain: changed(setting, { [place]: having(basicConstraints(true, limit)) }),
    refusal: below > limit ? tooLow(limit, below, place === 0 ? 'Root' : `CA ${place}`) : undefined,
  }));
}

/** Below a root with a limit are a CA, and one that has its name; the latter does not count. */
function selfIssued(title: string, limit: number, subjectName: Buffer, refusal?: RegExp): Family {
  return family(title, [4, 4], (setting) => ({
    chain: changed(setting, {
      0: having(basicConstraints(true, limit)),
      2: { subjectName },
    }),
    refusal,
  }));
}

export const constraints: readonly Family[] = [
  ...inEach(ISSUERS, 'basic constraints absent', lacking(ID.basicConstraints), NOT_A_CA),
  ...inEach(
    ISSUERS,
    'basic constraints and key usage absent',
    lacking(ID.basicConstraints, ID.keyUsage),
    NOT_A_CA,
  ),
  ...inEach(ISSUERS, 'no extensions', { extensions: [] }, NOT_A_CA),
  ...inEach(ISSUERS, 'not a CA', having(basicConstraints(false)), NOT_A_CA),
  ...inEach(
    ISSUERS,
    'not a CA, and no key usage',
    both(having(basicConstraints(false)), lacking(ID.keyUsage)),
    NOT_A_CA,
  ),
  ...inEach(ISSUERS, 'not a CA, but with a path length', having(basicConstraints(false, 3)), ALONE),
  ...inEach(
    ISSUERS,
    'basic constraints not critical',
    having(basicConstraints(true, undefined, false)),
  ),
  ...inEach(
    ISSUERS,
    'cA said to be false in so many words',
    raw(der(0x01, Buffer.of(0))),
    NOT_A_CA,
  ),
  ...inEach(ISSUERS, 'cA true as 1', raw(der(0x01, Buffer.of(1))), malformed('invalid boolean')),
  ...inEach(
    ISSUERS,
    'a negative path length',
    raw(TRUE, der(0x02, Buffer.of(0xff))),
    malformed('a number is negative'),
  ),
  ...inEach(
    ISSUERS,
    'a path length of nine bytes',
    raw(TRUE, der(0x02, Buffer.of(1), Buffer.alloc(8))),
    malformed('an integer is too long'),
  ),
  ...inEach(ISSUERS, 'a path length of two billion', raw(TRUE, integer(2_000_000_000))),
  ...inEach(ISSUERS, 'a third member in basic constraints', raw(TRUE, integer(3), TRUE), MALFORMED),
  ...inEach(ISSUERS, 'path length before cA', raw(integer(3), TRUE), ALONE),
  ...inEach(
    ISSUERS,
    'basic constraints with bytes behind them',
    having(extension(ID.basicConstraints, true, Buffer.concat([sequence(TRUE), oid('1.2.3')]))),
    malformed('invalid trailing data'),
  ),
  ...inEach(
    ISSUERS,
    'basic constraints that are empty bytes',
    having(extension(ID.basicConstraints, true, Buffer.alloc(0))),
    malformed(),
  ),
  limited('path length 0, no CA below', 2, 0, 0),
  limited('path length 0, one CA below', 3, 0, 0),
  limited('path length 1, one CA below', 3, 0, 1),
  limited('path length 1, two CAs below', 4, 0, 1),
  limited('path length 2, two CAs below', 4, 0, 2),
  limited('path length 2, three CAs below', 5, 0, 2),
  limited('path length 0 of the last CA', 4, 2, 0),
  limited('path length 0 of a CA in the middle', 4, 1, 0),
  limited('path length 1 of a CA, two below', 5, 1, 1),
  limited('path length 200, two CAs below', 4, 0, 200),
  selfIssued('path length 1, one CA and one self-issued below', 1, name('CA 1')),
  selfIssued(
    'path length 0, one CA and one self-issued below',
    0,
    name('CA 1'),
    tooLow(0, 1, 'Root'),
  ),
  selfIssued(
    'path length 1, one CA and one self-issued in another type of string below',
    1,
    name('CA 1', 'printable'),
  ),
  ...inEach(
    ISSUERS,
    'path length without the key usage extension',
    both(having(basicConstraints(true, 4)), lacking(ID.keyUsage)),
  ),
  ...inEach(['leaf'], 'basic constraints say no CA', having(basicConstraints(false))),
  ...inEach(['leaf'], 'basic constraints say CA', having(basicConstraints(true))),
  ...inEach(['leaf'], 'path length without cA', having(basicConstraints(false, 0)), ALONE),
  ...inEach(
    ['leaf'],
    'a CA with path length 0',
    both(having(basicConstraints(true, 0)), having(keyUsage(['digitalSignature', 'keyCertSign']))),
  ),
  family('path length 0 above a leaf that is a CA', [2, 2], (setting) =>
    changed(setting, {
      0: having(basicConstraints(true, 0)),
      1: having(basicConstraints(true), keyUsage(['digitalSignature', 'keyCertSign'])),
    }),
  ),
];
