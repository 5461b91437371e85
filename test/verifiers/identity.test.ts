import { describe, expect, it } from 'vitest';
import { CLAIMS, type FulcioIdentity, type NameKind } from '../../src/trust/fulcio.ts';
import {
  checkIdentity,
  checkIdentityPolicy,
  type IdentityPolicy,
} from '../../src/verifiers/identity.ts';
import { failure } from '../trust/helpers.ts';

const ISSUER = 'https://accounts.example.com';
const EMAIL = 'signer@example.com';
const WORKFLOW = 'https://github.com/owner/repo/.github/workflows/a.yml@refs/heads/main';

const policy = { identity: EMAIL, issuer: ISSUER } as const;

/** What is read of a certificate. */
function signer(
  value: string = EMAIL,
  kind: NameKind = 'email',
  more: Partial<FulcioIdentity> = {},
): FulcioIdentity {
  return { name: { kind, value }, issuer: ISSUER, claims: {}, ...more };
}

/** A policy as a program without types may give it. */
function untyped(members: object): IdentityPolicy {
  const made: unknown = { issuer: ISSUER, ...members };
  return made as IdentityPolicy;
}

function accepts(pattern: string, name: string, kind: NameKind = 'username'): boolean {
  const given = { identityRegExp: pattern, issuer: ISSUER };
  checkIdentityPolicy(given);
  try {
    checkIdentity(signer(name, kind), given);
    return true;
  } catch (error) {
    expect(error).toEqual(failure('IDENTITY_MISMATCH', 'somebody else signed'));
    return false;
  }
}

describe('a policy for an identity', () => {
  it('names an identity, or a regular expression for it, and who vouches', () => {
    expect(() => checkIdentityPolicy(policy)).not.toThrow();
    expect(() => checkIdentityPolicy({ identityRegExp: 'a|b', issuer: ISSUER })).not.toThrow();
    const undefinedOther = { ...policy, identityRegExp: undefined, claims: undefined };
    expect(() => checkIdentityPolicy(untyped(undefinedOther))).not.toThrow();
  });

  it.each([
    ['neither', {}, 'neither'],
    ['neither, said twice', { identity: undefined, identityRegExp: undefined }, 'neither'],
    ['both', { identity: EMAIL, identityRegExp: '.*' }, 'both'],
    ['both, one of them empty', { identity: '', identityRegExp: '.*' }, 'both'],
    ['both, the other one empty', { identity: EMAIL, identityRegExp: '' }, 'both'],
    ['both, one of them null', { identity: null, identityRegExp: '.*' }, 'both'],
  ])('must not name %s', (_, members, found) => {
    expect(() => checkIdentityPolicy(untyped(members))).toThrow(
      failure('USAGE', new RegExp(`it is not said who must have signed: .* found ${found}`)),
    );
  });

  it.each([
    ['identity', '', 'the identity must not be empty: .* found an empty text'],
    ['identity', null, 'the identity must not be empty: .* found undefined'],
    ['identity', 5, 'the identity must not be empty: .* found number'],
    ['identity', [EMAIL], 'the identity must not be empty: .* found object'],
    ['identity', /.*/, 'the identity must not be empty: .* found object'],
    ['issuer', '', 'the identity provider must not be empty: .* found an empty text'],
    ['issuer', undefined, 'the identity provider must not be empty: .* found undefined'],
    ['issuer', null, 'the identity provider must not be empty: .* found object'],
    ['issuer', true, 'the identity provider must not be empty: .* found boolean'],
    ['claims', { 'build-trigger': '' }, 'the claim build-trigger must not be empty'],
    ['claims', { 'build-trigger': undefined }, 'the claim build-trigger must not be empty'],
    ['claims', { 'build-trigger': ['push'] }, 'the claim build-trigger must not be empty'],
    ['claims', { 'build-triggers': 'push' }, 'the certificate claims cannot have "build-triggers"'],
    ['claims', JSON.parse('{"__proto__":"push"}'), 'cannot have "__proto__"'],
    ['claims', null, 'the certificate claims must be a plain object'],
    ['claims', 'build-trigger', 'the certificate claims must be a plain object'],
    ['claims', new Map([['build-trigger', 'push']]), 'must be a plain object'],
    ['claims', ['build-trigger'], 'must be a plain object'],
  ])('must not have %s %j', (name, value, says) => {
    expect(() => checkIdentityPolicy(untyped({ ...policy, [name]: value }))).toThrow(
      failure('USAGE', new RegExp(says)),
    );
  });

  it('must not have a regular expression that is no text', () => {
    for (const value of ['', null, 5, /.*/]) {
      expect(() => checkIdentityPolicy(untyped({ identityRegExp: value }))).toThrow(
        failure('USAGE', 'the identity must not be empty'),
      );
    }
  });

  it('may ask for every claim that certificates have', () => {
    for (const name of CLAIMS) {
      expect(() => checkIdentityPolicy({ ...policy, claims: { [name]: 'x' } })).not.toThrow();
    }
  });

  it('shows nothing of itself that could move the cursor', () => {
    for (const wrong of [{ claims: { 'a\u001b[2J': 'x' } }, { identityRegExp: '(\u001b[2J' }]) {
      expect(() =>
        checkIdentityPolicy(untyped('claims' in wrong ? { ...policy, ...wrong } : wrong)),
      ).toThrow(failure('USAGE', '\\x1b'));
    }
  });
});

