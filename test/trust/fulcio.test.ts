import { describe, expect, it } from 'vitest';
import { parseCertificate } from '../../src/trust/certificate.ts';
import { CLAIMS, type FulcioIdentity, readFulcioIdentity } from '../../src/trust/fulcio.ts';
import { der, oid, sequence } from '../helpers/pki.ts';
import {
  FULCIO,
  IDENTITY,
  ISSUER,
  issueLeaf,
  type LeafOptions,
  makeAuthority,
  type Name,
} from '../helpers/sigstore/authority.ts';
import { failure } from './helpers.ts';

const authority = makeAuthority();

function read(options: LeafOptions = {}): FulcioIdentity {
  return readFulcioIdentity(parseCertificate(issueLeaf(authority, options).der, 'it'));
}

const refused = (what: string | RegExp): unknown => failure('IDENTITY_MISMATCH', what);

const utf8 = (text: string | Buffer): Buffer => der(0x0c, Buffer.from(text));

/** `OtherName` (RFC 5280 §4.2.1.6) of these members. */
const otherName = (...members: readonly Buffer[]): Name => ({ raw: der(0xa0, ...members) });

const TYPE = oid(`${FULCIO}.7`);

describe('the name in a certificate of Fulcio', () => {
  it.each<[string, Name, object]>([
    ['an address', { email: IDENTITY }, { kind: 'email', value: IDENTITY }],
    ['a URI', { uri: 'https://a/b@c' }, { kind: 'uri', value: 'https://a/b@c' }],
    ['a user', { otherName: 'user!é' }, { kind: 'username', value: 'user!é' }],
    ['a host', { dns: 'a.example' }, { kind: 'dns', value: 'a.example' }],
  ])('may be %s', (_, name, value) => {
    expect(read({ names: [name] })).toEqual({ name: value, issuer: ISSUER, claims: {} });
  });

  it.each<[string, readonly Name[], string]>([
    ['none', [], 'expected one name, found none'],
    ['two', [{ email: 'a@b' }, { email: 'a@b' }], 'expected one name, found 2'],
    ['an empty address', [{ email: '' }], 'expected a name, found an empty one'],
    ['an empty URI', [{ uri: '' }], 'expected a name, found an empty one'],
    ['an empty user', [{ otherName: '' }], 'expected a name, found an empty one'],
    ['a directory name', [{ raw: der(0xa4, sequence()) }], 'found another kind'],
    ['an IP address', [{ raw: der(0x87, Buffer.alloc(4)) }], 'found another kind'],
    ['an address of another class', [{ raw: der(0x41, Buffer.from('a@b')) }], 'found another kind'],
  ])('must not be %s', (_, names, says) => {
    expect(() => read({ names })).toThrow(refused(says));
  });

  it('must be there, and in a form that it can have', () => {
    const leaf = parseCertificate(issueLeaf(authority, {}).der, 'it');
    const withNames = (names: Buffer): FulcioIdentity =>
      readFulcioIdentity({
        ...leaf,
        extensions: new Map([...leaf.extensions, ['2.5.29.17', names]]),
      });
    expect(() => withNames(sequence())).toThrow(refused('expected one name, found 0'));
    expect(() => withNames(Buffer.of(1))).toThrow(
      refused('the subject alternative name in the certificate is malformed'),
    );
  });

  it.each([0x00, 0x09, 0x0a, 0x1f, 0x7f, 0x80, 0xe9, 0xff])(
    'must not have the byte %i in an address, a URI or a host',
    (byte) => {
      const text = Buffer.concat([Buffer.from('a'), Buffer.of(byte), Buffer.from('b')]);
      for (const tag of [0x81, 0x82, 0x86]) {
        expect(() => read({ names: [{ raw: der(tag, text) }] })).toThrow(refused('malformed'));
      }
    },
  );

  it.each([0x20, 0x21, 0x7e])('may have the byte %i there', (byte) => {
    const text = Buffer.of(0x61, byte, 0x62);
    expect(read({ names: [{ raw: der(0x81, text) }] }).name.value).toBe(text.toString());
  });

  it.each<[string, Name]>([
    ['of another type', { otherName: 'a', type: '1.3.6.1.4.1.311.20.2.3' }],
    ['without a type', otherName(der(0xa0, utf8('a')))],
    ['without a value', otherName(TYPE)],
    ['with an empty value', otherName(TYPE, der(0xa0))],
    ['with a value of another tag', otherName(TYPE, der(0xa1, utf8('a')))],
    ['with a bare value', otherName(TYPE, utf8('a'))],
    ['with two values', otherName(TYPE, der(0xa0, utf8('a'), utf8('b')))],
    ['with more behind it', otherName(TYPE, der(0xa0, utf8('a')), der(0xa0, utf8('b')))],
    ['in another string type', otherName(TYPE, der(0xa0, der(0x16, Buffer.from('a'))))],
    ['in no string type', otherName(TYPE, der(0xa0, der(0x04, Buffer.from('a'))))],
    ['that is not UTF-8', otherName(TYPE, der(0xa0, utf8(Buffer.of(0x61, 0xff))))],
    ['in overlong UTF-8', otherName(TYPE, der(0xa0, utf8(Buffer.of(0xc1, 0xa1))))],
  ])('must not be a user %s', (_, name) => {
    expect(() => read({ names: [name] })).toThrow(
      refused('the subject alternative name in the certificate is malformed'),
    );
  });

  it('is read as it is: a mark at its start is part of it', () => {
    const { name } = read({ names: [{ otherName: '\ufeffuser' }] });
    expect(name.value).toBe('\ufeffuser');
  });
});

