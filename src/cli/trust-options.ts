import { type Command, Option } from 'commander';
import { addCommonOptions } from './common.ts';
import { once } from './values.ts';

/** Options that say whom Sigstore signatures are checked against. */
export interface TrustArguments {
  readonly trustedRoot?: string;
  readonly trustConfig?: string;
  readonly useStaging?: boolean;
  readonly offline?: boolean;
}

/** Names of the options below. */
export const TRUST_OPTIONS: readonly string[] = [
  'trusted-root',
  'trust-config',
  'use-staging',
  'offline',
];

/** @param signing a root alone does not say where to sign, so its option is left out. */
export function addTrustOptions(command: Command, signing = false): Command {
  command.optionsGroup('Which Sigstore instance is trusted (default: the public one):');
  const root = fileOption(
    '--trusted-root <file>',
    "an instance's trusted root (JSON); nobody is asked",
    ['trustConfig'],
  );
  if (!signing) command.addOption(root);
  return command
    .addOption(
      fileOption(
        '--trust-config <file>',
        'its trusted root and signing configuration (JSON); nobody is asked',
      ),
    )
    .option('--use-staging', "Sigstore's staging instance, for tests")
    .option('--offline', 'do not ask what is new: use the copy in the cache, or that of this oms');
}

function fileOption(flags: string, description: string, others: readonly string[] = []): Option {
  const option = new Option(flags, description).argParser(once);
  return option.conflicts(['useStaging', 'offline', ...others]);
}

const EXAMPLES = `
A Sigstore instance says through a TUF repository whom to trust: which authorities issue its
certificates, and which logs and clocks vouch for its signatures. oms asks once a day, keeps the
answer in your cache directory, and comes with a copy for --offline.

Examples:
  oms trust show
  oms trust update
  oms trust show --offline --use-staging
`;

export function addTrustCommand(program: Command): Command {
  const command = program
    .command('trust')
    .usage('show|update [options]')
    .argument('[operands...]')
    .summary('show or update whom Sigstore signatures are checked against')
    .description(
      'Show whom keyless signatures are checked against, or ask the instance what is new.',
    );
  addTrustOptions(command);
  return addCommonOptions(command).addHelpText('after', EXAMPLES);
}
