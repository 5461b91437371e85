import { der, sequence } from '../../helpers/pki.ts';
import { ID } from '../certificate.ts';
import { having, lacking } from '../draft.ts';
import { extendedKeyUsage, extension, USAGE } from '../extensions.ts';
import {
  CODE,
  type Family,
  inEach,
  ISSUERS,
  malformed,
  type Refusal,
  TIME,
  unfit,
} from '../family.ts';

const { any, codeSigning, emailProtection, serverAuth, timeStamping } = USAGE;

/** Where the purpose has a name, that is said too. */
function only(found: string): string {
  return `only ${found}( \\([A-Za-z]+\\))?`;
}

function notFor(found: string): Refusal {
  return unfit('the extended key usage (codeSigning|timeStamping), or none', only(found));
}

function notCode(found: string): Refusal {
  return unfit('the extended key usage codeSigning', only(found));
}

const NOT_TIME = unfit('the extended key usage timeStamping alone, marked critical', 'only .*');

export const purposes: readonly Family[] = [
  ...inEach(['leaf'], 'absent', lacking(ID.extendedKeyUsage), undefined, CODE),
  ...inEach(['leaf'], 'critical', having(extendedKeyUsage([codeSigning], true)), undefined, CODE),
  ...inEach(['leaf'], 'any', having(extendedKeyUsage([any])), undefined, CODE),
  ...inEach(['leaf'], 'any, critical', having(extendedKeyUsage([any], true)), undefined, CODE),
  ...inEach(
    ['leaf'],
    'emailProtection beside',
    having(extendedKeyUsage([emailProtection, codeSigning])),
    undefined,
    CODE,
  ),
  ...inEach(
    ['leaf'],
    'serverAuth beside',
    having(extendedKeyUsage([codeSigning, serverAuth])),
    undefined,
    CODE,
  ),
  ...inEach(
    ['leaf'],
    'timeStamping beside',
    having(extendedKeyUsage([codeSigning, timeStamping])),
    undefined,
    CODE,
  ),
  ...inEach(
    ['leaf'],
    'serverAuth',
    having(extendedKeyUsage([serverAuth])),
    notCode(serverAuth),
    CODE,
  ),
  ...inEach(
    ['leaf'],
    'serverAuth, critical',
    having(extendedKeyUsage([serverAuth], true)),
    notCode(serverAuth),
    CODE,
  ),
  ...inEach(
    ['leaf'],
    'emailProtection',
    having(extendedKeyUsage([emailProtection])),
    notCode(emailProtection),
    CODE,
  ),
  ...inEach(
    ['leaf'],
    'timeStamping',
    having(extendedKeyUsage([timeStamping], true)),
    notCode(timeStamping),
    CODE,
  ),
  ...inEach(
    ['leaf'],
    'below codeSigning',
    having(extendedKeyUsage([`${codeSigning}.1`])),
    notCode(`${codeSigning}.1`),
    CODE,
  ),
  ...inEach(['leaf'], 'none', having(extendedKeyUsage([])), notCode('none'), CODE),
  ...inEach(
    ['leaf'],
    'that is a number',
    having(extension(ID.extendedKeyUsage, false, sequence(der(0x02, Buffer.of(3))))),
    malformed('not an OID'),
    CODE,
  ),

  ...inEach(['leaf'], 'absent', lacking(ID.extendedKeyUsage), NOT_TIME, TIME),
  ...inEach(['leaf'], 'not critical', having(extendedKeyUsage([timeStamping])), NOT_TIME, TIME),
  ...inEach(['leaf'], 'any', having(extendedKeyUsage([any], true)), NOT_TIME, TIME),
  ...inEach(['leaf'], 'codeSigning', having(extendedKeyUsage([codeSigning], true)), NOT_TIME, TIME),
  ...inEach(
    ['leaf'],
    'codeSigning beside',
    having(extendedKeyUsage([timeStamping, codeSigning], true)),
    NOT_TIME,
    TIME,
  ),
  ...inEach(
    ['leaf'],
    'timeStamping twice',
    having(extendedKeyUsage([timeStamping, timeStamping], true)),
    NOT_TIME,
    TIME,
  ),

  ...inEach(
    ISSUERS,
    'issuer for ours and others',
    having(extendedKeyUsage([codeSigning, timeStamping])),
  ),
  ...inEach(
    ISSUERS,
    'issuer for ours and others, critical',
    having(extendedKeyUsage([timeStamping, codeSigning], true)),
  ),
  ...inEach(ISSUERS, 'issuer for any', having(extendedKeyUsage([any]))),
  ...inEach(
    ISSUERS,
    'issuer for serverAuth',
    having(extendedKeyUsage([serverAuth])),
    notFor(serverAuth),
  ),
  ...inEach(
    ISSUERS,
    'issuer for serverAuth, critical',
    having(extendedKeyUsage([serverAuth], true)),
    notFor(serverAuth),
  ),
  ...inEach(
    ISSUERS,
    'issuer for emailProtection',
    having(extendedKeyUsage([emailProtection])),
    notFor(emailProtection),
  ),
  ...inEach(
    ISSUERS,
    'issuer for timeStamping',
    having(extendedKeyUsage([timeStamping])),
    notFor(timeStamping),
    CODE,
  ),
  ...inEach(
    ISSUERS,
    'issuer for codeSigning',
    having(extendedKeyUsage([codeSigning])),
    notFor(codeSigning),
    TIME,
  ),
  ...inEach(ISSUERS, 'issuer for nothing', having(extendedKeyUsage([])), notFor('none')),
];
