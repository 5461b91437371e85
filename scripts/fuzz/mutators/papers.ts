import type { Mutator } from '../base/mutator.ts';
import type { Random } from '../base/random.ts';
import { repeatably } from '../base/chance.ts';
import type { Draft } from '../base/draft.ts';
import { certify } from '../../../test/helpers/sigstore/instance.ts';
import {
  FULCIO,
  IDENTITY,
  ISSUER,
  type LeafOptions,
} from '../../../test/helpers/sigstore/authority.ts';
import { makeCtLog, type SctOptions } from '../../../test/helpers/sigstore/ct-log.ts';
import { type EntryOptions, makeRekor } from '../../../test/helpers/sigstore/rekor.ts';
import { after, SIGNED_AT } from '../../../test/helpers/sigstore/times.ts';
import { makeTsa, type TimestampOptions } from '../../../test/helpers/sigstore/tsa.ts';
import { der, makeKey, oid, SERVER_AUTH } from '../../../test/helpers/pki.ts';
import { editDer } from '../asn1/edits.ts';
import { allOf, childAt, childrenOf, parseOne, valueOf, write } from '../asn1/tree.ts';
import { certified } from '../corpus/ledger.ts';
import type { Lying } from '../corpus/seed.ts';
import { editTree } from '../json/edits.ts';
import { nodeOf, textOf } from '../json/tree.ts';
import { hostileText } from '../json/values.ts';
import { editNote } from './notes.ts';
import { editedCertificate, signatureOver } from './certificate.ts';
import { editBytes } from './bytes.ts';
import { sequence } from '../../../test/helpers/pki.ts';

const isKeyless = ({ seed }: Draft): boolean => seed.method === 'sigstore';

/** Papers that those who are trusted made wrong: a CA, a log or a clock that lies. */
export const paperMutators: readonly Mutator[] = [
  {
    name: 'papers.log',
    phase: 'papers',
    weight: 14,
    fits: isKeyless,
    apply: (draft) => {
      const { random, corpus, seed } = draft;
      const { rekor1, rekor2 } = corpus.instance;
      const log = random.pick([rekor1, rekor2]);
      const entries = Array.from({ length: random.size(3) }, (): Lying<EntryOptions> => {
        const { isTrue, options } = repeatably(random, () => entryOptions(random));
        return { isTrue, options: { log, ...options } };
      });
      const stamps = random.oneIn(2) || seed.name.includes('v2') ? TRUE : undefined;
      draft.sealing = { ...draft.sealing, entries, ...(stamps === undefined ? {} : { stamps }) };
      draft.open();
    },
  },
  {
    name: 'papers.clock',
    phase: 'papers',
    weight: 12,
    fits: (draft) => isKeyless(draft) || draft.seed.name.includes('stamped'),
    apply: (draft) => {
      const { random } = draft;
      const stamps = Array.from({ length: random.size(3) }, () =>
        repeatably(random, () => stampOptions(random)),
      );
      draft.sealing = { ...draft.sealing, stamps };
      draft.open();
    },
  },
  {
    name: 'papers.leaf',
    phase: 'papers',
    weight: 8,
    fits: isKeyless,
    apply: (draft) => {
      const { random } = draft;
      const leafOptions = repeatably(random, () => otherLeaf(random));
      draft.sealing = { ...draft.sealing, leafOptions };
      draft.open();
    },
  },
  {
    name: 'papers.certificate log',
    phase: 'papers',
    weight: 5,
    fits: isKeyless,
    apply: (draft) => {
      const { random } = draft;
      const { instance } = draft.corpus;
      const scts = repeatably(random, () => sctOptions(random));
      const issued = repeatably(random, () => certify(instance, {}, scts));
      const { privateKey } = instance.authority.intermediate;
      draft.record({ certificates: [{ ...certified(issued.der, privateKey), isLogged: false }] });
      draft.sealing = { ...draft.sealing, leaf: issued.der, signedWith: issued.privateKey };
      draft.open();
    },
  },
  {
    name: 'papers.der of the leaf',
    phase: 'papers',
    weight: 10,
    fits: isKeyless,
    apply: (draft) => {
      const { random } = draft;
      const { instance } = draft.corpus;
      const issued = repeatably(random, () => certify(instance));
      const { privateKey } = instance.authority.intermediate;
      const leaf = random.oneIn(2)
        ? editedCertificate(issued.der, privateKey, random)
        : editedScts(issued.der, privateKey, random);
      draft.record({ certificates: [certified(leaf, privateKey)] });
      draft.sealing = { ...draft.sealing, leaf, signedWith: issued.privateKey };
      draft.open();
    },
  },
];

