import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { OmsError } from '../../src/errors.ts';
import { type Bundle, parseBundle } from '../../src/format/bundle.ts';
import { assembleBundle, base64 } from '../../src/signers/signer.ts';
import { fingerprintOf, signPayload } from '../../src/trust/keys.ts';
import type { CertificateSignerIdentity } from '../../src/verifiers/certificate.ts';
import type { KeySignerIdentity } from '../../src/verifiers/key.ts';
import type { TimestampPolicy } from '../../src/verifiers/stamps.ts';
import { authenticate } from '../../src/verifiers/verifier.ts';
import {
  CA,
  der,
  type Issued,
  issue,
  makeKey,
  SERVER_AUTH,
  SIGNER,
  sequence,
} from '../helpers/pki.ts';
import { after, ERA, SIGNED_AT } from '../helpers/sigstore/times.ts';
import { makeTsa, type TimestampOptions, timestamp } from '../helpers/sigstore/tsa.ts';
import { failure, refusal } from '../trust/helpers.ts';

const tsa = makeTsa();
const stranger = makeTsa('Stranger');
const statement = Buffer.from('{"any":"bytes"}');
const key = makeKey('P-256');
const root = issue({ subject: 'Root', ...CA, ...ERA });

/** A signer's certificate that was good for a minute when signatures here are made. */
function short(from = after(SIGNED_AT, -30), until = after(SIGNED_AT, 30)): Issued {
  return issue({ subject: 'Signer', issuer: root, ...SIGNER, notBefore: from, notAfter: until });
}

const leaf = short();
const lasting = issue({ subject: 'Signer', issuer: root, ...SIGNER, ...ERA });

/** A timestamp some seconds after the signature was made. */
type Stamping = TimestampOptions & { readonly seconds?: number };

function stampsOver(signature: Uint8Array, stamps: readonly Stamping[]): object {
  const rfc3161Timestamps = stamps.map(({ seconds = 1, ...options }) => {
    const time = after(SIGNED_AT, seconds);
    return { signedTimestamp: base64(timestamp(tsa, signature, { time, ...options })) };
  });
  return stamps.length === 0 ? {} : { timestampVerificationData: { rfc3161Timestamps } };
}

function certified(stamps: readonly Stamping[], by = leaf): Bundle {
  const signature = signPayload(statement, by.privateKey);
  const certificates = [by, root].map((one) => ({ rawBytes: base64(one.der) }));
  return assembleBundle(statement, signature, {
    x509CertificateChain: { certificates },
    ...stampsOver(signature, stamps),
  });
}

function keyed(stamps: readonly Stamping[]): Bundle {
  const signature = signPayload(statement, key);
  return assembleBundle(statement, signature, {
    publicKey: { hint: fingerprintOf(createPublicKey(key)) },
    ...stampsOver(signature, stamps),
  });
}

const OURS: TimestampPolicy = { timestampAnchors: [tsa.root.pem] };

function checkCertified(
  bundle: Bundle,
  policy: TimestampPolicy & { readonly verificationTime?: Date } = OURS,
): CertificateSignerIdentity {
  const anchors = [root.pem];
  const { signer } = authenticate(parseBundle(bundle), {
    method: 'certificate',
    anchors,
    ...policy,
  });
  if (signer.method !== 'certificate') expect.fail('another method');
  return signer;
}

function checkKeyed(bundle: Bundle, policy: TimestampPolicy = OURS): KeySignerIdentity {
  const method = 'key';
  const publicKey = createPublicKey(key);
  const { signer } = authenticate(parseBundle(bundle), { method, publicKey, ...policy });
  if (signer.method !== 'key') expect.fail('another method');
  return signer;
}

const expired = refusal('the certificate "CN=Signer" expired');
const early = refusal('the certificate "CN=Signer" is not valid yet');
const CODE = 'TIMESTAMP_INVALID';