describe('an identity', () => {
  it.each<[string, NameKind]>([
    [EMAIL, 'email'],
    ['a@b', 'email'],
    [WORKFLOW, 'uri'],
    ['spiffe://example.com/a@b', 'uri'],
    ['a+b.c-d9://x', 'uri'],
    ['urn:example:a', 'uri'],
    ['mailto:a@b', 'uri'],
    ['user!realm', 'username'],
    ['://x', 'username'],
    ['9a://x', 'username'],
    ['example.com', 'username'],
    [' https://x', 'username'],
    ['a@https://x', 'email'],
  ])('%s must be a name of one kind', (identity, kind) => {
    const given = { identity, issuer: ISSUER };
    checkIdentityPolicy(given);
    expect(() => checkIdentity(signer(identity, kind), given)).not.toThrow();
    const kinds: readonly NameKind[] = ['email', 'uri', 'username', 'dns'];
    for (const other of kinds.filter((one) => one !== kind)) {
      expect(() => checkIdentity(signer(identity, other), given)).toThrow(
        failure('IDENTITY_MISMATCH', 'the signer has this name as something else'),
      );
    }
  });

  it('says of which kind the name is, and of which it should be', () => {
    expect(() => checkIdentity(signer(EMAIL, 'dns'), policy)).toThrow(
      failure('IDENTITY_MISMATCH', 'expected an e-mail address, found a host name'),
    );
    const asUri = { ...policy, identity: WORKFLOW };
    expect(() => checkIdentity(signer(WORKFLOW, 'username'), asUri)).toThrow(
      failure('IDENTITY_MISMATCH', 'expected a URI, found a user name'),
    );
  });

  it.each(['', ' ', `${EMAIL} `, EMAIL.toUpperCase(), 'signer', '.*', `${EMAIL}\n`, 'é@x'])(
    'is not the one in a certificate for %j',
    (name) => {
      expect(() => checkIdentity(signer(name), policy)).toThrow(
        failure('IDENTITY_MISMATCH', 'somebody else signed: expected "signer@example.com"'),
      );
    },
  );

  it.each(['signer@EXAMPLE.com', ` ${EMAIL}`, `${EMAIL}//`])(
    'that people would take for the same, %j, is another one, with a hint why',
    (name) => {
      expect(() => checkIdentity(signer(name), policy)).toThrow(
        expect.objectContaining({
          hint: 'capitals, spaces around it and a slash at its end count',
        }),
      );
      expect(() => checkIdentity(signer('mallory@example.com'), policy)).toThrow(
        expect.objectContaining({ hint: undefined }),
      );
    },
  );

  it('is not nearly the same for slashes within it', () => {
    const uri = 'https://a.example/b';
    expect(() =>
      checkIdentity(signer('https:/a.example/b', 'uri'), { identity: uri, issuer: ISSUER }),
    ).toThrow(expect.objectContaining({ code: 'IDENTITY_MISMATCH', hint: undefined }));
  });

  it('is worth nothing from another provider', () => {
    for (const issuer of [`${ISSUER}/`, 'https://accounts.example.co', '', ISSUER.toUpperCase()]) {
      expect(() => checkIdentity(signer(EMAIL, 'email', { issuer }), policy)).toThrow(
        failure('IDENTITY_MISMATCH', 'another identity provider vouches for the signer'),
      );
    }
  });

  it('is not made up for where a policy names none', () => {
    for (const name of ['', 'undefined', EMAIL]) {
      expect(() => checkIdentity(signer(name), untyped({}))).toThrow(
        failure('IDENTITY_MISMATCH', 'somebody else signed'),
      );
    }
  });
});