describe('the issuer in a certificate of Fulcio', () => {
  it('may stand in either form, or in both', () => {
    for (const leaf of [{}, { oldIssuer: null }, { newIssuer: null }]) {
      expect(read(leaf).issuer).toBe(ISSUER);
    }
  });

  it.each<[string, LeafOptions]>([
    ['in neither form', { oldIssuer: null, newIssuer: null }],
    ['as an empty text', { oldIssuer: '', newIssuer: '' }],
    ['as an empty text in the older form', { oldIssuer: '', newIssuer: null }],
    ['as an empty text in the newer form', { oldIssuer: null, newIssuer: '' }],
    ['in both forms, one of them empty', { oldIssuer: ISSUER, newIssuer: '' }],
  ])('must not stand there %s', (_, leaf) => {
    expect(() => read(leaf)).toThrow(refused('expected an issuer, found none'));
  });

  it('must be the same in both forms', () => {
    for (const other of [`${ISSUER}/`, ISSUER.toUpperCase(), 'https://evil.example', '']) {
      expect(() => read({ oldIssuer: other })).toThrow(refused('expected one issuer, found'));
    }
    expect(() => read({ newIssuer: `${ISSUER}/` })).toThrow(refused('expected one issuer, found'));
  });

  it.each<[string, LeafOptions]>([
    ['newer form as the older one', { newIssuer: Buffer.from(ISSUER) }],
    ['newer form in another string type', { newIssuer: der(0x16, Buffer.from(ISSUER)) }],
    ['newer form with more behind it', { newIssuer: Buffer.concat([utf8(ISSUER), utf8('x')]) }],
    ['newer form in a list', { newIssuer: sequence(utf8(ISSUER)) }],
    ['newer form in no UTF-8', { newIssuer: utf8(Buffer.of(0x61, 0xff)) }],
    ['newer form of a constructed string', { newIssuer: der(0x2c, utf8(ISSUER)) }],
  ])('must not have its %s', (_, leaf) => {
    expect(() => read(leaf)).toThrow(refused('the issuer in the certificate is malformed'));
  });
});

describe('the claims in a certificate of Fulcio', () => {
  /** By Fulcio's extension table. */
  const NUMBERS: Readonly<Record<string, number>> = {
    'build-signer-uri': 9,
    'build-signer-digest': 10,
    'runner-environment': 11,
    'source-repository-uri': 12,
    'source-repository-digest': 13,
    'source-repository-ref': 14,
    'source-repository-identifier': 15,
    'source-repository-owner-uri': 16,
    'source-repository-owner-identifier': 17,
    'build-config-uri': 18,
    'build-config-digest': 19,
    'build-trigger': 20,
    'run-invocation-uri': 21,
    'source-repository-visibility-at-signing': 22,
    'deployment-environment': 23,
    'token-subject': 24,
  };
  const OLD: Readonly<Record<string, number>> = {
    'github-workflow-trigger': 2,
    'github-workflow-sha': 3,
    'github-workflow-name': 4,
    'github-workflow-repository': 5,
    'github-workflow-ref': 6,
  };

  it('are those of the table', () => {
    expect([...CLAIMS].toSorted()).toEqual(Object.keys({ ...NUMBERS, ...OLD }).toSorted());
  });

  it.each(Object.entries(NUMBERS))('%s has the number %i', (name, number) => {
    expect(read({ claims: { [number]: 'a value' } }).claims).toEqual({ [name]: 'a value' });
  });

  it.each(Object.entries(OLD))('%s has the number %i, and is bare text', (name, number) => {
    const claims = { [number]: Buffer.from('a välue') };
    expect(read({ claims }).claims).toEqual({ [name]: 'a välue' });
  });

  it('are all read, and others passed over', () => {
    const claims = { 12: 'a', 20: 'b', 99: 'c' };
    expect(read({ claims }).claims).toEqual({ 'source-repository-uri': 'a', 'build-trigger': 'b' });
  });

  it('must be well-formed, each one', () => {
    const forms = [
      Buffer.from('push'),
      der(0x16, Buffer.from('push')),
      Buffer.concat([utf8('push'), utf8('x')]),
      utf8(Buffer.of(0xff)),
      Buffer.alloc(0),
    ];
    for (const form of forms) {
      expect(() => read({ claims: { 12: 'a', 20: form } })).toThrow(
        refused('build-trigger in the certificate is malformed'),
      );
    }
    expect(() => read({ claims: { 2: Buffer.of(0xff) } })).toThrow(
      refused('github-workflow-trigger in the certificate is malformed'),
    );
  });
});