describe('a certificate with a timestamp', () => {
  it('is judged when the signature was made, and may be expired now', () => {
    const bundle = certified([{}]);
    const signer = checkCertified(bundle);
    const at = after(SIGNED_AT, 1);
    expect(signer.time).toEqual({ at, source: 'timestamp' });
    expect(signer.timestamps).toEqual([expect.objectContaining({ at, accuracy: 0 })]);
    expect(signer.chain.map(({ subject }) => subject)).toEqual(['CN=Signer', 'CN=Root']);
  });

  it('is judged now without one, or without an authority that is trusted', () => {
    const before = Date.now();
    const bare = { timestampAnchors: undefined };
    for (const [bundle, policy] of [
      [certified([]), OURS],
      [certified([]), bare],
      [certified([{}]), bare],
    ] as const) {
      expect(() => checkCertified(bundle, policy)).toThrow(expired);
    }
    for (const [stamps, policy] of [
      [[], OURS],
      [[{}], bare],
    ] as const) {
      const { time, timestamps } = checkCertified(certified(stamps, lasting), policy);
      expect(time.source).toBe('now');
      expect(time.at.getTime()).toBeGreaterThanOrEqual(before);
      expect(timestamps).toBeUndefined();
    }
  });

  it('may be good with an authority to trust, and the verifier is told so where that may help', () => {
    const HINT =
      'the bundle has a timestamp: with --tsa-certificate-chain it is judged at that time';
    const hintOf = (bundle: Bundle, policy: Parameters<typeof checkCertified>[1]): unknown => {
      try {
        checkCertified(bundle, policy);
      } catch (error) {
        expect(error).toMatchObject({ name: 'OmsError', code: 'CERTIFICATE_REFUSED' });
        return (error as OmsError).hint;
      }
      return expect.fail('accepted');
    };
    const bare = { timestampAnchors: undefined };
    expect(hintOf(certified([{}]), bare)).toBe(HINT);
    expect(hintOf(certified([]), bare)).not.toBe(HINT);
    expect(hintOf(certified([]), OURS)).not.toBe(HINT);
    expect(hintOf(certified([{ seconds: 31 }]), OURS)).toBe(
      'the time is that of the earliest timestamp in the bundle',
    );
    const late = { ...bare, verificationTime: new Date() };
    expect(hintOf(certified([{}]), late)).toBeUndefined();
    const unknown = issue({ subject: 'Signer', ...SIGNER, ...ERA });
    expect(hintOf(certified([{}], unknown), bare)).not.toBe(HINT);
    const future = short(new Date(Date.now() + 3_600_000), new Date(Date.now() + 7_200_000));
    expect(hintOf(certified([{}], future), bare)).not.toBe(HINT);
    // Nor where the verifier says a time, which goes before a timestamp's.
    for (const verificationTime of [after(SIGNED_AT, -31), after(SIGNED_AT, 31)]) {
      expect(hintOf(certified([{}]), { ...bare, verificationTime })).not.toBe(HINT);
    }
    // Nor where the certificate never was one to sign code with.
    const server = issue({
      subject: 'Signer',
      issuer: root,
      ...SIGNER,
      extendedKeyUsage: [SERVER_AUTH],
      notBefore: ERA.notBefore,
      notAfter: SIGNED_AT,
    });
    expect(hintOf(certified([{}], server), bare)).not.toBe(HINT);
    expect(() => checkCertified(certified([{}]), bare)).toThrow(expired);
    expect(() => checkCertified(certified([{}]), bare)).toThrow(
      expect.objectContaining({ found: expect.stringContaining(' to ') }),
    );
  });

  it('must have been valid by then, and still', () => {
    expect(checkCertified(certified([{ seconds: 30 }])).time.source).toBe('timestamp');
    expect(() => checkCertified(certified([{ seconds: 31 }]))).toThrow(expired);
    expect(checkCertified(certified([{ seconds: -30 }])).time.source).toBe('timestamp');
    expect(() => checkCertified(certified([{ seconds: -31 }]))).toThrow(early);
  });

  it('must have been valid by then, even where it is now', () => {
    const young = short(after(SIGNED_AT, 60), ERA.notAfter);
    expect(checkCertified(certified([], young)).time.source).toBe('now');
    expect(() => checkCertified(certified([{}], young))).toThrow(early);
  });

  it('must have been valid for as long as the accuracy leaves open', () => {
    const stamp = { accuracy: 10 };
    const signer = checkCertified(certified([{ ...stamp, seconds: 20 }]));
    expect(signer.time.at).toEqual(after(SIGNED_AT, 20));
    expect(signer.timestamps).toEqual([expect.objectContaining({ accuracy: 10_000 })]);
    expect(() => checkCertified(certified([{ ...stamp, seconds: 21 }]))).toThrow(expired);
    expect(checkCertified(certified([{ ...stamp, seconds: -20 }])).time.source).toBe('timestamp');
    expect(() => checkCertified(certified([{ ...stamp, seconds: -21 }]))).toThrow(early);
  });

  it('must have been valid for the last microsecond that the accuracy leaves open', () => {
    const micros = (seconds: number): Bundle =>
      certified([{ seconds, optional: [sequence(der(0x81, Buffer.of(1)))] }]);
    expect(checkCertified(micros(29)).timestamps).toMatchObject([{ accuracy: 0.001 }]);
    expect(() => checkCertified(micros(30))).toThrow(expired);
    expect(checkCertified(micros(-29)).timestamps).toMatchObject([{ accuracy: 0.001 }]);
    expect(() => checkCertified(micros(-30))).toThrow(early);
  });

  it('has a chain that must have been valid then, too', () => {
    const past = issue({ subject: 'Past', ...CA, notBefore: ERA.notBefore, notAfter: SIGNED_AT });
    const by = issue({ subject: 'Signer', issuer: past, ...SIGNER, ...ERA });
    const check = (seconds: number): unknown =>
      authenticate(parseBundle(certified([{ seconds }], by)), {
        method: 'certificate',
        anchors: [past.pem],
        ...OURS,
      });
    expect(check(0)).toBeDefined();
    expect(() => check(1)).toThrow(refusal('the certificate "CN=Past" expired'));
  });

  it('is judged by the earliest of several timestamps, in whatever order they stand', () => {
    const seconds = [40, 10, 100];
    const signer = checkCertified(certified(seconds.map((one) => ({ seconds: one }))));
    expect(signer.time).toEqual({ at: after(SIGNED_AT, 10), source: 'timestamp' });
    expect(signer.timestamps?.map(({ at }) => at)).toEqual(
      [10, 40, 100].map((one) => after(SIGNED_AT, one)),
    );
  });

  it('is judged by none where one of several is no good', () => {
    for (const bad of [
      { tsa: stranger },
      { data: Buffer.from('another signature') },
      { signedWith: makeKey('P-384') },
      { hash: 'sha1' },
      { certificates: false },
    ] satisfies readonly TimestampOptions[]) {
      for (const stamps of [[{}, bad], [bad, {}], [bad]]) {
        const refused = failure(CODE, /timestamp [12]/);
        expect(() => checkCertified(certified(stamps))).toThrow(refused);
        expect(() => checkCertified(certified(stamps, lasting))).toThrow(refused);
      }
    }
  });

  it('is judged when the verifier says, whatever the timestamp says', () => {
    const verificationTime = after(SIGNED_AT, 7);
    const policy = { ...OURS, verificationTime };
    for (const stamps of [[{}], [{ seconds: 3600 }]]) {
      const signer = checkCertified(certified(stamps), policy);
      expect(signer.time).toEqual({ at: verificationTime, source: 'verification-time' });
      expect(signer.timestamps).toHaveLength(1);
    }
    const late = { ...OURS, verificationTime: after(SIGNED_AT, 31) };
    expect(() => checkCertified(certified([{}]), late)).toThrow(expired);
  });

  it('does not have its timestamp pass unchecked because the verifier says a time', () => {
    const policy = { ...OURS, verificationTime: SIGNED_AT };
    expect(() => checkCertified(certified([{ tsa: stranger }]), policy)).toThrow(failure(CODE, ''));
    expect(() => checkCertified(certified([]), { ...policy, requireTimestamp: true })).toThrow(
      failure(CODE, 'the bundle has no timestamp'),
    );
  });

  it('is not one of the authority’s own, which would be for something else', () => {
    expect(() => checkCertified(certified([{}]), { timestampAnchors: [root.pem] })).toThrow(
      failure(CODE, 'does not lead to a trusted certificate'),
    );
    const anchors = [tsa.root.pem];
    expect(() =>
      authenticate(parseBundle(certified([{}])), { method: 'certificate', anchors, ...OURS }),
    ).toThrow(refusal('does not lead to a trusted certificate'));
  });

  it('does not get its timestamp from another bundle', () => {
    const donor = certified([{}], lasting);
    const { timestampVerificationData = null } = donor.verificationMaterial;
    const poor = certified([]);
    const stolen = {
      ...poor,
      verificationMaterial: { ...poor.verificationMaterial, timestampVerificationData },
    };
    expect(() => checkCertified(stolen)).toThrow(
      failure(CODE, 'timestamp 1 is of another signature'),
    );
  });

  it('is refused for its signature where the timestamp is of a signature that is wrong', () => {
    const signature = signPayload(Buffer.from('{}'), leaf.privateKey);
    const certificates = [leaf, root].map((one) => ({ rawBytes: base64(one.der) }));
    const bundle = assembleBundle(statement, signature, {
      x509CertificateChain: { certificates },
      ...stampsOver(signature, [{}]),
    });
    expect(() => checkCertified(bundle)).toThrow(failure('SIGNATURE_INVALID', ''));
  });
});

