import type { KeyObject } from 'node:crypto';
import type { Draft } from '../base/draft.ts';
import { signEcdsa } from '../base/ecdsa.ts';
import { repeatably } from '../base/chance.ts';
import type { Mutator } from '../base/mutator.ts';
import type { Random } from '../base/random.ts';
import { editDer, PROPER_EDITS } from '../asn1/edits.ts';
import { bytesTlv, childAt, parseOne, type Tlv, write } from '../asn1/tree.ts';
import { curveOf } from '../corpus/key.ts';
import { certified } from '../corpus/ledger.ts';
import {
  CA,
  der,
  extension,
  type IssueOptions,
  issue,
  oid,
  sequence,
  SERVER_AUTH,
  SIGNER,
} from '../../../test/helpers/pki.ts';
import { TIME_STAMPING } from '../../../test/helpers/sigstore/tsa.ts';

/** Certificates that their issuer signed, whatever is in them. */
export const certificateMutators: readonly Mutator[] = [
  {
    name: 'certificate.der',
    phase: 'papers',
    weight: 18,
    fits: ({ seed }) => seed.authority !== undefined,
    apply: (draft) => {
      const { authority } = draft.seed;
      if (authority === undefined) return;
      const leaf = editedCertificate(authority.leaf.der, authority.issuer.privateKey, draft.random);
      use(draft, leaf, authority.issuer.privateKey);
    },
  },
  {
    name: 'certificate.signature',
    phase: 'papers',
    weight: 3,
    fits: ({ seed }) => seed.authority !== undefined,
    apply: (draft) => {
      const { authority } = draft.seed;
      const root = authority && parseOne(authority.leaf.der);
      if (root === undefined) return;
      // Algorithm and signature, which the signature does not cover.
      const part = childAt(root, draft.random.pick([1, 2]));
      if (part !== undefined) editDer(part, draft.random);
      draft.sealing = { ...draft.sealing, leaf: write(root) };
      draft.open();
    },
  },
  {
    name: 'certificate.issued otherwise',
    phase: 'papers',
    weight: 14,
    fits: ({ seed }) => seed.authority !== undefined,
    apply: (draft) => {
      const { authority } = draft.seed;
      if (authority === undefined) return;
      const { issuer, leaf } = authority;
      const { random } = draft;
      const made = repeatably(random, () =>
        issue({
          subject: leaf.subject,
          issuer,
          key: leaf.privateKey,
          ...LIFE,
          ...SIGNER,
          ...otherOptions(random, draft.corpus.parties.keys.other),
        }),
      );
      use(draft, made.der, issuer.privateKey);
    },
  },
  {
    name: 'certificate.issuer issued otherwise',
    phase: 'papers',
    weight: 8,
    fits: ({ seed }) => seed.name.startsWith('certificate: P-') || seed.name.includes('ways'),
    apply: (draft) => {
      const { random, corpus } = draft;
      const { root, intermediate, keys } = corpus.parties;
      // For the same key, so that what it has issued is still issued.
      const made = repeatably(random, () =>
        issue({
          subject: intermediate.subject,
          issuer: root,
          key: intermediate.privateKey,
          pathLength: 0,
          ...LIFE,
          ...CA,
          ...otherOptions(random, keys.other),
        }),
      );
      const others = random.oneIn(2) ? [made.der] : [made.der, intermediate.der];
      draft.sealing = { ...draft.sealing, others: random.shuffled(others) };
      draft.record({ certificates: [certified(made.der, root.privateKey)] });
      draft.open();
    },
  },
  {
    name: 'certificate.tangle',
    phase: 'papers',
    weight: 2,
    fits: ({ seed }) => seed.name.startsWith('certificate: P-'),
    apply: (draft) => {
      const { random, corpus } = draft;
      const { tangle, intermediate } = corpus.parties;
      const all = random.shuffled(tangle.map((one) => one.der)).slice(0, random.size(20));
      const isHopeless = random.oneIn(2);
      const others = isHopeless ? all : [...all, intermediate.der];
      draft.sealing = { ...draft.sealing, others };
      draft.open();
    },
  },
];

const LIFE = {
  notBefore: new Date('2026-01-01T00:00:00Z'),
  notAfter: new Date('2126-01-01T00:00:00Z'),
} as const;

function use(draft: Draft, leaf: Buffer, issuer: KeyObject): void {
  draft.sealing = { ...draft.sealing, leaf };
  draft.record({ certificates: [certified(leaf, issuer)] });
  draft.open();
}

