import { describe, expect, it } from 'vitest';
import type { Bundle } from '../../src/format/bundle.ts';
import { der, integer, makeKey, oid, sequence } from '../helpers/pki.ts';
import { b64 } from '../helpers/sigstore/bytes.ts';
import { contentOf } from '../helpers/sigstore/der.ts';
import {
  PAYLOAD,
  type Path,
  SIGNATURE,
  TIMESTAMP,
  TIMESTAMPS,
  textAt,
  valueAt,
  withPartOf,
  withText,
  withValue,
} from '../helpers/sigstore/edit.ts';
import { certify } from '../helpers/sigstore/instance.ts';
import { after, SIGNED_AT } from '../helpers/sigstore/times.ts';
import { makeTsa, type TimestampOptions, timestamp } from '../helpers/sigstore/tsa.ts';
import { check, expectRefusal, instance, signed } from './helpers.ts';

const code = 'TIMESTAMP_INVALID';
const good = signed({ rekor: 2 });
const NO_TIME: Path = ['verificationMaterial', 'timestampVerificationData'];

function refuse(bad: Bundle): void {
  expectRefusal({ good, bad, code });
}

/** Refuses a timestamp with Rekor v2, where it is needed, and with v1, where it is not. */
function refuseStamp(stamp: TimestampOptions): void {
  refuse(signed({ rekor: 2, timestamps: [stamp] }));
  expectRefusal({ good: signed({ timestamps: [{}] }), bad: signed({ timestamps: [stamp] }), code });
}

