import { describe, expect, it } from 'vitest';
import { readStampClaim, type Stamp, verifyStamps } from '../../src/trust/stamp.ts';
import {
  CA,
  der,
  type Issued,
  type IssueOptions,
  integer,
  issue,
  makeKey,
  oid,
  parsed,
  SERVER_AUTH,
  SIGNER,
  sequence,
} from '../helpers/pki.ts';
import { after, ERA, SIGNED_AT } from '../helpers/sigstore/times.ts';
import {
  attribute,
  makeTsa,
  POLICY,
  SIGNING_CERTIFICATE_V2,
  TIME_STAMPING,
  type TimestampOptions,
  type Tsa,
  timestamp,
} from '../helpers/sigstore/tsa.ts';
import { failure, UNCONNECTED } from './helpers.ts';

const tsa = makeTsa();
const stranger = makeTsa('Stranger');
const signature = Buffer.from('a signature');
const CODE = 'TIMESTAMP_INVALID';
const AUTHORITY = {
  keyUsage: ['digitalSignature'],
  extendedKeyUsage: [TIME_STAMPING],
  criticalExtendedKeyUsage: true,
} as const;

function verify(tokens: readonly Buffer[], anchors: readonly Issued[] = [tsa.root]): Stamp[] {
  return [...verifyStamps(tokens, signature, anchors.map(parsed))];
}

/** One timestamp by one authority. */
function stampOf(options: TimestampOptions = {}, own: Tsa = tsa, anchors = [own.root]): Stamp {
  const [stamp] = verify([timestamp(own, signature, options)], anchors);
  return stamp ?? expect.fail('there is no stamp');
}

function refuse(part: string | RegExp, options: TimestampOptions, own = tsa, anchors = [own.root]) {
  expect(() => stampOf(options, own, anchors)).toThrow(failure(CODE, part));
}

describe('what a timestamp claims', () => {
  it('is read and not believed: who, when, how exactly, under which policy', () => {
    const time = new Date('2025-11-03T12:00:01Z');
    const options = { time, accuracy: 2, signedWith: makeKey('P-256') };
    expect(readStampClaim(timestamp(tsa, signature, options))).toEqual({
      at: time,
      accuracy: 2000,
      policy: POLICY,
      authority: expect.objectContaining({ subject: 'CN=Example TSA', issuer: tsaRoot }),
    });
  });

  it('names nobody where the certificate is not in it', () => {
    for (const options of [{ certificates: false }, { embedded: [stranger.leaf.der] }]) {
      expect(readStampClaim(timestamp(tsa, signature, options)).authority).toBeUndefined();
    }
  });

  it('names nobody by a certificate that is none', () => {
    const none = { ...tsa.leaf, der: sequence() };
    expect(() =>
      readStampClaim(timestamp(tsa, signature, { namedCertificate: none, embedded: [none.der] })),
    ).toThrow(
      failure(
        'CERTIFICATE_REFUSED',
        'the certificate of the timestamp is not a well-formed certificate',
      ),
    );
  });

  it('is none in what is no timestamp', () => {
    expect(() => readStampClaim(Buffer.from('x'))).toThrow(
      failure(CODE, 'the timestamp is malformed, or was not granted'),
    );
  });
});

