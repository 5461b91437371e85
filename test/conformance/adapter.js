/**
 * The conformance suite's command-line protocol on top of the built library: translates flags, calls
 * the library, exits 0 or 1. A failure is one line on standard error that begins with its code.
 */
import { createPublicKey } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, relative, sep } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import {
  certificateSigner,
  digest,
  keySigner,
  loadTrust,
  OmsError,
  sigstoreSigner,
  sign,
  verify,
} from '../../dist/index.js';

const TEXT = { type: 'string' };
const LIST = { type: 'string', multiple: true, default: [] };
const SWITCH = { type: 'boolean', default: false };

const COMMON = {
  method: TEXT,
  'model-path': TEXT,
  'cert-chain': LIST,
  'ignore-paths': LIST,
  'use-staging': SWITCH,
  'hash-algorithm': TEXT,
  'shard-size': TEXT,
  'max-workers': TEXT,
};
const SIGN = {
  ...COMMON,
  'output-bundle': TEXT,
  'private-key': TEXT,
  'signing-cert': TEXT,
  'identity-token': TEXT,
};
const VERIFY = {
  ...COMMON,
  bundle: TEXT,
  'public-key': TEXT,
  'ignore-unsigned-files': SWITCH,
  identity: TEXT,
  'identity-provider': TEXT,
};
const BENCHMARK = { ...SIGN, ...VERIFY, operation: TEXT, repeat: TEXT };

/** What the caller got wrong, as opposed to what the library refuses. */
class UsageError extends Error {}

const COMMANDS = new Map([
  ['sign-model', { options: SIGN, run: signModel }],
  ['verify-model', { options: VERIFY, run: verifyModel }],
  ['benchmark-model', { options: BENCHMARK, run: benchmarkModel }],
  ['capabilities', { options: {}, run: capabilities }],
]);

async function signModel(flags) {
  const output = need(flags, 'output-bundle');
  const signer = await signerOf(flags);
  const bundle = await sign(need(flags, 'model-path'), signer, signOptions(flags, output));
  writeFileSync(output, JSON.stringify(bundle));
}

async function verifyModel(flags) {
  const path = need(flags, 'bundle');
  const policy = await policyOf(flags);
  await verify(need(flags, 'model-path'), readFileSync(path), policy, verifyOptions(flags, path));
}

function capabilities() {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  print({
    flags: ['--hash-algorithm', '--shard-size', '--max-workers'],
    hash_algorithms: ['sha256', 'blake2b', 'blake3'],
    benchmark_model: true,
    client_version: JSON.parse(manifest).version,
  });
}

/** Keys are read and the page cache is filled before the clock starts; bundles are written after. */
async function benchmarkModel(flags) {
  const operation = await operationOf(flags);
  const repeat = positive(flags, 'repeat') ?? 5;
  const times = [];
  let result = await operation.run();
  for (let round = 0; round < repeat; round++) {
    const start = performance.now();
    result = await operation.run();
    times.push(Number((performance.now() - start).toFixed(3)));
  }
  operation.finish?.(result);
  print({ times_ms: times });
}

async function operationOf(flags) {
  const model = need(flags, 'model-path');
  const output = flags['output-bundle'];
  const kind = need(flags, 'operation');
  switch (kind) {
    case 'hash':
      return { run: () => digest(model, signOptions(flags, output)) };
    case 'sign': {
      const signer = await signerOf(flags);
      const options = signOptions(flags, output);
      return {
        run: () => sign(model, signer, options),
        finish: (bundle) => {
          if (output !== undefined) writeFileSync(output, JSON.stringify(bundle));
        },
      };
    }
    case 'verify': {
      const path = flags.bundle;
      const bundle =
        path === undefined
          ? await sign(model, await signerOf(flags), signOptions(flags))
          : readFileSync(path);
      const policy = await policyOf(flags);
      const options = verifyOptions(flags, path);
      return { run: () => verify(model, bundle, policy, options) };
    }
    default:
      throw new UsageError(`--operation is hash, sign or verify, not ${JSON.stringify(kind)}`);
  }
}

