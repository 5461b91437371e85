import { OmsError } from '../errors.ts';
import { Fields } from '../format/fields.ts';
import type { JsonValue } from '../format/json.ts';
import { malformed } from '../format/malformed.ts';
import { PLAIN_URL_FORM, readPlainUrl, shownUrl } from '../format/url.ts';
import { readTrustSource, type TrustSource } from './trust-source.ts';
import { covers, readValidity, type Validity } from './validity.ts';

/** Which services a Sigstore instance offers to signers (protobuf `SigningConfig` v0.2). */
export interface SigningConfig {
  readonly certificateAuthorities: readonly Service[];
  readonly identityProviders: readonly Service[];
  readonly logs: readonly Service[];
  readonly logSelection: Selection;
  readonly timestampAuthorities: readonly Service[];
  readonly timestampSelection: Selection;
}

export interface Service {
  /** Of a timestamp authority in full; of others the base, without a slash at its end. */
  readonly url: string;
  readonly apiVersion: number;
  readonly validity: Validity;
  /** Who runs it; empty where the configuration does not say. */
  readonly operator: string;
}

/** How many services, each of another operator, a signer has to use. */
export type Selection =
  | { readonly selector: 'ALL' | 'ANY' }
  | { readonly selector: 'EXACT'; readonly count: number };

/** The services of one signature. */
export interface SelectedServices {
  readonly certificateAuthority: Service;
  readonly logs: readonly Service[];
  readonly timestampAuthorities: readonly Service[];
}

const CODE = 'TRUST_UNUSABLE';
const MEDIA_TYPE = 'application/vnd.dev.sigstore.signingconfig.v0.2+json';

/** API versions that this program speaks. */
const VERSIONS = {
  certificateAuthorities: [1],
  identityProviders: [1],
  logs: [1, 2],
  timestampAuthorities: [1],
} as const;

/** Rekor's API version that gives no time of its own. */
export const REKOR_TILES = 2;

/** @throws {OmsError} `TRUST_UNUSABLE` */
export function parseSigningConfig(source: TrustSource): SigningConfig {
  return readSigningConfig(readTrustSource(source, 'the signing configuration'), '');
}

/** @param where names the object in messages, when it stands inside another one. */
export function readSigningConfig(value: JsonValue | undefined, where: string): SigningConfig {
  const config = new Fields(value, where, CODE);
  config.constant('mediaType', MEDIA_TYPE);
  return {
    certificateAuthorities: readServices(config, where, 'caUrls'),
    identityProviders: readServices(config, where, 'oidcUrls'),
    logs: readServices(config, where, 'rekorTlogUrls'),
    logSelection: readSelection(config, 'rekorTlogConfig'),
    timestampAuthorities: readServices(config, where, 'tsaUrls'),
    timestampSelection: readSelection(config, 'tsaConfig'),
  };
}

/**
 * The services to sign with at `time`: valid then, of the highest version that this program speaks,
 * the newest of each operator, as many operators as the configuration asks for.
 *
 * @throws {OmsError} `TRUST_UNUSABLE` when there are too few.
 */
export function selectServices(config: SigningConfig, time: Date): SelectedServices {
  const [certificateAuthority] = candidates(config, 'certificateAuthorities', time);
  if (certificateAuthority === undefined) throw tooFew('certificate authority', 1, 0, time);
  const logs = select(config, 'logs', config.logSelection, time);
  if (logs.length === 0) throw tooFew('transparency log', 1, 0, time);
  const timestampAuthorities = selectTimestampAuthorities(config, time);
  // Such a log says nothing of when it took an entry, and without a time no verifier accepts it.
  if (timestampAuthorities.length === 0 && logs.some((log) => log.apiVersion >= REKOR_TILES)) {
    throw new OmsError(CODE, 'the signing configuration has no usable timestamp authority', {
      expected: 'one, as its transparency log gives no signed time',
    });
  }
  return { certificateAuthority, logs, timestampAuthorities };
}

/** @throws {OmsError} `TRUST_UNUSABLE` when there is none. */
export function selectIdentityProvider(config: SigningConfig, time: Date): Service {
  const [provider] = candidates(config, 'identityProviders', time);
  if (provider === undefined) throw tooFew('identity provider', 1, 0, time);
  return provider;
}

