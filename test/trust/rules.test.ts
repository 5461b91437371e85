import { createPublicKey, generateKeyPairSync, type X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Certificate, parseCertificate } from '../../src/trust/certificate.ts';
import { flawInIssuer, flawInLeaf, ownsKey } from '../../src/trust/rules.ts';
import { CA, chainOf, type Issued, issue, makeKey, parsed, SIGNER } from '../helpers/pki.ts';
import { find } from './helpers.ts';

const { root, intermediate, leaf } = chainOf();
const now = new Date();

/** The same certificate with the algorithm of its key replaced by one that nobody knows. */
function unreadable(of: Issued): Certificate {
  const ecPublicKey = Buffer.from('06072a8648ce3d0201', 'hex');
  const bytes = Buffer.from(of.der);
  bytes.writeUInt8(0x7f, bytes.indexOf(ecPublicKey) + ecPublicKey.length - 1);
  return parseCertificate(bytes, of.subject);
}

/** An issuer that is good but for what its key is said to be. */
function withKey(asymmetricKeyType: string, asymmetricKeyDetails: object): Certificate {
  const publicKey = { asymmetricKeyType, asymmetricKeyDetails };
  const x509 = { ca: true, publicKey } as unknown as X509Certificate;
  return { ...parsed(root), x509 };
}

const flawIn = (issuer: Certificate, below = parsed(intermediate)): string | undefined =>
  flawInIssuer(issuer, [below], now, 'codeSigning')?.message;

describe('an issuer with an RSA key', () => {
  it.each<[string, object]>([
    ['rsa', { modulusLength: 2048, publicExponent: 65_537n }],
    ['rsa-pss', { modulusLength: 2048, publicExponent: 65_537n }],
    ['rsa', { modulusLength: 16_384, publicExponent: 3n }],
    ['rsa', { modulusLength: 4096, publicExponent: 2n ** 32n - 1n }],
  ])('may have one of kind %s: %o', (type, details) => {
    expect(flawIn(withKey(type, details))).toBeUndefined();
  });

  it.each<[string, object]>([
    ['rsa', { modulusLength: 2047, publicExponent: 65_537n }],
    ['rsa-pss', { modulusLength: 2047, publicExponent: 65_537n }],
    ['rsa', { modulusLength: 16_385, publicExponent: 65_537n }],
    ['rsa', {}],
  ])('must not have one of kind %s: %o', (type, details) => {
    expect(flawIn(withKey(type, details))).toContain('RSA with at least 2048 bits');
  });

  it.each([0n, 1n, 2n, 4n, 65_536n, 2n ** 32n, 2n ** 32n + 1n, undefined])(
    'must not have one with the exponent %d',
    (publicExponent) => {
      const found = (publicExponent ?? 0n) < 2n ** 32n ? `${publicExponent ?? 0n}` : 'a larger one';
      expect(flawIn(withKey('rsa', { modulusLength: 4096, publicExponent }))).toContain(
        `expected an odd RSA exponent from 3 to 2^32, found ${found}`,
      );
    },
  );

  it('may have one that is for RSASSA-PSS only', () => {
    const { privateKey } = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
    const ca = issue({ subject: 'PSS', key: privateKey, pss: true, ...CA });
    const signer = issue({ subject: 'Leaf', issuer: ca, pss: true, ...SIGNER });
    expect(find(signer, [], [ca])).toEqual(['Leaf', 'PSS']);
  });
});

describe('the hash of an RSASSA-PSS signature', () => {
  const signedWith = (pssHash: string | undefined): Certificate => ({
    ...parsed(intermediate),
    signatureAlgorithm: { oid: '1.2.840.113549.1.1.10', pssHash },
  });

  it.each(['2.16.840.1.101.3.4.2.1', '2.16.840.1.101.3.4.2.2', '2.16.840.1.101.3.4.2.3'])(
    'may be %s',
    (hash) => {
      expect(flawIn(parsed(root), signedWith(hash))).toBeUndefined();
    },
  );

  // SHA-1 where it is said and where it is not, SHA-224, MD5.
  it.each(['1.3.14.3.2.26', undefined, '2.16.840.1.101.3.4.2.4', '1.2.840.113549.2.5'])(
    'must not be %s',
    (hash) => {
      expect(flawIn(parsed(root), signedWith(hash))).toContain('SHA-256 or better');
    },
  );
});

