import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toJson } from '../../src/cli/session.ts';
import { runTrust } from '../../src/cli/trust.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { CLAIMS } from '../../src/trust/fulcio.ts';
import { NOW, TestRepository } from '../roots/repository.ts';
import { serve } from '../roots/server.ts';
import { fillIn } from './match.ts';
import { runProgram } from './program.ts';
import { flawsInOutput } from './schema.ts';
import { splitWords } from './script.ts';
import { sessionIn } from './trust-session.ts';
import { Workspace } from './workspace.ts';

/**
 * The schema accepts what the scripts beside this file make the program print. Here it is shown
 * that it refuses what differs from that.
 */
describe('the schema of --json', () => {
  const workspace = new Workspace();
  afterAll(() => workspace.remove());
  const outputs: Json[] = [];

  beforeAll(async () => {
    workspace.write('model/weights.bin', 'weights');
    workspace.write('model/cache/one', '1');
    workspace.write('other/weights.bin', 'others');
    workspace.write('other/extra.bin', 'extra');
    await workspace.prepare(['key', 'signer']);
    await workspace.prepare(['cert', 'root', 'ca']);
    await workspace.prepare(['cert', 'ours', 'by=root']);
    await workspace.prepare(['instance', 'sigstore']);
    await workspace.prepare(['tsa', 'clock']);
    await workspace.prepare(['token', 'ada', 'email=ada@example.com']);
    const build = ['build-trigger=push', 'source-repository-ref=refs/heads/main'];
    await workspace.prepare(['bundle', 'keyless.sig', 'other', 'by=sigstore', 'rekor=2', ...build]);
    for (const line of COMMANDS) {
      const words = splitWords(`${line} --json`).map((word) => fillIn(word, workspace.names));
      const env = { XDG_CACHE_HOME: workspace.path('cache') };
      const { stdout } = await runProgram(words, { cwd: workspace.root, env });
      outputs.push(JSON.parse(stdout) as Json);
    }
  }, 60_000);

  test('accepts every kind of output', () => {
    for (const output of outputs) expect(flawsInOutput(output)).toEqual([]);
    const kinds = outputs.map(({ command, exitCode }) => `${String(command)} ${String(exitCode)}`);
    expect(new Set(kinds)).toEqual(
      new Set(
        ['sign 0', 'sign 2', 'sign 3', 'verify 0', 'verify 1', 'verify 3'].concat([
          'digest 0',
          'digest 3',
          'inspect 0',
          'trust 0',
          'trust 2',
        ]),
      ),
    );
  });

  test('refuses a value of another type, wherever it stands', () => {
    for (const output of outputs) {
      for (const path of pathsIn(output)) {
        const wrong = typeof valueAt(output, path) === 'number' ? 'x' : 7;
        expect(flawsInOutput(changed(output, path, wrong)), path.join('.')).not.toEqual([]);
      }
    }
  });

  test('refuses a member that it does not know, in every object', () => {
    for (const output of outputs) {
      for (const path of [[], ...pathsIn(output)]) {
        if (!isObject(valueAt(output, path))) continue;
        const more = changed(output, [...path, 'unknown'], true);
        expect(flawsInOutput(more), path.join('.')).not.toEqual([]);
      }
    }
  });

  test('refuses an object of which a member is missing', () => {
    for (const output of outputs) {
      for (const path of pathsIn(output)) {
        const isMember = isObject(valueAt(output, path.slice(0, -1)));
        if (!isMember || isOptional(path)) continue;
        const less = changed(output, path, undefined);
        expect(flawsInOutput(less), path.join('.')).not.toEqual([]);
      }
    }
  });

  test.for<[number, string, unknown]>([
    [0, 'schemaVersion', 2],
    [0, 'command', 'verify'],
    [0, 'ok', false],
    [0, 'exitCode', 1],
    [0, 'signing.files', 0],
    [0, 'signing.bytes', -1],
    [0, 'signing.rootDigest', 'a'.repeat(64)],
    [0, 'signing.rootDigest', `sha256:${'A'.repeat(64)}`],
    [0, 'signing.serialization.shardSize', 10],
    [0, 'signing.serialization.hashAlgorithm', 'md5'],
    [0, 'signing.signer.method', 'certificate'],
    [4, 'verification.signer.time.at', '2026-01-31T12:00:00'],
    [4, 'verification.signer.chain', []],
    [5, 'digest.serialization.method', 'files'],
    [6, 'inspection.verified', true],
    [6, 'inspection.unverified.statement.resources.0.digest', 'sha256:00'],
    [7, 'exitCode', 3],
    [7, 'exitCode', 0],
    [7, 'ok', true],
    [7, 'error.code', 'METHOD_MISMATCH'],
    [7, 'error.outcome', 'usage'],
    [7, 'error.diff', { changed: [], missing: [], extra: [] }],
    [7, 'error.message', 'two\nlines'],
    [8, 'error.code', 'MODEL_MISMATCH'],
    [9, 'error.code', 'SOMETHING'],
    [9, 'exitCode', 130],
    [10, 'signing.signer.method', 'certificate'],
    [10, 'signing.trust', { source: 'trusted-root' }],
    [11, 'verification.trust', undefined],
    [11, 'verification.trust.source', 'cache'],
    [11, 'verification.signer.identity.kind', 'ip'],
    [11, 'verification.signer.claims.colour', 'blue'],
    [11, 'verification.signer.logEntries', []],
    [11, 'verification.signer.logEntries.0.index', '-1'],
    [11, 'verification.signer.times', []],
    [11, 'verification.signer.times.0.source', 'now'],
    [11, 'verification.signer.times.0.at', '2026-01-31'],
    [1, 'verification.trust', { source: 'trusted-root', path: '/root.json' }],
    [12, 'inspection.unverified.certificates.0.identity.name.kind', 'ip'],
    [13, 'error.code', 'TOKEN_UNUSABLE'],
    [14, 'error.code', 'IDENTITY_MISMATCH'],
    [15, 'error.outcome', 'refused'],
    [16, 'trust.source', 'tuf'],
    [16, 'trust.signingConfig', {}],
    [17, 'trust.source', 'trust-config'],
    [17, 'trust.instance', 'test'],
    [17, 'trust.asOf', 'yesterday'],
    [17, 'trust.trustedRoot.logs.0.good', 'soon'],
    [17, 'trust.trustedRoot.certificateAuthorities.0.certificates', []],
    [17, 'trust.signingConfig.logSelection', { selector: 'EXACT' }],
    [17, 'trust.signingConfig.logSelection', { selector: 'ANY', count: 1 }],
    [17, 'trustUpdate', {}],
    [19, 'verification.signer.time.source', 'token'],
    [19, 'verification.signer.timestamps', []],
    [19, 'verification.signer.timestamps.0.at', '2026-01-31'],
    [19, 'verification.signer.timestamps.0.accuracy', -1],
    [19, 'verification.signer.timestamps.0.policy', 'policy'],
    [19, 'verification.signer.timestamps.0.anchor', undefined],
    [18, 'signing.signer.timestamps', []],
  ])('refuses output %i with %s = %j', ([index, path, value]) => {
    const output = outputs[index] as Json;
    expect(flawsInOutput(changed(output, path.split('.'), value))).not.toEqual([]);
  });

  test('accepts what oms trust update prints, which only an instance can make it print', async () => {
    const repository = new TestRepository({
      targets: { 'trusted_root.json': '{}', 'signing_config.v0.2.json': '{}' },
    });
    const { url: mirrorUrl } = await serve(repository);
    const circumstances = { mirrorUrl, root: repository.root, now: NOW };
    const session = sessionIn({ XDG_CACHE_HOME: workspace.path('kept') });
    const report = await runTrust(['update'], {}, session, circumstances);
    const output = JSON.parse([...toJson(report)].join('')) as Json;
    expect(flawsInOutput(output)).toEqual([]);
    expect(flawsInOutput(changed(output, ['trustUpdate', 'keptIn'], undefined))).toEqual([]);
    for (const path of pathsIn(output)) {
      const wrong = changed(output, path, 7);
      expect(flawsInOutput(wrong), path.join('.')).not.toEqual([]);
    }
    const more = changed(output, ['trustUpdate', 'unknown'], true);
    expect(flawsInOutput(more)).not.toEqual([]);
  });

  test('knows every claim of a certificate, and no other', () => {
    const claims = readSchema().$defs['claims']?.['properties'] as Json;
    expect(new Set(Object.keys(claims))).toEqual(new Set(CLAIMS));
  });

  test('knows every error code, and no other', () => {
    const schema = readSchema();
    const known = Object.values(schema.$defs).flatMap(
      (definition) => valueAt(definition, 'properties.error.properties.code.enum'.split('.')) ?? [],
    );
    expect(new Set(known)).toEqual(new Set(Object.keys(CODES)));
  });
});

