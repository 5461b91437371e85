import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { loadCertificates, parseCertificate } from '../../src/trust/certificate.ts';
import {
  chainOf,
  der,
  extension,
  type IssueOptions,
  integer,
  issue,
  makeKey,
  oid,
  parsed,
  pemOf,
  SIGNER,
  sequence,
} from '../helpers/pki.ts';
import { failure, refusal } from './helpers.ts';

const { root, intermediate, leaf } = chainOf();
const TRUE = der(0x01, Buffer.from([0xff]));
const BASIC_CONSTRAINTS = '2.5.29.19';
const KEY_USAGE = '2.5.29.15';

describe('a certificate', () => {
  it('is read with what decides about it', () => {
    const notBefore = new Date('2026-01-02T03:04:05Z');
    const notAfter = new Date('2051-01-02T03:04:05Z');
    const one = issue({
      subject: 'One',
      issuer: root,
      notBefore,
      notAfter,
      serial: 0xabcd,
      ca: true,
      pathLength: 3,
      keyUsage: ['digitalSignature', 'cRLSign'],
      extendedKeyUsage: ['1.3.6.1.5.5.7.3.3', '2.5.29.37.0'],
    });
    expect(parsed(one)).toMatchObject({
      subject: 'CN=One',
      issuer: 'CN=Test Root',
      serialNumber: 'ABCD',
      notBefore,
      notAfter,
      fingerprint: createHash('sha256').update(one.der).digest('hex'),
      isSelfIssued: false,
      signatureAlgorithm: { oid: '1.2.840.10045.4.3.2', pssHash: undefined },
      criticalExtensions: [BASIC_CONSTRAINTS, KEY_USAGE],
      hasNameConstraints: false,
      basicConstraints: { ca: true, pathLength: 3 },
      keyUsage: { digitalSignature: true, keyCertSign: false },
      extendedKeyUsage: ['1.3.6.1.5.5.7.3.3', '2.5.29.37.0'],
    });
  });

  it('without extensions has none of what they say', () => {
    expect(parsed(issue({ subject: 'Bare', keyIdentifiers: false }))).toMatchObject({
      isSelfIssued: true,
      criticalExtensions: [],
      basicConstraints: undefined,
      keyUsage: undefined,
      extendedKeyUsage: undefined,
    });
  });

  it('tells the hash of an RSASSA-PSS signature', () => {
    const key = makeKey('RSA-2048');
    const pssOid = '1.2.840.113549.1.1.10';
    expect(parsed(issue({ subject: 'P', key, pss: true })).signatureAlgorithm).toEqual({
      oid: pssOid,
      pssHash: '2.16.840.1.101.3.4.2.1',
    });
    expect(
      parsed(issue({ subject: 'P', key, pss: true, hash: 'sha1' })).signatureAlgorithm,
    ).toEqual({
      oid: pssOid,
      pssHash: undefined,
    });
  });

  it('keeps control characters in its names out of messages', () => {
    const nasty = issue({ subject: 'a\u001B[2Jb\nCN=Trusted', ...SIGNER });
    expect(parsed(nasty).subject).not.toContain('\n');
    expect(() => parseCertificate(Buffer.from('x'), 'certificate \u001B[2J')).toThrow(
      refusal('certificate \\x1b[2J is not'),
    );
  });
});

describe('what is not exactly one certificate in DER is refused:', () => {
  const flipped = Buffer.from(leaf.der);
  flipped[0] = 0x31;
  // The outermost length in five bytes where three are enough.
  const longLength = Buffer.concat([
    Buffer.from([0x30, 0x83, 0, ...leaf.der.subarray(2, 4)]),
    leaf.der.subarray(4),
  ]);
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('not a certificate')],
    ['the PEM text of one', Buffer.from(leaf.pem)],
    ['one with a byte behind it', Buffer.concat([leaf.der, Buffer.from([0])])],
    ['one with another behind it', Buffer.concat([leaf.der, root.der])],
    ['one with a byte before it', Buffer.concat([Buffer.from([0]), leaf.der])],
    ['one without its last byte', leaf.der.subarray(0, -1)],
    ['one with another tag', flipped],
    ['one with a length in more bytes than needed', longLength],
    ['an empty sequence', sequence()],
    ['a sequence of sequences', sequence(sequence(), sequence(), der(0x03, Buffer.from([0])))],
    ['deep nesting', Buffer.concat(Array.from({ length: 4000 }, () => Buffer.from([0x30, 0x80])))],
  ])('%s', (_, bytes) => {
    expect(() => parseCertificate(bytes, 'certificate 7')).toThrow(
      refusal('certificate 7 is not a well-formed certificate'),
    );
  });
});

function wrong(...extensions: Buffer[]): Partial<IssueOptions> {
  return { extensions };
}

function twice(one: Buffer): Buffer[] {
  return [one, one];
}

function constraints(...members: Buffer[]): Buffer {
  return extension(BASIC_CONSTRAINTS, true, sequence(...members));
}

