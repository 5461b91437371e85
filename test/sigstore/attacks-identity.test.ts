import { describe, expect, it } from 'vitest';
import { der, nameOf } from '../helpers/pki.ts';
import { IDENTITY, type LeafOptions, type Name } from '../helpers/sigstore/authority.ts';
import { check, errorOf, expectRefusal, type PolicyParts, signed, withHighBit } from './helpers.ts';

const code = 'IDENTITY_MISMATCH';
const good = signed();
const WORKFLOW = 'https://github.com/example/model/.github/workflows/sign.yml@refs/heads/main';

/** A bundle whose certificate says something else about its owner. */
function refuseLeaf(leaf: LeafOptions, policy: PolicyParts = {}): void {
  expectRefusal({ good, bad: signed({ leaf }), code, badPolicy: policy });
}

/** The good bundle, where somebody else was asked for. */
function refusePolicy(badPolicy: PolicyParts): void {
  expectRefusal({ good, bad: good, code, badPolicy });
}

describe('the identity asked for', () => {
  it.each([
    'someone@example.com',
    'signer',
    '@example.com',
    'signer@example.co',
    'igner@example.com',
    'signer@example.com.evil.example',
    'Signer@example.com',
    'signer@EXAMPLE.COM',
    ' signer@example.com',
    'signer@example.com\n',
    'signer@example.com\0',
    'signér@example.com',
    '.*',
    'signer@example.com|x',
    'signer.example.com',
    '^signer@example\\.com$',
    '/signer@example.com/',
  ])('must be the signer, character by character, and not %j', (identity) => {
    refusePolicy({ identity });
  });

  it('is no pattern: a dot in it is a dot', () => {
    refuseLeaf({ names: [{ email: 'signer@exampleXcom' }] });
    const identity = 'a.c@example.com';
    const right = signed({ leaf: { names: [{ email: identity }] } });
    const bad = signed({ leaf: { names: [{ email: 'abc@example.com' }] } });
    expectRefusal({ good: right, bad, code, policy: { identity } });
  });

  it.each(['signer@example.com.evil.example', 'xsigner@example.com', 'signer@example.com@evil'])(
    'must be the whole of the name in the certificate, which is not %s',
    (email) => {
      refuseLeaf({ names: [{ email }] });
    },
  );

  it('must not be empty, nor be missing', () => {
    for (const empty of [{ identity: '' }, { issuer: '' }, { identityRegExp: '' }]) {
      expectRefusal({ good, bad: good, code: 'USAGE', badPolicy: empty });
    }
  });

  it('may be of each kind that Fulcio certifies', () => {
    const names: readonly (readonly [string, Name])[] = [
      [IDENTITY, { email: IDENTITY }],
      [WORKFLOW, { uri: WORKFLOW }],
      ['user!realm', { otherName: 'user!realm' }],
    ];
    for (const [identity, name] of names) {
      expect(check(signed({ leaf: { names: [name] } }), { identity })).toBeDefined();
    }
  });
});

describe('the name in a keyless certificate', () => {
  it.each<[string, Name]>([
    ['a host', { dns: IDENTITY }],
    ['a URI', { uri: IDENTITY }],
    ['a user name', { otherName: IDENTITY }],
    ['an other name of another type', { otherName: IDENTITY, type: '1.3.6.1.4.1.311.20.2.3' }],
    ['a registered id', { raw: der(0x88, Buffer.from(IDENTITY)) }],
    ['an IP address', { raw: der(0x87, Buffer.from(IDENTITY)) }],
    ['a directory name', { raw: der(0xa4, nameOf(IDENTITY)) }],
  ])('must not be %s, where an address is asked for', (_, name) => {
    refuseLeaf({ names: [name] });
  });

  it('must be of the kind that is asked for', () => {
    const right = signed({ leaf: { names: [{ uri: WORKFLOW }] } });
    for (const name of [{ email: WORKFLOW }, { otherName: WORKFLOW }, { dns: WORKFLOW }]) {
      const bad = signed({ leaf: { names: [name] } });
      expectRefusal({ good: right, bad, code, policy: { identity: WORKFLOW } });
    }
    const user = 'user!realm';
    const ofUser = signed({ leaf: { names: [{ otherName: user }] } });
    for (const name of [{ email: user }, { uri: user }, { dns: user }]) {
      const bad = signed({ leaf: { names: [name] } });
      expectRefusal({ good: ofUser, bad, code, policy: { identity: user } });
    }
  });

  it('must be there', () => {
    refuseLeaf({ names: [] });
  });

  it('must not be in the subject, which nobody checked', () => {
    refuseLeaf({ names: [], certificate: { nameless: false, subject: IDENTITY } });
    const certificate = { nameless: false, subject: IDENTITY };
    refuseLeaf({ names: [{ email: 'other@example.com' }], certificate });
  });

  it.each<[string, readonly Name[]]>([
    ['two addresses', [{ email: IDENTITY }, { email: 'other@example.com' }]],
    ['two addresses, the other first', [{ email: 'other@example.com' }, { email: IDENTITY }]],
    ['an address and a URI', [{ email: IDENTITY }, { uri: 'https://other.example' }]],
    ['a URI and an address', [{ uri: 'https://other.example' }, { email: IDENTITY }]],
    ['an address and a host', [{ email: IDENTITY }, { dns: 'other.example' }]],
    ['an address and an other name', [{ email: IDENTITY }, { otherName: 'other' }]],
    ['an other name and an address', [{ otherName: 'other' }, { email: IDENTITY }]],
    ['the same address twice', [{ email: IDENTITY }, { email: IDENTITY }]],
  ])('must be one: not %s', (_, names) => {
    refuseLeaf({ names });
    refuseLeaf({ names }, { identity: 'other@example.com' });
    refuseLeaf({ names }, { identity: 'https://other.example' });
  });

  it('must be ASCII: a byte is not read without its top bit', () => {
    for (const at of [0, 6, 10]) {
      refuseLeaf({ names: [{ raw: der(0x81, withHighBit(IDENTITY, at)) }] });
    }
    const uri = 'https://ci.example/';
    const right = signed({ leaf: { names: [{ uri }] } });
    const bad = signed({ leaf: { names: [{ raw: der(0x86, withHighBit(uri, 9)) }] } });
    expectRefusal({ good: right, bad, code, policy: { identity: uri } });
  });

  it.each([
    'signer@example.com\0',
    'signer@example.com\0.evil.example',
    'signer@example.com\n',
    '',
  ])('must be exactly the one asked for, which %j is not', (email) => {
    refuseLeaf({ names: [{ email }] });
  });

  it.each([
    ['an address', 0xa1],
    ['a URI', 0xa6],
  ])('must be in one piece: its header is no part of %s', (_, tag) => {
    // Tag and length of the piece are characters, too: A and @.
    const inner = der(0x41, Buffer.from('x'.repeat(0x40)));
    const names = [{ raw: der(tag, inner) }];
    refuseLeaf({ names }, { identityRegExp: '.*' });
  });

  it('must not be hidden in another name', () => {
    const inner = der(0x81, Buffer.from(IDENTITY));
    for (const tag of [0xa1, 0xa3, 0xa4, 0xa0, 0xa6]) {
      const bad = signed({ leaf: { names: [{ raw: der(tag, inner) }] } });
      // That the extension is malformed is as good a reason.
      expect([code, 'CERTIFICATE_REFUSED']).toContain(errorOf(() => check(bad)).code);
    }
  });
});
