import { createHash, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readToken, type TimestampToken } from '../../src/trust/timestamp-token.ts';
import {
  der,
  extension,
  HASHES,
  integer,
  makeKey,
  nameOf,
  oid,
  sequence,
  signatureAlgorithm,
} from '../helpers/pki.ts';
import { contentOf } from '../helpers/sigstore/der.ts';
import {
  attribute,
  makeTsa,
  POLICY,
  SIGNING_CERTIFICATE_V2,
  type TimestampOptions,
  timestamp,
} from '../helpers/sigstore/tsa.ts';

const tsa = makeTsa();
const key = createPublicKey(tsa.leaf.privateKey);
const data = Buffer.from('a signature');
const OTHER_OID = '1.2.840.113549.1.7.1';
const SIGNING_CERTIFICATE = '1.2.840.113549.1.9.16.2.12';

function read(options: TimestampOptions = {}): TimestampToken {
  return readToken(timestamp(tsa, data, options));
}

function digestOf(algorithm: string, bytes: Uint8Array = data): Buffer {
  return createHash(algorithm).update(bytes).digest();
}

describe('a timestamp token', () => {
  it('says what was stamped, when, under which policy and for which request', () => {
    const token = read({ time: new Date('2025-11-03T12:00:01Z') });
    expect(token.time.toISOString()).toBe('2025-11-03T12:00:01.000Z');
    expect(token.accuracy).toBe(0);
    expect(token.imprint).toEqual({ algorithm: 'sha256', digest: digestOf('sha256') });
    expect(token.policy).toBe(POLICY);
    expect(token.nonce).toBe(990_001n);
    expect(token.certificates.map((one) => Buffer.from(one))).toEqual([tsa.leaf.der]);
    expect(token.names(tsa.leaf.der)).toBe(true);
    expect(token.names(tsa.root.der)).toBe(false);
    expect(token.isSignedBy(key)).toBe(true);
  });

  it.each([0, 1])('counts when it was granted: status %i', (status) => {
    expect(read({ status }).policy).toBe(POLICY);
  });

  it.each([2, 3, 4, 5, 6, 255, 256])('does not count when it was not: status %i', (status) => {
    expect(() => read({ status })).toThrow('it was not granted');
  });

  it.each([
    ['0780', 'badAlg'],
    ['0224', 'badRequest, badDataFormat'],
    ['00000380', 'timeNotAvailable, unacceptedPolicy, unacceptedExtension'],
    ['0600004040', 'addInfoNotAvailable, systemFailure'],
    ['000001', 'unacceptedPolicy'],
    ['0600000040', 'systemFailure'],
    ['05a0', 'badAlg, badRequest'],
  ])('that was not granted says why: bits %s', (bits, why) => {
    const failure = Buffer.from(bits, 'hex');
    expect(() => read({ status: 2, failure, tokenless: true })).toThrow(
      `it was not granted (${why})`,
    );
  });

  it.each(['07', '', '0640'])('says nothing of bits that mean nothing: %s', (bits) => {
    const failure = Buffer.from(bits, 'hex');
    expect(() => read({ status: 2, failure, tokenless: true })).toThrow(/granted$/);
  });

  it('must be there', () => {
    expect(() => read({ tokenless: true })).toThrow('a member is missing');
    for (const empty of [Buffer.alloc(0), sequence(), sequence(sequence()), integer(0)]) {
      expect(() => readToken(empty)).toThrow();
    }
  });

  it('must be all there is', () => {
    const right = timestamp(tsa, data);
    expect(() => readToken(Buffer.concat([right, Buffer.of(0)]))).toThrow();
    for (let length = 0; length < right.length; length += 7) {
      expect(() => readToken(right.subarray(0, length)), `${length} bytes`).toThrow();
    }
  });

  it('must be signed data', () => {
    const right = timestamp(tsa, data);
    const [start] = contentOf(right, [1, 0]);
    const other = Buffer.from(right);
    other.writeUInt8(5, contentOf(right, [1, 0])[1] - 1);
    expect(other.subarray(start).equals(right.subarray(start))).toBe(false);
    expect(() => readToken(other)).toThrow('it is not signed');
  });

  it('must be a timestamp by what stands outside and by what is signed', () => {
    const type = 'it is of another type';
    expect(() => read({ contentType: OTHER_OID })).toThrow(type);
    expect(() => read({ contentTypeAttribute: OTHER_OID })).toThrow(type);
    expect(() => read({ contentType: OTHER_OID, contentTypeAttribute: OTHER_OID })).toThrow(type);
    expect(() => read({ attributes: ([, ...rest]) => rest })).toThrow(type);
  });

  it.each([0, 2, 3])('has one signer, and not %i', (signers) => {
    expect(() => read({ signers })).toThrow('it has not one signer');
  });
});

