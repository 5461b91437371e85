import { describe, expect, it } from 'vitest';
import { IDENTITY } from '../helpers/sigstore/authority.ts';
import { check, errorOf, expectRefusal, type PolicyParts, signed } from './helpers.ts';

const code = 'IDENTITY_MISMATCH';
const good = signed();

/** The good bundle, where somebody else was asked for. */
function refusePolicy(badPolicy: PolicyParts): void {
  expectRefusal({ good, bad: good, code, badPolicy });
}

describe('an identity given as a regular expression', () => {
  it.each(['signer@example\\.com', 'signer@.*', '.*', '(?:signer|other)@example\\.com'])(
    'matches the whole name: %s',
    (identityRegExp) => {
      expect(check(good, { identityRegExp })).toBeDefined();
    },
  );

  it.each([
    'signer',
    'signer@example',
    '@example\\.com',
    'example\\.com',
    'x|signer@example',
    'signer|x',
    'signer@example\\.com\\n',
  ])('must match the whole name, which %j does not', (identityRegExp) => {
    refusePolicy({ identityRegExp });
  });

  it('is anchored as a whole, and not in the first and last of its alternatives', () => {
    const identityRegExp = 'nobody|signer@example\\.com';
    for (const email of ['nobody-evil@example.com', 'xsigner@example.com']) {
      const bad = signed({ leaf: { names: [{ email }] } });
      expectRefusal({ good, bad, code, policy: { identityRegExp } });
    }
  });

  it.each(['main)|(?:.*', 'x)|(.*', '(', '[', '*', 'a{2,1}'])(
    'must be one by itself, which %s is not',
    (identityRegExp) => {
      expectRefusal({ good, bad: good, code: 'USAGE', badPolicy: { identityRegExp } });
    },
  );

  it('does not match across lines', () => {
    const identityRegExp = 'signer@example\\.com';
    for (const email of [`${IDENTITY}\nevil`, `evil\n${IDENTITY}`, `${IDENTITY}\n`]) {
      const bad = signed({ leaf: { names: [{ email }] } });
      expectRefusal({ good, bad, code, policy: { identityRegExp } });
    }
  });

  it('must match in the case that it has', () => {
    refusePolicy({ identityRegExp: 'SIGNER@EXAMPLE\\.COM' });
  });

  it('ends soon where it could run for ages', () => {
    // Going back and forth takes twice as long for each letter, and many seconds for these.
    const bundle = signed({ leaf: { names: [{ email: `${'a'.repeat(30)}!` }] } });
    const start = performance.now();
    expect(errorOf(() => check(bundle, { identityRegExp: '(a+)+' })).code).toBe(code);
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  it('does not stand beside an exact one', () => {
    const both = { identity: IDENTITY, identityRegExp: '.*' } as PolicyParts;
    expectRefusal({ good, bad: good, code: 'USAGE', badPolicy: both });
  });
});
