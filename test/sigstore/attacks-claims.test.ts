import { describe, expect, it } from 'vitest';
import { utf8 } from '../helpers/sigstore/authority.ts';
import { check, errorOf, expectRefusal, type PolicyParts, signed } from './helpers.ts';

const code = 'IDENTITY_MISMATCH';
const WORKFLOW = 'https://github.com/example/model/.github/workflows/sign.yml@refs/heads/main';
const GITHUB = 'https://token.actions.githubusercontent.com';

describe('the claims asked for', () => {
  const repository = 'https://github.com/example/model';
  const claims: Readonly<Record<number, string>> = {
    9: WORKFLOW,
    10: 'c0ffee',
    11: 'github-hosted',
    12: repository,
    13: 'c0ffee',
    14: 'refs/heads/main',
    15: '1234',
    16: 'https://github.com/example',
    17: '5678',
    18: WORKFLOW,
    19: 'c0ffee',
    20: 'push',
    21: `${repository}/actions/runs/1/attempts/1`,
    22: 'public',
    23: 'production',
  };
  const names: Readonly<Record<number, string>> = {
    9: 'build-signer-uri',
    10: 'build-signer-digest',
    11: 'runner-environment',
    12: 'source-repository-uri',
    13: 'source-repository-digest',
    14: 'source-repository-ref',
    15: 'source-repository-identifier',
    16: 'source-repository-owner-uri',
    17: 'source-repository-owner-identifier',
    18: 'build-config-uri',
    19: 'build-config-digest',
    20: 'build-trigger',
    21: 'run-invocation-uri',
    22: 'source-repository-visibility-at-signing',
    23: 'deployment-environment',
  };
  const issuers = { oldIssuer: GITHUB, newIssuer: GITHUB };
  const leaf = { names: [{ uri: WORKFLOW }], ...issuers, claims };
  const built = signed({ leaf });
  const asked = { identity: WORKFLOW, issuer: GITHUB };

  it('may be each of those that Fulcio certifies, and all', () => {
    for (const [number, name] of Object.entries(names)) {
      const value = claims[Number(number)] ?? '';
      expect(check(built, { ...asked, claims: { [name]: value } }), name).toBeDefined();
    }
    const all = Object.entries(names).map(([number, name]) => [name, claims[Number(number)] ?? '']);
    expect(check(built, { ...asked, claims: Object.fromEntries(all) })).toBeDefined();
  });

  it.each(Object.entries(names))(
    'must be what the certificate says in 1.%s, %s',
    (number, name) => {
      const right = claims[Number(number)] ?? '';
      for (const value of [`${right}x`, right.slice(0, -1), right.toUpperCase(), '.*']) {
        if (value === right) continue;
        const badPolicy = { ...asked, claims: { [name]: value } };
        expectRefusal({ good: built, bad: built, code, policy: asked, badPolicy });
      }
      const { [Number(number)]: _, ...others } = claims;
      const bad = signed({ leaf: { ...leaf, claims: others } });
      expectRefusal({ good: built, bad, code, policy: { ...asked, claims: { [name]: right } } });
    },
  );

  it('must all be so', () => {
    const badPolicy = {
      ...asked,
      claims: { 'source-repository-uri': repository, 'build-trigger': 'pull_request' },
    };
    expectRefusal({ good: built, bad: built, code, policy: asked, badPolicy });
  });

  it('must not be taken from an extension that is more than one text', () => {
    const value = Buffer.concat([utf8(repository), utf8('https://other.example')]);
    const bad = signed({ leaf: { ...leaf, claims: { ...claims, 12: value } } });
    const policy = { ...asked, claims: { 'source-repository-uri': repository } };
    expect(check(built, policy)).toBeDefined();
    expect([code, 'CERTIFICATE_REFUSED']).toContain(errorOf(() => check(bad, policy)).code);
  });

  it.each<[string, unknown]>([
    ['a map', new Map([['build-trigger', 'pull_request']])],
    ['a text', 'build-trigger=pull_request'],
    ['an empty text', ''],
    ['a number', 5],
    ['a list', [['build-trigger', 'pull_request']]],
    ['nothing', null],
  ])('must be an object by their names, and not %s that would ask for nothing', (_, value) => {
    // From JavaScript, where no type forbids it.
    const badPolicy = { ...asked, claims: value } as PolicyParts;
    expectRefusal({ good: built, bad: built, code: 'USAGE', policy: asked, badPolicy });
  });

  it.each(['source-repository', 'SOURCE-REPOSITORY-URI', '1.12', '', '__proto__', 'toString'])(
    'must have names that there are, which %j is not',
    (name) => {
      const badPolicy = { ...asked, claims: Object.fromEntries([[name, repository]]) };
      expectRefusal({ good: built, bad: built, code: 'USAGE', policy: asked, badPolicy });
    },
  );
});
