import { OmsError } from '../errors.ts';
import type { Method } from '../format/bundle.ts';
import type { Policy } from '../verifiers/verifier.ts';
import { readKeyFile } from './files.ts';
import { type IdentityArguments, identityPolicyOf } from './identity-options.ts';
import { type CommonOptions, isTalkative, type Session, say } from './session.ts';
import type { ChosenTrust } from './trust-choice.ts';
import type { TrustArguments } from './trust-options.ts';

/** Options that say whom to trust, by any method. */
export interface PolicyArguments extends IdentityArguments, TrustArguments, CommonOptions {
  readonly publicKey?: string;
  readonly certificateChain?: readonly string[];
  readonly verificationTime?: Date;
}

/** Whom to trust, and for the sigstore method on whose word. */
export interface Trusted {
  readonly policy: Policy;
  readonly trust?: ChosenTrust;
}

/**
 * Holds that the options say whom to trust, before anything is read.
 *
 * @throws {OmsError} `USAGE`
 */
export function checkPolicy(method: Method | undefined, given: PolicyArguments): void {
  if (method === 'key' && given.publicKey === undefined) {
    throw new OmsError('USAGE', 'the method key needs --public-key');
  }
  if (method === 'certificate' && given.certificateChain === undefined) {
    throw new OmsError('USAGE', 'the method certificate needs --certificate-chain');
  }
  if (method === 'sigstore') identityPolicyOf(given);
  if (method !== undefined) return;
  throw new OmsError('USAGE', 'it is not said whom to trust', {
    expected: '--public-key, --certificate-chain or --identity',
  });
}

/**
 * Makes a policy of options that were checked.
 *
 * @throws {OmsError} `FILE_UNREADABLE`, `TRUST_UNUSABLE`
 */
export async function makePolicy(
  method: Method | undefined,
  given: PolicyArguments,
  session: Session,
): Promise<Trusted> {
  const { publicKey = '', certificateChain = [], verificationTime } = given;
  if (method === 'key') {
    return { policy: { method, publicKey: readKeyFile(publicKey, 'the public key') } };
  }
  if (method === 'certificate') {
    const anchors = certificateChain.map((path) => readKeyFile(path, 'the trusted certificate'));
    const time = verificationTime === undefined ? {} : { verificationTime };
    return { policy: { method, anchors, ...time } };
  }
  const { chooseTrust } = await import('./trust-choice.ts');
  const trust = await chooseTrust(given, session);
  if (isTalkative(given) && trust.notes.length > 0) say(session, trust.notes);
  const { trustedRoot } = trust;
  return { policy: { method: 'sigstore', ...identityPolicyOf(given), trustedRoot }, trust };
}
