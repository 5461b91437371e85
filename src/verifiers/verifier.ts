import { OmsError } from '../errors.ts';
import type { Method, ParsedBundle } from '../format/bundle.ts';
import type { SignedPayload } from '../format/dsse.ts';
import {
  type CertificatePolicy,
  type CertificateSignerIdentity,
  verifyWithCertificate,
} from './certificate.ts';
import { type KeyPolicy, type KeySignerIdentity, verifyWithKey } from './key.ts';
import {
  type SigstorePolicy,
  type SigstoreSignerIdentity,
  verifyWithSigstore,
} from './sigstore.ts';

/** Whom the verifier trusts. Nothing in it has a default. */
export type Policy = KeyPolicy | CertificatePolicy | SigstorePolicy;

/** Who signed, as far as the method can tell. */
export type SignerIdentity = KeySignerIdentity | CertificateSignerIdentity | SigstoreSignerIdentity;

/** What comes out of a signature that was accepted, and out of nothing else. */
export interface Authenticated {
  readonly signer: SignerIdentity;
  readonly payload: SignedPayload;
}

/**
 * Decides whether a bundle is signed by whom the policy trusts (§8.2).
 *
 * @throws {OmsError} `METHOD_MISMATCH`, and what the method's own verifier throws.
 */
export function authenticate(bundle: ParsedBundle, policy: Policy): Authenticated {
  const { material } = bundle;
  switch (policy?.method) {
    case 'key':
      if (material.method !== 'key') throw wrongMethod(policy.method, material.method);
      return verifyWithKey(bundle, material, policy);
    case 'certificate':
      if (material.method !== 'certificate') throw wrongMethod(policy.method, material.method);
      return verifyWithCertificate(bundle, material, policy);
    case 'sigstore':
      if (material.method !== 'sigstore') throw wrongMethod(policy.method, material.method);
      return verifyWithSigstore(bundle, material, policy);
    default:
      throw new OmsError('USAGE', 'the policy names no known method', {
        expected: 'key, certificate or sigstore',
        found: String((policy as { method?: unknown } | undefined)?.method),
      });
  }
}

function wrongMethod(expected: Method, found: Method): OmsError {
  return new OmsError('METHOD_MISMATCH', 'the bundle was signed with another method', {
    expected,
    found,
    hint: `verify it with the method ${found}, if that is whom you trust`,
  });
}