describe('a timestamp', () => {
  it('tells when, how exactly, under which policy and on whose word', () => {
    const time = new Date('2025-11-03T12:00:01Z');
    expect(stampOf({ time, accuracy: 2 })).toEqual({
      at: time,
      accuracy: 2000,
      policy: POLICY,
      authority: expect.objectContaining({ subject: 'CN=Example TSA', issuer: tsaRoot }),
      anchor: expect.objectContaining({ subject: tsaRoot }),
    });
  });

  it('is not by an authority whose key cannot be read', () => {
    const ecPublicKey = Buffer.from('06072a8648ce3d0201', 'hex');
    const bytes = Buffer.from(tsa.leaf.der);
    bytes.writeUInt8(0x7f, bytes.indexOf(ecPublicKey) + ecPublicKey.length - 1);
    const odd = { ...tsa.leaf, der: bytes };
    refuse('timestamp 1 is not signed by its authority', {
      namedCertificate: odd,
      embedded: [odd.der],
    });
  });

  it('is of this signature', () => {
    refuse('timestamp 1 is of another signature', { data: Buffer.from('another signature') });
    refuse('timestamp 1 is of another signature', { data: Buffer.alloc(0) });
    refuse('timestamp 1 is of another signature', {
      imprint: imprint(Buffer.from(signature)),
    });
    refuse('timestamp 1 is of another signature', { imprint: imprint(Buffer.alloc(0)) });
  });

  it.each(['sha256', 'sha384', 'sha512'] as const)('may be over its %s', (hash) => {
    expect(stampOf({ hash }).policy).toBe(POLICY);
  });

  it('is not over a weak hash of it, nor signed with one', () => {
    const malformed = 'timestamp 1 is malformed, or was not granted';
    refuse(malformed, { hash: 'sha1' });
    refuse(malformed, { digest: 'sha1' });
  });

  it('is refused as malformed, whatever is wrong with its form', () => {
    const malformed = failure(CODE, 'timestamp 1 is malformed, or was not granted');
    for (const bad of [Buffer.alloc(0), Buffer.from('nonsense'), sequence(), tsa.leaf.der]) {
      expect(() => verify([bad])).toThrow(malformed);
      const hint = 'the bundle was changed, or was never good: ask its signer for another';
      expect(() => verify([bad])).toThrow(expect.objectContaining({ hint }));
    }
    for (const options of [
      { status: 2 },
      { tokenless: true },
      { genTime: 'now' },
      { optional: [sequence(der(0x02, Buffer.of(0xff)))] },
      { optional: [der(0xa1, sequence(oid('1.2.3'), der(0x01, Buffer.of(0xff)), der(0x04)))] },
      { signers: 2 },
      { signers: 0 },
      { contentType: '1.2.840.113549.1.7.1' },
    ] satisfies readonly TimestampOptions[]) {
      expect(() => verify([timestamp(tsa, signature, options)])).toThrow(malformed);
    }
  });

  it('is signed by its authority', () => {
    const other = 'timestamp 1 is not signed by its authority: expected a signature by "CN=Example';
    refuse(other, { signedWith: makeKey('P-384') });
    refuse(other, { signedWith: makeKey('RSA-2048') });
    refuse(other, { signedWith: tsa.root.privateKey });
    refuse(other, { algorithm: sequence(oid('1.2.3')) });
  });

  it('is refused, and no accident, where it names an algorithm or a certificate badly', () => {
    refuse('timestamp 1', { algorithm: sequence(integer(1)) });
    for (const value of [sequence(), sequence(sequence()), integer(1)]) {
      const attributes = (right: readonly Buffer[]): readonly Buffer[] => [
        ...right.slice(0, 2),
        attribute(SIGNING_CERTIFICATE_V2, value),
      ];
      refuse('timestamp 1', { attributes });
    }
  });

  it('is refused, and no accident, where its certificate has a key that nobody knows', () => {
    const odd = withUnknownKey();
    expect(() => parsed(odd).x509.publicKey).toThrow();
    refuse('timestamp 1', { namedCertificate: odd, embedded: [odd.der] });
  });
});

