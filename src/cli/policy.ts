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
 * Makes a policy of what was asked for.
 *
 * @throws {OmsError} `USAGE`, `FILE_UNREADABLE`, `TRUST_UNUSABLE`
 */
export async function makePolicy(
  method: Method | undefined,
  given: PolicyArguments,
  session: Session,
): Promise<Trusted> {
  switch (method) {
    case 'key':
      return { policy: keyPolicy(given) };
    case 'certificate':
      return { policy: certificatePolicy(given) };
    case 'sigstore':
      return sigstorePolicy(given, session);
    case undefined:
      throw new OmsError('USAGE', 'it is not said whom to trust', {
        expected: '--public-key, --certificate-chain or --identity',
      });
  }
}

function keyPolicy({ publicKey }: PolicyArguments): Policy {
  if (publicKey === undefined) throw new OmsError('USAGE', 'the method key needs --public-key');
  return { method: 'key', publicKey: readKeyFile(publicKey, 'the public key') };
}

function certificatePolicy({ certificateChain, verificationTime }: PolicyArguments): Policy {
  if (certificateChain === undefined) {
    throw new OmsError('USAGE', 'the method certificate needs --certificate-chain');
  }
  return {
    method: 'certificate',
    anchors: certificateChain.map((path) => readKeyFile(path, 'the trusted certificate')),
    ...(verificationTime === undefined ? {} : { verificationTime }),
  };
}

async function sigstorePolicy(given: PolicyArguments, session: Session): Promise<Trusted> {
  const identity = identityPolicyOf(given);
  const { chooseTrust } = await import('./trust-choice.ts');
  const trust = await chooseTrust(given, session);
  if (isTalkative(given) && trust.notes.length > 0) say(session, trust.notes);
  return { policy: { method: 'sigstore', ...identity, trustedRoot: trust.trustedRoot }, trust };
}