describe('what is signed in a token', () => {
  const else_ = 'what is signed is something else';

  it('covers its content', () => {
    expect(() => read({ messageDigest: () => digestOf('sha256') })).toThrow(else_);
    expect(() => read({ messageDigest: (right) => right.subarray(1) })).toThrow(else_);
    expect(() => read({ messageDigest: () => Buffer.alloc(0) })).toThrow(else_);
    expect(() => read({ attributes: ([type = data, , id = data]) => [type, id] })).toThrow(else_);
  });

  it('covers its content with the hash that is named', () => {
    const messageDigest = (): Buffer => Buffer.alloc(48);
    expect(() => read({ digest: 'sha384', messageDigest })).toThrow(else_);
    for (const digest of ['sha384', 'sha512'] as const) {
      expect(read({ digest }).isSignedBy(key)).toBe(true);
    }
  });

  it('has each attribute once, with one value', () => {
    const malformed = 'a signed attribute is malformed';
    expect(() => read({ attributes: (right) => [...right, ...right.slice(0, 1)] })).toThrow(
      malformed,
    );
    const type = '1.2.840.113549.1.9.3';
    const right = oid('1.2.840.113549.1.9.16.1.4');
    for (const values of [[], [right, right], [right, oid(OTHER_OID)]]) {
      const attributes = ([, ...rest]: readonly Buffer[]): readonly Buffer[] => [
        attribute(type, ...values),
        ...rest,
      ];
      expect(() => read({ attributes }), `${values.length} values`).toThrow(malformed);
    }
    expect(() => read({ attributes: (all) => [...all, sequence()] })).toThrow(malformed);
    expect(() => read({ attributes: (all) => [...all, sequence(integer(1))] })).toThrow();
  });

  it('may have attributes that nobody knows', () => {
    const more = attribute('1.2.3.4', integer(5));
    expect(read({ attributes: (right) => [...right, more] }).isSignedBy(key)).toBe(true);
  });

  it.each(['imprint', 'content'] as const)('has no weak hash: %s', (where) => {
    const options = where === 'imprint' ? { hash: 'sha1' as const } : { digest: 'sha1' as const };
    expect(() => read(options)).toThrow('a hash is weaker than SHA-256');
  });

  it.each(['sha256', 'sha384', 'sha512'] as const)('may be an imprint with %s', (hash) => {
    expect(read({ hash }).imprint).toEqual({ algorithm: hash, digest: digestOf(hash) });
  });

  it('has no hash that has the name of a property of all objects', () => {
    const imprint = sequence(sequence(oid('1.2.3')), der(0x04, Buffer.alloc(32)));
    expect(() => read({ imprint })).toThrow('a hash is weaker than SHA-256');
  });
});

describe('the time of a token', () => {
  it.each([
    ['20251103120001Z', '2025-11-03T12:00:01.000Z'],
    ['20251103120001.5Z', '2025-11-03T12:00:01.500Z'],
    ['20251103120001.123Z', '2025-11-03T12:00:01.123Z'],
    ['20251103120001.123456789Z', '2025-11-03T12:00:01.123Z'],
    ['20240229000000Z', '2024-02-29T00:00:00.000Z'],
    ['20500101000000Z', '2050-01-01T00:00:00.000Z'],
    ['19700101000000Z', '1970-01-01T00:00:00.000Z'],
  ])('is read: %s', (genTime, time) => {
    expect(read({ genTime }).time.toISOString()).toBe(time);
  });

  it.each([
    '',
    'Z',
    '20251103120001',
    '20251103120001z',
    '20251103120001+0000',
    '20251103120001-0100',
    '202511031200Z',
    '2025110312Z',
    '20251103120001.Z',
    '20251103120001,5Z',
    '20251103120001.1234567890Z',
    '20251103120001.-1Z',
    '20251103120001Z ',
    ' 20251103120001Z',
    'x20251103120001Z',
    '20251103120001Z\n',
    '251103120001Z',
    '20250229120001Z',
    '20250431120001Z',
    '20251303120001Z',
    '20250003120001Z',
    '20250100120001Z',
    '20251132120001Z',
    '20251103240000Z',
    '20251103250000Z',
    '20251103126001Z',
    '20251103120060Z',
    '20251103120061Z',
    '2025110312000１Z',
    '-0251103120001Z',
  ])('is not: %j', (genTime) => {
    expect(() => read({ genTime })).toThrow('its time is malformed');
  });

  it('is a GeneralizedTime', () => {
    for (const timeTag of [0x17, 0x0c, 0x04, 0x13, 0x98]) {
      expect(() => read({ timeTag, genTime: '20251103120001Z' })).toThrow();
    }
  });
});

