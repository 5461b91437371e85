import { describe, expectTypeOf, it } from 'vitest';
import {
  type Bundle,
  type CertificateSignerIdentity,
  digest,
  type ErrorCode,
  type Inspection,
  inspect,
  type KeySignerIdentity,
  type Manifest,
  type Policy,
  type Signer,
  type SignerIdentity,
  type SigstorePolicy,
  type SigstoreSignerIdentity,
  type SigstoreSignerOptions,
  sign,
  sigstoreSigner,
  type Verification,
  verify,
} from '../src/index.ts';

/** The compiler is the test: `npm run check` fails where one of these does not hold. */
describe('the public types', () => {
  it('say what goes in and what comes out', () => {
    expectTypeOf(sign).returns.resolves.toEqualTypeOf<Bundle>();
    expectTypeOf(verify).returns.resolves.toEqualTypeOf<Verification>();
    expectTypeOf(digest).returns.resolves.toEqualTypeOf<Manifest>();
    expectTypeOf(inspect).returns.toEqualTypeOf<Inspection>();
    expectTypeOf<Signer>().toEqualTypeOf<(statement: Uint8Array) => Promise<Bundle>>();
    expectTypeOf<Parameters<typeof verify>[1]>().toEqualTypeOf<string | Uint8Array | Bundle>();
  });

  it('know who signed by the method that was asked for', () => {
    const timestamps = { timestampAnchors: [''], requireTimestamp: true } as const;
    const certificate = (): Promise<Verification<CertificateSignerIdentity>> =>
      verify('model', 'bundle', { method: 'certificate', anchors: [''], ...timestamps });
    const key = (): Promise<Verification<KeySignerIdentity>> =>
      verify('model', 'bundle', { method: 'key', publicKey: '', ...timestamps });
    const keyless = (policy: SigstorePolicy): Promise<Verification<SigstoreSignerIdentity>> =>
      verify('model', 'bundle', policy);
    const any = (policy: Policy): Promise<Verification> => verify('model', 'bundle', policy);
    // @ts-expect-error -- of any method, nothing is known of the certificate
    const other = (policy: Policy): Promise<Verification<KeySignerIdentity>> => any(policy);
    const misspelt = (): Promise<Verification> =>
      // @ts-expect-error -- a member that is misspelt is no wish that is forgotten
      verify('model', 'bundle', { method: 'key', publicKey: '', requireTimestmp: true });
    for (const call of [certificate, key, keyless, any, other, misspelt]) {
      expectTypeOf(call).toBeFunction();
    }
  });

  it('leave nothing of trust out', () => {
    const policies: Policy[] = [];
    const keyless = { method: 'sigstore', identity: 'a', issuer: 'b', trustedRoot: '' } as const;
    policies.push(keyless, { ...keyless, thresholds: { logs: 2 } });
    // @ts-expect-error -- a key is needed
    policies.push({ method: 'key' });
    // @ts-expect-error -- there are no default anchors
    policies.push({ method: 'certificate' });
    // @ts-expect-error -- an identity is worth nothing without who vouches for it
    policies.push({ method: 'sigstore', identity: 'a', trustedRoot: '' });
    // @ts-expect-error -- there is no default instance
    policies.push({ method: 'sigstore', identity: 'a', issuer: 'b' });
    // @ts-expect-error -- neither does a regular expression make one unneeded
    policies.push({ method: 'sigstore', identityRegExp: 'a', trustedRoot: '' });
    // @ts-expect-error -- somebody must be named
    policies.push({ method: 'sigstore', issuer: 'b', trustedRoot: '' });
    // @ts-expect-error -- and in one way
    policies.push({ ...keyless, identityRegExp: 'a' });
    // @ts-expect-error -- a claim has a name that certificates know
    policies.push({ ...keyless, claims: { 'source-repo': 'a' } });
    // @ts-expect-error -- a claim has a value
    policies.push({ ...keyless, claims: { 'source-repository-uri': true } });
    // @ts-expect-error -- a policy says its method
    policies.push({ publicKey: '' });
    // @ts-expect-error -- whom to trust cannot be left out
    const call = (): Promise<Verification> => verify('model', 'bundle');
    expectTypeOf(call).toBeFunction();
  });

  it('let keyless signing have one instance, and one source of tokens', () => {
    expectTypeOf(sigstoreSigner).returns.toEqualTypeOf<Signer>();
    const token = { identityToken: 'a' } as const;
    const instance = { trustedRoot: '', signingConfig: '' } as const;
    const options: SigstoreSignerOptions[] = [
      { ...instance, ...token },
      { trustConfig: '', identityProvider: () => Promise.resolve('a') },
    ];
    // @ts-expect-error -- there is no default instance
    options.push({ ...token });
    // @ts-expect-error -- nor half of one
    options.push({ trustedRoot: '', ...token });
    // @ts-expect-error -- nor half of one
    options.push({ signingConfig: '', ...token });
    // @ts-expect-error -- nor two
    options.push({ trustConfig: '', ...instance, ...token });
    // @ts-expect-error -- somebody has to sign
    options.push({ ...instance });
    // @ts-expect-error -- and not two
    options.push({ ...instance, ...token, identityProvider: () => Promise.resolve('a') });
    // @ts-expect-error -- a provider takes its time
    options.push({ ...instance, identityProvider: () => 'a' });
    // @ts-expect-error -- a token is text
    options.push({ ...instance, identityToken: Buffer.from('a') });
    expectTypeOf(options).toBeArray();
  });

  it('tell signers and inspected content apart by their tags', () => {
    const nameOf = (signer: SignerIdentity): string => {
      switch (signer.method) {
        case 'key':
          return signer.fingerprint;
        case 'certificate':
          return signer.chain[0].subject;
        case 'sigstore':
          return signer.identity.value;
      }
    };
    expectTypeOf(nameOf).returns.toBeString();
    expectTypeOf<Extract<Policy, { method: 'sigstore' }>>().toEqualTypeOf<SigstorePolicy>();
    expectTypeOf<SigstoreSignerIdentity>().toExtend<SignerIdentity>();
    expectTypeOf<Inspection['verified']>().toEqualTypeOf<false>();
    expectTypeOf<'MODEL_MISMATCH'>().toExtend<ErrorCode>();
    // @ts-expect-error -- results are read-only
    const change = (verification: Verification) => (verification.files = 1);
    expectTypeOf(change).toBeFunction();
  });
});