describe('a certificate with a key that cannot be read', () => {
  const odd = unreadable(leaf);

  it('is no certificate to sign with, nor one to issue with', () => {
    expect(() => odd.x509.publicKey).toThrow();
    expect(flawInLeaf(odd, now, 'codeSigning')?.message).toContain('found an unknown key');
    expect(flawIn(unreadable(root))).toContain('found an unknown key');
  });

  it('is for no key', () => {
    expect(ownsKey(odd, createPublicKey(leaf.privateKey))).toBe(false);
  });
});

describe('a certificate', () => {
  const key = createPublicKey(leaf.privateKey);

  it('is for its own key, and for no other', () => {
    expect(ownsKey(parsed(leaf), key)).toBe(true);
    expect(ownsKey(parsed(intermediate), key)).toBe(false);
    expect(ownsKey(parsed(leaf), createPublicKey(makeKey('P-256')))).toBe(false);
    expect(ownsKey(parsed(leaf), createPublicKey(makeKey('P-384')))).toBe(false);
  });

  it('is for no key of a kind that signs no models', () => {
    const rsa = makeKey('RSA-2048');
    const of = issue({ subject: 'RSA', key: rsa, ...SIGNER });
    expect(ownsKey(parsed(of), createPublicKey(rsa))).toBe(false);
  });

  it.each([
    ['RSA-2048', 'found rsa 2048'],
    ['secp256k1', 'found ec secp256k1'],
    ['Ed25519', 'found ed25519'],
  ] as const)('with a key %s does not sign models, and says what it has', (kind, found) => {
    const of = issue({ subject: 'Odd', key: kind, ...SIGNER });
    expect(flawInLeaf(parsed(of), now, 'codeSigning')?.message).toMatch(new RegExp(`${found}$`));
  });

  it.each([
    ['1.3.6.1.5.5.7.3.1', ' (serverAuth)'],
    ['1.3.6.1.5.5.7.3.2', ' (clientAuth)'],
    ['1.3.6.1.5.5.7.3.4', ' (emailProtection)'],
    ['1.3.6.1.5.5.7.3.8', ' (timeStamping)'],
    ['1.3.6.1.5.5.7.3.9', ' (OCSPSigning)'],
    ['1.2.3.4', ''],
  ])('for another purpose, %s, is told by it%s', (usage, name) => {
    const other = parsed(issue({ subject: 'Other', extendedKeyUsage: [usage] }));
    expect(flawInLeaf(other, now, 'codeSigning')?.found).toBe(`only ${usage}${name}`);
  });

  it.each([
    ['1.3.6.1.5.5.7.3.3', 'codeSigning'],
    ['2.5.29.37.0', 'anyExtendedKeyUsage'],
  ])('for models too, %s, is told by it where it stamps times', (usage, name) => {
    const extendedKeyUsage = ['1.3.6.1.5.5.7.3.8', usage];
    const clock = issue({ subject: 'Clock', extendedKeyUsage, criticalExtendedKeyUsage: true });
    const found = `only 1.3.6.1.5.5.7.3.8 (timeStamping), ${usage} (${name})`;
    expect(flawInLeaf(parsed(clock), now, 'timeStamping')?.found).toBe(found);
  });

  it('is named by its subject, or by its issuer where it has none', () => {
    const expired = { notAfter: new Date(now.getTime() - 1000), ...SIGNER };
    const named = issue({ subject: 'Signer', issuer: root, ...expired });
    const nameless = issue({ subject: '', nameless: true, issuer: root, ...expired });
    expect(flawInLeaf(parsed(named), now, 'codeSigning')?.summary).toBe(
      'the certificate "CN=Signer" expired',
    );
    expect(flawInLeaf(parsed(nameless), now, 'codeSigning')?.summary).toBe(
      'the certificate issued by "CN=Test Root" expired',
    );
  });
});