const TRUE: readonly Lying<object>[] = [{ options: {}, isTrue: true }];

function entryOptions(random: Random): Lying<EntryOptions> {
  const key = makeKey('P-256');
  const text = hostileText(random);
  const lies: readonly EntryOptions[] = [
    { promise: (right) => ({ ...right, integratedTime: right.integratedTime + 1 }) },
    { promise: (right) => ({ ...right, logIndex: right.logIndex + 1 }) },
    { promise: (right) => ({ ...right, body: '' }) },
    { promise: (right) => ({ ...right, logID: '00' }) },
    { promise: (right) => right, promiseKey: key },
    { proofless: true },
    { log: makeRekor({ version: random.pick([1, 2]) }) },
  ];
  const truths: readonly EntryOptions[] = [
    {},
    { before: random.size(40), after: random.size(40) },
    { time: after(SIGNED_AT, random.between(-700, 1_400)) },
    { kind: random.pick(['dsse 0.0.1', 'dsse 0.0.2', 'hashedrekord 0.0.2']) },
    { promise: null },
    { promise: (right) => right },
  ];
  // Whether these are still true is looked at when they are made.
  const changes: readonly EntryOptions[] = [
    { note: (right) => editNote(right, random) },
    { noteName: random.pick(['example.com', 'rekor.example.com', 'ekor.example', '']) },
    { noteKeyId: random.bytes(4) },
    { noteKey: key },
    { noteSignatures: (right) => editNote(right, random) },
    { body: (right) => JSON.parse(textOf(editTree(nodeOf(right), random)) || '{}') },
    { text: (right) => editBytes(Buffer.from(right), random).toString('latin1') },
    { text: (right) => textOf(editTree(nodeOf(JSON.parse(right)), random)) },
    { signed: { payload: Buffer.from(text) } },
    { signed: { signature: random.bytes(70) } },
    { signed: { certificate: random.bytes(300) } },
    { kind: random.pick(['hashedrekord 0.0.1', 'intoto 0.0.2']) },
  ];
  const isTrue = !random.oneIn(3);
  // What is said rightly may still not be enough, or not be good then.
  const options = random.oneIn(3) ? safely(random.pick(changes)) : random.pick(truths);
  return {
    isTrue,
    options: { ...random.pick(truths), ...options, ...(isTrue ? {} : random.pick(lies)) },
  };
}

/** A body that was edited into what is no JSON at all is left out. */
function safely(options: EntryOptions): EntryOptions {
  const { body, text } = options;
  return {
    ...options,
    ...(body && { body: (right) => orSame(body, right) }),
    ...(text && { text: (right) => orSame(text, right) }),
  };
}

function orSame<T>(change: (right: T) => T, right: T): T {
  try {
    return change(right);
  } catch {
    return right;
  }
}

function stampOptions(random: Random): Lying<TimestampOptions> {
  const lies: readonly TimestampOptions[] = [
    { data: random.bytes(20) },
    {
      genTime: random.pick([
        '20251103120001',
        '20251103120001Z ',
        '20251303120001Z',
        '251103120001Z',
      ]),
    },
    { genTime: hostileText(random) },
    { hash: 'sha1' },
    { status: random.pick([2, 3, 4, 5, 255]) },
    { contentType: '1.2.840.113549.1.7.1' },
    { contentTypeAttribute: '1.2.840.113549.1.7.1' },
    { messageDigest: (right) => Buffer.from(right.toReversed()) },
    { signedWith: makeKey('P-384') },
    { tokenless: true },
    { tsa: makeTsa() },
    { timeTag: random.pick([0x17, 0x0c, 0x30]) },
    { imprint: sequence(random.bytes(random.size(20))) },
    { digest: 'sha1' },
    { optional: [random.bytes(random.size(10))] },
    { algorithm: sequence(oid('1.2.840.113549.1.1.4')) },
    { signers: random.pick([0, 2, 3]) },
    { attributes: (right) => right.slice(random.below(3) + 1) },
    { attributes: (right) => [...right, ...right] },
  ];
  const truths: readonly TimestampOptions[] = [
    {},
    { time: after(SIGNED_AT, random.between(-700, 1_400)) },
    { hash: random.pick(['sha384', 'sha512']) },
    { status: 1 },
    { accuracy: random.size(400) },
    { certificates: false },
    { nonce: random.bytes(random.between(1, 30)) },
    { digest: random.pick(['sha384', 'sha512']) },
    { policy: `1.3.${random.size(100)}` },
  ];
  const isTrue = random.oneIn(2);
  if (isTrue) return { isTrue, options: { ...random.pick(truths), ...random.pick(truths) } };
  return { isTrue, options: { ...random.pick(truths), ...random.pick(lies) } };
}