describe('the version of a token', () => {
  it('is the one that there is', () => {
    expect(read({ version: 1 }).nonce).toBe(990_001n);
    for (const version of [0, 2, 255]) {
      expect(() => read({ version })).toThrow('it is of no known version');
    }
  });
});

describe('the accuracy of a token', () => {
  const seconds = (content: Buffer): Buffer => der(0x02, content);
  const millis = (content: Buffer): Buffer => der(0x80, content);
  const micros = (content: Buffer): Buffer => der(0x81, content);
  const one = Buffer.of(1);

  it.each<[string, readonly Buffer[], number]>([
    ['a second', [seconds(one)], 1000],
    ['nothing', [], 0],
    ['a millisecond', [millis(one)], 1],
    ['500 microseconds', [micros(Buffer.of(1, 0xf4))], 0.5],
    ['all of them', [seconds(Buffer.of(60)), millis(Buffer.of(3, 0xe7)), micros(one)], 60_999.001],
    ['a number with a sign byte', [seconds(Buffer.of(0, 0xff))], 255_000],
    ['as many seconds as there may be', [seconds(Buffer.of(0x7f, 0xff, 0xff, 0xff))], 2147483647e3],
  ])('is read in milliseconds: %s', (_, parts, expected) => {
    expect(read({ optional: [sequence(...parts), integer(1)] }).accuracy).toBeCloseTo(expected, 6);
  });

  it.each<[string, Buffer]>([
    ['no digit', seconds(Buffer.alloc(0))],
    ['a negative number', seconds(Buffer.of(0xff))],
    ['a huge number', seconds(Buffer.of(0, 0xff, 0xff, 0xff, 0xff))],
    ['huge milliseconds', millis(Buffer.alloc(9, 1))],
    ['negative microseconds', micros(Buffer.of(0x80))],
  ])('is not read: %s', (_, part) => {
    expect(() => read({ optional: [sequence(part)] })).toThrow('its accuracy is malformed');
  });

  it.each<[string, readonly Buffer[]]>([
    ['two numbers of seconds', [seconds(Buffer.of(0)), seconds(one)]],
    ['milliseconds before seconds', [millis(one), seconds(one)]],
    ['microseconds before milliseconds', [micros(one), millis(one)]],
    ['milliseconds twice', [millis(Buffer.of(0)), millis(one)]],
    ['milliseconds that hold a number', [der(0xa0, seconds(one))]],
    ['a number that is text', [der(0x0c, one)]],
  ])('is not read past what is no part of it: %s', (_, parts) => {
    expect(() => read({ optional: [sequence(...parts)] })).toThrow('its accuracy is malformed');
  });

  it('is not taken from what stands in its place', () => {
    const ordering = der(0x01, Buffer.of(0xff));
    for (const optional of [[], [ordering], [integer(5)], [ordering, integer(5)]]) {
      expect(read({ optional }).accuracy).toBe(0);
    }
    for (const name of [der(0xa4, nameOf('x')), der(0x81, Buffer.from('a@b.example'))]) {
      expect(read({ optional: [der(0xa0, name)] }).accuracy).toBe(0);
    }
  });
});

