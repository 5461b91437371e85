import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { sign } from '../../src/api/sign.ts';
import { verify } from '../../src/api/verify.ts';
import type { Bundle } from '../../src/format/bundle.ts';
import { type CertificateSignerOptions, certificateSigner } from '../../src/signers/certificate.ts';
import { makeModel } from '../helpers/model.ts';
import { CA, chainOf, type Issued, issue, makeKey, SERVER_AUTH, SIGNER } from '../helpers/pki.ts';
import { failure, refusal, UNCONNECTED } from '../trust/helpers.ts';

const { root, intermediate, leaf } = chainOf();
const statement = Buffer.from('{"any":"bytes"}');
const own: CertificateSignerOptions = { privateKey: leaf.privateKey, certificate: leaf.pem };

/** The certificates in a bundle, by their common names. */
function namesIn(bundle: Bundle, known: readonly Issued[] = [leaf, intermediate, root]): string[] {
  const { x509CertificateChain } = bundle.verificationMaterial as unknown as {
    x509CertificateChain: { certificates: readonly { rawBytes: string }[] };
  };
  return x509CertificateChain.certificates.map(
    ({ rawBytes }) =>
      known.find(({ der }) => der.toString('base64') === rawBytes)?.subject ?? 'unknown',
  );
}

describe('a signer with a certificate', () => {
  it('makes a bundle of this form', async () => {
    const bundle = await certificateSigner({ ...own, chain: [intermediate.pem] })(statement);
    expect(JSON.parse(JSON.stringify(bundle))).toStrictEqual({
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: {
        x509CertificateChain: {
          certificates: [
            { rawBytes: leaf.der.toString('base64') },
            { rawBytes: intermediate.der.toString('base64') },
          ],
        },
      },
      dsseEnvelope: {
        payload: statement.toString('base64'),
        payloadType: 'application/vnd.in-toto+json',
        signatures: [{ sig: bundle.dsseEnvelope.signatures[0]?.sig }],
      },
    });
  });

  it.each(['P-256', 'P-384', 'P-521'] as const)('with a key on %s is verified', async (key) => {
    const chain = chainOf({ leaf: { key } });
    const model = makeModel({ a: 'x' });
    const signer = certificateSigner({
      privateKey: chain.leaf.privateKey,
      certificate: chain.leaf.pem,
      chain: [chain.intermediate.pem],
    });
    const policy = { method: 'certificate', anchors: [chain.root.pem] } as const;
    expect((await verify(model, await sign(model, signer), policy)).signer).toMatchObject({
      curve: key,
    });
  });

  it('may have it alone', async () => {
    expect(namesIn(await certificateSigner(own)(statement))).toEqual(['Test Signer']);
  });

  it('may have a self-signed one', async () => {
    const self = issue({ subject: 'Self', ...SIGNER });
    const signer = certificateSigner({ privateKey: self.privateKey, certificate: self.pem });
    expect(namesIn(await signer(statement), [self])).toEqual(['Self']);
  });

  it('adds what follows it in its file, then the chain, in the order given', async () => {
    const extra = issue({ subject: 'Extra', ...CA });
    const signer = certificateSigner({
      ...own,
      certificate: leaf.pem + extra.pem,
      chain: [root.pem, Buffer.from(`# below\n${intermediate.pem}`)],
    });
    expect(namesIn(await signer(statement), [leaf, extra, root, intermediate])).toEqual([
      'Test Signer',
      'Extra',
      'Test Root',
      'Test Intermediate',
    ]);
  });

  it('keeps a certificate that comes twice once, and the leaf in front', async () => {
    const signer = certificateSigner({
      ...own,
      certificate: leaf.pem + intermediate.pem + leaf.pem,
      chain: [leaf.pem + intermediate.pem + root.pem, root.pem],
    });
    expect(namesIn(await signer(statement))).toEqual([
      'Test Signer',
      'Test Intermediate',
      'Test Root',
    ]);
  });

  it('may have only its own certificate as chain', async () => {
    const signer = certificateSigner({ ...own, chain: [leaf.pem] });
    expect(namesIn(await signer(statement))).toEqual(['Test Signer']);
  });
});

