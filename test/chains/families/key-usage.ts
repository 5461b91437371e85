import { der } from '../../helpers/pki.ts';
import { ID } from '../certificate.ts';
import { having, lacking } from '../draft.ts';
import { extension, keyUsage } from '../extensions.ts';
import { CODE, type Family, inEach, ISSUERS, malformed, TIME, unfit } from '../family.ts';

const NO_SIGNATURES = unfit(
  'the key usage digitalSignature( or nonRepudiation)?',
  'a key usage without (it|either)',
);
const NO_CERTIFICATES = unfit('the key usage keyCertSign', 'a key usage without it');
const NO_BITS = malformed('(not a|invalid) bit string');

export const keyUsages: readonly Family[] = [
  ...inEach(['leaf'], 'absent', lacking(ID.keyUsage)),
  ...inEach(['leaf'], 'not critical', having(keyUsage(['digitalSignature'], false))),
  ...inEach(
    ['leaf'],
    'nonRepudiation beside',
    having(keyUsage(['digitalSignature', 'nonRepudiation'])),
  ),
  ...inEach(
    ['leaf'],
    'keyEncipherment beside',
    having(keyUsage(['digitalSignature', 'keyEncipherment'])),
  ),
  ...inEach(['leaf'], 'keyCertSign beside', having(keyUsage(['digitalSignature', 'keyCertSign']))),
  ...inEach(['leaf'], 'cRLSign beside', having(keyUsage(['digitalSignature', 'cRLSign']))),
  ...inEach(
    ['leaf'],
    'nonRepudiation alone',
    having(keyUsage(['nonRepudiation'])),
    NO_SIGNATURES,
    CODE,
  ),
  ...inEach(
    ['leaf'],
    'nonRepudiation alone',
    having(keyUsage(['nonRepudiation'])),
    undefined,
    TIME,
  ),
  ...inEach(
    ['leaf'],
    'keyEncipherment alone',
    having(keyUsage(['keyEncipherment'])),
    NO_SIGNATURES,
  ),
  ...inEach(
    ['leaf'],
    'keyEncipherment alone, not critical',
    having(keyUsage(['keyEncipherment'], false)),
    NO_SIGNATURES,
  ),
  ...inEach(
    ['leaf'],
    'keyCertSign alone',
    having(keyUsage(['keyCertSign', 'cRLSign'])),
    NO_SIGNATURES,
  ),
  ...inEach(['leaf'], 'of no bits', having(keyUsage([])), NO_SIGNATURES),
  ...inEach(
    ['leaf'],
    'that is no bit string',
    having(extension(ID.keyUsage, true, der(0x04, Buffer.of(0x80)))),
    NO_BITS,
  ),
  ...inEach(
    ['leaf'],
    'with eight unused bits',
    having(extension(ID.keyUsage, true, der(0x03, Buffer.of(8, 0x80)))),
    NO_BITS,
  ),
  ...inEach(
    ['leaf'],
    'with zeros behind the last bit',
    having(extension(ID.keyUsage, true, der(0x03, Buffer.of(0, 0x80)))),
  ),
  ...inEach(
    ['leaf'],
    'whose unused bits are set',
    having(extension(ID.keyUsage, true, der(0x03, Buffer.of(7, 0xff)))),
  ),
  ...inEach(ISSUERS, 'absent', lacking(ID.keyUsage)),
  ...inEach(ISSUERS, 'not critical', having(keyUsage(['keyCertSign', 'cRLSign'], false))),
  ...inEach(ISSUERS, 'keyCertSign alone', having(keyUsage(['keyCertSign']))),
  ...inEach(ISSUERS, 'cRLSign alone', having(keyUsage(['cRLSign'])), NO_CERTIFICATES),
  ...inEach(
    ISSUERS,
    'digitalSignature alone',
    having(keyUsage(['digitalSignature'])),
    NO_CERTIFICATES,
  ),
  ...inEach(
    ISSUERS,
    'digitalSignature alone, not critical',
    having(keyUsage(['digitalSignature'], false)),
    NO_CERTIFICATES,
  ),
  ...inEach(ISSUERS, 'of no bits', having(keyUsage([])), NO_CERTIFICATES),
];
