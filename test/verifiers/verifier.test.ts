import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseBundle } from '../../src/format/bundle.ts';
import { assembleBundle, base64 } from '../../src/signers/signer.ts';
import { fingerprintOf, signPayload } from '../../src/trust/keys.ts';
import { authenticate, type Policy } from '../../src/verifiers/verifier.ts';
import { logEntry } from '../helpers/log-entry.ts';
import { certificateBundle, chainOf, makeKey } from '../helpers/pki.ts';
import { failure } from '../trust/helpers.ts';

const { root, intermediate, leaf } = chainOf();
const statement = Buffer.from('{"any":"bytes"}');
const good = certificateBundle(statement, [leaf, intermediate]);
const policy: Policy = { method: 'certificate', anchors: [root.pem] };

describe('a bundle of another method', () => {
  it('is not accepted when it was signed with a certificate, be it with the right key', () => {
    const publicKey = createPublicKey(leaf.privateKey);
    expect(() => authenticate(parseBundle(good), { method: 'key', publicKey })).toThrow(
      failure('METHOD_MISMATCH', 'expected key, found certificate'),
    );
    expect(authenticate(parseBundle(good), policy).signer.method).toBe('certificate');
  });

  it('is not accepted when it was signed with a key', () => {
    const key = makeKey('P-256');
    const bundle = assembleBundle(statement, signPayload(statement, key), {
      publicKey: { hint: fingerprintOf(key) },
    });
    expect(() => authenticate(parseBundle(bundle), policy)).toThrow(
      failure('METHOD_MISMATCH', 'expected certificate, found key'),
    );
  });

  it('is not accepted when it has log entries, as those signed without a key have', () => {
    const bundle = assembleBundle(statement, signPayload(statement, leaf.privateKey), {
      certificate: { rawBytes: base64(leaf.der) },
      tlogEntries: [logEntry()],
    });
    for (const anchors of [[root.pem], [leaf.pem]]) {
      expect(() => authenticate(parseBundle(bundle), { method: 'certificate', anchors })).toThrow(
        failure('METHOD_MISMATCH', 'expected certificate, found sigstore'),
      );
    }
  });

  it('is not accepted by a policy without a known method', () => {
    for (const method of [undefined, 'x509', 'toString']) {
      const odd = { ...policy, method } as unknown as Policy;
      expect(() => authenticate(parseBundle(good), odd)).toThrow(
        failure('USAGE', `expected key, certificate or sigstore, found ${method}`),
      );
    }
    for (const none of [undefined, null] as unknown as Policy[]) {
      expect(() => authenticate(parseBundle(good), none)).toThrow(
        failure('USAGE', 'the policy names no known method'),
      );
    }
  });
});
