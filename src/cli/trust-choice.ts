import { resolve } from 'node:path';
import { OmsError, retold } from '../errors.ts';
import { Fields } from '../format/fields.ts';
import { quoted } from '../printable.ts';
import { ageOf } from '../roots/age.ts';
import { INSTANCES, type InstanceTrust } from '../roots/instance.ts';
import { type LoadOptions, loadTrust } from '../roots/tuf.ts';
import { parseTrustConfig } from '../trust/trust-config.ts';
import { readTrustSource, type TrustSource } from '../trust/trust-source.ts';
import { parseTrustedRoot } from '../trust/trusted-root.ts';
import { cacheDirectoryIn } from './cache-directory.ts';
import { iso } from './describe.ts';
import { readNamedFile } from './files.ts';
import type { Session } from './session.ts';
import type { TrustArguments } from './trust-options.ts';

export interface ChosenTrust {
  readonly trustedRoot: TrustSource;
  /** There is none with `--trusted-root`. */
  readonly signingConfig: TrustSource | undefined;
  /** Which root, and how old, in one line. */
  readonly description: string;
  /** The same for programs. */
  readonly json: Readonly<Record<string, unknown>>;
  /** What did not go as it should, and was no reason to fail: lines for standard error. */
  readonly notes: readonly string[];
}

/** What tests choose otherwise. */
export type Circumstances = Pick<LoadOptions, 'mirrorUrl' | 'root' | 'patience' | 'now'>;

/**
 * Finds what the options ask for. With a file nobody else is asked, ever.
 *
 * @throws {OmsError} `TRUST_UNUSABLE`, `FILE_UNREADABLE`, `ABORTED`
 */
export async function chooseTrust(
  given: TrustArguments,
  session: Pick<Session, 'env'>,
  signal?: AbortSignal,
  circumstances: Circumstances = {},
): Promise<ChosenTrust> {
  if (given.trustedRoot !== undefined) return readRootFile(given.trustedRoot);
  if (given.trustConfig !== undefined) return readConfigFile(given.trustConfig);
  const trust = await loadTrust({
    ...loadOptionsOf(given, session, signal),
    offline: given.offline === true,
    ...circumstances,
  });
  return {
    trustedRoot: trust.trustedRoot,
    signingConfig: trust.signingConfig,
    description: describeTrust(trust, circumstances.now),
    json: trustJson(trust),
    notes: trust.notes,
  };
}

/** What of the arguments and the environment concerns a repository. */
export function loadOptionsOf(
  { useStaging }: TrustArguments,
  { env }: Pick<Session, 'env'>,
  signal: AbortSignal | undefined,
): Omit<LoadOptions, 'offline'> {
  return {
    instance: useStaging === true ? 'staging' : 'production',
    cacheDirectory: cacheDirectoryIn(env, 'sigstore'),
    ...(signal === undefined ? {} : { signal }),
  };
}

/** `the public Sigstore instance, as of 2026-01-31T12:00:00Z (3 days old, from the cache)` */
export function describeTrust(
  { instance, source, asOf }: InstanceTrust,
  now: Date = new Date(),
): string {
  const where = source === 'cache' ? 'from the cache' : 'came with oms';
  const age = source === 'tuf' ? 'asked just now' : `${ageOf(asOf, now)} old, ${where}`;
  return `${INSTANCES[instance].title}, as of ${iso(asOf)} (${age})`;
}

export function trustJson(trust: InstanceTrust): Readonly<Record<string, unknown>> {
  const { instance, source, asOf, notes } = trust;
  return { source, instance, asOf, notes };
}

function readRootFile(path: string): ChosenTrust {
  const file = resolve(path);
  return {
    trustedRoot: readTrustFile(path, 'the trusted root', parseTrustedRoot),
    signingConfig: undefined,
    description: `the trusted root ${quoted(file)}`,
    json: { source: 'trusted-root', path: file },
    notes: [],
  };
}

function readConfigFile(path: string): ChosenTrust {
  const file = resolve(path);
  const bytes = readTrustFile(path, 'the trust configuration', parseTrustConfig);
  const value = readTrustSource(bytes, 'the trust configuration');
  const config = new Fields(value, '', 'TRUST_UNUSABLE');
  return {
    trustedRoot: JSON.stringify(config.optional('trustedRoot')),
    signingConfig: JSON.stringify(config.optional('signingConfig')),
    description: `the trust configuration ${quoted(file)}`,
    json: { source: 'trust-config', path: file },
    notes: [],
  };
}

/** What else may be in such a file, by a part of its media type. */
const OTHER_FILES: readonly (readonly [part: string, hint: string])[] = [
  ['trustedroot', 'this is a trusted root, for --trusted-root of oms verify'],
  ['clienttrustconfig', 'this is a trust configuration, for --trust-config'],
  ['signingconfig', 'this is a signing configuration, which says nothing of whom to trust'],
  ['sigstore.bundle', 'this is a signature, for --signature'],
];

/** The hint where nothing tells what a file is instead. */
const NOT_ONE = 'get the JSON file anew from who runs the Sigstore instance';

/** Reads a file as a whole at once, so that an error can name it, and say what it is instead. */
function readTrustFile(path: string, what: string, read: (bytes: Buffer) => unknown): Buffer {
  const bytes = readNamedFile(path, what);
  try {
    read(bytes);
    return bytes;
  } catch (error) {
    if (!(error instanceof OmsError)) throw error;
    const { found, summary } = error;
    const flaw = summary.replace(/^the (?:trusted root|trust configuration) is /, '');
    const [, hint = NOT_ONE] = OTHER_FILES.find(([part]) => found?.includes(part)) ?? [];
    throw retold(error, { summary: `${what} ${quoted(path)} is ${flaw}`, hint });
  }
}
