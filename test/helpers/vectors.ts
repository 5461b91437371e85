import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Method } from '../../src/index.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** One case of the conformance suite: its `config.json`, with all paths absolute. */
export interface VectorCase {
  readonly name: string;
  readonly group: 'roundtrip' | 'positive' | 'negative' | 'historical';
  readonly description: string;
  readonly method: Method;
  readonly passes: boolean;
  /** The model as it was published; a test works on a copy. */
  readonly model: string;
  /** The published bundle; a roundtrip case makes its own. */
  readonly bundle: string;
  readonly modifications: Modifications;
  readonly signatureInside: boolean;
  readonly privateKey: string | undefined;
  readonly certificate: string | undefined;
  readonly chain: readonly string[];
  readonly publicKey: string | undefined;
  readonly anchors: readonly string[];
  /** Who is to have signed without a key, and who is to vouch for it. */
  readonly identity: string | undefined;
  readonly identityProvider: string | undefined;
  /** Relative to the model. */
  readonly ignorePaths: readonly string[];
  readonly ignoreUnsignedFiles: boolean;
  readonly signedFiles: readonly string[] | undefined;
}

/** What happens to the copy of the model: names below the model root, and contents or targets. */
export interface Modifications {
  readonly tamper?: Readonly<Record<string, string>>;
  readonly delete?: readonly string[];
  readonly inject?: Readonly<Record<string, string>>;
  readonly symlinks?: Readonly<Record<string, string>>;
}

/** The archive of published vectors, unpacked into a temporary directory. */
export interface Vectors {
  readonly cases: readonly VectorCase[];
  /** A file of the conformance suite's assets, such as `keys/p384/signing-key.pem`. */
  asset(path: string): string;
  /** A file of the specification's own vectors and schemas, such as `schemas/v1.0`. */
  spec(path: string): string;
  /** A new empty directory, which goes with the others. */
  scratch(): string;
  remove(): void;
}

/**
 * Where the archive is, or `undefined` where there is none. It is not part of the repository: its
 * content is other projects'.
 */
export function findArchive(): string | undefined {
  const chosen = process.env['OMS_VECTORS'];
  if (chosen !== undefined && chosen !== '') {
    if (!existsSync(chosen)) throw new Error(`OMS_VECTORS names no file: ${chosen}`);
    return chosen;
  }
  const usual = join(ROOT, '..', 'shared', 'vectors', 'oms-vectors.tar.gz');
  return existsSync(usual) ? usual : undefined;
}

export function unpackVectors(archive: string): Vectors {
  const directory = mkdtempSync(join(tmpdir(), 'oms-vectors-'));
  execFileSync('tar', ['-xzf', archive, '-C', directory]);
  const assets = join(directory, 'conformance', 'assets');
  return {
    cases: readCases(join(directory, 'conformance', 'test-cases'), assets),
    asset: (path) => join(assets, path),
    spec: (path) => join(directory, 'spec', path),
    scratch: () => mkdtempSync(join(directory, 'scratch-')),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

const GROUPS = {
  roundtrip: 'roundtrip',
  positive: 'verify/positive',
  negative: 'verify/negative',
  historical: 'verify/historical',
} as const;

function readCases(directory: string, assets: string): readonly VectorCase[] {
  const groups = Object.keys(GROUPS) as readonly (keyof typeof GROUPS)[];
  return groups.flatMap((group) => {
    const parent = join(directory, GROUPS[group]);
    return readdirSync(parent)
      .toSorted()
      .map((name) => readCase(join(parent, name), group, assets));
  });
}

interface Config {
  readonly description: string;
  readonly method: Method;
  readonly model: string;
  readonly model_relative_to?: 'assets' | 'test_dir';
  readonly expect?: 'pass' | 'fail';
  readonly sig_inside_model?: boolean;
  readonly model_modifications?: Modifications;
  readonly expected_signed_files?: readonly string[];
  readonly sign?: {
    readonly private_key?: string;
    readonly signing_cert?: string;
    readonly cert_chain?: readonly string[];
  };
  readonly verify?: {
    readonly public_key?: string;
    readonly cert_chain?: readonly string[];
    readonly identity?: string;
    readonly identity_provider?: string;
    readonly ignore_paths?: readonly string[];
    readonly ignore_unsigned_files?: boolean;
  };
}

/**
 * Keys that a case names and the suite does not have. With a missing file any verifier fails, so a
 * key that is there takes its place: the case is to be refused for what it is about.
 */
const ABSENT_KEYS: Readonly<Record<string, string>> = {
  'keys/ec-p256/signing-key-pub.pem': 'keys/certificate/signing-key-pub.pem',
};

function readCase(directory: string, group: VectorCase['group'], assets: string): VectorCase {
  const config = JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8')) as Config;
  const { sign = {}, verify = {} } = config;
  const inTestDirectory = config.model_relative_to === 'test_dir';
  const key = (path: string): string => join(assets, ABSENT_KEYS[path] ?? path);
  const optionalKey = (path?: string): string | undefined => (path ? key(path) : undefined);
  return {
    name: basename(directory),
    group,
    description: config.description,
    method: config.method,
    passes: config.expect !== 'fail',
    model: join(inTestDirectory ? directory : assets, config.model),
    bundle: join(directory, 'bundle.sig'),
    modifications: config.model_modifications ?? {},
    signatureInside: config.sig_inside_model === true,
    privateKey: optionalKey(sign.private_key),
    certificate: optionalKey(sign.signing_cert),
    chain: (sign.cert_chain ?? []).map(key),
    publicKey: optionalKey(verify.public_key),
    anchors: (verify.cert_chain ?? []).map(key),
    identity: verify.identity,
    identityProvider: verify.identity_provider,
    ignorePaths: verify.ignore_paths ?? [],
    ignoreUnsignedFiles: verify.ignore_unsigned_files === true,
    signedFiles: config.expected_signed_files,
  };
}

/** Copies the case's model and changes the copy as the case says. Returns the path of the copy. */
export function prepareModel(test: VectorCase, directory: string): string {
  const isFile = statSync(test.model).isFile();
  const copy = join(directory, isFile ? basename(test.model) : 'model');
  cpSync(test.model, copy, { recursive: true });
  modify(isFile ? directory : copy, test.modifications);
  return copy;
}

function modify(root: string, changes: Modifications): void {
  const { tamper = {}, delete: deleted = [], inject = {}, symlinks = {} } = changes;
  for (const [name, text] of Object.entries(tamper)) writeFileSync(join(root, name), text);
  for (const name of deleted) rmSync(join(root, name));
  for (const [name, text] of Object.entries(inject)) writeFileSync(join(root, name), text);
  for (const [name, target] of Object.entries(symlinks)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    symlinkSync(target, join(root, name));
  }
}
