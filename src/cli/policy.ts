import { OmsError } from '../errors.ts';
import type { Method } from '../format/bundle.ts';
import type { TimestampPolicy } from '../verifiers/stamps.ts';
import type { Policy } from '../verifiers/verifier.ts';
import { readNamedFile } from './files.ts';
import { type IdentityArguments, identityPolicyOf } from './identity-options.ts';
import { type CommonOptions, interruptible, type Session, sayNotes } from './session.ts';
import type { ChosenTrust } from './trust-choice.ts';
import type { TrustArguments } from './trust-options.ts';

/** Options that say whom to trust, by any method. */
export interface PolicyArguments extends IdentityArguments, TrustArguments, CommonOptions {
  readonly publicKey?: string;
  readonly certificateChain?: readonly string[];
  readonly verificationTime?: Date;
  readonly tsaCertificateChain?: readonly string[];
  readonly requireTimestamp?: boolean;
}

/** Whom to trust, and for the sigstore method on whose word. */
export interface Trusted {
  readonly policy: Policy;
  readonly trust?: ChosenTrust;
}

/**
 * What the options say of whom to trust. They are looked at now, and the files and the network only
 * when the result is called.
 *
 * @throws {OmsError} `USAGE`; the result, `FILE_UNREADABLE` and `TRUST_UNUSABLE`.
 */
export function policyOf(
  method: Method | undefined,
  given: PolicyArguments,
  session: Session,
): () => Promise<Trusted> {
  switch (method) {
    case 'key':
      return keyPolicy(given);
    case 'certificate':
      return certificatePolicy(given);
    case 'sigstore':
      return keylessPolicy(given, session);
    case undefined:
      throw new OmsError('USAGE', 'it is not said whom to trust', {
        expected: '--public-key, --certificate-chain or --identity',
      });
  }
}

function keyPolicy(given: PolicyArguments): () => Promise<Trusted> {
  const { publicKey: path } = given;
  if (path === undefined) throw new OmsError('USAGE', 'the method key needs --public-key');
  const timestamps = timestampPolicyOf(given);
  return async () => {
    const publicKey = readNamedFile(path, 'the public key');
    return { policy: { method: 'key', publicKey, ...timestamps() } };
  };
}

function certificatePolicy(given: PolicyArguments): () => Promise<Trusted> {
  const { certificateChain: paths, verificationTime } = given;
  if (paths === undefined) {
    throw new OmsError('USAGE', 'the method certificate needs --certificate-chain');
  }
  const timestamps = timestampPolicyOf(given);
  return async () => {
    const anchors = paths.map((path) => readNamedFile(path, 'the trusted certificate'));
    const time = verificationTime === undefined ? {} : { verificationTime };
    return { policy: { method: 'certificate', anchors, ...time, ...timestamps() } };
  };
}

function timestampPolicyOf(given: PolicyArguments): () => TimestampPolicy {
  const { tsaCertificateChain: paths, requireTimestamp } = given;
  if (requireTimestamp === true && paths === undefined) {
    throw new OmsError('USAGE', '--require-timestamp needs --tsa-certificate-chain');
  }
  return () => {
    const what = 'the certificate of a timestamp authority';
    const timestampAnchors = paths?.map((path) => readNamedFile(path, what));
    return { timestampAnchors, requireTimestamp };
  };
}

function keylessPolicy(given: PolicyArguments, session: Session): () => Promise<Trusted> {
  const identity = identityPolicyOf(given);
  return async () => {
    const { chooseTrust } = await import('./trust-choice.ts');
    const trust = await interruptible(session, (signal) => chooseTrust(given, session, signal));
    sayNotes(session, trust.notes, given);
    const { trustedRoot } = trust;
    return { policy: { method: 'sigstore', ...identity, trustedRoot }, trust };
  };
}
