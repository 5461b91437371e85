import { describe, expect, it } from 'vitest';
import { der } from '../helpers/pki.ts';
import { ISSUER, type LeafOptions, utf8 } from '../helpers/sigstore/authority.ts';
import { check, errorOf, expectRefusal, type PolicyParts, signed, withHighBit } from './helpers.ts';

const code = 'IDENTITY_MISMATCH';
const good = signed();

/** A bundle whose certificate says something else about its owner. */
function refuseLeaf(leaf: LeafOptions, policy: PolicyParts = {}): void {
  expectRefusal({ good, bad: signed({ leaf }), code, badPolicy: policy });
}

/** The good bundle, where somebody else was asked for. */
function refusePolicy(badPolicy: PolicyParts): void {
  expectRefusal({ good, bad: good, code, badPolicy });
}

describe('the issuer of an identity', () => {
  it.each([
    'https://other.example',
    `${ISSUER}/`,
    ISSUER.slice(0, -1),
    ISSUER.toUpperCase(),
    ISSUER.replace('https', 'http'),
    '.*',
    'accounts.example.com',
  ])('must be the one asked for, which %s is not', (issuer) => {
    refusePolicy({ issuer });
  });

  it('may stand in the old extension, in the new one, or in both', () => {
    expect(check(signed({ leaf: { oldIssuer: null } }))).toBeDefined();
    expect(check(signed({ leaf: { newIssuer: null } }))).toBeDefined();
    expect(check(signed({ leaf: {} }))).toBeDefined();
  });

  it('must be there', () => {
    refuseLeaf({ oldIssuer: null, newIssuer: null });
    refuseLeaf({ oldIssuer: '', newIssuer: '' });
  });

  it('must be the same in both', () => {
    const other = 'https://other.example';
    refuseLeaf({ oldIssuer: other });
    refuseLeaf({ newIssuer: other });
    refuseLeaf({ oldIssuer: other }, { issuer: other });
    refuseLeaf({ newIssuer: other }, { issuer: other });
    refuseLeaf({ oldIssuer: `${ISSUER}/` });
    refuseLeaf({ oldIssuer: '' });
    refuseLeaf({ newIssuer: '' });
  });

  it('must be in text: a byte is not read without its top bit', () => {
    refuseLeaf({ oldIssuer: null, newIssuer: der(0x0c, withHighBit(ISSUER, 9)) });
  });

  it.each<[string, Buffer]>([
    ['the text itself', Buffer.from(ISSUER)],
    ['two texts', Buffer.concat([utf8(ISSUER), utf8('https://other.example')])],
    ['two texts, the other first', Buffer.concat([utf8('https://other.example'), utf8(ISSUER)])],
    ['a text in a list', der(0x30, utf8(ISSUER))],
    ['a text and a byte', Buffer.concat([utf8(ISSUER), Buffer.of(0)])],
    [
      'a text that is longer than it says',
      Buffer.concat([Buffer.of(0x0c, 4), Buffer.from(ISSUER)]),
    ],
    ['a number', der(0x02, Buffer.from(ISSUER))],
    ['nothing', Buffer.alloc(0)],
  ])('must be one UTF8String in the new extension, and not %s', (_, newIssuer) => {
    for (const oldIssuer of [null, ISSUER]) {
      const { code: found } = errorOf(() => check(signed({ leaf: { oldIssuer, newIssuer } })));
      // That the extension is malformed is as good a reason.
      expect([code, 'CERTIFICATE_REFUSED']).toContain(found);
    }
  });
});