async function signerOf(flags) {
  switch (methodOf(flags)) {
    case 'key':
      return keySigner({ privateKey: readFileSync(need(flags, 'private-key')) });
    case 'certificate':
      return certificateSigner({
        privateKey: readFileSync(need(flags, 'private-key')),
        certificate: readFileSync(need(flags, 'signing-cert')),
        chain: flags['cert-chain'].map((path) => readFileSync(path)),
      });
    case 'sigstore': {
      const identityToken = need(flags, 'identity-token');
      const { trustedRoot, signingConfig } = await trustOf(flags);
      return sigstoreSigner({ trustedRoot, signingConfig, identityToken });
    }
  }
}

async function policyOf(flags) {
  switch (methodOf(flags)) {
    case 'key':
      return { method: 'key', publicKey: publicKeyOf(flags) };
    case 'certificate':
      return {
        method: 'certificate',
        anchors: flags['cert-chain'].map((path) => readFileSync(path)),
      };
    case 'sigstore': {
      const identity = need(flags, 'identity');
      const issuer = need(flags, 'identity-provider');
      const { trustedRoot } = await trustOf(flags);
      return { method: 'sigstore', identity, issuer, trustedRoot };
    }
  }
}

/** The copy that comes with the library: a run of the suite says something of this version only. */
function trustOf(flags) {
  const instance = flags['use-staging'] ? 'staging' : 'production';
  return loadTrust({ instance, cacheDirectory: undefined, offline: true });
}

/** A benchmark that signs for itself need not be told the other half of its key. */
function publicKeyOf(flags) {
  if (flags['public-key'] === undefined && flags['private-key'] !== undefined) {
    return createPublicKey(readFileSync(flags['private-key']));
  }
  return readFileSync(need(flags, 'public-key'));
}

function methodOf(flags) {
  const method = need(flags, 'method');
  if (method === 'key' || method === 'certificate' || method === 'sigstore') return method;
  throw new UsageError(`--method is key, certificate or sigstore, not ${JSON.stringify(method)}`);
}

function signOptions(flags, signaturePath) {
  const hashAlgorithm = flags['hash-algorithm'];
  const shardSize = positive(flags, 'shard-size');
  return {
    ...commonOptions(flags, signaturePath),
    ...(hashAlgorithm === undefined ? {} : { hashAlgorithm }),
    ...(shardSize === undefined ? {} : { shardSize }),
  };
}

/** How files are hashed, the bundle says: --hash-algorithm and --shard-size mean nothing here. */
function verifyOptions(flags, signaturePath) {
  return {
    ...commonOptions(flags, signaturePath),
    ignoreUnsignedFiles: flags['ignore-unsigned-files'],
  };
}

function commonOptions(flags, signaturePath) {
  const jobs = positive(flags, 'max-workers');
  return {
    ignorePaths: ignorePathsOf(flags),
    ...(signaturePath === undefined ? {} : { signaturePath }),
    ...(jobs === undefined ? {} : { jobs }),
  };
}

/** The protocol has absolute paths, the library names relative to the model root. */
function ignorePathsOf(flags) {
  const model = need(flags, 'model-path');
  const root = statSync(model).isDirectory() ? model : dirname(model);
  return flags['ignore-paths'].map((path) => {
    if (!isAbsolute(path)) {
      throw new UsageError(`--ignore-paths is not absolute: ${JSON.stringify(path)}`);
    }
    return relative(root, path).split(sep).join('/');
  });
}

function need(flags, name) {
  const value = flags[name];
  if (value === undefined || value === '') throw new UsageError(`--${name} is missing`);
  return value;
}

/** The protocol's own adapter takes 0 for "not given". */
function positive(flags, name) {
  const text = flags[name];
  if (text === undefined || text === '0') return undefined;
  if (!/^[1-9][0-9]{0,14}$/.test(text)) {
    throw new UsageError(`--${name} is not a whole number: ${JSON.stringify(text)}`);
  }
  return Number(text);
}

function print(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

async function main([name, ...args]) {
  const command = COMMANDS.get(name);
  if (command === undefined) {
    throw new UsageError(`the command is one of ${[...COMMANDS.keys()].join(', ')}`);
  }
  const { values } = parseArgs({ args, options: command.options, strict: true });
  await command.run(values);
}

function lineOf(error) {
  if (error instanceof UsageError) return error.message;
  if (error instanceof OmsError) return `${error.code}: ${error.message}`;
  return `${error.code ?? error.name}: ${error.message}`.replaceAll(/\s+/g, ' ');
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${lineOf(error)}\n`);
  process.exitCode = 1;
}