const COMMANDS = [
  'sign model --private-key signer.pem --ignore-paths model/cache',
  'verify model --public-key signer.pub',
  'verify model --public-key root.pub',
  'sign model --private-key ours.pem --signing-certificate ours.crt --certificate-chain root.crt',
  'verify model --certificate-chain root.crt',
  'digest model --shard-size 2',
  'inspect model/model.sig --resources',
  'verify other --certificate-chain root.crt --signature model/model.sig',
  'sign model --private-key signer.pem --signature model/weights.bin',
  'digest missing',
  'sign model --trust-config sigstore.json --identity-token-file ada.jwt',
  'verify other --signature keyless.sig --trusted-root sigstore-root.json --identity signer@example.com --identity-provider https://accounts.example.com',
  'inspect keyless.sig',
  'verify other --signature keyless.sig --trust-config sigstore.json --identity ada@example.com --identity-provider https://accounts.example.com',
  'sign model --trust-config sigstore.json --identity-token garbage',
  'verify other --signature keyless.sig --trusted-root signer.pub --identity ada@example.com --identity-provider https://accounts.example.com',
  'trust show --trusted-root sigstore-root.json',
  'trust show --offline',
  'sign other --private-key ours.pem --signing-certificate ours.crt --signature c.sig --tsa-url {clock}',
  'verify other --certificate-chain root.crt --signature c.sig --tsa-certificate-chain clock.crt',
  'trust show --trust-config sigstore.json',
  'trust update --offline',
];

