import { describe, expect, it } from 'vitest';
import {
  CA,
  chainOf,
  der,
  extension,
  type Issued,
  type IssueOptions,
  issue,
  makeKey,
  SERVER_AUTH,
  SIGNER,
  sequence,
} from '../helpers/pki.ts';
import { find, refusal } from './helpers.ts';

const FULL = ['Test Signer', 'Test Intermediate', 'Test Root'];
type Differences = NonNullable<Parameters<typeof chainOf>[0]>;

function judge(differences: Differences): string[] {
  const { root, intermediate, leaf } = chainOf(differences);
  return find(leaf, [intermediate], [root]);
}

/** The rules for issuers hold for the anchor as for any other. */
describe.each(['intermediate', 'root'] as const)('the %s', (part) => {
  const subject = part === 'root' ? 'Test Root' : 'Test Intermediate';
  const with_ = (options: Partial<IssueOptions>) => judge({ [part]: options });
  const flaw = (message: string) =>
    refusal(`the certificate "CN=${subject}" may not be used for this: expected ${message}`);

  it.each([false, undefined])('must be a CA, not one with basic constraints %s', (ca) => {
    expect(() => with_({ ca })).toThrow(flaw('a CA certificate, found one that is not'));
  });

  it('must have the key usage keyCertSign, if it has a key usage', () => {
    expect(with_({ keyUsage: undefined })).toEqual(FULL);
    expect(() => with_({ keyUsage: ['digitalSignature', 'cRLSign'] })).toThrow(
      flaw('the key usage keyCertSign, found a key usage without it'),
    );
  });

  it('must allow code signing in its extended key usage, if it has one', () => {
    expect(with_({ extendedKeyUsage: ['1.3.6.1.5.5.7.3.3'] })).toEqual(FULL);
    expect(with_({ extendedKeyUsage: ['2.5.29.37.0'] })).toEqual(FULL);
    expect(() => with_({ extendedKeyUsage: [SERVER_AUTH] })).toThrow(
      flaw(`the extended key usage codeSigning, or none, found only ${SERVER_AUTH}`),
    );
  });

  it('must not have an unknown critical extension', () => {
    const value = sequence();
    expect(with_({ extensions: [extension('1.2.3.4.5', false, value)] })).toEqual(FULL);
    expect(() => with_({ extensions: [extension('1.2.3.4.5', true, value)] })).toThrow(
      flaw('critical extensions that are understood, found 1.2.3.4.5'),
    );
  });

  it.each([true, false])('must not have name constraints (critical: %s)', (critical) => {
    const permitted = sequence(sequence(der(0x82, Buffer.from('example.org'))));
    const value = sequence(der(0xa0, permitted.subarray(2)));
    expect(() => with_({ extensions: [extension('2.5.29.30', critical, value)] })).toThrow(
      flaw('no name constraints, which are not supported, found some'),
    );
  });

  it.each(['P-256', 'P-384', 'P-521', 'RSA-2048', 'RSA-3072'] as const)(
    'may have a key of the kind %s',
    (key) => {
      expect(with_({ key })).toEqual(FULL);
    },
  );

  it.each([
    ['RSA-1024', 'rsa 1024'],
    ['secp256k1', 'ec secp256k1'],
    ['Ed25519', 'ed25519'],
  ] as const)('may not have a key of the kind %s', (key, found) => {
    expect(() => with_({ key })).toThrow(
      flaw(
        `RSA with at least 2048 bits, or ECDSA on P-256, P-384 or P-521, the curve by name, found ${found}`,
      ),
    );
  });

  it('may not describe its curve by parameters in place of a name', () => {
    expect(() => with_({ key: makeKey('P-256', 'explicit') })).toThrow(
      flaw('RSA with at least 2048 bits, or ECDSA on P-256, P-384 or P-521'),
    );
  });
});

