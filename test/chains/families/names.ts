import { der, sequence } from '../../helpers/pki.ts';
import { attribute, ID, name, type Plan } from '../certificate.ts';
import { both, type Change, EMPTY_NAME, having, lacking } from '../draft.ts';
import {
  authorityKeyId,
  generalName,
  keyIdentifier,
  subjectAltName,
  subjectKeyId,
} from '../extensions.ts';
import {
  changed,
  ends,
  type Family,
  family,
  inEach,
  ISSUED,
  malformed,
  notIssued,
  of,
} from '../family.ts';

/** The last certificate that has an issuer among those that there are. */
const ELSEWHERE = ends('(.*, up to )?"CN=.*" issued by "CN=Somebody"$');

/** The last CA's name, written in another way by the leaf that it issued. */
function written(how: string, issuerName: Buffer, refusal?: RegExp): Family {
  return family(`issuer ${how}`, [3, 3], (setting) => ({
    chain: changed(setting, { [-1]: { issuerName } }),
    refusal,
  }));
}

const country = der(0x31, attribute('2.5.4.6', 0x13, 'NL'));
const commonName = (text: string): Buffer => der(0x31, attribute('2.5.4.3', 0x0c, text));

/** Country, organisation and name. */
function long(text: string): Buffer {
  const organisation = der(0x31, attribute('2.5.4.10', 0x0c, 'Modellen & Zn.'));
  return sequence(country, organisation, commonName(text));
}

const writings: readonly Family[] = [
  written('as PrintableString', name('CA 1', 'printable')),
  written('as TeletexString', name('CA 1', 'teletex')),
  written('as BMPString', name(Buffer.from('CA 1', 'utf16le').swap16(), 'bmp')),
  written('in small letters', name('ca 1')),
  written('with two spaces', name('CA  1')),
  written('with a space behind', name('CA 1 ')),
  written('with a NUL behind', name('CA 1\0'), ends('"CN=Signer" issued by "CN=CA 1.*"$')),
  written(
    'with a country before',
    sequence(country, commonName('CA 1')),
    ends('"CN=Signer" issued by "C=NL, CN=CA 1"$'),
  ),
  written(
    'as an organisation',
    sequence(der(0x31, attribute('2.5.4.10', 0x0c, 'CA 1'))),
    ends('"CN=Signer" issued by "O=CA 1"$'),
  ),
  family('several parts', [3, 5], (setting) =>
    changed(setting, {
      0: { subjectName: long('Root'), issuerName: long('Root') },
      1: { subjectName: long('CA 1') },
    }),
  ),
  family('two attributes in one part', [3, 5], (setting) => {
    const pair = [attribute('2.5.4.3', 0x0c, 'CA 1'), attribute('2.5.4.6', 0x13, 'NL')];
    return changed(setting, { 1: { subjectName: sequence(der(0x31, ...pair)) } });
  }),
];

const subjects: readonly Family[] = [
  ...inEach(['leaf'], 'empty', { subjectName: EMPTY_NAME }),
  ...inEach(
    ['leaf'],
    'empty, but an alternative one',
    both(
      { subjectName: EMPTY_NAME },
      having(subjectAltName([generalName.uri('https://example.org/signer')], true)),
    ),
  ),
  family('empty, of the last CA', [3, 5], (setting) =>
    changed(setting, { [-2]: { subjectName: EMPTY_NAME } }),
  ),
  family('empty, of the root', [2, 5], (setting) =>
    changed(setting, { 0: { subjectName: EMPTY_NAME, issuerName: EMPTY_NAME } }),
  ),
  ...inEach(['leaf'], 'with a part of nothing', { subjectName: sequence(der(0x31)) }),
  ...inEach(['leaf'], 'with an empty text', { subjectName: name('') }),
  ...inEach(['leaf'], 'of 300 letters', { subjectName: name('x'.repeat(300)) }),
  ...inEach(['leaf'], 'with the text of another', { subjectName: name('Signer\nCN=Root') }),
  ...inEach(['leaf'], 'the same as its issuer’s', ({ issuerName }) => ({
    subjectName: issuerName,
  })),
  ...inEach(['leaf'], 'not UTF-8', { subjectName: name(Buffer.of(0xff, 0xfe)) }, malformed()),
];

const WITHOUT_IDS: Change = lacking(ID.subjectKeyIdentifier, ID.authorityKeyIdentifier);
const WRONG_ID = Buffer.alloc(20, 7);
const OTHER_ID = notIssued('# names another key identifier or serial number$');

function issuerAndSerial(issuer: Buffer, serial: Buffer): (plan: Plan) => Partial<Plan> {
  return having(
    authorityKeyId(der(0xa1, generalName.directory(issuer)), der(0x82, serial.subarray(2))),
  );
}

/** Of the first CA below the root; whether issuer and serial are right. */
function byIssuer(title: string, issuer: string, serial: number, isRight: boolean): Family {
  const own = der(0x02, Buffer.of(0x11, 0x22));
  const named = der(0x02, Buffer.of(0x11, serial));
  return family(title, [3, 5], (setting) => ({
    chain: changed(setting, { 0: { serial: own }, 1: issuerAndSerial(name(issuer), named) }),
    refusal: isRight ? undefined : of('CA 1', OTHER_ID),
  }));
}

const keyIds: readonly Family[] = [
  ...inEach(ISSUED, 'issued by another name', { issuerName: name('Somebody') }, () => ELSEWHERE),
  ...inEach(
    ISSUED,
    'issued by another name, without key identifiers',
    both(WITHOUT_IDS, { issuerName: name('Somebody') }),
    () => ELSEWHERE,
  ),
  ...inEach(ISSUED, 'without key identifiers', WITHOUT_IDS),
  ...inEach(['root'], 'without key identifiers', WITHOUT_IDS),
  ...inEach(
    ISSUED,
    'authority key identifier of another key',
    having(authorityKeyId(keyIdentifier(WRONG_ID))),
    OTHER_ID,
  ),
  ...inEach(ISSUED, 'authority key identifier that says nothing', having(authorityKeyId())),
  family('subject key identifier of another key, root', [2, 5], (setting) => ({
    chain: changed(setting, { 0: having(subjectKeyId(WRONG_ID)) }),
    refusal: of(setting.length === 2 ? 'Signer' : 'CA 1', OTHER_ID),
  })),
  family('subject key identifier of another key, last CA', [3, 5], (setting) => ({
    chain: changed(setting, { [-2]: having(subjectKeyId(WRONG_ID)) }),
    refusal: of('Signer', OTHER_ID),
  })),
  ...inEach(['leaf'], 'subject key identifier of another key', having(subjectKeyId(WRONG_ID))),
  byIssuer('authority by issuer and serial', 'Root', 0x22, true),
  byIssuer('authority by issuer and the serial of another', 'Root', 0x23, false),
  byIssuer('authority by the name of another issuer', 'Somebody', 0x22, false),
];

export const names: readonly Family[] = [...writings, ...subjects, ...keyIds];
