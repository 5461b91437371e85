import { constants, sign } from 'node:crypto';
import {
  der,
  HASHES,
  type Hash,
  integer,
  oid,
  sequence,
  signatureAlgorithm,
} from '../../helpers/pki.ts';
import { NULL, paddedDigest, type Plan, type SignatureHash } from '../certificate.ts';
import { type Change, withKey } from '../draft.ts';
import {
  changed,
  type Family,
  family,
  inEach,
  ISSUED,
  notIssued,
  of,
  type Refusal,
  unfit,
} from '../family.ts';
import { exponentOne, type KeyKind, keyOf } from '../keys.ts';

const CURVES = { kinds: ['P-256', 'P-384', 'P-521'] } as const;
const RSA = { kinds: ['RSA-2048', 'RSA-3072', 'RSA-4096'] } as const;

const FORGED = notIssued('a signature that is not by its key$');
const OTHER_KIND = notIssued('# names a signature algorithm of another kind of key$');
const TWO = unfit('one signature algorithm, inside and outside', 'two');

function weak(id: string): Refusal {
  return unfit('to be signed with ECDSA or RSA and SHA-256 or better', id);
}

function flip(signature: Buffer): Buffer {
  const last = signature.length - 1;
  return Buffer.concat([signature.subarray(0, last), Buffer.of((signature[last] ?? 0) ^ 1)]);
}

function longer(signature: Buffer): Buffer {
  return Buffer.concat([signature, Buffer.of(0)]);
}

/** A signature over other bytes than those that are there. */
const overOthers: Change = ({ signer, hash }) => ({
  sign: (tbs) => sign(hash, flip(tbs), signer.privateKey),
});

const byAnother: Change = ({ signer }) => ({
  signer: { ...signer, privateKey: keyOf(signer.kind as KeyKind, 20).privateKey },
});

const forged: readonly Family[] = [
  ...inEach(ISSUED, 'with a bit changed', { onSignature: flip }, FORGED),
  ...inEach(ISSUED, 'of zeros', { onSignature: ({ length }) => Buffer.alloc(length) }, FORGED),
  ...inEach(ISSUED, 'of no bytes', { onSignature: () => Buffer.alloc(0) }, FORGED),
  ...inEach(ISSUED, 'ECDSA, with a byte behind', { onSignature: longer }, FORGED, CURVES),
  ...inEach(ISSUED, 'RSA, with a byte behind', { onSignature: longer }, FORGED, RSA),
  ...inEach(ISSUED, 'by another key of the kind', byAnother, FORGED, CURVES),
  ...inEach(ISSUED, 'over other bytes', overOthers, FORGED),
  ...inEach(
    ['leaf'],
    'with a length of more bytes than needed',
    { onSignature: (made) => Buffer.concat([Buffer.of(0x30, 0x81), made.subarray(1)]) },
    FORGED,
    { kinds: ['P-256', 'P-384'] },
  ),
  ...inEach(['root'], 'its own, with a bit changed', { onSignature: flip }),
  ...inEach(['root'], 'its own, with SHA-1', { hash: 'sha1' }),
  ...inEach(['root'], 'its own, with MD5', { hash: 'md5' }, undefined, RSA),
];

/** Names another algorithm than the one that signs. */
function naming(algorithm: (plan: Plan) => Buffer, where: readonly ('inner' | 'outer')[]): Change {
  return (plan) => Object.fromEntries(where.map((side) => [`${side}Algorithm`, algorithm(plan)]));
}

const otherHash = ({ signer, hash }: Plan): Buffer =>
  signatureAlgorithm(signer.privateKey, hash === 'sha256' ? 'sha384' : 'sha256');

/** RFC 3279 §2.2: with RSA the parameters are NULL, with ECDSA absent. */
const otherParameters = ({ signer }: Plan): Buffer =>
  signer.privateKey.asymmetricKeyType === 'ec'
    ? sequence(oid('1.2.840.10045.4.3.2'), NULL)
    : sequence(oid('1.2.840.113549.1.1.11'));

const otherKind = ({ signer }: Plan): Buffer =>
  signer.privateKey.asymmetricKeyType === 'ec'
    ? sequence(oid('1.2.840.113549.1.1.11'), NULL)
    : sequence(oid('1.2.840.10045.4.3.2'));

const BOTH = ['inner', 'outer'] as const;