function otherLeaf(random: Random): LeafOptions {
  const utf8 = der(0x0c, Buffer.from(hostileText(random)));
  const options: readonly LeafOptions[] = [
    { names: [{ email: 'other@example.com' }] },
    { names: [{ email: IDENTITY.toUpperCase() }] },
    { names: [{ email: `${IDENTITY}\0` }] },
    { names: [{ email: ` ${IDENTITY}` }] },
    { names: [{ uri: IDENTITY }] },
    { names: [{ dns: IDENTITY }] },
    { names: [{ otherName: IDENTITY }] },
    { names: [{ otherName: 'ada', type: `${FULCIO}.8` }] },
    { names: [{ email: IDENTITY }, { email: 'other@example.com' }] },
    { names: [] },
    { names: [{ raw: der(random.pick([0x81, 0xa1, 0x82, 0x87]), random.bytes(random.size(30))) }] },
    { names: [{ email: hostileText(random) }] },
    { oldIssuer: `${ISSUER}/` },
    { newIssuer: `${ISSUER}/` },
    { oldIssuer: null },
    { newIssuer: null },
    { oldIssuer: null, newIssuer: null },
    { newIssuer: der(0x13, Buffer.from(ISSUER)) },
    { newIssuer: random.bytes(random.size(20)) },
    { newIssuer: utf8 },
    { claims: { 12: 'https://github.com/acme/model', 9: utf8, 2: 'push' } },
    { claims: { 12: random.bytes(random.size(20)) } },
    { notBefore: after(SIGNED_AT, 2) },
    { notBefore: after(SIGNED_AT, 60) },
    { notAfter: after(SIGNED_AT, -60), notBefore: after(SIGNED_AT, -600) },
    { certificate: { keyUsage: [] } },
    { certificate: { keyUsage: undefined } },
    { certificate: { extendedKeyUsage: [SERVER_AUTH] } },
    { certificate: { extendedKeyUsage: ['2.5.29.37.0'] } },
    { certificate: { extendedKeyUsage: undefined } },
    { certificate: { ca: true } },
    { certificate: { nameless: false } },
    { certificate: { issuerName: 'Example Fulcio Root' } },
    { certificate: { hash: 'sha1' } },
    { certificate: { key: 'Ed25519' } },
    { certificate: { key: 'P-521' } },
  ];
  return random.pick(options.filter(({ certificate }) => certificate?.key !== 'Ed25519'));
}

function sctOptions(random: Random): readonly SctOptions[] {
  const options: readonly SctOptions[] = [
    { log: makeCtLog() },
    { logId: random.bytes(32) },
    { signedWith: makeKey('P-256') },
    { precertificate: (right) => editBytes(right, random) },
    { version: random.between(1, 255) },
  ];
  const wrong = random.pick(options);
  return random.pick([[], [wrong], [wrong, wrong], [{}, wrong]]);
}

const SCT_LIST = '060a2b06010401d679020402';

/** Changes the list of SCTs, which they themselves do not cover, and has the CA sign it. */
function editedScts(certificate: Buffer, issuer: Parameters<typeof certified>[1], random: Random) {
  const root = parseOne(certificate);
  const tbs = childAt(root, 0);
  const algorithm = childAt(root, 1);
  if (root === undefined || tbs === undefined || algorithm === undefined) return certificate;
  const list = allOf(tbs).find(
    (one) => childrenOf(one)[0] && write(childrenOf(one)[0] as never).toString('hex') === SCT_LIST,
  );
  const value = list && childrenOf(list).at(-1);
  if (value === undefined) return certificate;
  if (random.oneIn(2)) editDer(value, random);
  else value.content = { kind: 'bytes', bytes: editBytes(valueOf(value), random) };
  const bytes = write(tbs);
  return sequence(bytes, write(algorithm), signatureOver(bytes, issuer, algorithm, random));
}
