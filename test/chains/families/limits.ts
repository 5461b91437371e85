import { der, integer, oid, sequence } from '../../helpers/pki.ts';
import { type Extension, ID, name } from '../certificate.ts';
import { having } from '../draft.ts';
import { extension, generalName, nameConstraints, subjectAltName } from '../extensions.ts';
import {
  changed,
  EVERYWHERE,
  type Family,
  family,
  inEach,
  ISSUERS,
  notUnderstood,
  of,
  unfit,
} from '../family.ts';

function policies(critical: boolean, ...ids: readonly string[]): Extension {
  const list = ids.map((id) => sequence(oid(id)));
  return extension(ID.certificatePolicies, critical, sequence(...list));
}

const POLICY = '1.3.6.1.4.1.99999.1';
const mappings = sequence(sequence(oid(POLICY), oid(`${POLICY}.1`)));

function policyRequired(critical: boolean): Extension {
  return extension(ID.policyConstraints, critical, sequence(der(0x80, Buffer.of(0))));
}

function anyPolicyInhibited(critical: boolean): Extension {
  return extension(ID.inhibitAnyPolicy, critical, integer(0));
}

const policy: readonly Family[] = [
  ...inEach(EVERYWHERE, 'policies', having(policies(false, POLICY))),
  ...inEach(
    EVERYWHERE,
    'policies, critical',
    having(policies(true, POLICY)),
    notUnderstood(ID.certificatePolicies),
  ),
  ...inEach(['leaf'], 'the same policy twice', having(policies(false, POLICY, POLICY))),
  ...inEach(['intermediate'], 'policy required', having(policyRequired(false))),
  ...inEach(
    ISSUERS,
    'policy required, critical',
    having(policyRequired(true)),
    notUnderstood(ID.policyConstraints),
  ),
  ...inEach(['intermediate'], 'any policy inhibited', having(anyPolicyInhibited(false))),
  ...inEach(
    ISSUERS,
    'any policy inhibited, critical',
    having(anyPolicyInhibited(true)),
    notUnderstood(ID.inhibitAnyPolicy),
  ),
  ...inEach(
    ['intermediate'],
    'policy mappings, critical',
    having(extension(ID.policyMappings, true, mappings)),
    notUnderstood(ID.policyMappings),
  ),
];

const CONSTRAINED = unfit('no name constraints, which are not supported', 'some');
const ELSEWHERE = generalName.directory(name('Elsewhere'));
const ABOVE_ALL = generalName.directory(sequence());

/** Constraints of the first CA below the root, and a name of the leaf that is against them. */
function against(title: string, constraints: Extension, leafName: Buffer): Family {
  return family(title, [3, 5], (setting) => ({
    chain: changed(setting, { 1: having(constraints), [-1]: having(subjectAltName([leafName])) }),
    refusal: of('CA 1', CONSTRAINED),
  }));
}

const constrained: readonly Family[] = [
  ...inEach(
    ISSUERS,
    'names permitted that are these',
    having(nameConstraints({ permitted: ABOVE_ALL })),
    CONSTRAINED,
  ),
  ...inEach(
    ISSUERS,
    'names permitted that are others',
    having(nameConstraints({ permitted: ELSEWHERE })),
    CONSTRAINED,
  ),
  ...inEach(
    ISSUERS,
    'names permitted that are others, not critical',
    having(nameConstraints({ permitted: ELSEWHERE }, false)),
    CONSTRAINED,
  ),
  ...inEach(
    ISSUERS,
    'names excluded that are others',
    having(nameConstraints({ excluded: ELSEWHERE })),
    CONSTRAINED,
  ),
  ...inEach(
    ISSUERS,
    'names excluded that are these',
    having(nameConstraints({ excluded: ABOVE_ALL })),
    CONSTRAINED,
  ),
  ...inEach(
    ISSUERS,
    'DNS names permitted, of which there are none',
    having(nameConstraints({ permitted: generalName.dns('example.org') })),
    CONSTRAINED,
  ),
  against(
    'DNS name that is not permitted',
    nameConstraints({ permitted: generalName.dns('example.org') }),
    generalName.dns('models.example.com'),
  ),
  against(
    'e-mail address that is excluded',
    nameConstraints({ excluded: generalName.email('example.org') }),
    generalName.email('signer@example.org'),
  ),
  ...inEach(
    ['leaf'],
    'name constraints where they constrain nothing',
    having(nameConstraints({ permitted: ELSEWHERE })),
    CONSTRAINED,
  ),
];

/** What limits the certificates below: policies, and names. */
export const limits: readonly Family[] = [...policy, ...constrained];