describe('the certificate of a timestamp', () => {
  it('is in it, or is given by the verifier', () => {
    const without = { certificates: false };
    refuse('the certificate of timestamp 1 is missing', without);
    refuse('the certificate of timestamp 1 is missing', { embedded: [tsa.root.der] });
    expect(stampOf(without, tsa, [tsa.leaf]).anchor.subject).toBe('CN=Example TSA');
    expect(stampOf(without, tsa, [tsa.root, tsa.leaf]).authority.subject).toBe('CN=Example TSA');
  });

  it('is the one that is named, whatever else is there', () => {
    const colleague = makeTsa('Example TSA', { leaf: { issuer: tsa.root } });
    const both = [colleague.leaf.der, tsa.leaf.der];
    expect(stampOf({ embedded: both }).authority.fingerprint).toBe(parsed(tsa.leaf).fingerprint);
    refuse('timestamp 1 is not signed by its authority', {
      namedCertificate: colleague.leaf,
      embedded: both,
    });
    refuse('the certificate of timestamp 1 is missing', { namedCertificate: colleague.leaf });
  });

  it('is named at all', () => {
    refuse('the certificate of timestamp 1 is missing', {
      attributes: (right) => right.slice(0, 2),
    });
  });

  it('is a certificate, as are all in a timestamp', () => {
    for (const bad of [sequence(), integer(5), Buffer.concat([der(0xa1, tsa.leaf.der)])]) {
      for (const embedded of [[tsa.leaf.der, bad], [bad, tsa.leaf.der], [bad]]) {
        refuse(/a certificate of timestamp 1/, { embedded });
      }
    }
  });

  it('leads to a certificate that the verifier named', () => {
    const unconnected = `timestamp 1: the certificate of its authority ${UNCONNECTED}`;
    refuse(unconnected, {}, stranger, [tsa.root]);
    refuse(unconnected, { embedded: [stranger.leaf.der, stranger.root.der] }, stranger, [tsa.root]);
    const impostor = makeTsa('Example TSA');
    refuse(unconnected, {}, impostor, [tsa.root]);
    refuse(unconnected, { embedded: [impostor.leaf.der, tsa.leaf.der] }, impostor, [tsa.root]);
    expect(() => stampOf({}, stranger, [tsa.root])).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('--tsa-certificate-chain') }),
    );
  });

  it('does not get another for a hint, where it is known and no good', () => {
    const past = makeTsa('Past', { leaf: { notAfter: after(SIGNED_AT, -1) } });
    const forAll = makeTsa('Any', { leaf: { criticalExtendedKeyUsage: false } });
    for (const own of [past, forAll]) {
      expect(() => stampOf({}, own)).toThrow(
        expect.objectContaining({ code: CODE, hint: undefined, found: expect.any(String) }),
      );
    }
  });

  it('is not trusted for being the only one', () => {
    expect(() => verify([timestamp(tsa, signature)], [])).toThrow(failure(CODE, UNCONNECTED));
  });

  it('leads there through certificates of the timestamp, or of the verifier', () => {
    const root = issue({ subject: 'Root', ...CA, ...ERA });
    const middle = issue({ subject: 'Middle', issuer: root, ...CA, ...ERA });
    const lower = issue({ subject: 'Lower', issuer: middle, ...CA, ...ERA });
    const own = makeTsa('Deep', { leaf: { issuer: lower } });
    const embedded = [lower.der, own.leaf.der, middle.der];
    expect(stampOf({ embedded }, own, [root]).anchor.subject).toBe('CN=Root');
    expect(stampOf({ embedded }, own, [middle]).anchor.subject).toBe('CN=Middle');
    expect(stampOf({ embedded }, own, [own.leaf]).anchor.subject).toBe('CN=Deep');
    expect(stampOf({}, own, [root, middle, lower]).anchor.subject).toBe('CN=Lower');
    refuse(UNCONNECTED, {}, own, [root]);
    refuse(UNCONNECTED, { embedded: [own.leaf.der, lower.der] }, own, [root]);
    const noCa = issue({ subject: 'Lower', issuer: middle, ...CA, ca: false, ...ERA });
    const bad = makeTsa('Deep', { leaf: { issuer: noCa } });
    refuse('expected a CA certificate', { embedded: [bad.leaf.der, noCa.der, middle.der] }, bad, [
      root,
    ]);
  });

  it.each<[string, Partial<IssueOptions>, string]>([
    ['code', { extendedKeyUsage: ['1.3.6.1.5.5.7.3.3'] }, 'only 1.3.6.1.5.5.7.3.3'],
    ['servers', { extendedKeyUsage: [SERVER_AUTH] }, `only ${SERVER_AUTH}`],
    ['nothing', { extendedKeyUsage: [] }, 'only none'],
    ['anything', { extendedKeyUsage: ['2.5.29.37.0'] }, 'only 2.5.29.37.0'],
    [
      'more',
      { extendedKeyUsage: [TIME_STAMPING, SERVER_AUTH] },
      `${TIME_STAMPING} (timeStamping), ${SERVER_AUTH} (serverAuth)`,
    ],
    ['it twice', { extendedKeyUsage: [TIME_STAMPING, TIME_STAMPING] }, TIME_STAMPING],
    ['it, not critically', { criticalExtendedKeyUsage: false }, 'not critical'],
    ['unsaid uses', { extendedKeyUsage: undefined }, 'only none, not critical'],
  ])('is for timestamps alone, and says so critically; not for %s', (_, leaf, found) => {
    const own = makeTsa('Odd', { leaf });
    const summary = 'timestamp 1: the certificate "CN=Odd" may not be used for this';
    const expected = 'expected the extended key usage timeStamping alone, marked critical';
    refuse(`${summary}: ${expected}`, {}, own);
    refuse(found, {}, own);
    // Whom to trust is not what is wrong.
    expect(() => stampOf({}, own)).toThrow(expect.objectContaining({ hint: undefined }));
    refuse(summary, {}, own, [own.leaf]);
  });

  it('is for signatures', () => {
    const own = makeTsa('Odd', { leaf: { keyUsage: ['keyEncipherment'] } });
    refuse('expected the key usage digitalSignature', {}, own);
    expect(stampOf({}, makeTsa('Odd', { leaf: { keyUsage: undefined } })).policy).toBe(POLICY);
  });

  it('is not a certificate for code, of whose name it is', () => {
    const signer = issue({ subject: 'Signer', issuer: tsa.root, ...SIGNER, ...ERA });
    refuse('timeStamping alone', {}, { ...tsa, leaf: signer });
  });

  it('has issuers that may issue such ones', () => {
    const issuer = (differences: Partial<IssueOptions>): Tsa =>
      makeTsa('TSA', { root: differences });
    refuse('expected a CA certificate', {}, issuer({ ca: false }));
    refuse('expected the key usage keyCertSign', {}, issuer({ keyUsage: ['cRLSign'] }));
    const codeOnly = issuer({ extendedKeyUsage: ['1.3.6.1.5.5.7.3.3'] });
    refuse('expected the extended key usage timeStamping, or none', {}, codeOnly);
    for (const usage of [TIME_STAMPING, '2.5.29.37.0']) {
      expect(stampOf({}, issuer({ extendedKeyUsage: [usage] })).policy).toBe(POLICY);
    }
  });

  it.each<[string, Partial<IssueOptions>, TimestampOptions]>([
    ['P-256', { key: 'P-256' }, {}],
    ['P-384 with SHA-384', { key: 'P-384' }, { digest: 'sha384' }],
    ['P-521 with SHA-512', { key: 'P-521' }, { digest: 'sha512', hash: 'sha512' }],
    ['RSA', { key: 'RSA-2048' }, {}],
    ['RSA with SHA-512', { key: 'RSA-3072' }, { digest: 'sha512' }],
    ['RSASSA-PSS', { key: 'RSA-2048' }, { pss: true }],
  ])('may have a key of any usual kind: %s', (_, leaf, options) => {
    expect(stampOf(options, makeTsa('TSA', { leaf })).authority.subject).toBe('CN=TSA');
    const root = { key: 'RSA-2048', hash: 'sha256', pss: options.pss === true } as const;
    const differences = { root, leaf: { ...leaf, hash: 'sha256', pss: root.pss } } as const;
    expect(stampOf(options, makeTsa('TSA', differences)).authority.subject).toBe('CN=TSA');
  });

  it.each(['RSA-1024', 'secp256k1'] as const)('has no weak or unusual key: %s', (key) => {
    refuse('expected RSA with at least 2048 bits', {}, makeTsa('TSA', { leaf: { key } }));
  });

  it('is not signed with a weak hash', () => {
    refuse('SHA-256 or better', {}, makeTsa('TSA', { leaf: { hash: 'sha1' } }));
  });

  it('may not be valid for ever, but is at the time that it says', () => {
    const time = after(SIGNED_AT, 60);
    const own = (leaf: Partial<IssueOptions>): Tsa => makeTsa('Short', { leaf });
    expect(stampOf({ time }, own({ notAfter: time })).at).toEqual(time);
    expect(stampOf({ time }, own({ notBefore: time })).at).toEqual(time);
    refuse(
      'timestamp 1: the certificate "CN=Short" expired',
      { time },
      own({
        notAfter: after(time, -1),
      }),
    );
    refuse('"CN=Short" is not valid yet', { time }, own({ notBefore: after(time, 1) }));
    const root = (differences: Partial<IssueOptions>): Tsa =>
      makeTsa('Short', { root: differences });
    refuse('"CN=Short Root" expired', { time }, root({ notAfter: after(time, -1) }));
    refuse('"CN=Short Root" is not valid yet', { time }, root({ notBefore: after(time, 1) }));
  });

  it('is valid at both ends of what the accuracy leaves open', () => {
    const time = after(SIGNED_AT, 60);
    const own = (leaf: Partial<IssueOptions>): Tsa => makeTsa('Short', { leaf });
    const stamp = { time, accuracy: 5 };
    expect(stampOf(stamp, own({ notAfter: after(time, 5) })).accuracy).toBe(5000);
    refuse('"CN=Short" expired', stamp, own({ notAfter: after(time, 4) }));
    expect(stampOf(stamp, own({ notBefore: after(time, -5) })).accuracy).toBe(5000);
    refuse('"CN=Short" is not valid yet', stamp, own({ notBefore: after(time, -4) }));
  });

  it('is valid for the last microsecond that the accuracy leaves open', () => {
    const time = after(SIGNED_AT, 60);
    const own = (leaf: Partial<IssueOptions>): Tsa => makeTsa('Short', { leaf });
    const stamp = { time, optional: [sequence(der(0x81, Buffer.of(1)))] };
    refuse('"CN=Short" expired', stamp, own({ notAfter: time }));
    refuse('"CN=Short" is not valid yet', stamp, own({ notBefore: time }));
    const validity = { notBefore: after(time, -1), notAfter: after(time, 1) };
    expect(stampOf(stamp, own(validity)).accuracy).toBe(0.001);
  });

  it('is not valid for as long as a huge accuracy says', () => {
    const optional = [sequence(der(0x02, Buffer.of(0x7f, 0xff, 0xff, 0xff)))];
    refuse('"CN=Example TSA" is not valid yet', { optional });
  });
});