/** Changes what is signed of a certificate, and signs it again. */
export function editedCertificate(der0: Buffer, issuer: KeyObject, random: Random): Buffer {
  const root = parseOne(der0);
  const tbs = childAt(root, 0);
  const algorithm = childAt(root, 1);
  if (tbs === undefined || algorithm === undefined) throw new Error('it is not a certificate');
  const inside = random.pick([tbs, tbs, childAt(tbs, -1) ?? tbs]);
  editDer(inside, random, random.oneIn(3) ? undefined : PROPER_EDITS);
  const bytes = write(tbs);
  return sequence(bytes, write(algorithm), signatureOver(bytes, issuer, algorithm, random));
}

/** A BIT STRING with the signature that the algorithm asks for. */
export function signatureOver(
  bytes: Buffer,
  issuer: KeyObject,
  algorithm: Tlv,
  random: Random,
): Buffer {
  const hash = HASHES[write(algorithm).at(-1) ?? 0] ?? 'sha256';
  if (issuer.asymmetricKeyType !== 'ec') throw new Error('not a key that can sign here');
  // Throws for a curve without an order here, which no issuer has.
  curveOf(issuer);
  const signature = signEcdsa(hash, bytes, issuer, random);
  return write(bytesTlv(0x03, Buffer.concat([Buffer.of(0), signature])));
}

/** ecdsa-with-SHA256 and on: the last arc of their OIDs (RFC 5758). */
const HASHES: Readonly<Record<number, string>> = { 2: 'sha256', 3: 'sha384', 4: 'sha512' };

const DAY = 86_400_000;

/** Basic constraints that say that it is a CA, with something behind it. */
function constraintsOf(more: Buffer): Buffer {
  return extension('2.5.29.19', true, sequence(der(0x01, Buffer.of(0xff)), more));
}

function otherOptions(random: Random, otherKey: KeyObject): Partial<IssueOptions> {
  const now = Date.now();
  const constraints = extension('2.5.29.30', random.oneIn(2), sequence(der(0xa0, sequence())));
  const options: readonly Partial<IssueOptions>[] = [
    { notAfter: new Date(now - DAY) },
    { notBefore: new Date(now + DAY) },
    { notBefore: new Date('2130-01-01'), notAfter: new Date('2027-01-01') },
    { notAfter: Buffer.from('170d3939313233313233353935395a', 'hex') },
    { notAfter: der(0x17, Buffer.from('4912312359Z')) },
    { notAfter: der(0x18, Buffer.from('99991231235959Z')) },
    { notAfter: der(0x18, Buffer.from('20491332256161Z')) },
    { notAfter: der(0x18, Buffer.from('21260101000000+0000')) },
    { keyUsage: ['keyEncipherment'] },
    { keyUsage: [] },
    { keyUsage: undefined },
    { keyUsage: ['digitalSignature', 'keyCertSign'], ca: true },
    { extendedKeyUsage: [SERVER_AUTH] },
    { extendedKeyUsage: [TIME_STAMPING] },
    { extendedKeyUsage: [] },
    { extendedKeyUsage: undefined },
    { extendedKeyUsage: ['2.5.29.37.0'] },
    { ca: undefined },
    { extensions: [extension('1.2.3.4', true, Buffer.of(5, 0))] },
    { extensions: [extension('1.2.3.4', false, random.bytes(random.size(2_000)))] },
    { extensions: [constraints] },
    { extensions: [extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.3')))] },
    { extensions: [extension('1.3.6.1.4.1.57264.1.1', false, Buffer.from('https://x'))] },
    { issuerName: 'Fuzz Root' },
    { subject: '\u001b[31m\nCN=evil' },
    { subject: '' },
    { subject: 'n'.repeat(random.size(3_000)) },
    { nameless: true },
    { hash: 'sha1' },
    { hash: 'sha512' },
    { signedWith: otherKey },
    { key: otherKey },
    { key: 'Ed25519' },
    { key: 'secp256k1' },
    { keyIdentifiers: false },
    { pathLength: random.below(300) },
    { extensions: [der(0x30, oid('1.2.3.4'))] },
    { extensions: [sequence(oid('1.2.3.4'), der(0x01, Buffer.of(0)), der(0x04), der(0x04))] },
    { extensions: [extension(`1.2.${'268435455.'.repeat(30)}3`, false, Buffer.of(5, 0))] },
    { ca: undefined, extensions: [constraintsOf(der(0x02, random.bytes(random.size(9))))] },
    { ca: undefined, extensions: [constraintsOf(der(0x01, Buffer.of(random.below(256))))] },
    { keyUsage: undefined, extensions: [extension('2.5.29.15', true, random.bytes(4))] },
    { serial: random.below(2 ** 31) },
    { innerAlgorithm: sequence(oid('1.2.840.10045.4.3.4')) },
  ];
  return { ...random.pick(options), ...(random.oneIn(3) ? random.pick(options) : {}) };
}
