import { hash } from 'node:crypto';
import { isSystemError, OmsError, reasonOf } from '../errors.ts';
import { aborted } from '../pace.ts';
import { ageOf, dayOf } from './age.ts';
import { type CachedCopy, TrustCache } from './cache.ts';
import { type RepositoryCopy, type RepositoryFiles, versionOf } from './copy.ts';
import { DownloadError, Downloads, type Patience } from './download.ts';
import { readEmbedded } from './embedded.ts';
import { INSTANCES, type InstanceName, type InstanceTrust } from './instance.ts';
import { refresh } from './refresh.ts';

export interface LoadOptions {
  readonly instance: InstanceName;
  /** Where to keep what the repository said; it belongs to this program alone. Undefined: nowhere. */
  readonly cacheDirectory: string | undefined;
  /** Asks nobody, and takes what is there, however old it is. */
  readonly offline?: boolean;
  readonly signal?: AbortSignal;
  /** A mirror of the instance's repository. */
  readonly mirrorUrl?: string;
  /** The TUF root to start from, in place of the one that comes with oms. JSON. */
  readonly root?: Uint8Array;
  readonly patience?: Patience;
  readonly now?: Date;
}

/** The repository is asked again after this time, in milliseconds. */
const MAX_AGE = 24 * 3600 * 1000;

/**
 * Whom a Sigstore instance asks to be trusted. Asks its TUF repository once a day, and goes on with
 * what it said before for as long as that says that it is good. Never goes back to anything older
 * without being told so with `offline`, which takes the newest copy that is there.
 *
 * @throws {OmsError} `TRUST_UNUSABLE`, `ABORTED`
 */
export async function loadTrust(options: LoadOptions): Promise<InstanceTrust> {
  const state = openState(options);
  const { cached, now } = state;
  if (options.offline === true) return newestHere(state);
  if (cached !== undefined && isFresh(cached, now)) return fromCache(state, cached, []);
  try {
    return await ask(state, options);
  } catch (error) {
    if (options.signal?.aborted === true) throw aborted(options.signal);
    if (cached === undefined || now >= cached.expires) throw unusable(state, error);
    return fromCache(state, cached, [`the repository could not be asked again: ${whyNot(error)}`]);
  }
}

/**
 * The same, but always asks the repository.
 *
 * @throws {OmsError} `TRUST_UNUSABLE`, `ABORTED`
 */
export async function updateTrust(options: Omit<LoadOptions, 'offline'>): Promise<InstanceTrust> {
  const state = openState(options);
  try {
    return await ask(state, options);
  } catch (error) {
    if (options.signal?.aborted === true) throw aborted(options.signal);
    throw unusable(state, error);
  }
}

/** What is at hand before anybody is asked. */
interface State {
  readonly instance: InstanceName;
  readonly repository: string;
  readonly now: Date;
  /** The root that is trusted from the beginning. */
  readonly root: Uint8Array;
  readonly anchor: string;
  readonly cache: TrustCache;
  /** What was followed from that root. */
  readonly cached: CachedCopy | undefined;
  /** What was followed from whatever root: trusted for nothing, but no answer may be older. */
  readonly known: RepositoryFiles | undefined;
}

function openState(options: LoadOptions): State {
  const { instance, cacheDirectory, mirrorUrl, signal, now = new Date() } = options;
  if (signal?.aborted === true) throw aborted(signal);
  const repository = (mirrorUrl ?? INSTANCES[instance].repository).replace(/\/+$/, '');
  const root = options.root ?? readEmbedded(instance).root;
  const anchor = hash('sha256', root, 'hex');
  const cache = new TrustCache(cacheDirectory, instance, repository);
  const copy = cache.read();
  // Another root may have come because the keys of the one before were stolen: what they signed
  // must not outlive it, whatever its version.
  const cached = copy?.anchor === anchor ? copy : undefined;
  return { instance, repository, now, root, anchor, cache, cached, known: copy?.files };
}

/** A copy from the future was made when the clock was wrong. */
function isFresh({ refreshed, expires }: CachedCopy, now: Date): boolean {
  const age = now.getTime() - refreshed.getTime();
  return age >= 0 && age < MAX_AGE && now < expires;
}

async function ask(state: State, { signal, patience }: LoadOptions): Promise<InstanceTrust> {
  const { repository, root, anchor, cache, cached, known, now } = state;
  const downloads = new Downloads(signal, patience);
  let copy: RepositoryCopy;
  try {
    copy = await refresh(repository, startingRoots(root, cached), known, downloads);
  } catch (error) {
    // What comes through tuf-js is only the text of ours.
    throw downloads.failure ?? error;
  }
  if (now >= copy.expires) throw new Error(`metadata expired on ${copy.expires.toISOString()}`);
  const problem = cache.write({ ...copy, refreshed: now, anchor });
  return {
    ...trustOf(state, copy, now),
    source: 'tuf',
    keptIn: problem === undefined ? cache.path : undefined,
    notes: problem === undefined ? [] : [problem],
  };
}

/** The newest root first. */
function startingRoots(root: Uint8Array, cached: CachedCopy | undefined): readonly Uint8Array[] {
  const isNewer = cached !== undefined && cached.rootVersion > versionOf(root);
  return isNewer ? [cached.files['root.json'], root] : [root];
}

function newestHere(state: State): InstanceTrust {
  const { cached } = state;
  const { trust } = readEmbedded(state.instance);
  return cached !== undefined && cached.refreshed > trust.asOf
    ? fromCache(state, cached, [])
    : trust;
}

function fromCache(state: State, cached: CachedCopy, notes: readonly string[]): InstanceTrust {
  const trust = trustOf(state, cached, cached.refreshed);
  return { ...trust, source: 'cache', keptIn: state.cache.path, notes };
}

function trustOf({ instance }: State, { files }: RepositoryCopy, asOf: Date) {
  return {
    instance,
    asOf,
    trustedRoot: files['trusted_root.json'],
    signingConfig: files['signing_config.v0.2.json'],
  };
}

function unusable(state: State, cause: unknown): OmsError {
  const { instance, repository, now, cached } = state;
  const title = INSTANCES[instance].title;
  const here = newestHere(state).asOf;
  const age = `${ageOf(here, now)} old`;
  const expired =
    cached === undefined || now < cached.expires
      ? ''
      : `, and the copy in the cache expired on ${dayOf(cached.expires)}`;
  return new OmsError('TRUST_UNUSABLE', `the trust root of ${title} cannot be refreshed`, {
    expected: `an answer from ${repository}`,
    found: `${whyNot(cause)}${expired}; the newest copy here is ${age}`,
    hint: `--offline uses the copy of ${dayOf(here)}`,
    cause,
  });
}

function whyNot(error: unknown): string {
  const isOurs = error instanceof DownloadError || isSystemError(error);
  return isOurs ? reasonOf(error) : `the answer cannot be trusted: ${reasonOf(error)}`;
}
