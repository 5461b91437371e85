import { der, integer, oid, sequence } from '../../helpers/pki.ts';
import { type Extension, ID, NULL, type Plan } from '../certificate.ts';
import { having } from '../draft.ts';
import { extension, generalName, subjectAltName } from '../extensions.ts';
import { EVERYWHERE, type Family, inEach, ISSUERS, malformed, notUnderstood } from '../family.ts';

const ANYTHING = der(0x0c, Buffer.from('whatever it says'));
const UNKNOWN = '1.2.3.4.5';

/** The extensions with those of a kind once more. */
function twice(id: string): (plan: Plan) => Partial<Plan> {
  return ({ extensions: list }) => ({
    extensions: [...list, ...list.filter((one) => one.id === id)],
  });
}

/** An extension with a flag of any form (X.690 §11.5: `FALSE`, the default, is left out). */
function flagged(flag: Buffer, ...more: readonly Buffer[]): Extension {
  return encoded(oid(UNKNOWN), flag, der(0x04, ANYTHING), ...more);
}

function encoded(...members: readonly Buffer[]): Extension {
  return { id: UNKNOWN, critical: false, value: ANYTHING, encoded: sequence(...members) };
}

const general: readonly Family[] = [
  ...inEach(EVERYWHERE, 'unknown', having(extension(UNKNOWN, false, ANYTHING))),
  ...inEach(
    EVERYWHERE,
    'unknown and critical',
    having(extension(UNKNOWN, true, ANYTHING)),
    notUnderstood(UNKNOWN),
  ),
  ...inEach(
    EVERYWHERE,
    'unknown, twice',
    having(extension(UNKNOWN, false, ANYTHING), extension(UNKNOWN, false, ANYTHING)),
    malformed(`the extension ${UNKNOWN} appears twice`),
  ),
  ...inEach(
    EVERYWHERE,
    'key usage twice',
    twice(ID.keyUsage),
    malformed(`the extension ${ID.keyUsage} appears twice`),
  ),
  ...inEach(
    ISSUERS,
    'basic constraints twice',
    twice(ID.basicConstraints),
    malformed(`the extension ${ID.basicConstraints} appears twice`),
  ),
  ...inEach(
    ['leaf'],
    'key identifiers critical',
    ({ extensions: list }) => ({ extensions: list.map((one) => ({ ...one, critical: true })) }),
    notUnderstood('2\\.5\\.29\\.(14|35)'),
  ),
  ...inEach(['leaf'], 'in another order', ({ extensions: list }) => ({
    extensions: list.toReversed(),
  })),
  ...inEach(
    ['leaf'],
    'said not to be critical in so many words',
    having(flagged(der(0x01, Buffer.of(0)))),
  ),
  ...inEach(
    ['leaf'],
    'critical as 1',
    having(flagged(der(0x01, Buffer.of(1)))),
    malformed('invalid boolean'),
  ),
  ...inEach(['leaf'], 'critical as a number', having(flagged(integer(1))), malformed()),
  ...inEach(['leaf'], 'without content', having(encoded(oid(UNKNOWN))), malformed()),
  ...inEach(
    ['leaf'],
    'with a fourth member',
    having(flagged(der(0x01, Buffer.of(0)), NULL)),
    malformed(),
  ),
  ...inEach(
    ['leaf'],
    'with an identifier of more bytes than needed',
    having(encoded(der(0x06, Buffer.of(0x2a, 0x80, 0x03)), der(0x04, ANYTHING))),
    malformed(),
  ),
];

const distributionPoint = sequence(
  sequence(der(0xa0, der(0xa0, generalName.uri('http://example.org/crl')))),
);

const others: readonly Family[] = [
  ...inEach(
    ['leaf'],
    'alternative name',
    having(subjectAltName([generalName.dns('models.example.org')])),
  ),
  ...inEach(
    ['leaf'],
    'alternative name, critical',
    having(subjectAltName([generalName.uri('https://example.org')], true)),
  ),
  ...inEach(['leaf'], 'alternative name of no names', having(subjectAltName([]))),
  ...inEach(
    ['leaf'],
    'Netscape type of a signer of objects',
    having(extension('2.16.840.1.113730.1.1', false, der(0x03, Buffer.of(4, 0x10)))),
  ),
  ...inEach(
    ['leaf'],
    'Netscape type of a server',
    having(extension('2.16.840.1.113730.1.1', false, der(0x03, Buffer.of(6, 0x40)))),
  ),
  ...inEach(
    ['leaf'],
    'proxy certificate',
    having(extension('1.3.6.1.5.5.7.1.14', true, sequence(sequence(oid('1.3.6.1.5.5.7.21.1'))))),
    notUnderstood('1.3.6.1.5.5.7.1.14'),
  ),
  ...inEach(
    ['leaf'],
    'poison of a precertificate',
    having(extension('1.3.6.1.4.1.11129.2.4.3', true, NULL)),
    notUnderstood('1.3.6.1.4.1.11129.2.4.3'),
  ),
  ...inEach(
    ['leaf'],
    'distribution point of a revocation list',
    having(extension('2.5.29.31', false, distributionPoint)),
  ),
];

export const extensions: readonly Family[] = [...general, ...others];