function isOptional(path: readonly (string | number)[]): boolean {
  // The bundle does not always hold the certificate that a timestamp names.
  const isUnverified = path.includes('unverified');
  if (isUnverified && path.at(-1) === 'authority') return true;
  // There may be none, and `inspect` says so in words.
  if (isUnverified && path.at(-1) === 'timestamps') return false;
  return OPTIONAL.has(String(path.at(-1))) || path.at(-2) === 'claims';
}

const OPTIONAL = new Set(
  'expected found hint note keyHint resources keyUsage extendedKeyUsage identity start end timestamps'.split(
    ' ',
  ),
);

/** The compiler asks for all of them here. */
const CODES: Readonly<Record<ErrorCode, true>> = {
  BUNDLE_MALFORMED: true,
  METHOD_MISMATCH: true,
  SIGNATURE_INVALID: true,
  KEY_MISMATCH: true,
  CERTIFICATE_REFUSED: true,
  IDENTITY_MISMATCH: true,
  LOG_ENTRY_INVALID: true,
  TIMESTAMP_INVALID: true,
  STATEMENT_MALFORMED: true,
  MODEL_MISMATCH: true,
  MODEL_UNSIGNABLE: true,
  MODEL_EMPTY: true,
  USAGE: true,
  SIGNATURE_EXISTS: true,
  FILE_UNREADABLE: true,
  FILE_CHANGED: true,
  WRITE_FAILED: true,
  KEY_UNUSABLE: true,
  TRUST_UNUSABLE: true,
  TOKEN_UNUSABLE: true,
  LOGIN_FAILED: true,
  SERVICE_FAILED: true,
  WORKER_FAILED: true,
  ABORTED: true,
  INTERNAL: true,
};

function readSchema(): { readonly $defs: Readonly<Record<string, Json>> } {
  const text = readFileSync(new URL('../../spec/output.schema.json', import.meta.url), 'utf8');
  return JSON.parse(text) as { $defs: Record<string, Json> };
}

interface Json {
  [key: string]: unknown;
}

type Path = readonly (string | number)[];

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pathsIn(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [
    [...path, key],
    ...pathsIn(member, [...path, key]),
  ]);
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, key) => (at as Json | undefined)?.[key], value);
}

/** A copy in which one value is another, or gone. */
function changed(output: Json, path: Path, value: unknown): Json {
  const copy = structuredClone(output);
  const parent = valueAt(copy, path.slice(0, -1)) as Json;
  const key = path.at(-1) as string;
  if (value === undefined) delete parent[key];
  else parent[key] = value;
  return copy;
}