describe('the policy of a token', () => {
  it.each(['0.0', '1.39.1', '2.39', '2.40.1', '2.47', '2.48', '2.999.3', '1.2.4294967296.16384'])(
    'is read: %s',
    (policy) => {
      const [first = '', second = '', ...rest] = policy.split('.');
      const joint = BigInt(first) * 40n + BigInt(second);
      const content = [joint, ...rest.map(BigInt)].flatMap((arc) => base128(arc));
      expect(read({ policy: der(0x06, Buffer.from(content)) }).policy).toBe(policy);
    },
  );

  it.each<[string, Buffer]>([
    ['nothing', der(0x06)],
    ['a number', integer(5)],
    ['half of one', der(0x06, Buffer.of(0x2a, 0x81))],
    ['one that is too long', der(0x06, Buffer.alloc(65, 0x2a))],
  ])('is not read: %s', (_, policy) => {
    expect(() => read({ policy })).toThrow();
  });

  it('may be as long as any', () => {
    expect(read({ policy: der(0x06, Buffer.alloc(64, 0x2a)) }).policy).toMatch(/^1\.2(\.42){63}$/);
  });
});

describe('what is optional in a token', () => {
  const tsaName = der(0xa0, der(0xa4, nameOf('x')));
  const ordering = der(0x01, Buffer.of(0xff));

  it('is found wherever it stands', () => {
    const token = read({ optional: [sequence(integer(2)), ordering, integer(7), tsaName] });
    expect(token).toMatchObject({ accuracy: 2000, nonce: 7n });
    expect(read({ optional: [] }).nonce).toBeUndefined();
    expect(read({ optional: [tsaName] }).nonce).toBeUndefined();
    expect(read({ nonce: Buffer.of(0x40, ...Buffer.alloc(7)) }).nonce).toBe(2n ** 62n);
    expect(read({ nonce: Buffer.of(0xff) }).nonce).toBe(-1n);
  });

  it.each<[string, readonly Buffer[]]>([
    ['an accuracy behind the ordering', [ordering, sequence(integer(9))]],
    ['an accuracy behind the nonce', [integer(7), sequence(integer(9))]],
    ['an accuracy that is a set', [der(0x31, integer(9))]],
    ['two accuracies', [sequence(integer(0)), sequence(integer(9))]],
    ['a nonce before the ordering', [integer(7), ordering]],
    ['two nonces', [integer(7), integer(8)]],
    ['a name before the nonce', [tsaName, integer(7)]],
    ['two lists of extensions', [der(0xa1), der(0xa1, extension('1.2.3.4', true, integer(1)))]],
    ['something unknown', [integer(7), der(0xa2)]],
  ])('is not passed over where it is not in its place: %s', (_, optional) => {
    expect(() => read({ optional })).toThrow('what is optional in it is malformed');
  });

  it('may have extensions, but none that must be understood', () => {
    const critical = extension('1.2.3.4', true, integer(1));
    const other = extension('1.2.3.5', false, integer(1));
    const said = sequence(oid('1.2.3.6'), der(0x01, Buffer.of(0)), der(0x04));
    expect(read({ optional: [integer(7), der(0xa1, other)] }).nonce).toBe(7n);
    expect(read({ optional: [der(0xa1, other, said)] }).nonce).toBeUndefined();
    for (const list of [[critical], [other, critical], [said, critical]]) {
      for (const before of [[], [integer(7)], [sequence(), ordering, integer(7), tsaName]]) {
        const optional = [...before, der(0xa1, ...list)];
        expect(() => read({ optional })).toThrow('a critical extension is not understood');
      }
    }
    const odd = sequence(oid('1.2.3.6'), der(0x01, Buffer.of(1)), der(0x04));
    expect(() => read({ optional: [der(0xa1, odd)] })).toThrow();
    // In a list within the list, a critical one would not be seen.
    expect(() => read({ optional: [der(0xa1, sequence(critical))] })).toThrow('not an OID');
    expect(() => read({ optional: [der(0xa1, sequence())] })).toThrow('a member is missing');
  });
});

describe('the certificates of a token', () => {
  it('may be none', () => {
    expect(read({ certificates: false }).certificates).toEqual([]);
    expect(read({ embedded: [] }).certificates).toEqual([]);
  });

  it('are as they were, in their order', () => {
    const { root, leaf } = tsa;
    const { certificates } = read({ embedded: [root.der, leaf.der] });
    expect(certificates.map((one) => Buffer.from(one))).toEqual([root.der, leaf.der]);
  });

  it('are not too many', () => {
    const embedded = (count: number): Buffer[] => Array<Buffer>(count).fill(tsa.leaf.der);
    expect(read({ embedded: embedded(16) }).certificates).toHaveLength(16);
    expect(() => read({ embedded: embedded(17) })).toThrow('it has too many certificates');
  });
});