describe('a claim', () => {
  const found = signer(EMAIL, 'email', {
    claims: { 'build-trigger': 'push', 'source-repository-ref': 'refs/heads/main' },
  });

  it('must have exactly the value that is asked for', () => {
    const right = { 'build-trigger': 'push', 'source-repository-ref': 'refs/heads/main' };
    expect(() => checkIdentity(found, { ...policy, claims: right })).not.toThrow();
    expect(() => checkIdentity(found, { ...policy, claims: {} })).not.toThrow();
    for (const value of ['pus', 'push ', 'PUSH', '.*', 'refs/heads/main']) {
      const claims = { ...right, 'build-trigger': value };
      expect(() => checkIdentity(found, { ...policy, claims })).toThrow(
        failure('IDENTITY_MISMATCH', 'the certificate claim build-trigger differs'),
      );
    }
  });

  it('must be there, the second one too', () => {
    const claims = { 'build-trigger': 'push', 'token-subject': 'x' };
    expect(() => checkIdentity(found, { ...policy, claims })).toThrow(
      failure('IDENTITY_MISMATCH', 'claim token-subject differs: expected "x", found none'),
    );
  });

  it('does not make up for another name, nor a name for a claim', () => {
    const claims = { 'build-trigger': 'push' } as const;
    expect(() => checkIdentity({ ...found, name: { kind: 'email', value: 'x' } }, policy)).toThrow(
      failure('IDENTITY_MISMATCH', 'somebody else signed'),
    );
    expect(() => checkIdentity(signer(), { ...policy, claims })).toThrow(
      failure('IDENTITY_MISMATCH', 'claim build-trigger differs'),
    );
  });

  it('is asked of whoever a regular expression lets in', () => {
    const given = { identityRegExp: '.*', issuer: ISSUER, claims: { 'build-trigger': 'x' } };
    expect(() => checkIdentity(found, given)).toThrow(
      failure('IDENTITY_MISMATCH', 'claim build-trigger differs'),
    );
  });
});

