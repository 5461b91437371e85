import { hash } from 'node:crypto';
import { OmsError } from '../errors.ts';
import { Fields } from '../format/fields.ts';
import { readJson } from '../format/json.ts';
import { TRUST_LIMITS } from '../format/limits.ts';

/** The metadata of a TUF repository that one has to keep. */
export const METADATA = ['root.json', 'timestamp.json', 'snapshot.json', 'targets.json'] as const;

/** What Sigstore distributes through it. */
export const TARGETS = ['trusted_root.json', 'signing_config.v0.2.json'] as const;

type MetadataName = (typeof METADATA)[number];
export type TargetName = (typeof TARGETS)[number];

type PerFile<T> = Readonly<Record<MetadataName | TargetName, T>>;

/** The files of a TUF repository, each as it was downloaded. */
export type RepositoryFiles = PerFile<Uint8Array>;

export function filesFrom<T>(read: (name: MetadataName | TargetName) => T): PerFile<T> {
  return {
    'root.json': read('root.json'),
    'timestamp.json': read('timestamp.json'),
    'snapshot.json': read('snapshot.json'),
    'targets.json': read('targets.json'),
    'trusted_root.json': read('trusted_root.json'),
    'signing_config.v0.2.json': read('signing_config.v0.2.json'),
  };
}

/** What was taken of a TUF repository, its signatures checked then. */
export interface RepositoryCopy {
  readonly files: RepositoryFiles;
  readonly rootVersion: number;
  /** The first moment at which some of the metadata is no longer good. */
  readonly expires: Date;
}

const CODE = 'TRUST_UNUSABLE';

/** Strongest first. At least one of them has to be there. */
const HASHES = ['sha512', 'sha256'] as const;

/**
 * Reads what matters of files whose signatures were checked when they were downloaded, and holds
 * the targets against their lengths and hashes.
 *
 * @throws {OmsError} `TRUST_UNUSABLE` for a target that is not the one in the metadata.
 */
export function toCopy(files: RepositoryFiles): RepositoryCopy {
  const targets = signedPart('targets.json', files['targets.json']).object('targets');
  for (const name of TARGETS) checkTarget(name, files[name], targets.object(name));
  const expiries = METADATA.map((name) => expiryOf(name, files[name]));
  return {
    files,
    rootVersion: versionOf(files['root.json']),
    expires: new Date(Math.min(...expiries)),
  };
}

/** The version of a TUF root. @throws {OmsError} `TRUST_UNUSABLE` */
export function versionOf(root: Uint8Array): number {
  const signed = signedPart('root.json', root);
  const version = signed.optional('version');
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1) {
    throw signed.error('version', 'a whole number from 1');
  }
  return version;
}

function expiryOf(name: MetadataName, bytes: Uint8Array): number {
  const signed = signedPart(name, bytes);
  const expires = Date.parse(signed.string('expires'));
  if (Number.isNaN(expires)) throw signed.error('expires', 'a time');
  return expires;
}

function checkTarget(name: TargetName, bytes: Uint8Array, expected: Fields): void {
  const hashes = expected.object('hashes');
  const known = HASHES.filter((algorithm) => hashes.has(algorithm));
  const isRight =
    known.length > 0 &&
    expected.optional('length') === bytes.length &&
    known.every((algorithm) => hash(algorithm, bytes, 'hex') === hashes.string(algorithm));
  if (!isRight) {
    throw new OmsError(CODE, `the target ${name} is not the one that the repository names`);
  }
}

function signedPart(name: MetadataName, bytes: Uint8Array): Fields {
  const metadata = new Fields(readJson(bytes, TRUST_LIMITS, name, CODE), name, CODE);
  return metadata.object('signed');
}
