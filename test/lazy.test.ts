import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from './helpers/model.ts';
import { chainOf, makeKey } from './helpers/pki.ts';
import { IDENTITY, ISSUER } from './helpers/sigstore/authority.ts';
import { makeInstance, signModelStatement } from './helpers/sigstore/instance.ts';

const SOURCES = new URL('../src/index.ts', import.meta.url).href;
const PRELOADED = new URL('helpers/loaded.ts', import.meta.url).href;
const PROGRAM = fileURLToPath(new URL('../bin/oms.cjs', import.meta.url));
const BUILT = fileURLToPath(new URL('../dist/bin', import.meta.url));

/** All that keyless signing and verification are made of, and what these load themselves. */
const SIGSTORE =
  /^(?:@sigstore\/|@tufjs\/|@peculiar\/|make-fetch-happen$|minipass|tuf-js$|oauth4webapi$|re2js$)/;

/** What verifies keyless signatures, with what that loads itself. */
const VERIFYING = ['@sigstore/core', '@sigstore/protobuf-specs', '@sigstore/verify'];

/** Puts what the programs below work on into a new directory. */
function makeScene(): string {
  const directory = temporaryDirectory();
  const write = (name: string, content: string): void =>
    writeFileSync(join(directory, name), content);
  const { root, intermediate, leaf } = chainOf();
  const key = makeKey('P-256');
  const instance = makeInstance();
  write('a', 'content of a');
  write('key.pem', key.export({ type: 'pkcs8', format: 'pem' }).toString());
  write('leaf.key', leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  write('leaf.pem', leaf.pem);
  write('chain.pem', intermediate.pem);
  write('root.pem', root.pem);
  write('keyless.sig', JSON.stringify(signModelStatement(instance)));
  write('trusted-root.json', JSON.stringify(instance.trustedRoot()));
  return directory;
}

/** Runs Node in a scene. Returns the names of the packages that were loaded there. */
async function packagesOf(args: readonly string[], directory = makeScene()): Promise<string[]> {
  const list = join(directory, 'loaded');
  writeFileSync(list, '');
  const child = spawn(process.execPath, ['--import', PRELOADED, ...args], {
    cwd: directory,
    env: { PATH: process.env['PATH'] ?? '', HOME: directory, OMS_TEST_LOADED: list },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => output.push(chunk));
  }
  const code = await new Promise((done) => child.on('close', done));
  expect({ code, output: code === 0 ? '' : Buffer.concat(output).toString() }).toEqual({
    code: 0,
    output: '',
  });
  return [...new Set(readFileSync(list, 'utf8').split('\n').filter(Boolean))].toSorted();
}

/** The packages of keyless signatures that a program loads which uses the library. */
async function loadedBy(program: string): Promise<string[]> {
  const code = `
    import { readFileSync, writeFileSync } from 'node:fs';
    import * as oms from '${SOURCES}';
    const text = (name) => readFileSync(name, 'utf8');
    const expectError = async (code, promise) => {
      const error = await promise.then(() => undefined, (reason) => reason);
      if (error?.code !== code) throw new Error('not ' + code, { cause: error });
    };
    ${program}`;
  const packages = await packagesOf(['--input-type=module', '--eval', code]);
  return packages.filter((name) => SIGSTORE.test(name));
}

/** Those that the command line loads, once for each command, in one directory. */
async function loadedByCommands(...commands: readonly (readonly string[])[]): Promise<string[]> {
  if (!existsSync(join(BUILT, 'oms.cjs'))) throw new Error('run "npm run build" first');
  const directory = makeScene();
  const packages: string[] = [];
  for (const words of commands)
    packages.push(...(await packagesOf([PROGRAM, ...words], directory)));
  return [...new Set(packages)].filter((name) => SIGSTORE.test(name)).toSorted();
}

function wordsOf(...parts: readonly string[]): readonly string[] {
  return parts.join(' ').split(' ');
}

const KEYLESS = `const policy = {
  method: 'sigstore',
  identity: '${IDENTITY}',
  issuer: '${ISSUER}',
  trustedRoot: text('trusted-root.json'),
};`;

describe('the library', () => {
  it('would be seen to load a package, by import and by require', async () => {
    const { resolve } = createRequire(import.meta.url);
    const url = pathToFileURL(resolve('oauth4webapi')).href;
    const imported = await loadedBy(`await import('${url}');`);
    expect(imported).toEqual(['oauth4webapi']);
    const required = await loadedBy(`
      const { createRequire } = await import('node:module');
      createRequire('${SOURCES}')('@sigstore/verify');`);
    expect(required).toEqual(VERIFYING);
  });

  it('loads nothing of Sigstore when it is imported', async () => {
    expect(await loadedBy('')).toEqual([]);
  });

  it('loads nothing of Sigstore for a digest, nor for a key', async () => {
    const program = `
      await oms.digest('a');
      const key = text('key.pem');
      const { createPublicKey } = await import('node:crypto');
      const bundle = await oms.sign('a', oms.keySigner({ privateKey: key }));
      oms.inspect(bundle);
      await oms.verify('a', bundle, { method: 'key', publicKey: createPublicKey(key) });`;
    expect(await loadedBy(program)).toEqual([]);
  });

  it('loads only what reads certificates for certificates', async () => {
    const program = `
      const bundle = await oms.sign('a', oms.certificateSigner({
        privateKey: text('leaf.key'),
        certificate: text('leaf.pem'),
        chain: [text('chain.pem')],
      }));
      oms.inspect(bundle);
      await oms.verify('a', bundle, { method: 'certificate', anchors: [text('root.pem')] });`;
    expect(await loadedBy(program)).toEqual(['@sigstore/core']);
  });

  it('loads only what reads certificates to show a keyless bundle', async () => {
    const program = "oms.inspect(text('keyless.sig'));";
    expect(await loadedBy(program)).toEqual(['@sigstore/core']);
  });

  it('loads only what verifies to verify a keyless bundle', async () => {
    const program = `${KEYLESS} await oms.verify('a', text('keyless.sig'), policy);`;
    expect(await loadedBy(program)).toEqual(VERIFYING);
  });

  it('loads regular expressions when a policy has one', async () => {
    const program = `${KEYLESS}
      const { identity, ...rest } = policy;
      const other = { ...rest, identityRegExp: '.*' };
      await oms.verify('a', text('keyless.sig'), other);`;
    expect(await loadedBy(program)).toEqual([...VERIFYING, 're2js']);
  });

  it('loads nothing that verifies for a policy that cannot be used', async () => {
    const program = `${KEYLESS}
      for (const wrong of [{ issuer: '' }, { trustedRoot: '{}' }]) {
        const call = oms.verify('a', text('keyless.sig'), { ...policy, ...wrong });
        await expectError(wrong.issuer === '' ? 'USAGE' : 'TRUST_UNUSABLE', call);
      }`;
    expect(await loadedBy(program)).toEqual([]);
  });

  it('loads nothing of Sigstore to find what to trust offline', async () => {
    const program = `
      for (const instance of ['production', 'staging']) {
        await oms.loadTrust({ instance, cacheDirectory: undefined, offline: true });
        await oms.loadTrust({ instance, cacheDirectory: 'cache', offline: true });
      }`;
    expect(await loadedBy(program)).toEqual([]);
  });

  it('loads nothing that signs before there is a token to sign with', async () => {
    const program = `
      const trust = await oms.loadTrust({
        instance: 'production',
        cacheDirectory: undefined,
        offline: true,
      });
      const { trustedRoot, signingConfig } = trust;
      const signer = oms.sigstoreSigner({ trustedRoot, signingConfig, identityToken: 'x.y.z' });
      await expectError('TOKEN_UNUSABLE', signer(Buffer.from('{}')));`;
    const packages = await loadedBy(program);
    expect(packages.filter((name) => name !== '@sigstore/core')).toEqual([]);
  });

  it('loads only what verifies to sign without a key, for the look at the own bundle', async () => {
    const program = `
      const helper = (name) => import(new URL('../test/helpers/' + name, '${SOURCES}').href);
      const { makeInstance } = await helper('sigstore/instance.ts');
      const { tokenOf } = await helper('sigstore-token.ts');
      const { closeServices, signingConfigOf, startServices } =
        await helper('sigstore-services.ts');
      const instance = makeInstance();
      const services = await startServices(instance);
      await oms.sign('a', oms.sigstoreSigner({
        trustedRoot: instance.trustedRoot(),
        signingConfig: signingConfigOf(services, { logs: ['rekor2'] }),
        identityToken: tokenOf(),
      }));
      await closeServices();`;
    expect(await loadedBy(program)).toEqual(VERIFYING);
  });

  it('loads nothing of Sigstore to look for a token in an environment that has none', async () => {
    const program = "await oms.findAmbientToken({ env: {}, audience: 'sigstore' });";
    expect(await loadedBy(program)).toEqual([]);
  });
});

describe('the command line', () => {
  it('asks for the packages by their names, and holds none of them itself', () => {
    if (!existsSync(BUILT)) throw new Error('run "npm run build" first');
    const files = readdirSync(BUILT).filter((name) => name.endsWith('.cjs'));
    const text = files.map((name) => readFileSync(join(BUILT, name), 'utf8')).join('\n');
    const names = ['@sigstore/core', '@sigstore/verify', 'oauth4webapi', 'tuf-js', 're2js'];
    const missing = names.filter(
      (name) => !new RegExp(`(?:require|import)[\\w$]*\\([\`'"]${name}[\`'"]\\)`).test(text),
    );
    expect(missing).toEqual([]);
  });

  it('loads nothing of Sigstore for its help, its version, a digest or a key', async () => {
    const packages = await loadedByCommands(
      wordsOf('--help'),
      wordsOf('--version'),
      wordsOf('sign --help'),
      wordsOf('verify --help'),
      wordsOf('digest a'),
      wordsOf('sign key a --private-key key.pem'),
      wordsOf('inspect a.sig'),
    );
    expect(packages).toEqual([]);
  });

  it('loads only what reads certificates for certificates', async () => {
    const packages = await loadedByCommands(
      wordsOf(
        'sign certificate a --private-key leaf.key --signing-certificate leaf.pem',
        '--certificate-chain chain.pem',
      ),
      wordsOf('verify certificate a --certificate-chain root.pem'),
    );
    expect(packages).toEqual(['@sigstore/core']);
  });

  it('loads only what verifies to verify a keyless bundle', async () => {
    const packages = await loadedByCommands(
      wordsOf(
        'verify sigstore a --signature keyless.sig --trusted-root trusted-root.json',
        `--identity ${IDENTITY} --identity-provider ${ISSUER}`,
      ),
    );
    expect(packages).toEqual(VERIFYING);
  });

  it('loads nothing that downloads to show what is trusted offline', async () => {
    const packages = await loadedByCommands(
      wordsOf('trust show --offline'),
      wordsOf('trust show --offline --use-staging'),
    );
    expect(packages.filter((name) => name !== '@sigstore/core')).toEqual([]);
  });
});