/** An instance may have none at all, unless it asks for a number of them. */
function selectTimestampAuthorities(config: SigningConfig, time: Date): readonly Service[] {
  const { timestampAuthorities: all, timestampSelection } = config;
  if (all.length === 0 && timestampSelection.selector !== 'EXACT') return [];
  return select(config, 'timestampAuthorities', config.timestampSelection, time);
}

type Kind = keyof typeof VERSIONS;

const NAMES: Readonly<Record<Kind, string>> = {
  certificateAuthorities: 'certificate authority',
  identityProviders: 'identity provider',
  logs: 'transparency log',
  timestampAuthorities: 'timestamp authority',
};

function select(
  config: SigningConfig,
  kind: Kind,
  selection: Selection,
  time: Date,
): readonly Service[] {
  const services = candidates(config, kind, time);
  if (selection.selector === 'ALL') return services;
  const count = selection.selector === 'EXACT' ? selection.count : 1;
  if (services.length < count) throw tooFew(NAMES[kind], count, services.length, time);
  return services.slice(0, count);
}

/**
 * One service for each operator, newest first; the order of the configuration breaks ties. All are
 * of the highest version that any of them has, as Sigstore's `Service` message asks: versions are
 * not mixed, whoever runs them.
 */
function candidates(config: SigningConfig, kind: Kind, time: Date): readonly Service[] {
  const versions: readonly number[] = VERSIONS[kind];
  const usable = config[kind].filter(
    ({ apiVersion, validity }) => versions.includes(apiVersion) && covers(validity, time),
  );
  const highest = Math.max(...usable.map(({ apiVersion }) => apiVersion));
  const newest = usable
    .filter(({ apiVersion }) => apiVersion === highest)
    .toSorted((a, b) => startOf(b) - startOf(a));
  const operators = new Set<string>();
  return newest.filter(({ operator }) => !operators.has(operator) && operators.add(operator));
}

function startOf({ validity }: Service): number {
  return validity.start?.getTime() ?? 0;
}

function tooFew(what: string, expected: number, found: number, time: Date): OmsError {
  return new OmsError(CODE, `the signing configuration has too few services: ${what}`, {
    expected: `${expected} that this version of oms can use on ${time.toISOString()}, of different operators`,
    found: `${found}`,
    hint: 'get a newer signing configuration, or a newer oms',
  });
}

function readServices(config: Fields, where: string, key: string): readonly Service[] {
  if (config.optional(key) === undefined) return [];
  return config.array(key).map((value, index) => {
    const path = `${where === '' ? '' : `${where}.`}${key}[${index}]`;
    const service = new Fields(value, path, CODE);
    return {
      url: readUrl(service, path, key === 'tsaUrls'),
      apiVersion: readWhole(service, 'majorApiVersion'),
      validity: readValidity(service, 'validFor'),
      operator: service.optional('operator') === undefined ? '' : service.string('operator'),
    };
  });
}

/** Encrypted, or not leaving this machine: an identity token is sent there. */
function readUrl(service: Fields, where: string, isWhole: boolean): string {
  const text = service.string('url');
  const url = readPlainUrl(text);
  if (url === undefined) {
    throw malformed(CODE, `${where}.url`, { expected: PLAIN_URL_FORM, found: shownUrl(text) });
  }
  const plain = `${url.origin}${url.pathname}`;
  // Paths are put behind the others.
  return isWhole ? plain : plain.replace(/\/+$/, '');
}

function readWhole(fields: Fields, key: string): number {
  const value = fields.optional(key) ?? 0;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw fields.error(key, 'a whole number');
  }
  return value;
}

function readSelection(config: Fields, key: string): Selection {
  // The protobuf message is required for services of which several can be used; sigstore's own
  // clients take its absence for "all".
  if (config.optional(key) === undefined) return { selector: 'ALL' };
  const fields = config.object(key);
  const selector = fields.string('selector');
  if (selector === 'ALL' || selector === 'ANY') return { selector };
  if (selector !== 'EXACT') throw fields.error('selector', 'ALL, ANY or EXACT');
  const count = readWhole(fields, 'count');
  if (count < 1) throw fields.error('count', 'a whole number from 1');
  return { selector, count };
}
