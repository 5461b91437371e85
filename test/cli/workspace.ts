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
import { CA, type Issued, issue, SIGNER } from '../helpers/pki.ts';

/** The directory of one run of a script, and what a script can do in it. */
export class Workspace {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'oms-cli-')));
  /** What `{name}` stands for. */
  readonly names = new Map<string, string>();
  readonly #issued = new Map<string, Issued>();
  readonly #servers: Server[] = [];

  path(name: string): string {
    return join(this.root, name);
  }

  remove(): void {
    for (const server of this.#servers) server.close();
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