describe('several timestamps', () => {
  const at = (seconds: number): Date => after(SIGNED_AT, seconds);
  const stamp = (seconds: number, own = tsa): Buffer =>
    timestamp(own, signature, { time: at(seconds) });

  it('come back with the earliest first', () => {
    const stamps = verify([stamp(30), stamp(10), stamp(20)]);
    expect(stamps.map((one) => one.at)).toEqual([at(10), at(20), at(30)]);
    expect(verify([])).toEqual([]);
  });

  it('may be by several authorities', () => {
    const stamps = verify([stamp(30), stamp(10, stranger)], [tsa.root, stranger.root]);
    expect(stamps.map(({ authority }) => authority.subject)).toEqual([
      'CN=Stranger',
      'CN=Example TSA',
    ]);
    expect(stamps.map(({ anchor }) => anchor.subject)).toEqual([
      'CN=Stranger Root',
      'CN=Example TSA Root',
    ]);
  });

  it('are all good, or none counts', () => {
    for (const [tokens, number] of [
      [[stamp(10, stranger), stamp(20), stamp(30)], 1],
      [[stamp(10), stamp(20, stranger), stamp(30)], 2],
      [[stamp(10), stamp(20), timestamp(tsa, Buffer.from('other'))], 3],
    ] as const) {
      expect(() => verify(tokens)).toThrow(failure(CODE, `timestamp ${number}`));
    }
  });

  it('have each its own certificates', () => {
    const bare = timestamp(tsa, signature, { certificates: false });
    expect(() => verify([stamp(10), bare])).toThrow(
      failure(CODE, 'the certificate of timestamp 2 is missing'),
    );
  });

  it('have no numbers and names that take long to read', () => {
    const malformed = 'timestamp 1 is malformed, or was not granted';
    expect(stampOf({ nonce: Buffer.alloc(64, 0x41) }).policy).toBe(POLICY);
    refuse(malformed, { nonce: Buffer.alloc(65, 0x41) });
    const long = der(0x06, Buffer.alloc(13_000, 0x81), Buffer.of(1));
    refuse(malformed, {
      attributes: (right) => [...right, sequence(long, der(0x31, integer(1)))],
    });
  });
});

const tsaRoot = 'CN=Example TSA Root';

function imprint(digest: Buffer): Buffer {
  return sequence(sequence(oid('2.16.840.1.101.3.4.2.1')), der(0x04, digest));
}

/** A certificate with another key, of an algorithm that nobody knows. Its signature is wrong then. */
function withUnknownKey(): Issued {
  const own = issue({ subject: 'Odd', ...AUTHORITY, ...ERA });
  const algorithm = oid('1.2.840.10045.2.1');
  const at = own.der.lastIndexOf(algorithm);
  const bytes = Buffer.from(own.der);
  oid('1.2.840.10045.2.9').copy(bytes, at);
  return { ...own, der: bytes };
}