const algorithms: readonly Family[] = [
  ...inEach(ISSUED, 'another hash named inside', naming(otherHash, ['inner']), TWO),
  ...inEach(ISSUED, 'another hash named outside', naming(otherHash, ['outer']), TWO),
  ...inEach(ISSUED, 'another hash named', naming(otherHash, BOTH), FORGED),
  ...inEach(['root'], 'another hash named inside', naming(otherHash, ['inner'])),
  ...inEach(ISSUED, 'other parameters named', naming(otherParameters, BOTH)),
  ...inEach(ISSUED, 'other parameters named inside', naming(otherParameters, ['inner']), TWO),
  ...inEach(ISSUED, 'another kind of key named', naming(otherKind, BOTH), OTHER_KIND),
  ...inEach(
    ISSUED,
    'an algorithm named that nobody knows',
    naming(() => sequence(oid('1.2.3.4.5')), BOTH),
    weak('1.2.3.4.5'),
  ),
];

function hashed(hash: SignatureHash, kind: 'ECDSA' | 'RSA', id?: string): Family[] {
  const options = kind === 'RSA' ? RSA : CURVES;
  return inEach(
    ISSUED,
    `${kind} with ${hash}`,
    { hash },
    id === undefined ? id : weak(id),
    options,
  );
}

const hashes: readonly Family[] = [
  ...hashed('sha384', 'ECDSA'),
  ...hashed('sha512', 'ECDSA'),
  ...hashed('sha384', 'RSA'),
  ...hashed('sha512', 'RSA'),
  ...hashed('sha1', 'ECDSA', '1.2.840.10045.4.1'),
  ...hashed('sha224', 'ECDSA', '1.2.840.10045.4.3.1'),
  ...hashed('sha3-256', 'ECDSA', '2.16.840.1.101.3.4.3.10'),
  ...hashed('md5', 'RSA', '1.2.840.113549.1.1.4'),
  ...hashed('sha1', 'RSA', '1.2.840.113549.1.1.5'),
  ...hashed('sha224', 'RSA', '1.2.840.113549.1.1.14'),
  ...hashed('sha3-256', 'RSA', '2.16.840.1.101.3.4.3.14'),
];

/** RFC 4055 §3.1: RSASSA-PSS by parameters that need not be the usual ones. */
function pss(hash: Hash, saltLength: number, mask = hash, trailer?: number): Change {
  const [digest, maskDigest] = [hash, mask].map((one) => sequence(oid(HASHES[one]), NULL));
  const parameters = sequence(
    der(0xa0, digest ?? NULL),
    der(0xa1, sequence(oid('1.2.840.113549.1.1.8'), maskDigest ?? NULL)),
    der(0xa2, integer(saltLength)),
    ...(trailer === undefined ? [] : [der(0xa3, integer(trailer))]),
  );
  const algorithm = sequence(oid('1.2.840.113549.1.1.10'), parameters);
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return ({ signer: { privateKey: key } }) => ({
    innerAlgorithm: algorithm,
    outerAlgorithm: algorithm,
    sign: (tbs) => sign(hash, tbs, { key, padding, saltLength }),
  });
}

const padded: readonly Family[] = [
  ...inEach(ISSUED, 'RSASSA-PSS with SHA-256', pss('sha256', 32), undefined, RSA),
  ...inEach(ISSUED, 'RSASSA-PSS with SHA-512', pss('sha512', 64), undefined, RSA),
  ...inEach(ISSUED, 'RSASSA-PSS without salt', pss('sha256', 0), undefined, RSA),
  ...inEach(ISSUED, 'RSASSA-PSS with a salt of 20 bytes', pss('sha256', 20), undefined, RSA),
  ...inEach(ISSUED, 'RSASSA-PSS with another mask', pss('sha256', 32, 'sha512'), FORGED, RSA),
  ...inEach(ISSUED, 'RSASSA-PSS with another trailer', pss('sha256', 32, 'sha256', 2), FORGED, RSA),
  ...inEach(
    ISSUED,
    'RSASSA-PSS with SHA-1',
    { pss: true, hash: 'sha1' },
    weak('1.2.840.113549.1.1.10'),
    RSA,
  ),
  family(
    'RSA with the exponent 3',
    [2, 5],
    (setting) => changed(setting, { 0: withKey(keyOf('RSA-e3', 0)) }),
    { kinds: ['P-256'] },
  ),
  family(
    'RSA with the exponent 1, by anybody',
    [3, 5],
    (setting) => ({
      chain: changed(setting, {
        1: ({ key }) => ({ key: exponentOne(key) }),
        2: { sign: (tbs) => paddedDigest(tbs, 256) },
      }),
      refusal: of('CA 1', unfit('an odd RSA exponent from 3 to 2\\^32', '1')),
    }),
    { kinds: ['RSA-2048'] },
  ),
];

export const signatures: readonly Family[] = [...forged, ...algorithms, ...hashes, ...padded];
