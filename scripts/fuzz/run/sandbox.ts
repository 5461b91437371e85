import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import type { Input } from '../base/input.ts';
import type { Entry, Model } from '../corpus/model.ts';

/** Where models are put on the disk: nothing is ever written outside. */
export class Sandbox {
  readonly #root: string;
  readonly #kept = new Map<Model, string>();
  readonly #fifo: string | undefined;
  #count = 0;
  #current: string | undefined;

  /** @param directory where it is made. The caller removes it, with what a process left that died. */
  constructor(directory: string) {
    this.#root = realpathSync(mkdtempSync(join(directory, 'models-')));
    this.#fifo = makeFifo(join(this.#root, 'fifo'));
  }

  /** Puts the model of an input there, or has it there already. Returns its path. */
  place({ model, isOwnModel }: Pick<Input, 'model' | 'isOwnModel'>): string {
    const kept = isOwnModel ? this.#kept.get(model) : undefined;
    if (kept !== undefined) return kept;
    // Names such as ../x lead to somewhere that is still inside.
    const directory = join(this.#root, String(this.#count++), 'a', 'b');
    const path = join(directory, model.name);
    mkdirSync(directory, { recursive: true });
    if (model.shape === 'directory') mkdirSync(path);
    for (const entry of model.entries) this.#write(path, entry, model.shape);
    if (isOwnModel) this.#kept.set(model, path);
    else this.#current = dirname(dirname(directory));
    return path;
  }

  /** Removes what was put there for one input. */
  clear(): void {
    if (this.#current !== undefined) rmSync(this.#current, { recursive: true, force: true });
    this.#current = undefined;
  }

  /** A file beside the models. */
  write(name: string, content: string | Uint8Array): string {
    const path = join(this.#root, name);
    writeFileSync(path, content);
    return path;
  }

  /** What the file system does not take is not there, which is a model too. */
  #write(model: string, entry: Entry, shape: Model['shape']): void {
    try {
      const path = shape === 'file' ? model : this.#inside(model, entry.name);
      if (path === undefined) return;
      const parent = dirname(String(path));
      // A link that is already there may lead out: nothing is made or written through it.
      if (!this.#isInside(existing(parent))) return;
      mkdirSync(parent, { recursive: true });
      if (entry.kind === 'file') writeFileSync(path, entry.content, { flag: 'wx' });
      else if (entry.kind === 'link') symlinkSync(entry.target, path);
      else if (entry.kind === 'directory') mkdirSync(path, { recursive: true });
      else if (this.#fifo !== undefined) linkSync(this.#fifo, path);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
    }
  }

  #inside(model: string, name: string | Buffer): string | Buffer | undefined {
    if (typeof name !== 'string') return Buffer.concat([Buffer.from(`${model}/`), name]);
    const path = `${model}/${name}`;
    return this.#isInside(resolve(path)) && !name.endsWith('/') ? path : undefined;
  }

  #isInside(path: string): boolean {
    return path.startsWith(this.#root + sep);
  }
}

/** Where the part of a path that exists really is. */
function existing(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return existing(dirname(path));
  }
}

/** Links to it are FIFOs too, and cost no process. */
function makeFifo(path: string): string | undefined {
  try {
    execFileSync('mkfifo', [path], { stdio: 'ignore' });
    return path;
  } catch {
    return undefined;
  }
}
