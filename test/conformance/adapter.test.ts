import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeInstance, signModelStatement } from '../helpers/sigstore/instance.ts';
import { type AdapterRun, type Flags, OFFLINE, runAdapter } from '../vectors/client.ts';
import { readBundle, statementOf } from '../vectors/suite.ts';

const scratch = mkdtempSync(join(tmpdir(), 'oms-adapter-'));
const privateKey = join(scratch, 'key.pem');
const publicKey = join(scratch, 'key-pub.pem');
let model: string;
let bundle: string;

beforeAll(() => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(privateKey, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(publicKey, pair.publicKey.export({ type: 'spki', format: 'pem' }));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
beforeEach(() => {
  const directory = mkdtempSync(join(scratch, 'case-'));
  model = join(directory, 'model');
  bundle = join(directory, 'bundle.sig');
  mkdirSync(model);
  writeFileSync(join(model, 'a.bin'), 'twenty-one bytes here');
  writeFileSync(join(model, 'b.bin'), 'b');
});

const signModel = (more: Flags = {}): Promise<AdapterRun> =>
  runAdapter('sign-model', {
    method: 'key',
    'model-path': model,
    'output-bundle': bundle,
    'private-key': privateKey,
    ...more,
  });
const verifyModel = (more: Flags = {}): Promise<AdapterRun> =>
  runAdapter('verify-model', {
    method: 'key',
    'model-path': model,
    bundle,
    'public-key': publicKey,
    ...more,
  });

const benchmark = (operation: string, flags: Flags): Promise<AdapterRun> =>
  runAdapter('benchmark-model', { operation, method: 'key', 'model-path': model, ...flags });

/** The times of a benchmark, which must have gone well. */
function timesOf({ exitCode, stdout, stderr }: AdapterRun): readonly number[] {
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return (JSON.parse(stdout) as { times_ms: number[] }).times_ms;
}

const quiet: AdapterRun = { exitCode: 0, stdout: '', stderr: '' };

/** One line on standard error, nothing on standard output. */
function refusal(line: RegExp): AdapterRun {
  const whole = new RegExp(`^${line.source}\\n$`);
  return { exitCode: 1, stdout: '', stderr: expect.stringMatching(whole) as string };
}

describe('sign-model and verify-model', () => {
  it('sign and verify in silence', async () => {
    expect(await signModel()).toEqual(quiet);
    expect(await verifyModel()).toEqual(quiet);
  });

  it('fail with one line that begins with the code', async () => {
    await signModel();
    writeFileSync(join(model, 'b.bin'), 'c');
    expect(await verifyModel()).toEqual(refusal(/MODEL_MISMATCH: .* 1 changed.*/));
  });

  it('take the hash algorithm, the shard size and the number of workers', async () => {
    const flags = { 'hash-algorithm': 'blake2b', 'shard-size': '20', 'max-workers': '2' };
    expect(await signModel(flags)).toEqual(quiet);
    expect(statementOf(readBundle(bundle)).predicate).toMatchObject({
      resources: [{ name: 'a.bin:0:20' }, { name: 'a.bin:20:21' }, { name: 'b.bin:0:1' }],
      serialization: { method: 'shards', hash_type: 'blake2b', shard_size: 20 },
    });
    expect(await verifyModel(flags)).toEqual(quiet);
  });

  it('take absolute paths to ignore, several times', async () => {
    const flags = { 'ignore-paths': [join(model, 'b.bin'), join(model, 'none')] };
    expect(await signModel(flags)).toEqual(quiet);
    expect(statementOf(readBundle(bundle)).predicate).toMatchObject({
      resources: [{ name: 'a.bin' }],
      serialization: {
        ignore_paths: ['.git', '.gitattributes', '.github', '.gitignore', 'b.bin', 'none'],
      },
    });
    writeFileSync(join(model, 'c.bin'), 'c');
    expect(await verifyModel()).toEqual(refusal(/MODEL_MISMATCH: .* 1 extra/));
    expect(await verifyModel({ 'ignore-paths': join(model, 'c.bin') })).toEqual(quiet);
  });

  it.each([
    ['relative', () => 'b.bin', /--ignore-paths is not absolute: "b\.bin"/],
    ['the model itself', () => model, /USAGE: an ignored path is not inside the model: .*/],
    ['beside the model', () => bundle, /USAGE: an ignored path is not inside the model: .*/],
  ])('refuse a path to ignore that is %s', async (_, path, line) => {
    expect(await signModel({ 'ignore-paths': path() })).toEqual(refusal(line));
    expect(existsSync(bundle)).toBe(false);
  });

  it('refuse an unknown command', async () => {
    expect(await runAdapter('sign')).toEqual(
      refusal(/the command is one of sign-model, verify-model, .*/),
    );
  });

  it.each<[string, Flags, RegExp]>([
    ['an unknown flag', { 'chunk-size': '1' }, /ERR_PARSE_ARGS_UNKNOWN_OPTION: .*/],
    ['a flag of another command', { 'public-key': 'k' }, /ERR_PARSE_ARGS_UNKNOWN_OPTION: .*/],
    ['an unknown method', { method: 'pgp' }, /--method is key, certificate or sigstore, .*/],
    ['no method', { method: undefined }, /--method is missing/],
    ['an empty path', { 'model-path': '' }, /--model-path is missing/],
    ['a key that is not there', { 'private-key': '/nonexistent' }, /ENOENT: .*/],
    ['an unknown hash', { 'hash-algorithm': 'md5' }, /USAGE: the hash algorithm is not known.*/],
  ])('refuse %s', async (_, flags, line) => {
    expect(await signModel(flags)).toEqual(refusal(line));
    expect(existsSync(bundle)).toBe(false);
  });

  it.each(['1.5', '1e3', '0x10', 'x'])('refuse the shard size %s', async (size) => {
    expect(await signModel({ 'shard-size': size })).toEqual(
      refusal(/--shard-size is not a whole number: .*/),
    );
  });
});

describe('sign-model and verify-model without a key', () => {
  /** The form of a token, of a user who must not show. */
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const tokenOf = (claims: object): string =>
    `${part({ alg: 'RS256' })}.${part({ sub: 'secret-subject', ...claims })}.c2lnbmF0dXJl`;

  const keyless = { method: 'sigstore', 'private-key': undefined, 'public-key': undefined };
  const signer = { identity: 'signer@example.com', 'identity-provider': 'https://example.com' };
  const signKeyless = (more: Flags): Promise<AdapterRun> =>
    runAdapter(
      'sign-model',
      { ...keyless, 'model-path': model, 'output-bundle': bundle, ...more },
      { NODE_OPTIONS: `--import=${OFFLINE}` },
    );
  const verifyKeyless = (more: Flags): Promise<AdapterRun> =>
    runAdapter(
      'verify-model',
      { ...keyless, ...signer, 'model-path': model, bundle, ...more },
      { NODE_OPTIONS: `--import=${OFFLINE}` },
    );

  it.each(['identity', 'identity-provider'])('must be told --%s', async (name) => {
    writeFileSync(bundle, '{}');
    for (const value of [undefined, '']) {
      const line = refusal(new RegExp(`--${name} is missing`));
      expect(await verifyKeyless({ [name]: value })).toEqual(line);
    }
  });

  it('must be given a token, which is looked at before anybody gets to see it', async () => {
    const bad = /TOKEN_UNUSABLE: the identity token cannot be used: .*/;
    const tokens: readonly (readonly [string | undefined, RegExp])[] = [
      [undefined, /--identity-token is missing/],
      ['', /--identity-token is missing/],
      ['token', bad],
      [tokenOf({ iss: 'https://example.com', aud: 'sigstore', exp: 1_000_000_000 }), bad],
      [tokenOf({ iss: 'https://example.com', aud: 'other', exp: 9_000_000_000 }), bad],
    ];
    for (const staging of [false, true]) {
      for (const [token, line] of tokens) {
        const run = await signKeyless({ 'identity-token': token, 'use-staging': staging });
        expect(run).toEqual(refusal(line));
        expect(run.stderr).not.toMatch(/secret|c2lnbmF0dXJl/);
        expect(existsSync(bundle)).toBe(false);
      }
    }
  });

  it('trust the public instance, or the one for tests where that is asked for', async () => {
    writeFileSync(bundle, JSON.stringify(signModelStatement(makeInstance())));
    const isNot = (host: string): AdapterRun =>
      refusal(new RegExp(`LOG_ENTRY_INVALID: .* not in the trusted root: expected .*${host}.*`));
    expect(await verifyKeyless({})).toEqual(isNot('rekor\\.sigstore\\.dev'));
    expect(await verifyKeyless({ 'use-staging': true })).toEqual(isNot('rekor\\.sigstage\\.dev'));
  });
});

describe('capabilities', () => {
  it('says what the harness wants to know', async () => {
    const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    const { stdout, ...rest } = await runAdapter('capabilities');
    expect(rest).toEqual({ exitCode: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      flags: ['--hash-algorithm', '--shard-size', '--max-workers'],
      hash_algorithms: ['sha256', 'blake2b', 'blake3'],
      benchmark_model: true,
      client_version: (JSON.parse(manifest) as { version: string }).version,
    });
  });

  it('names only hash algorithms that sign', async () => {
    const { stdout } = await runAdapter('capabilities');
    const { hash_algorithms: names } = JSON.parse(stdout) as { hash_algorithms: string[] };
    for (const name of names) {
      expect(await signModel({ 'hash-algorithm': name })).toEqual(quiet);
      expect(statementOf(readBundle(bundle)).predicate).toMatchObject({
        serialization: { hash_type: name },
      });
      expect(await verifyModel()).toEqual(quiet);
    }
  });
});

describe('benchmark-model', () => {
  it('times hashing, for which it needs no key and no method', async () => {
    const times = timesOf(
      await benchmark('hash', {
        method: undefined,
        repeat: '3',
        'hash-algorithm': 'blake3',
        'shard-size': '1000',
        'max-workers': '1',
      }),
    );
    expect(times).toHaveLength(3);
    for (const time of times) expect(time).toBeGreaterThan(0);
  });

  it('times signing, and leaves a bundle that verifies', async () => {
    const flags = { 'private-key': privateKey, 'output-bundle': bundle, repeat: '2' };
    expect(timesOf(await benchmark('sign', flags))).toHaveLength(2);
    expect(await verifyModel()).toEqual(quiet);
  });

  it('times verifying a bundle that is there', async () => {
    await signModel();
    const flags = { bundle, 'public-key': publicKey, repeat: '2' };
    expect(timesOf(await benchmark('verify', flags))).toHaveLength(2);
  });

  it('signs for itself when it is to verify and there is no bundle', async () => {
    const flags = { 'private-key': privateKey, repeat: '1' };
    expect(timesOf(await benchmark('verify', flags))).toHaveLength(1);
    expect(existsSync(bundle)).toBe(false);
  });

  it('fails when what it times fails', async () => {
    await signModel();
    writeFileSync(join(model, 'extra'), '');
    const flags = { bundle, 'public-key': publicKey, repeat: '2' };
    expect(await benchmark('verify', flags)).toEqual(refusal(/MODEL_MISMATCH: .*/));
  });

  it('refuses an operation that it does not know', async () => {
    expect(await benchmark('read', { repeat: '1' })).toEqual(
      refusal(/--operation is hash, sign or verify, not "read"/),
    );
  });
});