describe('a key with a timestamp', () => {
  it('shows it', () => {
    const { timestamps } = checkKeyed(keyed([{ seconds: 20 }, { seconds: 10 }]));
    expect(timestamps?.map(({ at }) => at)).toEqual([after(SIGNED_AT, 10), after(SIGNED_AT, 20)]);
    expect(timestamps?.[0]).toMatchObject({
      authority: { subject: 'CN=Example TSA' },
      anchor: { subject: 'CN=Example TSA Root' },
    });
  });

  it('shows none where there is none, or where nobody is trusted for one', () => {
    expect(checkKeyed(keyed([]))).not.toHaveProperty('timestamps');
    expect(checkKeyed(keyed([{}]), {})).not.toHaveProperty('timestamps');
    expect(checkKeyed(keyed([{ tsa: stranger }]), {})).not.toHaveProperty('timestamps');
  });

  it('is refused where it is no good', () => {
    for (const bad of [{ tsa: stranger }, { data: Buffer.from('x') }, { status: 2 }]) {
      expect(() => checkKeyed(keyed([bad]))).toThrow(failure(CODE, 'timestamp 1'));
      expect(() => checkKeyed(keyed([{}, bad]))).toThrow(failure(CODE, 'timestamp 2'));
    }
  });

  it('is refused for its signature before its timestamp, where both are wrong', () => {
    const wrong = { ...keyed([{}]), dsseEnvelope: keyed([]).dsseEnvelope };
    expect(() => checkKeyed(wrong)).toThrow(failure(CODE, 'of another signature'));
    const { dsseEnvelope } = wrong;
    const payload = base64(Buffer.from('{}'));
    const worse = { ...wrong, dsseEnvelope: { ...dsseEnvelope, payload } };
    expect(() => checkKeyed(worse)).toThrow(failure('SIGNATURE_INVALID', ''));
  });
});

