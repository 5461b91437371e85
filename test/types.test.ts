import { describe, expectTypeOf, it } from 'vitest';
import {
  type Bundle,
  digest,
  type ErrorCode,
  type Inspection,
  inspect,
  type Manifest,
  type Policy,
  type Signer,
  type SignerIdentity,
  sign,
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

  it('leave nothing of trust out', () => {
    const policies: Policy[] = [];
    // @ts-expect-error -- a key is needed
    policies.push({ method: 'key' });
    // @ts-expect-error -- there are no default anchors
    policies.push({ method: 'certificate' });
    // @ts-expect-error -- a policy says its method
    policies.push({ publicKey: '' });
    // @ts-expect-error -- whom to trust cannot be left out
    const call = (): Promise<Verification> => verify('model', 'bundle');
    expectTypeOf(call).toBeFunction();
  });

  it('tell signers and inspected content apart by their tags', () => {
    const nameOf = (signer: SignerIdentity): string =>
      signer.method === 'key' ? signer.fingerprint : signer.chain[0].subject;
    expectTypeOf(nameOf).returns.toBeString();
    expectTypeOf<Inspection['verified']>().toEqualTypeOf<false>();
    expectTypeOf<'MODEL_MISMATCH'>().toExtend<ErrorCode>();
    // @ts-expect-error -- results are read-only
    const change = (verification: Verification) => (verification.files = 1);
    expectTypeOf(change).toBeFunction();
  });
});
