import { der, oid, sequence } from '../../helpers/pki.ts';
import type { Plan } from '../certificate.ts';
import { withKey } from '../draft.ts';
import { changed, CODE, type Family, family, inEach, ISSUERS, TIME, unfit } from '../family.ts';
import {
  CURVES,
  compressedKey,
  explicitKey,
  type Key,
  keyOf,
  LEAF,
  STRONG_KINDS,
  WEAK_KINDS,
} from '../keys.ts';

const CURVE = 'ECDSA on P-256, P-384 or P-521, the curve by name';
const RSA_OR_CURVE = `RSA with at least 2048 bits, or ${CURVE}`;

/** How our messages call the kinds that issuers may not have. */
const FOUND: Readonly<Record<(typeof WEAK_KINDS)[number], string>> = {
  'RSA-1024': 'rsa 1024',
  'RSA-2047': 'rsa 2047',
  secp256k1: 'ec secp256k1',
  brainpoolP256r1: 'ec brainpoolP256r1',
  Ed25519: 'ed25519',
  Ed448: 'ed448',
};

/** Another key than the one that was planned. A root signs with it too. */
function owning(make: () => Key): (plan: Plan) => Partial<Plan> {
  return (plan) => withKey(make())(plan);
}

const issuers: readonly Family[] = [
  ...STRONG_KINDS.map((kind) =>
    family(`issuers all ${kind}`, [2, 5], (setting) => changed(setting, {}), { kinds: [kind] }),
  ),
  ...WEAK_KINDS.flatMap((kind) =>
    inEach(
      ISSUERS,
      `issuer ${kind}`,
      owning(() => keyOf(kind, 1)),
      unfit(RSA_OR_CURVE, FOUND[kind]),
    ),
  ),
  ...CURVES.flatMap((curve) =>
    inEach(
      ISSUERS,
      `issuer ${curve} by parameters`,
      owning(() => explicitKey(curve)),
      unfit(RSA_OR_CURVE, `ec.*`),
    ),
  ),
  ...CURVES.flatMap((curve) =>
    inEach(
      ISSUERS,
      `issuer ${curve} by a compressed point`,
      owning(() => compressedKey(curve, 1)),
    ),
  ),
  family('issuers RSA above and curves below', [3, 5], (setting) => changed(setting, {}), {
    order: ['RSA-4096', 'P-384', 'P-256'],
  }),
  family('issuers curves above and RSA below', [3, 5], (setting) => changed(setting, {}), {
    order: ['P-521', 'RSA-2048', 'RSA-3072'],
  }),
  family('one key for all issuers', [3, 3], (setting) => {
    const key = keyOf('P-256', 1);
    return changed(setting, { 0: withKey(key), 1: withKey(key) });
  }),
  family('one key for leaf and root', [3, 3], (setting) => {
    const key = keyOf('P-256', 1);
    return changed(setting, { 0: withKey(key), 2: withKey(key) });
  }),
];

const unknown = (): Buffer =>
  sequence(sequence(oid('1.2.3.4.5')), der(0x03, Buffer.of(0, 1, 2, 3)));

/** The second coordinate is 0: no point of these curves. */
function offCurve({ spki }: Key): Buffer {
  return Buffer.concat([spki.subarray(0, -32), Buffer.alloc(32)]);
}

function described(describe: (key: Key) => Buffer): (plan: Plan) => Partial<Plan> {
  return ({ key }) => ({ key: { ...key, spki: describe(key) } });
}

const signers: readonly Family[] = [
  ...CURVES.flatMap((kind) =>
    inEach(
      ['leaf'],
      `leaf ${kind}`,
      owning(() => keyOf(kind, LEAF)),
    ),
  ),
  ...WEAK_KINDS.flatMap((kind) =>
    inEach(
      ['leaf'],
      `leaf ${kind}`,
      owning(() => keyOf(kind, LEAF)),
      unfit(CURVE, FOUND[kind]),
      CODE,
    ),
  ),
  ...WEAK_KINDS.flatMap((kind) =>
    inEach(
      ['leaf'],
      `leaf ${kind}`,
      owning(() => keyOf(kind, LEAF)),
      unfit(RSA_OR_CURVE, FOUND[kind]),
      TIME,
    ),
  ),
  ...(['RSA-2048', 'RSA-4096', 'RSA-PSS'] as const).flatMap((kind) => [
    ...inEach(
      ['leaf'],
      `leaf ${kind}`,
      owning(() => keyOf(kind, LEAF)),
      unfit(CURVE, `rsa(-pss)? ${kind === 'RSA-4096' ? 4096 : 2048}`),
      CODE,
    ),
    ...inEach(
      ['leaf'],
      `leaf ${kind}`,
      owning(() => keyOf(kind, LEAF)),
      undefined,
      TIME,
    ),
  ]),
  ...CURVES.flatMap((curve) => [
    ...inEach(
      ['leaf'],
      `leaf ${curve} by parameters`,
      owning(() => explicitKey(curve)),
      unfit(`.*${CURVE}`, `ec.*`),
    ),
    ...inEach(
      ['leaf'],
      `leaf ${curve} by a compressed point`,
      owning(() => compressedKey(curve, LEAF)),
    ),
  ]),
  ...inEach(
    ['leaf'],
    'leaf of an unknown kind',
    described(unknown),
    unfit(`.*${CURVE}`, 'an unknown key'),
  ),
  ...inEach(
    ['leaf'],
    'leaf whose point is on no curve',
    described(offCurve),
    unfit(`.*${CURVE}`, 'an unknown key'),
  ),
];

export const keys: readonly Family[] = [...issuers, ...signers];
