import { type Command, InvalidArgumentError } from 'commander';
import { OmsError } from '../errors.ts';
import { quoted } from '../printable.ts';
import { CLAIMS, type ClaimName } from '../trust/fulcio.ts';
import { checkIdentityPolicy, type IdentityPolicy } from '../verifiers/identity.ts';
import type { Thresholds } from '../verifiers/thresholds.ts';
import { once, onceAs, parseCount } from './values.ts';

/** Options that say who must have signed without a key. */
export interface IdentityArguments {
  readonly identity?: string;
  readonly identityRegexp?: string;
  readonly identityProvider?: string;
  readonly certificateClaim?: Claims;
  readonly logThreshold?: number;
  readonly timeThreshold?: number;
}

type Claims = Readonly<Partial<Record<ClaimName, string>>>;

/** Names of the options below. */
export const IDENTITY_OPTIONS: readonly string[] = [
  'identity',
  'identity-regexp',
  'identity-provider',
  'certificate-claim',
  'log-threshold',
  'time-threshold',
];

export function addIdentityOptions(command: Command): Command {
  return command
    .optionsGroup('Whom you trust, without a key (sigstore):')
    .option('--identity <identity>', 'who signed: e-mail address, URI or user name, exactly', once)
    .option('--identity-provider <url>', 'who vouches for the identity, exactly', once)
    .option(
      '--identity-regexp <regexp>',
      'in place of --identity: whoever has a name that matches as a whole (RE2)',
      once,
    )
    .option(
      '--certificate-claim <name=value>',
      'what else the certificate must say, such as source-repository-ref=refs/heads/main (repeatable)',
      addClaim,
    )
    .option(
      '--log-threshold <number>',
      'operators of logs that must have the signature (1)',
      onceAs(parseCount),
    )
    .option(
      '--time-threshold <number>',
      'operators that must say when it was made (1)',
      onceAs(parseCount),
    );
}

function addClaim(text: string, previous: Claims | undefined): Claims {
  const [, name = '', value = ''] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (value === '') {
    throw new InvalidArgumentError('It must be NAME=VALUE, such as build-trigger=push.');
  }
  const known = CLAIMS.find((claim) => claim === name);
  if (known === undefined) {
    throw new InvalidArgumentError(`There is no such claim. There are ${CLAIMS.join(', ')}.`);
  }
  if (previous?.[known] !== undefined) {
    throw new InvalidArgumentError(`${known} can be given only once.`);
  }
  return { ...previous, [known]: value };
}

/** @throws {OmsError} `USAGE` when somebody is not named, or is named twice. */
export function identityPolicyOf(
  given: IdentityArguments,
): IdentityPolicy & { readonly thresholds: Thresholds } {
  const { identity, identityRegexp, identityProvider: issuer, certificateClaim: claims } = given;
  if (issuer === undefined || (identity === undefined && identityRegexp === undefined)) {
    const missing = issuer === undefined ? '--identity-provider' : '--identity';
    const both = issuer === undefined && identity === undefined && identityRegexp === undefined;
    const needed = both ? '--identity and --identity-provider' : missing;
    throw new OmsError('USAGE', `the method sigstore needs ${needed}`, {
      hint: 'oms inspect shows, unverified, who signed',
    });
  }
  if (identity !== undefined && identityRegexp !== undefined) {
    throw new OmsError('USAGE', '--identity and --identity-regexp do not go together', {
      found: `${quoted(identity)} and ${quoted(identityRegexp)}`,
    });
  }
  const name = identity === undefined ? { identityRegExp: identityRegexp ?? '' } : { identity };
  const policy: IdentityPolicy = { issuer, ...name, claims };
  checkIdentityPolicy(policy);
  return { ...policy, thresholds: { logs: given.logThreshold, times: given.timeThreshold } };
}
