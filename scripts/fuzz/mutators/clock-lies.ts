import { makeKey, oid, sequence } from '../../../test/helpers/pki.ts';
import { after, SIGNED_AT } from '../../../test/helpers/sigstore/times.ts';
import { makeTsa, type TimestampOptions } from '../../../test/helpers/sigstore/tsa.ts';
import type { Random } from '../base/random.ts';
import type { Lying } from '../corpus/seed.ts';
import { hostileText } from '../json/values.ts';

/** How a timestamp is to differ, and whether it is still true. */
export function stampOptions(random: Random): Lying<TimestampOptions> {
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