describe('the certificate that a token names', () => {
  /** The attribute in place of the right one. */
  function named(...replacement: readonly Buffer[]): TimestampToken {
    return read({ attributes: (right) => [...right.slice(0, 2), ...replacement] });
  }

  /** `ESSCertIDv2` with the algorithm, if one is said. */
  function newer(hash: Buffer, algorithm?: Buffer): Buffer {
    return sequence(...(algorithm === undefined ? [] : [algorithm]), der(0x04, hash));
  }

  const ids = (...list: readonly Buffer[]): Buffer => sequence(sequence(...list));
  const v2 = (...list: readonly Buffer[]): Buffer =>
    attribute(SIGNING_CERTIFICATE_V2, ids(...list));
  const v1 = (...list: readonly Buffer[]): Buffer => attribute(SIGNING_CERTIFICATE, ids(...list));
  const right = (algorithm: string): Buffer => digestOf(algorithm, tsa.leaf.der);
  const wrong = (algorithm: string): Buffer => digestOf(algorithm, tsa.root.der);

  it('is named by its hash, in one of two ways', () => {
    expect(named(v2(newer(right('sha256')))).names(tsa.leaf.der)).toBe(true);
    expect(named(v1(newer(right('sha1')))).names(tsa.leaf.der)).toBe(true);
    expect(named(v2(newer(wrong('sha256')))).names(tsa.leaf.der)).toBe(false);
    expect(named(v1(newer(wrong('sha1')))).names(tsa.leaf.der)).toBe(false);
    expect(named().names(tsa.leaf.der)).toBe(false);
  });

  it('is the same one in both, if both are there', () => {
    const both = (one: Buffer, other: Buffer): boolean =>
      named(v1(newer(one)), v2(newer(other))).names(tsa.leaf.der);
    expect(both(right('sha1'), right('sha256'))).toBe(true);
    expect(both(right('sha1'), wrong('sha256'))).toBe(false);
    expect(both(wrong('sha1'), right('sha256'))).toBe(false);
  });

  it.each(['sha256', 'sha384', 'sha512'] as const)('may be named with %s', (algorithm) => {
    const said = sequence(oid(HASHES[algorithm]));
    expect(named(v2(newer(right(algorithm), said))).names(tsa.leaf.der)).toBe(true);
    expect(named(v2(newer(wrong(algorithm), said))).names(tsa.leaf.der)).toBe(false);
  });

  it('is not named with another hash than the one that is said', () => {
    const said = sequence(oid(HASHES.sha384));
    expect(named(v2(newer(right('sha256'), said))).names(tsa.leaf.der)).toBe(false);
    expect(named(v2(newer(right('sha1')))).names(tsa.leaf.der)).toBe(false);
    expect(named(v1(newer(right('sha256')))).names(tsa.leaf.der)).toBe(false);
    const weak = sequence(oid(HASHES.sha1));
    expect(named(v2(newer(right('sha1'), weak))).names(tsa.leaf.der)).toBe(false);
  });

  it('is the first of the list', () => {
    const [good, bad] = [newer(right('sha256')), newer(wrong('sha256'))];
    expect(named(v2(good, bad)).names(tsa.leaf.der)).toBe(true);
    expect(named(v2(bad, good)).names(tsa.leaf.der)).toBe(false);
  });

  it.each<[string, Buffer]>([
    ['an empty sequence', sequence()],
    ['an empty list', sequence(sequence())],
    ['an empty identifier', sequence(sequence(sequence()))],
    ['an algorithm without a hash', ids(sequence(sequence(oid(HASHES.sha256))))],
    ['an algorithm that is none', ids(sequence(sequence(integer(1)), der(0x04, right('sha256'))))],
    ['a number', integer(1)],
  ])('is nobody, and no accident, when it is named by %s', (_, value) => {
    expect(named(attribute(SIGNING_CERTIFICATE_V2, value)).names(tsa.leaf.der)).toBe(false);
    expect(named(attribute(SIGNING_CERTIFICATE, value)).names(tsa.leaf.der)).toBe(false);
  });
});

