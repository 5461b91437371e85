import type { Command } from 'commander';
import { TRUST_OPTIONS, type TrustArguments } from './trust-options.ts';
import { once, parseCount } from './values.ts';

/** Options that say whose identity signs. */
export interface TokenArguments {
  readonly identityToken?: string;
  readonly identityTokenFile?: string;
  readonly useAmbientCredentials?: boolean;
  readonly oauthForceOob?: boolean;
  readonly clientId?: string;
  readonly clientSecret?: string;
}

export interface KeylessArguments extends TokenArguments, TrustArguments {
  readonly yes?: boolean;
  readonly serviceTimeout?: number;
}

/** Under which Sigstore's public instance knows its command lines. */
export const DEFAULT_CLIENT_ID = 'sigstore';

/** Keeps the secret of the client out of the list of processes. */
export const CLIENT_SECRET_VARIABLE = 'OMS_CLIENT_SECRET';

/** Names of all options of keyless signing. */
export const KEYLESS_SIGNING_OPTIONS: readonly string[] = [
  'identity-token',
  'identity-token-file',
  'use-ambient-credentials',
  'oauth-force-oob',
  'client-id',
  'client-secret',
  'service-timeout',
  'yes',
  ...TRUST_OPTIONS,
];

export function addTokenOptions(command: Command): Command {
  return command
    .optionsGroup('Who signs, without a key (sigstore):')
    .option('--identity-token <token>', 'better from a file, or in SIGSTORE_ID_TOKEN', once)
    .option('--identity-token-file <file>', 'file with an OpenID Connect identity token', once)
    .option('--use-ambient-credentials', 'only a token of the environment (CI, cloud): no login')
    .option('--oauth-force-oob', 'log in with a code that you copy, without a browser here')
    .option('--client-id <id>', `OAuth client, and audience of tokens (${DEFAULT_CLIENT_ID})`, once)
    .option('--client-secret <secret>', `better in ${CLIENT_SECRET_VARIABLE}`, once)
    .option(
      '--service-timeout <seconds>',
      'for each attempt at a service, --tsa-url too (30)',
      parseCount,
    )
    .option('--yes', 'do not ask whether the identity may go to the public log');
}
