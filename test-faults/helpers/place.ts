import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { type Policy, verify } from '../../src/index.ts';
import type { ModelKind } from './models.ts';
import { oms, type Run, type RunOptions } from './oms.ts';
import { giveTo } from './unprivileged.ts';

/** What is run. */
export type Command = 'sign' | 'verify';

/** Who signs, and whom the verifier trusts. */
export type Method = 'key' | 'certificate';

/** The files that a command needs besides the model. */
const OWN_FILES: Readonly<Record<Method, Readonly<Record<Command, readonly string[]>>>> = {
  key: { sign: ['key.pem'], verify: ['key.pub'] },
  certificate: { sign: ['leaf.key', 'leaf.pem', 'intermediate.pem'], verify: ['root.pem'] },
};

/** What is at the place of the signature. */
export type Signature = 'old' | 'new' | 'none';

/** The beginning of a signature that a killed process left. */
export const STRAY = /^\.oms-.*\.tmp$/;

/** A directory with a model that is signed, for one test. */
export class Place {
  readonly root: string;
  readonly model: string;
  readonly signature: string;
  readonly #method: Method;
  #old: Buffer;
  #names: readonly string[];

  /** @param parent where it is to be, if that matters. */
  constructor(kind: ModelKind = 'small', method: Method = 'key', parent = inject('base')) {
    this.root = mkdtempSync(join(parent, 'place-'));
    this.model = join(this.root, 'model');
    this.signature = join(this.model, 'model.sig');
    this.#method = method;
    cpSync(join(inject('base'), kind), this.model, { recursive: true, preserveTimestamps: true });
    if (method === 'certificate') cpSync(file('certified.sig'), this.signature);
    for (const name of [...OWN_FILES[method].sign, ...OWN_FILES[method].verify]) {
      cpSync(file(name), join(this.root, name));
    }
    this.#old = readFileSync(this.signature);
    this.#names = this.names();
    giveTo(inject('unprivileged'), this.root);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  /** Takes what is there now for what was there first. */
  adopt(): void {
    this.#old = readFileSync(this.signature);
    this.#names = this.names();
  }

  /** Puts back the signature that was there first, and nothing else. */
  restore(): void {
    for (const name of this.strays()) rmSync(join(this.model, name), { recursive: true });
    writeFileSync(this.signature, this.#old);
  }

  /** Another signature of the same model, as valid as the first. */
  otherSignature(): Buffer {
    return Buffer.concat([this.#old, Buffer.from('\n')]);
  }

  /** Takes away the signature, so that the next is the first. */
  forget(): void {
    rmSync(this.signature);
  }

  sign(options: RunOptions = {}, words: readonly string[] = []): Promise<Run> {
    return this.run(['sign', this.model, ...this.#signer(), ...words], options);
  }

  verify(options: RunOptions = {}, words: readonly string[] = []): Promise<Run> {
    return this.run(['verify', this.model, ...this.#trust(), ...words], options);
  }

  run(words: readonly string[], options: RunOptions): Promise<Run> {
    return oms(words, options.rules || options.traces ? { place: this.root, ...options } : options);
  }

  /**
   * What there is now: a signature is the old one, or one that verifies.
   *
   * @throws when it is anything else.
   */
  async state(): Promise<Signature> {
    if (!existsSync(this.signature)) return 'none';
    const bytes = readFileSync(this.signature);
    if (bytes.equals(this.#old)) return 'old';
    const ignoreUnsignedFiles = this.strays().length > 0;
    const options = { ignoreUnsignedFiles, allowSymlinks: true };
    await verify(this.model, bytes, policyOf(this.#method), options);
    return 'new';
  }

  #signer(): readonly string[] {
    const [key = '', certificate = '', chain = ''] = this.#own('sign');
    const words = ['--private-key', key];
    if (this.#method === 'key') return words;
    return [...words, '--signing-certificate', certificate, '--certificate-chain', chain];
  }

  #trust(): readonly string[] {
    const [anchor = ''] = this.#own('verify');
    return [this.#method === 'key' ? '--public-key' : '--certificate-chain', anchor];
  }

  #own(command: Command): readonly string[] {
    return OWN_FILES[this.#method][command].map((name) => join(this.root, name));
  }

  /** Names below the model, of files and directories. */
  names(): readonly string[] {
    return readdirSync(this.model, { recursive: true, encoding: 'utf8' }).toSorted();
  }

  /** Names that were not there at first, but for the signature. */
  strays(): readonly string[] {
    return this.names().filter((name) => name !== 'model.sig' && !this.#names.includes(name));
  }
}

/** Of all tests: keys, certificates, models. */
export function file(name: string): string {
  return join(inject('base'), name);
}

function policyOf(method: Method): Policy {
  return method === 'key'
    ? { method, publicKey: readFileSync(file('key.pub')) }
    : { method, anchors: [readFileSync(file('root.pem'))] };
}