describe('a signer with a certificate is refused at once', () => {
  it('when the key does not belong to it', () => {
    const wrong = failure('KEY_UNUSABLE', 'the private key does not belong to the certificate');
    for (const kind of ['P-256', 'P-384'] as const) {
      expect(() => certificateSigner({ ...own, privateKey: makeKey(kind) })).toThrow(wrong);
    }
    const { privateKey } = intermediate;
    expect(() => certificateSigner({ ...own, privateKey, chain: [intermediate.pem] })).toThrow(
      wrong,
    );
  });

  it('when the certificate is not the first of its file', () => {
    expect(() => certificateSigner({ ...own, certificate: intermediate.pem + leaf.pem })).toThrow(
      failure('KEY_UNUSABLE', 'expected the key of "CN=Test Intermediate"'),
    );
  });

  it('when the certificate holds a key that is not usable', () => {
    const rsa = issue({ subject: 'R', key: 'RSA-2048', ...SIGNER });
    expect(() => certificateSigner({ ...own, certificate: rsa.pem })).toThrow(
      failure('KEY_UNUSABLE', 'the private key does not belong to the certificate'),
    );
    expect(() => certificateSigner({ privateKey: rsa.privateKey, certificate: rsa.pem })).toThrow(
      failure('KEY_UNUSABLE', 'found rsa'),
    );
  });

  it.each([
    ['has expired', { notAfter: new Date(Date.now() - 1000) }, '" expired'],
    ['is not valid yet', { notBefore: new Date(Date.now() + 60_000) }, '" is not valid yet'],
    ['is one of a TLS server', { extendedKeyUsage: [SERVER_AUTH] }, 'usage codeSigning'],
    ['may not sign', { keyUsage: ['keyEncipherment'] as const }, 'usage digitalSignature'],
  ])('when the certificate %s', (_, options, part) => {
    const chain = chainOf({ leaf: options });
    const { privateKey, pem: certificate } = chain.leaf;
    expect(() => certificateSigner({ privateKey, certificate })).toThrow(refusal(part));
    expect(() =>
      certificateSigner({ privateKey, certificate, chain: [chain.intermediate.pem] }),
    ).toThrow(refusal(part));
  });

  it('when the chain does not connect to the certificate', () => {
    expect(() => certificateSigner({ ...own, chain: [root.pem] })).toThrow(
      failure('KEY_UNUSABLE', 'the certificate chain does not connect to the certificate'),
    );
    const stranger = chainOf();
    const chain = [stranger.intermediate.pem, stranger.root.pem];
    expect(() => certificateSigner({ ...own, chain })).toThrow(refusal(UNCONNECTED));
  });

  it('when the chain holds an issuer that has expired', () => {
    const notAfter = new Date(Date.now() - 1000);
    const old = chainOf({ intermediate: { notAfter } });
    const { privateKey, pem: certificate } = old.leaf;
    const chain = [old.intermediate.pem, old.root.pem];
    expect(() => certificateSigner({ privateKey, certificate, chain })).toThrow(
      refusal('"CN=Test Intermediate" expired'),
    );
  });

  it('when a file holds no certificate', () => {
    expect(() => certificateSigner({ ...own, certificate: '' })).toThrow(
      failure('KEY_UNUSABLE', 'the signing certificate cannot be used'),
    );
    expect(() => certificateSigner({ ...own, chain: ['nothing'] })).toThrow(
      failure('KEY_UNUSABLE', 'the certificate chain cannot be used'),
    );
  });

  it('when the chain is longer than a bundle may hold', () => {
    const many = Array.from(
      { length: 32 },
      (_, index) => issue({ subject: `${index}`, ...CA }).pem,
    );
    expect(() => certificateSigner({ ...own, chain: [intermediate.pem, ...many] })).toThrow(
      expect.objectContaining({ name: 'OmsError' }),
    );
  });
});

it('a certificate that expires after the signer was made is not signed with', async () => {
  const signer = certificateSigner(own);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * 365 * 86_400_000 });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  await expect(signer(statement)).rejects.toThrow(refusal('"CN=Test Signer" expired'));
});
