/**
 * Signs and verifies a manifest of made-up resources in one process, and prints JSON: the
 * milliseconds that each took. Nothing is hashed but the manifest itself.
 *
 * paperwork.ts COUNT
 */
import { generateKeyPairSync, hash } from 'node:crypto';
import type * as Bundles from '../src/format/bundle.ts';
import type * as Diffs from '../src/format/diff.ts';
import type * as Manifests from '../src/format/manifest.ts';
import type * as Statements from '../src/format/statement.ts';
import type * as KeySigners from '../src/signers/key.ts';
import type * as Verifiers from '../src/verifiers/verifier.ts';
import { built } from './built.ts';

const { parseBundle } = (await built('format/bundle.js')) as typeof Bundles;
const { compareModel, isEmpty } = (await built('format/diff.js')) as typeof Diffs;
const { buildManifest } = (await built('format/manifest.js')) as typeof Manifests;
const { encodeStatement, parseStatement } = (await built(
  'format/statement.js',
)) as typeof Statements;
const { keySigner } = (await built('signers/key.js')) as typeof KeySigners;
const { authenticate } = (await built('verifiers/verifier.js')) as typeof Verifiers;

const SERIALIZATION: Manifests.Serialization = {
  hashAlgorithm: 'sha256',
  shardSize: undefined,
  allowSymlinks: false,
  ignorePaths: [],
};

const count = Number(process.argv[2]);
const resources = Array.from({ length: count }, (_, index) => makeUp(index));
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signer = keySigner({ privateKey });

const start = performance.now();
const text = Buffer.from(await signAll());
const signed = performance.now();
verifyAll();
const verified = performance.now();
console.log(JSON.stringify({ signMs: signed - start, verifyMs: verified - signed }));

async function signAll(): Promise<string> {
  const statement = encodeStatement(buildManifest('model', SERIALIZATION, resources));
  return JSON.stringify(await signer(statement));
}

function verifyAll(): void {
  const { payload } = authenticate(parseBundle(text), { method: 'key', publicKey });
  const { resources: expected } = parseStatement(payload);
  const found = { resources, resized: new Map(), unlisted: [], irregular: [] };
  if (!isEmpty(compareModel(expected, found))) throw new Error('what was signed differs');
}

/** In no order, as a file system lists them: 7919 is prime, so every number comes once. */
function makeUp(index: number): Manifests.Resource {
  const number = String((index * 7919) % count).padStart(7, '0');
  const name = `layers/${number.slice(0, 4)}/weights-${number}.bin`;
  return { name, path: name, start: 0, end: undefined, digest: hash('sha256', name) };
}