describe('a regular expression for an identity', () => {
  it.each([
    ['a|b', 'a', true],
    ['a|b', 'b', true],
    ['a|b', 'ab', false],
    ['a|b', 'xb', false],
    ['a|b', 'ax', false],
    ['a|ab', 'ab', true],
    ['ab|a', 'a', true],
    ['^a|b$', 'ax', false],
    ['^a|b$', 'xb', false],
    ['a|', 'x', false],
    ['main', 'main-evil', false],
    ['main', 'not-main', false],
    ['.*@example\\.com', 'a@example.com', true],
    ['.*@example\\.com', 'a@example.com.evil', false],
    ['.*@example\\.com', 'a@exampleXcom', false],
    ['(?:a|b)c?', 'bc', true],
    ['a*?', 'aaa', true],
    ['\\Aa\\z', 'a', true],
    ['\\Qa.b\\E', 'axb', false],
    ['[[:alpha:]]+', 'abc', true],
    ['\\pL+', 'é', true],
    ['😀.', '😀x', true],
  ])('%j must match the whole of %j', (pattern, name, expected) => {
    expect(accepts(pattern, name)).toBe(expected);
  });

  it.each([
    ['a', 'a\n'],
    ['a$', 'a\n'],
    ['^a$', 'a\n'],
    ['a', 'a\nb'],
    ['^b$', 'a\nb'],
    ['(?m)^a$', 'a\nb'],
    ['(?m)^b$', 'a\nb'],
    ['(?m)a$', 'b\na'],
    ['(?m:^a$)', 'a\n'],
    ['.*', 'a\nb'],
    ['a.b', 'a\nb'],
    ['a', 'a\r'],
    ['a', 'a\u2028b'],
    ['a', 'a\0'],
  ])('%j does not stop at a line of %j', (pattern, name) => {
    expect(accepts(pattern, name)).toBe(false);
  });

  it('may have flags, which are for itself', () => {
    expect(accepts('(?i)SIGNER', 'signer')).toBe(true);
    expect(accepts('SIGNER', 'signer')).toBe(false);
    expect(accepts('(?s)a.*', 'a\nb')).toBe(true);
    expect(accepts('(?i)a|b', 'B')).toBe(true);
    expect(accepts('(?i:a)b', 'AB')).toBe(false);
  });

  it.each<[NameKind, boolean]>([
    ['email', true],
    ['uri', true],
    ['username', true],
    ['dns', false],
  ])('may match a name of the kind %s: %s', (kind, expected) => {
    expect(accepts('.*', 'a', kind)).toBe(expected);
  });

  it('does not make up for the provider', () => {
    const given = { identityRegExp: '.*', issuer: ISSUER };
    const other = signer(EMAIL, 'email', { issuer: 'https://evil.example' });
    expect(() => checkIdentity(other, given)).toThrow(
      failure('IDENTITY_MISMATCH', 'another identity provider'),
    );
  });

  it('says what it was, and who signed', () => {
    const given = { identityRegExp: '.*@example\\.org', issuer: ISSUER };
    expect(() => checkIdentity(signer(), given)).toThrow(
      failure('IDENTITY_MISMATCH', 'matches ".*@example\\.org" as a whole, found "signer@'),
    );
  });

  it.each([
    '(?=a)',
    '(?!a)',
    '(?<=a)',
    '(?<!a)',
    '(a)\\1',
    '(?<n>a)\\k<n>',
    '(?>a)',
    'a*+',
    'a**',
    '(',
    ')',
    '[',
    '[z-a]',
    'a{2,1}',
    'a{1001}',
    '\\',
    '(?z)a',
    '((a{100}){100}){100}',
  ])('must be of the syntax of RE2, which %j is not', (pattern) => {
    expect(() => checkIdentityPolicy({ identityRegExp: pattern, issuer: ISSUER })).toThrow(
      failure('USAGE', 'the regular expression for the identity cannot be used'),
    );
  });

  it('must not be longer than anybody needs', () => {
    const longest = { identityRegExp: 'a'.repeat(2_000), issuer: ISSUER };
    expect(() => checkIdentityPolicy(longest)).not.toThrow();
    const longer = { ...longest, identityRegExp: 'a'.repeat(2_001) };
    expect(() => checkIdentityPolicy(longer)).toThrow(
      failure('USAGE', 'is too long: expected at most 2000 characters, found 2001'),
    );
  });

  it('must not repeat more than anybody needs, however short it is', () => {
    const repeated = (times: number) => ({
      identityRegExp: 'a{1000}'.repeat(times),
      issuer: ISSUER,
    });
    expect(() => checkIdentityPolicy(repeated(19))).not.toThrow();
    expect(() => checkIdentityPolicy(repeated(21))).toThrow(failure('USAGE', 'cannot be used'));
  });

  it.each([
    ['a repetition of repetitions', '(a+)+'],
    ['two ways of the same', '(a|a)*'],
    ['two ways of different lengths', '(a|aa)+'],
    ['a repetition of nothing', '(a*)*b'],
    ['many repetitions of all', '(.*)(.*)(.*)(.*)(.*)b'],
    ['many that may be left out', '(?:a?){50}a{50}b'],
    ['many brackets', `${'('.repeat(500)}a${')'.repeat(500)}`],
  ])('with %s ends soon on a long name', { timeout: 5_000 }, (_, pattern) => {
    expect(accepts(pattern, `${'a'.repeat(999)}!`)).toBe(false);
  });

  it('matches no name that is longer than names are', () => {
    expect(accepts('a*', 'a'.repeat(1_000))).toBe(true);
    expect(accepts('a*', 'a'.repeat(1_001))).toBe(false);
  });

  it('of counted repetitions is over within bounds', { timeout: 10_000 }, () => {
    expect(accepts('(?:a{0,100}){10}b', 'a'.repeat(1_000))).toBe(false);
  });
});