/** Root with a limit, CAs below it, CAs with the name of their issuer below these, leaf. */
function ladder(pathLength: number, below: number, selfIssued = 0): string[] {
  const root = issue({ subject: 'Root', ...CA, pathLength });
  const others: Issued[] = [];
  for (let index = 0; index < below + selfIssued; index++) {
    const issuer = others.at(-1) ?? root;
    const subject = index < below ? `CA ${index}` : issuer.subject;
    others.push(issue({ subject, issuer, ...CA }));
  }
  return find(issue({ subject: 'L', issuer: others.at(-1) ?? root, ...SIGNER }), others, [root]);
}

function exceeded(limit: number, found: number): unknown {
  return refusal(
    `"CN=Root" may not be used for this: ` +
      `expected at most ${limit} CA certificates below it, found ${found}`,
  );
}

describe('the path length', () => {
  it('of zero allows leaves and no CA', () => {
    expect(ladder(0, 0)).toHaveLength(2);
    expect(() => ladder(0, 1)).toThrow(exceeded(0, 1));
  });

  it('allows exactly as many CAs as it says', () => {
    expect(ladder(2, 2)).toHaveLength(4);
    expect(() => ladder(2, 3)).toThrow(exceeded(2, 3));
  });

  it('does not count CAs that have the name of their issuer', () => {
    expect(ladder(0, 0, 2)).toHaveLength(4);
    expect(ladder(1, 1, 2)).toHaveLength(5);
    expect(() => ladder(1, 2, 1)).toThrow(exceeded(1, 2));
  });

  it('does not count a leaf that is called a CA', () => {
    const root = issue({ subject: 'Root', ...CA, pathLength: 0 });
    const leaf = issue({ subject: 'L', issuer: root, ca: true, keyUsage: ['digitalSignature'] });
    expect(find(leaf, [], [root])).toEqual(['L', 'Root']);
  });

  it('of an intermediate is kept too', () => {
    const root = issue({ subject: 'Root', ...CA });
    const limited = issue({ subject: 'Limited', issuer: root, ...CA, pathLength: 0 });
    const below = issue({ subject: 'Below', issuer: limited, ...CA });
    const leaf = issue({ subject: 'L', issuer: below, ...SIGNER });
    expect(() => find(leaf, [below, limited], [root])).toThrow(
      refusal('"CN=Limited" may not be used for this: expected at most 0 CA certificates'),
    );
    expect(find(leaf, [], [below])).toEqual(['L', 'Below']);
  });
});

describe('the signature of an issuer', () => {
  const weak = 'expected to be signed with ECDSA or RSA and SHA-256 or better, found ';
  const rsa = makeKey('RSA-2048');

  it.each(['sha256', 'sha384', 'sha512'] as const)('may use ECDSA with %s', (hash) => {
    expect(judge({ leaf: { hash }, intermediate: { hash } })).toEqual(FULL);
  });

  it.each(['sha256', 'sha384', 'sha512'] as const)('may use RSA with %s', (hash) => {
    expect(judge({ root: { key: rsa }, intermediate: { hash } })).toEqual(FULL);
    expect(judge({ root: { key: rsa }, intermediate: { hash, pss: true } })).toEqual(FULL);
  });

  it('may not use ECDSA with SHA-1', () => {
    expect(() => judge({ leaf: { hash: 'sha1' } })).toThrow(
      refusal(`"CN=Test Signer" may not be used for this: ${weak}1.2.840.10045.4.1`),
    );
    expect(() => judge({ intermediate: { hash: 'sha1' } })).toThrow(
      refusal(`"CN=Test Intermediate" may not be used for this: ${weak}1.2.840.10045.4.1`),
    );
  });

  it('may not use RSA with SHA-1', () => {
    const root = { key: rsa };
    expect(() => judge({ root, intermediate: { hash: 'sha1' } })).toThrow(
      refusal(`${weak}1.2.840.113549.1.1.5`),
    );
    expect(() => judge({ root, intermediate: { hash: 'sha1', pss: true } })).toThrow(
      refusal(`${weak}1.2.840.113549.1.1.10`),
    );
  });
});
