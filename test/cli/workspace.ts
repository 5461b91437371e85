import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { InstanceName } from '../../src/roots/instance.ts';
import { CA, der, type Issued, integer, issue, SIGNER, sequence } from '../helpers/pki.ts';
import { makeTsa } from '../helpers/sigstore/tsa.ts';
import {
  type Answering,
  imprintOf,
  type StampServer,
  serveStamps,
} from '../helpers/stamp-server.ts';
import { keepTrust } from './cache.ts';
import { type ServedInstance, serveInstance } from './instance.ts';
import { keylessBundle, makeToken } from './keyless.ts';

/** The directory of one run of a script, and what a script can do in it. */
export class Workspace {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'oms-cli-')));
  /** What `{name}` stands for. */
  readonly names = new Map<string, string>();
  readonly #issued = new Map<string, Issued>();
  readonly #servers: Server[] = [];
  readonly #instances = new Map<string, ServedInstance>();
  readonly #stampServers = new Map<string, StampServer>();
  /** What no command may print. */
  readonly secrets: string[] = [];

  path(name: string): string {
    return join(this.root, name);
  }

  /** What resolves once the Sigstore instance or timestamp authority of this name is asked. */
  asked(name: string): Promise<void> | undefined {
    return (this.#instances.get(name) ?? this.#stampServers.get(name))?.asked;
  }

  instance(name: string): ServedInstance {
    const instance = this.#instances.get(name);
    if (instance === undefined) throw new Error(`there is no instance ${name}`);
    return instance;
  }

  remove(): void {
    const served = [...this.#instances.values(), ...this.#stampServers.values()];
    for (const server of [...this.#servers, ...served]) server.close();
    try {
      rmSync(this.root, { recursive: true, force: true });
    } catch {
      // A script that failed has left a directory that cannot be read. Its own error says more.
    }
  }

  write(name: string, content: string | Uint8Array): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), content);
  }

  /** Names of all files below a directory, sorted, as `ls` lines; `/` marks an empty directory. */
  list(directory: string): readonly string[] {
    const options = { recursive: true, withFileTypes: true } as const;
    return readdirSync(this.path(directory), options)
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.path(directory).length + 1))
      .toSorted();
  }

  /** Does what a line of preparation says. */
  async prepare([verb = '', ...words]: readonly string[]): Promise<void> {
    const [name = '', second = '', third = ''] = words;
    const path = this.path(name);
    switch (verb) {
      case 'write':
        return this.write(name, second);
      case 'append':
        return appendFileSync(path, second);
      case 'edit':
        return this.#edit(name, second, third);
      case 'grow':
        if (!existsSync(path)) this.write(name, '');
        return truncateSync(path, Number(second));
      case 'fill':
        for (let number = 1; number <= Number(second); number++) {
          this.write(`${name}/${String(number).padStart(3, '0')}`, `${number}`);
        }
        return;
      case 'mkdir':
        mkdirSync(path, { recursive: true });
        return;
      case 'rm':
        return rmSync(path, { recursive: true });
      case 'cp':
        return cpSync(path, this.path(second), { recursive: true, verbatimSymlinks: true });
      case 'mv':
        return renameSync(path, this.path(second));
      case 'chmod':
        return chmodSync(this.path(second), Number.parseInt(name, 8));
      case 'link':
        return symlinkSync(second, path);
      case 'fifo':
        execFileSync('mkfifo', [path]);
        return;
      case 'socket':
        return this.#listen(path);
      case 'bytes-name':
        return this.#writeBytesName(name, second);
      case 'key':
        return this.#key(name, words.slice(1));
      case 'cert':
        return this.#certificate(name, words.slice(1));
      case 'instance':
        return this.#serve(name, words.slice(1));
      case 'keep':
        return this.#keep(name, second, words.slice(2));
      case 'bundle':
        return this.#bundle(name, second, words.slice(2));
      case 'tsa':
        return this.#tsa(name, words.slice(1));
      case 'token':
        return this.#token(name, words.slice(1));
      default:
        throw new Error(`nobody knows how to ${verb}`);
    }
  }

  #edit(name: string, before: string, after: string): void {
    const text = readFileSync(this.path(name), 'utf8');
    if (!text.includes(before)) throw new Error(`${name} does not hold ${before}`);
    this.write(name, text.replaceAll(before, after));
  }

  #listen(path: string): Promise<void> {
    const server = createServer();
    this.#servers.push(server);
    return new Promise((resolve) => void server.listen(path, resolve));
  }

  /** A file whose name is not UTF-8: its bytes are given in hex. */
  #writeBytesName(directory: string, hex: string): void {
    const name = Buffer.from(hex, 'hex');
    writeFileSync(Buffer.concat([Buffer.from(`${this.path(directory)}/`), name]), 'x');
  }

  /** NAME.pem and NAME.pub; `{NAME}` is the fingerprint. `sec1` and `password=…` change the PEM. */
  #key(name: string, words: readonly string[]): void {
    const { curve = 'P-256', password, sec1, rsa } = readOptions(words);
    const pair =
      rsa === undefined
        ? generateKeyPairSync('ec', { namedCurve: curve })
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
    const cipher = password === undefined ? {} : { cipher: 'aes-256-cbc', passphrase: password };
    const type = sec1 === undefined ? 'pkcs8' : 'sec1';
    this.write(`${name}.pem`, pair.privateKey.export({ type, format: 'pem', ...cipher } as never));
    this.#publish(name, pair.publicKey);
  }

  #publish(name: string, key: KeyObject): void {
    const pem = key.export({ type: 'spki', format: 'pem' });
    this.write(`${name}.pub`, pem);
    this.names.set(name, createHash('sha256').update(pem).digest('hex'));
  }

  /**
   * NAME.crt with its NAME.pem and NAME.pub; `{NAME}` is the certificate's fingerprint, `{NAMEDer}`
   * its bytes in base64. `ca`, `by=ISSUER`, `from=DATE`, `until=DATE`, `subject=TEXT`,
   * `usage=OID` and `like=OTHER` (the same key) say which.
   */
  #certificate(name: string, words: readonly string[]): void {
    const { ca, by, from, until, usage, like, subject = name } = readOptions(words);
    const issuer = this.#issued.get(by ?? '');
    const other = this.#issued.get(like ?? '');
    const issued = issue({
      subject,
      ...(ca === undefined ? SIGNER : CA),
      ...(other === undefined ? {} : { key: other.privateKey }),
      ...(usage === undefined ? {} : { extendedKeyUsage: [usage] }),
      ...(issuer === undefined ? {} : { issuer }),
      ...(from === undefined ? {} : { notBefore: new Date(from) }),
      ...(until === undefined ? {} : { notAfter: new Date(until) }),
    });
    this.#issued.set(name, issued);
    this.#publish(name, createPublicKey(issued.privateKey));
    this.write(`${name}.crt`, issued.pem);
    this.write(`${name}.pem`, issued.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    this.names.set(name, createHash('sha256').update(issued.der).digest('hex'));
    this.names.set(`${name}Der`, issued.der.toString('base64'));
  }

  /**
   * NAME.json, its trust configuration, and NAME-root.json; `{NAME}` is its URL. `fulcio=MOOD` and
   * `rekor=MOOD` say how it answers, and `root=OTHER` whose trusted root it is that NAME.json has.
   */
  async #serve(name: string, words: readonly string[]): Promise<void> {
    const { root, ...moods } = readOptions(words);
    const instance = await serveInstance(moods);
    this.#instances.set(name, instance);
    this.names.set(name, instance.url);
    const trusted = root === undefined ? instance : this.instance(root);
    const trustedRoot = trusted.forge.trustedRoot();
    this.write(`${name}.json`, JSON.stringify({ ...instance.trustConfig(), trustedRoot }));
    this.write(`${name}-root.json`, JSON.stringify(trustedRoot));
  }

  /**
   * Takes an instance for `production` or `staging`, as if it had been asked some `hours=` ago, in
   * what is kept below a directory for caches.
   */
  #keep(directory: string, name: string, words: readonly string[]): void {
    const { as = 'production', hours = '1' } = readOptions(words);
    const refreshed = new Date(Date.now() - Number(hours) * 3_600_000);
    const config = this.instance(name).trustConfig();
    keepTrust(this.path(directory), as as InstanceName, config, refreshed);
  }

  /** A keyless signature of a model as it is, by an instance. */
  async #bundle(signature: string, model: string, words: readonly string[]): Promise<void> {
    const { by = '', ...options } = readOptions(words);
    const paths = { model: this.path(model), signature: this.path(signature) };
    const bundle = await keylessBundle(this.instance(by).forge, paths, options);
    this.write(signature, JSON.stringify(bundle));
  }

  /**
   * NAME.crt, the root of a timestamp authority, and NAME-leaf.crt, its own certificate; `{NAME}` is
   * its URL. `mood=MOOD` says how it answers, `at=TIME` which time it says that it is, `accuracy=N`
   * how exactly, in seconds, `usage=OID` what its certificate is for.
   */
  async #tsa(name: string, words: readonly string[]): Promise<void> {
    const { mood = 'well', at, accuracy, usage } = readOptions(words);
    const notBefore = new Date('2010-01-01T00:00:00Z');
    const use = usage === undefined ? {} : { extendedKeyUsage: [usage] };
    const tsa = makeTsa(name, { root: { notBefore }, leaf: { notBefore, ...use } });
    const server = await serveStamps(tsa, answeringAs(mood, at, accuracy));
    this.#stampServers.set(name, server);
    if (mood === 'down') server.close();
    this.names.set(name, server.url);
    this.write(`${name}.crt`, tsa.root.pem);
    this.write(`${name}-leaf.crt`, tsa.leaf.pem);
  }

  /** NAME.jwt; `{NAME}` is what is in it, which no command may print. */
  #token(name: string, words: readonly string[]): void {
    const token = makeToken(readOptions(words));
    const [, payload = '', signature = ''] = token.split('.');
    this.secrets.push(token, payload, signature);
    this.names.set(name, token);
    this.write(`${name}.jwt`, `${token}\n`);
  }
}

/** How a timestamp authority answers: with a time, or as services do that are in some mood. */
function answeringAs(mood: string, at = '', accuracy = ''): Answering {
  switch (mood) {
    case 'well':
    case 'down':
      return ({ nonce = Buffer.alloc(0) }) => ({
        ...(at === '' ? {} : { time: new Date(at) }),
        ...(accuracy === ''
          ? {}
          : { optional: [sequence(integer(Number(accuracy))), der(0x02, nonce)] }),
      });
    case 'other':
      return () => ({ imprint: imprintOf(Buffer.alloc(32)) });
    case 'bare':
      return () => ({ certificates: false });
    case 'silent':
      return { with: () => undefined };
    case 'cut':
      return { with: (response) => response.socket?.destroy() };
    case 'garbage':
      return { with: (response) => response.end('<html>Welcome to this network</html>') };
    default:
      return { with: (response) => response.writeHead(Number(mood)).end() };
  }
}

/** `name=value`, or a name alone. */
function readOptions(words: readonly string[]): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    words.map((word) => {
      const [name = '', value = ''] = word.split(/=(.*)/s, 2);
      return [name, value];
    }),
  );
}
