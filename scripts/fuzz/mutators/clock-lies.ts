import {
  der,
  extension,
  type Issued,
  type IssueOptions,
  issue,
  makeKey,
  oid,
  SERVER_AUTH,
  sequence,
} from '../../../test/helpers/pki.ts';
import { after, ERA, SIGNED_AT } from '../../../test/helpers/sigstore/times.ts';
import {
  makeTsa,
  TIME_STAMPING,
  type TimestampOptions,
  type Tsa,
} from '../../../test/helpers/sigstore/tsa.ts';
import type { Random } from '../base/random.ts';
import type { Lying } from '../corpus/seed.ts';
import { editDerBytes } from './content.ts';
import { hostileText } from '../json/values.ts';

/** How a timestamp is to differ, and whether it is still true. */
export function stampOptions(random: Random, tsa: Tsa): Lying<TimestampOptions> {
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
    { optional: [sequence(der(0x02, random.bytes(random.between(5, 9))))] },
    { optional: [der(0xa1, sequence(oid('1.2.3'), der(0x01, Buffer.of(255)), der(0x04)))] },
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
    // What is brought along decides nothing but whether the authority's certificate is found.
    { embedded: [editDerBytes(tsa.leaf.der, random), tsa.leaf.der] },
    { embedded: Array<Buffer>(random.between(1, 40)).fill(tsa.root.der) },
    { embedded: [random.bytes(random.size(50))] },
    // Whether such an authority may stamp is looked at in its certificate.
    { tsa: { ...tsa, leaf: otherAuthority(tsa, random) } },
  ];
  const isTrue = random.oneIn(2);
  if (isTrue) return { isTrue, options: { ...random.pick(truths), ...random.pick(truths) } };
  return { isTrue, options: { ...random.pick(truths), ...random.pick(lies) } };
}

/** A certificate of the authority's issuer, for the same key and with the same name. */
function otherAuthority({ leaf, root }: Tsa, random: Random): Issued {
  const differences: readonly Partial<IssueOptions>[] = [
    {},
    { extendedKeyUsage: undefined },
    { extendedKeyUsage: [TIME_STAMPING, SERVER_AUTH] },
    { extendedKeyUsage: [SERVER_AUTH] },
    { extendedKeyUsage: ['2.5.29.37.0'] },
    { criticalExtendedKeyUsage: false },
    { keyUsage: ['keyEncipherment'] },
    { keyUsage: undefined },
    { notAfter: SIGNED_AT },
    { notBefore: after(SIGNED_AT, 2) },
    { hash: 'sha1' },
    { ca: true },
    { extensions: [extension('1.2.3.4', true, Buffer.of(5, 0))] },
  ];
  return issue({
    subject: leaf.subject,
    issuer: root,
    key: leaf.privateKey,
    hash: 'sha384',
    serial: 4242,
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: [TIME_STAMPING],
    criticalExtendedKeyUsage: true,
    ...ERA,
    ...random.pick(differences),
  });
}
