import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../src/errors.ts';
import { runProgram } from './program.ts';
import { flawsInOutput } from './schema.ts';
import { splitWords } from './script.ts';
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
    for (const line of COMMANDS) {
      const words = [...splitWords(line), '--json'];
      const { stdout } = await runProgram(words, { cwd: workspace.root });
      outputs.push(JSON.parse(stdout) as Json);
    }
  }, 60_000);

  test('accepts every kind of output', () => {
    for (const output of outputs) expect(flawsInOutput(output)).toEqual([]);
    const kinds = outputs.map(({ command, exitCode }) => `${String(command)} ${String(exitCode)}`);
    expect(new Set(kinds)).toEqual(
      new Set(['sign 0', 'sign 2', 'verify 0', 'verify 1', 'digest 0', 'digest 3', 'inspect 0']),
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
        if (!isMember || OPTIONAL.has(String(path.at(-1)))) continue;
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
  ])('refuses output %i with %s = %j', ([index, path, value]) => {
    const output = outputs[index] as Json;
    expect(flawsInOutput(changed(output, path.split('.'), value))).not.toEqual([]);
  });

  test('knows every error code, and no other', () => {
    const text = readFileSync(new URL('../../spec/output.schema.json', import.meta.url), 'utf8');
    const schema = JSON.parse(text) as { $defs: Record<string, Json> };
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
];

const OPTIONAL = new Set(
  'expected found hint note keyHint resources keyUsage extendedKeyUsage'.split(' '),
);

/** The compiler asks for all of them here. */
const CODES: Readonly<Record<ErrorCode, true>> = {
  BUNDLE_MALFORMED: true,
  METHOD_MISMATCH: true,
  SIGNATURE_INVALID: true,
  KEY_MISMATCH: true,
  CERTIFICATE_REFUSED: true,
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
  METHOD_UNAVAILABLE: true,
  WORKER_FAILED: true,
  ABORTED: true,
  INTERNAL: true,
};

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
