import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import {
  type Bundle,
  certificateSigner,
  keySigner,
  loadTrust,
  MismatchError,
  type ModelDiff,
  OmsError,
  type Policy,
  type Signer,
  sign,
  type Verification,
  verify,
} from '../../src/index.ts';
import type { VectorCase } from '../helpers/vectors.ts';
import { watchNetwork } from './network.ts';

/** How a signing or verification ended. */
export type Outcome =
  | { readonly ok: true; readonly verification?: Verification }
  | {
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      readonly diff?: ModelDiff | undefined;
    };

/** Something that signs and verifies: what a case is run through. */
export interface Client {
  sign(test: VectorCase, model: string, output: string): Promise<Outcome>;
  verify(test: VectorCase, model: string, bundle: string): Promise<Outcome>;
}

/** The library itself, from its sources. */
export const library: Client = {
  sign: (test, model, output) =>
    settle(async () => {
      const bundle = await sign(model, signerOf(test), {
        ignorePaths: test.ignorePaths,
        signaturePath: output,
      });
      writeFileSync(output, JSON.stringify(bundle));
      return { ok: true };
    }),
  verify: (test, model, bundle) =>
    settle(async () => {
      const verification = await verifyBundle(test, model, readFileSync(bundle), {
        signaturePath: bundle,
      });
      return { ok: true, verification };
    }),
};

/**
 * Verifies as a case says, with a bundle that may be another than the case's, and holds that nobody
 * was asked for it.
 */
export async function verifyBundle(
  test: VectorCase,
  model: string,
  bundle: string | Uint8Array | Bundle,
  more: { readonly signaturePath?: string } = {},
): Promise<Verification> {
  const watch = watchNetwork();
  try {
    return await verify(model, bundle, await policyOf(test), {
      ignorePaths: test.ignorePaths,
      ignoreUnsignedFiles: test.ignoreUnsignedFiles,
      ...more,
    });
  } finally {
    watch.end();
    expect(watch.attempts).toEqual([]);
  }
}

async function settle(run: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof OmsError)) throw error;
    const diff = error instanceof MismatchError ? error.diff : undefined;
    return { ok: false, code: error.code, message: error.message, diff };
  }
}

function signerOf(test: VectorCase): Signer {
  const privateKey = read(test.privateKey);
  return test.method === 'key'
    ? keySigner({ privateKey })
    : certificateSigner({
        privateKey,
        certificate: read(test.certificate),
        chain: test.chain.map(read),
      });
}

async function policyOf(test: VectorCase): Promise<Policy> {
  switch (test.method) {
    case 'key':
      return { method: 'key', publicKey: read(test.publicKey) };
    case 'certificate':
      return { method: 'certificate', anchors: test.anchors.map(read) };
    case 'sigstore': {
      const { identity = '', identityProvider: issuer = '' } = test;
      return { method: 'sigstore', identity, issuer, trustedRoot: await publicRoot() };
    }
  }
}

/** Of the public instance, as it comes with oms. */
export async function publicRoot(): Promise<Uint8Array> {
  const { trustedRoot } = await loadTrust({
    instance: 'production',
    cacheDirectory: undefined,
    offline: true,
  });
  return trustedRoot;
}

function read(path: string | undefined): string {
  if (path === undefined) throw new Error('the case names no such file');
  return readFileSync(path, 'utf8');
}

const ADAPTER = fileURLToPath(new URL('../conformance/adapter', import.meta.url));
const BUILT = fileURLToPath(new URL('../../dist/index.js', import.meta.url));

/** For `--import`: a process that uses the network fails. */
export const OFFLINE = new URL('offline.ts', import.meta.url).href;

/** The built library behind the suite's command-line protocol: one process for each call. */
export const adapter: Client = {
  sign: (test, model, output) =>
    call('sign-model', {
      method: test.method,
      'model-path': model,
      'output-bundle': output,
      'private-key': test.privateKey,
      'signing-cert': test.certificate,
      'cert-chain': test.chain,
      'ignore-paths': absoluteIgnorePaths(test, model),
    }),
  verify: (test, model, bundle) =>
    call(
      'verify-model',
      {
        method: test.method,
        'model-path': model,
        bundle,
        'public-key': test.publicKey,
        'cert-chain': test.anchors,
        identity: test.identity,
        'identity-provider': test.identityProvider,
        'ignore-paths': absoluteIgnorePaths(test, model),
        'ignore-unsigned-files': test.ignoreUnsignedFiles,
      },
      test.method === 'sigstore' ? { NODE_OPTIONS: `--import=${OFFLINE}` } : {},
    ),
};

function absoluteIgnorePaths({ ignorePaths }: VectorCase, model: string): readonly string[] {
  const root = statSync(model).isDirectory() ? model : dirname(model);
  return ignorePaths.map((path) => join(root, path));
}

/** Flags by their names: a list stands for one that is repeated, `false` for one that is absent. */
export type Flags = Readonly<Record<string, string | readonly string[] | boolean | undefined>>;

function argumentsOf(flags: Flags): readonly string[] {
  return Object.entries(flags).flatMap(([name, value]) => {
    if (value === undefined || value === false) return [];
    if (value === true) return [`--${name}`];
    return [value].flat().flatMap((text) => [`--${name}`, text]);
  });
}

/** What the adapter wrote, and how it ended. */
export interface AdapterRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function runAdapter(
  command: string,
  flags: Flags = {},
  more: Readonly<Record<string, string>> = {},
): Promise<AdapterRun> {
  if (!existsSync(BUILT)) throw new Error('the library is not built: run "npm run build" first');
  const env = { ...process.env, ...more };
  return new Promise((resolve, reject) => {
    execFile(ADAPTER, [command, ...argumentsOf(flags)], { env }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : error.code;
      if (typeof exitCode === 'number') resolve({ exitCode, stdout, stderr });
      else reject(error ?? new Error('the adapter did not run'));
    });
  });
}

/** A failure is one line: the code, and the message of the library. */
async function call(
  command: string,
  flags: Flags,
  more: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const { exitCode, stderr } = await runAdapter(command, flags, more);
  if (exitCode === 0) return { ok: true };
  const [, code, message] = /^([A-Z_]+): (.*)\n$/.exec(stderr) ?? [];
  if (code === undefined || message === undefined) {
    throw new Error(
      `the adapter failed with exit code ${exitCode} and without a reason: ${stderr}`,
    );
  }
  return { ok: false, code, message };
}
