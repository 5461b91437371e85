import { OmsError } from '../errors.ts';
import { quoted } from '../printable.ts';
import { updateTrust } from '../roots/tuf.ts';
import { parseSigningConfig } from '../trust/signing-config.ts';
import { parseTrustedRoot } from '../trust/trusted-root.ts';
import { block, type Line } from './describe.ts';
import { type CommonOptions, interruptible, type Report, type Session } from './session.ts';
import {
  type Circumstances,
  chooseTrust,
  describeTrust,
  loadOptionsOf,
  trustJson,
} from './trust-choice.ts';
import { listConfig, listRoot, sectionLines } from './trust-listing.ts';
import type { TrustArguments } from './trust-options.ts';

interface TrustCommandArguments extends TrustArguments, CommonOptions {}

export async function runTrust(
  operands: readonly string[],
  given: TrustCommandArguments,
  session: Session,
  circumstances: Circumstances = {},
): Promise<Report> {
  const [verb, ...rest] = operands;
  if (rest.length > 0 || (verb !== 'show' && verb !== 'update')) {
    throw new OmsError('USAGE', 'trust takes one word more', {
      expected: 'show or update',
      found: operands.map((operand) => quoted(operand, 60)).join(' ') || 'nothing',
    });
  }
  return verb === 'show'
    ? show(given, session, circumstances)
    : update(given, session, circumstances);
}

async function show(
  given: TrustCommandArguments,
  session: Session,
  circumstances: Circumstances,
): Promise<Report> {
  const { now = new Date() } = circumstances;
  const { description, json, notes, ...sources } = await interruptible(session, (signal) =>
    chooseTrust(given, session, signal, circumstances),
  );
  const root = listRoot(parseTrustedRoot(sources.trustedRoot), now);
  const config =
    sources.signingConfig === undefined
      ? undefined
      : listConfig(parseSigningConfig(sources.signingConfig), now);
  return {
    command: 'trust',
    exitCode: 0,
    json: {
      trust: {
        ...json,
        trustedRoot: root.json,
        ...(config === undefined ? {} : { signingConfig: config.json }),
      },
    },
    text: [
      `Trusted: ${description}`,
      ...[...root.sections, ...(config?.sections ?? [])].flatMap(sectionLines),
    ],
    notes: notes.map((note) => `Note: ${note}`),
  };
}

async function update(
  given: TrustCommandArguments,
  session: Session,
  circumstances: Circumstances,
): Promise<Report> {
  const idle = (['trustedRoot', 'trustConfig', 'offline'] as const).filter((name) => given[name]);
  if (idle.length > 0) {
    throw new OmsError('USAGE', 'trust update asks an instance what is new', {
      expected: 'no --trusted-root, --trust-config or --offline',
    });
  }
  const trust = await interruptible(session, (signal) =>
    updateTrust({ ...loadOptionsOf(given, session, signal), ...circumstances }),
  );
  const { keptIn, notes } = trust;
  const lines: readonly Line[] = [
    ['Instance', describeTrust(trust)],
    ['Kept in', keptIn ?? 'nowhere'],
  ];
  const unkept =
    keptIn === undefined && notes.length === 0 ? ['there is no directory for caches'] : [];
  return {
    command: 'trust',
    exitCode: 0,
    json: {
      trustUpdate: { ...trustJson(trust), ...(keptIn === undefined ? {} : { keptIn }) },
    },
    text: block('Updated: this is whom the instance asks you to trust.', lines),
    notes: [...notes, ...unkept].map((note) => `Note: ${note}`),
  };
}