describe('the signature of a token', () => {
  it('may be of a signer who is told by a key identifier, or by anything', () => {
    for (const signerIdentifier of [der(0x80, Buffer.alloc(20, 7)), sequence(), integer(1)]) {
      const token = read({ signerIdentifier });
      expect(token.isSignedBy(key)).toBe(true);
      expect(token.names(tsa.leaf.der)).toBe(true);
    }
  });

  it('does not survive a change of any byte that is signed, or of its own', () => {
    const good = timestamp(tsa, data);
    const parts = [
      [1, 1, 0, -1, 0, 3],
      [1, 1, 0, -1, 0, 5],
      [1, 1, 0, 2, 1, 0],
    ] as const;
    const isGood = (bytes: Buffer): boolean => {
      try {
        return readToken(bytes).isSignedBy(key);
      } catch {
        return false;
      }
    };
    expect(isGood(good)).toBe(true);
    for (const path of parts) {
      const [start, end] = contentOf(good, path);
      for (let at = start; at < end; at++) {
        const bad = Buffer.from(good);
        bad.writeUInt8(bad.readUInt8(at) ^ 1, at);
        expect(isGood(bad), `byte ${at}`).toBe(false);
      }
    }
  });

  it.each([
    ['P-256', {}],
    ['P-256', { digest: 'sha512' }],
    ['P-384', { digest: 'sha384' }],
    ['P-521', { digest: 'sha512' }],
    ['RSA-2048', {}],
    ['RSA-3072', { digest: 'sha384' }],
    ['RSA-2048', { digest: 'sha512' }],
    ['RSA-2048', { pss: true }],
    ['RSA-2048', { pss: true, digest: 'sha384' }],
  ] as const)('may be by a key %s: %j', (kind, options) => {
    const authority = makeTsa('TSA', { leaf: { key: kind } });
    const token = readToken(timestamp(authority, data, options));
    expect(token.isSignedBy(createPublicKey(authority.leaf.privateKey))).toBe(true);
    for (const other of [key, createPublicKey(makeKey(kind))]) {
      expect(token.isSignedBy(other)).toBe(false);
    }
  });

  it.each([
    ['P-256', '1.2.840.10045.2.1'],
    ['RSA-2048', '1.2.840.113549.1.1.1'],
  ] as const)('may leave the hash to the digest algorithm: %s', (kind, name) => {
    const authority = makeTsa('TSA', { leaf: { key: kind } });
    for (const digest of ['sha256', 'sha384'] as const) {
      const token = readToken(
        timestamp(authority, data, { digest, algorithm: sequence(oid(name)) }),
      );
      expect(token.isSignedBy(createPublicKey(authority.leaf.privateKey))).toBe(true);
    }
  });

  it('is of the algorithm that is named', () => {
    const rsa = makeTsa('TSA', { leaf: { key: 'RSA-2048' } });
    const rsaKey = createPublicKey(rsa.leaf.privateKey);
    const plain = { algorithm: signatureAlgorithm(rsa.leaf.privateKey, 'sha256') };
    const pss = { algorithm: signatureAlgorithm(rsa.leaf.privateKey, 'sha256', true) };
    expect(readToken(timestamp(rsa, data, { ...plain })).isSignedBy(rsaKey)).toBe(true);
    expect(readToken(timestamp(rsa, data, { ...plain, pss: true })).isSignedBy(rsaKey)).toBe(false);
    expect(readToken(timestamp(rsa, data, { ...pss })).isSignedBy(rsaKey)).toBe(false);
    const sha384 = { algorithm: signatureAlgorithm(rsa.leaf.privateKey, 'sha384') };
    expect(readToken(timestamp(rsa, data, { ...sha384 })).isSignedBy(rsaKey)).toBe(false);
  });

  it.each<[string, Buffer]>([
    ['an unknown one', sequence(oid('1.2.3.4'))],
    ['ECDSA with SHA-1', sequence(oid('1.2.840.10045.4.1'))],
    ['RSA with SHA-1', sequence(oid('1.2.840.113549.1.1.5'))],
    ['none', sequence()],
    ['a number', sequence(integer(1))],
  ])('is nobody\u2019s, and no accident, with an algorithm that is no good: %s', (_, algorithm) => {
    expect(read({ algorithm }).isSignedBy(key)).toBe(false);
  });

  it('is no accident with a key of another kind', () => {
    for (const kind of ['Ed25519', 'secp256k1', 'RSA-2048'] as const) {
      expect(read().isSignedBy(createPublicKey(makeKey(kind)))).toBe(false);
    }
  });
});

function base128(arc: bigint): number[] {
  const digits = [Number(arc & 0x7fn)];
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) digits.unshift(Number(rest & 0x7fn) | 0x80);
  return digits;
}
