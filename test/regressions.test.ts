/** One test for every bug that was found and fixed, under the name of the bug. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseBundle } from '../src/format/bundle.ts';
import { planFiles } from '../src/hashing/plan.ts';
import { totalsOf } from '../src/hashing/tally.ts';
import { HashingThread } from '../src/hashing/thread.ts';
import {
  type Bundle,
  digest,
  inspect,
  keySigner,
  type MismatchError,
  OmsError,
  type Policy,
  sign,
  verify,
} from '../src/index.ts';
import { Forger, resource, statementWith } from './helpers/forge.ts';
import { digestInProcess, hashed, MIB, shared, sparseModel } from './helpers/hashing.ts';
import { makeModel, temporaryDirectory, writeFiles } from './helpers/model.ts';
import {
  CA,
  certificateBundle,
  chainOf,
  der,
  extension,
  issue,
  parsed,
  sequence,
} from './helpers/pki.ts';
import { refusal } from './helpers/refusal.ts';

const forger = new Forger();
const signer = keySigner({ privateKey: forger.privateKey });
const BRIEFLY = 2_000;

function withMaterial(verificationMaterial: object): Bundle {
  return { ...forger.sign(statementWith({})), verificationMaterial } as Bundle;
}

describe('an unauthenticated bundle must not exhaust the process:', () => {
  it('a key of megabytes of line ends in rawBytes', { timeout: BRIEFLY }, async () => {
    const text = `-----BEGIN ${'\n'.repeat(8_000_000)}`;
    const bundle = withMaterial({ publicKey: { rawBytes: Buffer.from(text).toString('base64') } });
    await refusal(() => verify('x', bundle, forger.policy), 'BUNDLE_MALFORMED');
  });

  it.each([
    ['mediaType', (text: string): object => ({ ...forger.sign('x'), mediaType: text })],
    ['hint', (text: string): object => withMaterial({ publicKey: { hint: text } })],
    ['a key of the object', (text: string): object => ({ ...forger.sign('x'), [text]: 1 })],
  ])('megabytes of controls in a message: %s', { timeout: BRIEFLY }, async (_, make) => {
    const bundle = JSON.stringify(make('\u0080'.repeat(8_000_000)));
    const { message } = await refusal(() => verify('x', bundle, forger.policy), 'BUNDLE_MALFORMED');
    expect(message.length).toBeLessThan(5_000);
  });

  it('text that is no JSON', { timeout: BRIEFLY }, async () => {
    const { message } = await refusal(
      () => parseBundle('\u0080'.repeat(8_000_000)),
      'BUNDLE_MALFORMED',
    );
    expect(message.length).toBeLessThan(500);
  });

  it('a million different keys', { timeout: BRIEFLY * 2 }, async () => {
    const keys = Array.from({ length: 300_000 }, (_, index) => `{"k${index}":0}`);
    const bundle = forger.sign(`{"a":[${keys.join()}]}`);
    expect(inspect(bundle).unverified.statement).toMatchObject({ form: 'unreadable' });
    const { message } = await refusal(
      () => verify('x', bundle, forger.policy),
      'STATEMENT_MALFORMED',
    );
    expect(message).toContain('different keys');
  });

  it.each([
    [
      'a path length of kilobytes',
      extension(
        '2.5.29.19',
        true,
        sequence(der(0x01, Buffer.of(255)), der(0x02, Buffer.alloc(12_000, 1))),
      ),
    ],
    ['an extension with an identifier of kilobytes', extension('1.2.3', false, Buffer.of(5, 0))],
  ])('%s', { timeout: BRIEFLY }, async (name, added) => {
    const long = name.includes('identifier')
      ? sequence(der(0x06, Buffer.alloc(12_000, 0x81), Buffer.of(1)), der(0x04, Buffer.of(5, 0)))
      : added;
    const certificate = issue({ subject: 'bomb', extensions: [long] });
    await refusal(() => parsed(certificate), 'CERTIFICATE_REFUSED');
  });
});

describe('a verdict must not be of the wrong kind:', () => {
  it('a shard file that was made huge is refused at once', { timeout: BRIEFLY }, async () => {
    const model = makeModel({ w: '0123456789' });
    const bundle = await sign(model, signer, { shardSize: 4 });
    truncateSync(join(model, 'w'), 3 * 2 ** 40);
    const error = await refusal(() => verify(model, bundle, forger.policy), 'MODEL_MISMATCH');
    expect((error as MismatchError).diff.changed).toEqual([
      { name: 'w', note: '3298534883328 bytes instead of 10' },
    ]);
  });

  it('a dead worker pool is an error of ours and no unhandled rejection', () => {
    const die = `
      const threads = require('node:worker_threads');
      const execArgv = ['--import', 'data:text/javascript,process.exit(5)'];
      threads.Worker = class extends threads.Worker {
        constructor(file, options) { super(file, { ...options, execArgv }); }
      };
      require('node:module').syncBuiltinESMExports();`;
    expect(digestInProcess([], die)).toBe('WORKER_FAILED');
  });

  it('a system that lets no thread start is no reason not to hash', () => {
    expect(digestInProcess(['--permission', '--allow-fs-read=*'])).toBe('2 resources');
  });

  it('many more threads than jobs or processors are not started', async () => {
    const { root, files } = sparseModel([12, 12, 12].map((size) => size * MIB));
    const { digests } = await hashed(planFiles(root, files), 'sha256', { jobs: 1_000_000 });
    expect(new Set(digests).size).toBe(3);
  });

  it('a hashing thread that is called away does not keep the others waiting for ever', () => {
    const { root, files } = sparseModel([1, 2, 300_000]);
    const memory = shared(planFiles(root, files));
    const [called, other] = [new HashingThread(memory, 0, 1), new HashingThread(memory, 1)];
    expect(called.work(0, true)).toBe('more');
    called.leave();
    expect(other.work(Number.POSITIVE_INFINITY)).toBe('nothing');
    expect(totalsOf(memory.tally).done).toBe(3);
  });

  it('a certificate whose date is no date is not well-formed, and is not shown', async () => {
    const impossible = der(0x17, Buffer.from('991399000000Z'));
    const certificate = issue({ subject: 'x', ...CA, notBefore: impossible });
    await refusal(
      () => inspect(certificateBundle(Buffer.from('x'), [certificate])),
      'CERTIFICATE_REFUSED',
    );
  });

  it('hundreds of other anchors are no attack', () => {
    const { root, intermediate, leaf } = chainOf();
    const key = issue({ subject: 'k' }).privateKey;
    const others = Array.from(
      { length: 510 },
      (_, i) => issue({ subject: `o${i}`, key, ...CA }).pem,
    );
    const statement = Buffer.from(JSON.stringify(statementWith({})));
    const bundle = certificateBundle(statement, [leaf, intermediate]);
    const policy: Policy = { method: 'certificate', anchors: [...others, root.pem] };
    return expect(verify(makeModel({ a: 'content of a' }), bundle, policy)).resolves.toMatchObject({
      files: 1,
    });
  });
});

describe.skipIf(process.platform === 'win32')('nothing must hide:', () => {
  it('behind the name of the signature, though the signer recorded it', async () => {
    const model = makeModel({ a: '1' });
    const signaturePath = join(model, 'model.sig');
    const bundle = await sign(model, signer, { signaturePath });
    mkdirSync(signaturePath);
    writeFiles(model, { 'model.sig/evil.py': 'x' });
    const error = await refusal(
      () => verify(model, bundle, forger.policy, { signaturePath }),
      'MODEL_MISMATCH',
    );
    expect((error as MismatchError).diff.extra).toMatchObject([{ name: 'model.sig' }]);
    await refusal(() => digest(model, { signaturePath }), 'MODEL_UNSIGNABLE');
  });

  it('behind a link at the place of the signature', async () => {
    const model = makeModel({ a: '1' });
    const signaturePath = join(model, 'model.sig');
    const bundle = await sign(model, signer, { signaturePath });
    symlinkSync('/etc/passwd', signaturePath);
    await refusal(() => verify(model, bundle, forger.policy, { signaturePath }), 'MODEL_MISMATCH');
  });

  it('in a directory that became a link while the model was hashed', async () => {
    const model = makeModel({ 'a/f': '1', 'd/f': '2' });
    const bundle = await sign(model, signer);
    const elsewhere = join(temporaryDirectory(), 'd');
    let moved = false;
    const onProgress = (): void => {
      if (moved) return;
      moved = true;
      renameSync(join(model, 'd'), elsewhere);
      symlinkSync(elsewhere, join(model, 'd'));
    };
    const error = await refusal(
      () => verify(model, bundle, forger.policy, { onProgress }),
      'FILE_CHANGED',
    );
    expect(error.message).toContain('changed while it was hashed');
  });

  it('as a file that is added while the model is hashed', async () => {
    const model = makeModel({ a: '1', b: '2' });
    const bundle = await sign(model, signer);
    const onProgress = (): void => writeFiles(model, { 'evil.py': 'x' });
    await refusal(() => verify(model, bundle, forger.policy, { onProgress }), 'FILE_CHANGED');
    await refusal(
      () => sign(model, signer, { onProgress: () => writeFiles(model, { c: 'x' }) }),
      'FILE_CHANGED',
    );
    const tolerant = { onProgress: () => writeFiles(model, { d: 'x' }), ignoreUnsignedFiles: true };
    expect((await verify(model, bundle, forger.policy, tolerant)).files).toBe(2);
  });
});

describe('what is signed must verify:', () => {
  it('a link to the signature itself is not signed', async () => {
    const model = makeModel({ a: '1', 'model.sig': 'old' });
    symlinkSync('model.sig', join(model, 'link'));
    const options = { allowSymlinks: true, signaturePath: join(model, 'model.sig') };
    const { message } = await refusal(() => sign(model, signer, options), 'MODEL_UNSIGNABLE');
    expect(message).toContain('to the signature');
  });

  it.each(['\ud800', 'a\0b', 'x*', '[y]', 'w?'])(
    'an ignore path that cannot be recorded: %j',
    async (path) => {
      await refusal(() => sign(makeModel({ a: '1' }), signer, { ignorePaths: [path] }), 'USAGE');
    },
  );

  it.skipIf(process.platform !== 'linux')('a model whose name is no text', async () => {
    // Node opens "\uFFFD" for this, but it is not what the statement would say.
    const parent = temporaryDirectory();
    mkdirSync(join(parent, '\uFFFD'));
    writeFileSync(join(parent, '\uFFFD', 'a'), '1');
    const { message } = await refusal(
      () => sign(join(parent, '\ud800'), signer),
      'MODEL_UNSIGNABLE',
    );
    expect(message).toContain('no name that can be signed');
  });

  it('a link whose target cannot be resolved is an error of ours', async () => {
    const model = makeModel({ a: '1' });
    const long = 'd'.repeat(250);
    let path = model;
    for (let depth = 0; depth < 14; depth++) {
      path = join(path, long);
      mkdirSync(path);
    }
    const error = await digest(model, { allowSymlinks: true });
    expect(error.resources).toHaveLength(1);
    symlinkSync(join(...Array.from({ length: 16 }, () => long), 'f'), join(model, 'link'));
    await refusal(() => digest(model, { allowSymlinks: true }), 'MODEL_UNSIGNABLE');
  });
});

describe('arguments of the wrong type are refused by errors of ours:', () => {
  const good = forger.sign(statementWith({ resources: [resource('a', '1')] }));
  const wrong = (value: unknown): never => value as never;

  it.each<[string, () => Promise<unknown>]>([
    ['an empty model path', () => verify('', good, forger.policy)],
    ['an empty model path to sign', () => sign('', signer)],
    ['a number as model', () => digest(wrong(5))],
    ['no bundle', () => verify('x', wrong(undefined), forger.policy)],
    ['a number as bundle', () => verify('x', wrong(5), forger.policy)],
    ['a bundle that holds a BigInt', () => verify('x', wrong({ a: 5n }), forger.policy)],
    ['no policy', () => verify('x', good, wrong(undefined))],
    ['no public key', () => verify('x', good, wrong({ method: 'key' }))],
    ['a JWK as public key', () => verify('x', good, wrong({ method: 'key', publicKey: {} }))],
    ['ignored paths as text', () => digest('x', { ignorePaths: wrong('a') })],
    ['a number as ignored path', () => digest('x', { ignorePaths: wrong([5]) })],
    ['a number as hash', () => digest('x', { hashAlgorithm: wrong(5) })],
    [
      'a signer that returns nothing',
      () => sign(makeModel({ a: '1' }), async () => wrong(undefined)),
    ],
  ])('%s', async (_, call) => {
    await expect(call()).rejects.toBeInstanceOf(OmsError);
  });

  it('anchors and times', async () => {
    const { root, leaf, intermediate } = chainOf();
    const bundle = certificateBundle(Buffer.from('x'), [leaf, intermediate]);
    const policy = { method: 'certificate' as const, anchors: [root.pem] };
    for (const anchors of ['x', undefined, [], 5]) {
      await refusal(() => verify('x', bundle, { ...policy, anchors: wrong(anchors) }), 'USAGE');
    }
    const verificationTime = wrong('2026-01-01T00:00:00Z');
    await refusal(() => verify('x', bundle, { ...policy, verificationTime }), 'USAGE');
  });
});

describe('the command line must not do harm:', () => {
  const OMS = join(import.meta.dirname, '../bin/oms.cjs');

  function oms(folder: string, ...words: string[]): string {
    try {
      return execFileSync(process.execPath, [OMS, ...words], {
        cwd: folder,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    } catch (error) {
      const { status, stdout, stderr } = error as {
        status: number;
        stdout: string;
        stderr: string;
      };
      return `exit ${status}\n${stdout}${stderr}`;
    }
  }

  it('without the native BLAKE3 the digest is the same, and the reader is told that it is slow', () => {
    const hide = `import Module from 'node:module';
      const resolve = Module._resolveFilename;
      Module._resolveFilename = function (request, ...rest) {
        if (request === '@napi-rs/blake-hash') throw new Error('none for this platform');
        return resolve.call(this, request, ...rest);
      };`;
    const folder = makeModel({ a: 'content' });
    const words = [OMS, 'digest', '.', '--hash', 'blake3'];
    const run = (...flags: string[]): { stdout: string; stderr: string } =>
      spawnSync(process.execPath, [...flags, ...words], { cwd: folder, encoding: 'utf8' });
    const portable = run('--import', `data:text/javascript,${encodeURIComponent(hide)}`);
    const native = run();
    expect(portable.stdout).toBe(native.stdout);
    expect(native.stderr).toBe('');
    expect(portable.stderr).toMatch(/^Note: .* BLAKE3 is computed in JavaScript.*\n$/);
  });

  it('a private key given in place of its path is not printed', () => {
    const pem = forger.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const output = oms(makeModel({ a: '1' }), 'sign', '.', '--private-key', pem);
    expect(output).toMatch(/^exit 2\nWrong usage: the private key is given as text/);
    expect(output).not.toContain(pem.split('\n')[1]);
  });

  it('a bundle about something else is not overwritten', () => {
    const model = makeModel({ a: '1' });
    const provenance = forger.sign({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'a', digest: { sha256: '00' } }],
      predicateType: 'https://slsa.dev/provenance/v1',
      predicate: {},
    });
    writeFileSync(join(model, 'p.json'), JSON.stringify(provenance));
    writeFileSync(
      join(model, '..', 'key.pem'),
      forger.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    );
    const output = oms(model, 'sign', '.', '--private-key', '../key.pem', '--signature', 'p.json');
    expect(output).toMatch(/^exit 2\nWrong usage: "p.json" is not overwritten/);
  });

  it('a terminal is not written to by the subject of a certificate', () => {
    const model = makeModel({ a: 'content of a' });
    const evil = issue({ subject: 'x\u009b2J\u202eevil\u2028Verified', ...CA });
    const bundle = certificateBundle(Buffer.from(JSON.stringify(statementWith({}))), [evil]);
    writeFileSync(join(model, 'model.sig'), JSON.stringify(bundle));
    writeFileSync(join(model, '..', 'ca.pem'), issue({ subject: 'other', ...CA }).pem);
    const words = ['verify', '.', '--certificate-chain', '../ca.pem', '--log-fingerprints'];
    for (const more of [[], ['--json'], ['--log-level', 'DEBUG']]) {
      const output = oms(model, ...words, ...more);
      expect(output).toMatch(/^exit 1\n/);
      expect(output).not.toMatch(/[\u0080-\u009f\u2028\u202e]/);
    }
  });
});