function trailing(id: string, value: Buffer): Buffer {
  return extension(id, true, Buffer.concat([value, der(0x05)]));
}

function flagged(flag: Buffer): Buffer {
  return sequence(oid('1.2.3.4'), der(0x01, flag), der(0x04, sequence()));
}

describe('a malformed extension is refused:', () => {
  it.each([
    ['one that is there twice', wrong(...twice(extension('1.2.3.4', false, sequence())))],
    [
      'basic constraints twice, at first not those of a CA',
      { ca: false, ...wrong(extension(BASIC_CONSTRAINTS, true, sequence(TRUE))) },
    ],
    [
      'key usage twice, the second with every usage',
      {
        keyUsage: ['cRLSign'],
        ...wrong(extension(KEY_USAGE, true, Buffer.from([3, 2, 0, 0xff]))),
      },
    ],
    ['a CA flag that is a number', wrong(constraints(integer(1)))],
    ['a CA flag of another value than DER has', wrong(constraints(der(0x01, Buffer.from([1]))))],
    ['a negative path length', wrong(constraints(TRUE, der(0x02, Buffer.from([0xff]))))],
    ['a path length that is a flag', wrong(constraints(TRUE, TRUE))],
    ['a path length of five bytes', wrong(constraints(TRUE, der(0x02, Buffer.alloc(5, 1))))],
    [
      'an identifier of 65 bytes',
      wrong(extension('2.5.29.37', false, sequence(der(0x06, Buffer.alloc(65, 1))))),
    ],
    ['a third member of the basic constraints', wrong(constraints(TRUE, integer(1), integer(1)))],
    [
      'basic constraints with bytes behind them',
      wrong(trailing(BASIC_CONSTRAINTS, sequence(TRUE))),
    ],
    ['a key usage that is not a bit string', wrong(extension(KEY_USAGE, true, integer(0x80)))],
    ['a key usage with bytes behind it', wrong(trailing(KEY_USAGE, Buffer.from([3, 2, 7, 0x80])))],
    [
      'an extended key usage of text',
      wrong(extension('2.5.29.37', false, sequence(der(0x0c, Buffer.from('codeSigning'))))),
    ],
    ['a critical flag that is neither true nor false', wrong(flagged(Buffer.from([1])))],
    ['a value that is not an octet string', wrong(sequence(oid('1.2.3.4'), integer(1)))],
    ['a member too many', wrong(sequence(oid('1.2.3.4'), TRUE, TRUE, der(0x04, sequence())))],
    ['one without an identifier', wrong(sequence(der(0x04, sequence())))],
  ] satisfies [string, Partial<IssueOptions>][])('%s', (_, options) => {
    const certificate = issue({ subject: 'Malformed', ...options });
    expect(() => parsed(certificate)).toThrow(
      refusal('Malformed is not a well-formed certificate'),
    );
  });
});

describe('numbers in a certificate', () => {
  it('may be as long as their bounds', () => {
    const longest = der(0x06, Buffer.alloc(64, 1));
    const one = issue({
      subject: 'Long',
      extensions: [
        constraints(TRUE, der(0x02, Buffer.alloc(4, 1))),
        extension('2.5.29.37', false, sequence(longest)),
      ],
    });
    expect(parsed(one).basicConstraints).toEqual({ ca: true, pathLength: 0x01010101 });
    expect(parsed(one).extendedKeyUsage).toHaveLength(1);
  });
});

describe('a PEM text of certificates', () => {
  it('gives all of them in their order, from text or bytes', () => {
    const text = `leaf:\n${leaf.pem}\nroot:\r\n${root.pem.replaceAll('\n', '\r\n')}`;
    for (const source of [text, Buffer.from(text)]) {
      const found = loadCertificates(source, 'the file');
      expect(found.map(({ subject }) => subject)).toEqual(['CN=Test Signer', 'CN=Test Root']);
    }
  });

  it('may hold other blocks', () => {
    const key = leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    expect(loadCertificates(key + intermediate.pem, 'the file')).toHaveLength(1);
  });

  it.each([
    ['nothing', '', 'found no PEM block'],
    ['a key', pemOf('PUBLIC KEY', sequence()), 'found "PUBLIC KEY"'],
    ['DER', leaf.der, 'found no PEM block'],
    ['one cut off', leaf.pem.slice(0, -10), 'found no PEM block'],
  ])('cannot be used with %s', (_, source, found) => {
    expect(() => loadCertificates(source, 'the file')).toThrow(
      failure('KEY_UNUSABLE', new RegExp(`^the file cannot be used: .*"CERTIFICATE", ${found}`)),
    );
  });

  it('cannot be used when one of them is malformed, and which is said', () => {
    const bad = pemOf('CERTIFICATE', Buffer.concat([root.der, Buffer.from([0])]));
    expect(() => loadCertificates(leaf.pem + bad, 'the file')).toThrow(
      failure('KEY_UNUSABLE', 'certificate 2 of the file cannot be read'),
    );
  });
});