describe('a timestamp', () => {
  it('must be there where the log proves no time', () => {
    refuse(withValue(good, NO_TIME, undefined));
    refuse(withValue(good, TIMESTAMPS, []));
    // A log whose entries have the same position in it as in its tree.
    const log = { ...instance.rekor1, firstIndex: 0 };
    const promised = signed({ entries: [{ log }] });
    expectRefusal({ good: promised, bad: signed({ entries: [{ log, promise: null }] }), code });
  });

  it('must be by an authority in the trusted root', () => {
    refuseStamp({ tsa: makeTsa('Stranger') });
    refuseStamp({ tsa: makeTsa() });
    refuseStamp({ tsa: makeTsa(), certificates: false });
    const badPolicy = { trustedRoot: instance.trustedRoot({ tsas: [] }) };
    expectRefusal({ good, bad: good, code, badPolicy });
  });

  it('must be signed with the key of that authority', () => {
    refuseStamp({ signedWith: makeKey('P-384') });
    refuseStamp({ signedWith: makeKey('P-256') });
    const stranger = makeTsa();
    refuseStamp({ tsa: { ...stranger, root: instance.tsa.root } });
  });

  it('must not be certified by the authority for something else', () => {
    const { root } = instance.tsa;
    const issuedBy = makeTsa('Example TSA', { leaf: { issuer: root } });
    refuseStamp({ tsa: { ...issuedBy, root } });
  });

  it('must be over the signature', () => {
    refuseStamp({ data: Buffer.from('other data') });
    refuseStamp({ data: Buffer.alloc(0) });
    refuseStamp({ data: Buffer.from(textAt(good, PAYLOAD), 'base64') });
    refuse(withPartOf(good, signed({ rekor: 2 }), TIMESTAMP));
  });

  it('must not be over the text of the signature in place of its bytes', () => {
    const text = Buffer.from(textAt(good, SIGNATURE));
    refuse(withValue(good, TIMESTAMP, b64(timestamp(instance.tsa, text))));
  });

  it('must be over a strong hash', () => {
    refuseStamp({ hash: 'sha1' });
    for (const hash of ['sha384', 'sha512'] as const) {
      expect(check(signed({ rekor: 2, timestamps: [{ hash }] }))).toBeDefined();
    }
  });

  it('must have been granted', () => {
    for (const status of [2, 3, 4, 5, 6, 255]) refuseStamp({ status });
    refuseStamp({ tokenless: true });
    refuseStamp({ tokenless: true, status: 2 });
    expect(check(signed({ rekor: 2, timestamps: [{ status: 1 }] }))).toBeDefined();
  });

  it('must be a timestamp by its type', () => {
    refuseStamp({ contentType: '1.2.840.113549.1.7.1' });
    refuseStamp({ contentTypeAttribute: '1.2.840.113549.1.7.1' });
  });

  it('must not be one of two, of which each reader takes another', () => {
    const signature = Buffer.from(textAt(good, SIGNATURE), 'base64');
    const signedDataOf = (options: TimestampOptions): Buffer => {
      const bytes = timestamp(instance.tsa, signature, options);
      return bytes.subarray(...contentOf(bytes, [1, 1]));
    };
    const right = signedDataOf({});
    const wrong = signedDataOf({ contentTypeAttribute: '1.2.840.113549.1.7.1' });
    const responseOf = (...members: readonly Buffer[]): string =>
      b64(sequence(sequence(integer(0)), sequence(oid('1.2.840.113549.1.7.2'), ...members)));
    const stamped = (...members: readonly Buffer[]): Bundle =>
      withValue(good, TIMESTAMP, responseOf(...members));
    expect(check(stamped(der(0xa0, right)))).toBeDefined();
    refuse(stamped(der(0xa0, wrong)));
    for (const beside of [0xa1, 0xa2, 0x30]) {
      refuse(stamped(der(beside, right), der(0xa0, wrong)));
      refuse(stamped(der(beside, right)));
    }
    refuse(stamped(der(0xa0, right), der(0xa0, wrong)));
  });

  it('must have been signed as it is', () => {
    refuseStamp({ messageDigest: (right) => Buffer.from(right).fill(0, 0, 1) });
    refuseStamp({ messageDigest: () => Buffer.alloc(0) });
    refuseStamp({ messageDigest: (right) => Buffer.concat([right, Buffer.of(0)]) });
    const swap = (text: string): string =>
      b64(
        Buffer.from(
          Buffer.from(text, 'base64')
            .toString('latin1')
            .replace('20251103120001Z', '20251103120002Z'),
          'latin1',
        ),
      );
    refuse(withText(good, TIMESTAMP, swap));
  });

  it('must name the certificate that signed it', () => {
    refuseStamp({ namedCertificate: instance.tsa.root });
    refuseStamp({ namedCertificate: makeTsa().leaf });
  });

  it.each([
    ['without seconds', '202511031200Z'],
    ['in another zone', '20251103120001+0200'],
    ['in no zone', '20251103120001'],
    ['in the thirteenth month', '20251303120001Z'],
    ['that is empty', ''],
    ['that is text', 'now'],
  ])('must not tell a time %s', (_, genTime) => {
    refuseStamp({ genTime });
  });

  it('may tell its accuracy, and come without certificates', () => {
    const stamps = [{ accuracy: 1 }, { certificates: false }] as const;
    for (const stamp of stamps) {
      expect(check(signed({ rekor: 2, timestamps: [stamp] }))).toBeDefined();
    }
  });

  it.each([
    ['nothing', Buffer.of(0)],
    ['text', Buffer.from('timestamp')],
    ['an empty sequence', der(0x30)],
    ['a sequence of empty ones', der(0x30, der(0x30), der(0x30))],
    ['a status and an empty token', der(0x30, der(0x30, der(2, Buffer.of(0))), der(0x30))],
  ])('must be well-formed: %s', (_, token) => {
    refuse(withValue(good, TIMESTAMP, b64(token)));
  });

  it('must not be cut short, nor be followed by anything', () => {
    const cut = (text: string): string => b64(Buffer.from(text, 'base64').subarray(0, -1));
    refuse(withText(good, TIMESTAMP, cut));
    const longer = (text: string): string =>
      b64(Buffer.concat([Buffer.from(text, 'base64'), Buffer.of(0)]));
    refuse(withText(good, TIMESTAMP, longer));
  });

  it('must not be the token alone, which is another format', () => {
    const response = Buffer.from(textAt(good, TIMESTAMP), 'base64');
    const start = response.indexOf(Buffer.from('300306', 'hex'));
    const token = response.subarray(start < 0 ? 9 : start);
    refuse(withValue(good, TIMESTAMP, b64(token)));
  });

  it('must be right, each one', () => {
    const right = signed({ rekor: 2, timestamps: [{}, { time: after(SIGNED_AT, 3) }] });
    const stranger = makeTsa('Stranger');
    for (const timestamps of [
      [{}, { tsa: stranger }],
      [{ tsa: stranger }, {}],
      [{}, { data: Buffer.from('other data') }],
    ]) {
      expectRefusal({ good: right, bad: signed({ rekor: 2, timestamps }), code });
    }
  });

  it('does not count twice', () => {
    const one = valueAt(good, [...TIMESTAMPS, 0]);
    refuse(withValue(good, TIMESTAMPS, [one, one]));
  });
});

describe('a timestamp of a signature by another certificate', () => {
  it('is of that signature only', () => {
    const signer = certify(instance);
    const mine = signed({ rekor: 2, signer });
    const other = signed({ rekor: 2, signer });
    expectRefusal({ good: mine, bad: withPartOf(mine, other, TIMESTAMP), code });
  });
});