describe('whom to trust for timestamps', () => {
  it('may be several, in several texts', () => {
    const both = keyed([{}, { tsa: stranger }]);
    for (const timestampAnchors of [
      [tsa.root.pem, stranger.root.pem],
      [stranger.root.pem + tsa.root.pem],
      [Buffer.from(stranger.root.pem), tsa.leaf.pem],
    ]) {
      expect(checkKeyed(both, { timestampAnchors }).timestamps).toHaveLength(2);
    }
  });

  it('may be the authority itself, where the timestamp has no certificate', () => {
    const bare = keyed([{ certificates: false }]);
    expect(checkKeyed(bare, { timestampAnchors: [tsa.leaf.pem] }).timestamps).toHaveLength(1);
    expect(() => checkKeyed(bare)).toThrow(failure(CODE, 'is missing'));
  });

  it('is somebody', () => {
    for (const timestampAnchors of [[], {}, 'text', new Set([tsa.root.pem]), null, 5]) {
      for (const check of [
        () => checkKeyed(keyed([]), { timestampAnchors } as unknown as TimestampPolicy),
        () => checkCertified(certified([]), { timestampAnchors } as unknown as TimestampPolicy),
      ]) {
        expect(check, JSON.stringify(timestampAnchors)).toThrow(failure('USAGE', ''));
      }
    }
    for (const text of ['', 'no certificate', key.export({ type: 'pkcs8', format: 'pem' })]) {
      expect(() => checkKeyed(keyed([{}]), { timestampAnchors: [String(text)] })).toThrow(
        failure('KEY_UNUSABLE', 'the certificates of timestamp authorities'),
      );
    }
  });

  it('is asked for, where a timestamp is required', () => {
    const policy = { requireTimestamp: true };
    for (const bundle of [keyed([]), keyed([{}])]) {
      expect(() => checkKeyed(bundle, policy)).toThrow(
        failure('USAGE', 'a timestamp is required, and nobody is trusted for one'),
      );
    }
    expect(checkKeyed(keyed([{}]), { requireTimestamp: false }).timestamps).toBeUndefined();
  });

  it('has the word where a timestamp is required, and no other', () => {
    const policy = { ...OURS, requireTimestamp: true };
    expect(checkKeyed(keyed([{}]), policy).timestamps).toHaveLength(1);
    expect(checkCertified(certified([{}]), policy).timestamps).toHaveLength(1);
    const none = failure(CODE, 'the bundle has no timestamp');
    expect(() => checkKeyed(keyed([]), policy)).toThrow(none);
    expect(() => checkCertified(certified([], lasting), policy)).toThrow(none);
    expect(() => checkKeyed(keyed([{ tsa: stranger }]), policy)).toThrow(failure(CODE, ''));
    expect(checkKeyed(keyed([]), { ...OURS, requireTimestamp: false }).timestamps).toBeUndefined();
  });

  it.each([
    { requireTimestamps: true },
    { requiretimestamp: true },
    { tsaAnchors: [] },
    { anchor: 1 },
  ])('is not passed over for a typing error: %j', (policy) => {
    for (const check of [
      () => checkKeyed(keyed([{}]), policy as TimestampPolicy),
      () => checkCertified(certified([{}], lasting), policy as TimestampPolicy),
    ]) {
      expect(check).toThrow(failure('USAGE', 'the policy cannot have'));
    }
  });

  it.each(['true', 'yes', 1, null, {}])(
    'is not passed over where it is no boolean: %j',
    (value) => {
      const policy = { ...OURS, requireTimestamp: value } as unknown as TimestampPolicy;
      const says = failure('USAGE', 'whether a timestamp is required must be true or false');
      expect(() => checkKeyed(keyed([]), policy)).toThrow(says);
      expect(() => checkCertified(certified([], lasting), policy)).toThrow(says);
    },
  );
});
