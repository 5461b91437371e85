import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { mintToken, type TokenOptions } from '../../scripts/sigstore/token.ts';
import type { Issuer } from '../../scripts/sigstore/token.ts';
import { oms, type Run, type RunOptions } from './oms.ts';

/** A model to be signed, in a folder of its own. */
export class Job {
  readonly directory: string;
  readonly model: string;
  /** Beside the model. */
  readonly signature: string;
  readonly home: string;

  constructor() {
    const base = realpathSync(mkdtempSync(join(inject('instance').directory, 'job-')));
    this.home = join(base, 'home');
    this.directory = join(base, 'work');
    this.model = join(this.directory, 'model');
    this.signature = join(this.directory, 'model.sig');
    mkdirSync(this.home);
    mkdirSync(join(this.model, 'weights'), { recursive: true });
    writeFileSync(join(this.model, 'config.json'), '{"layers": 2}\n');
    writeFileSync(join(this.model, 'weights', 'a.bin'), Buffer.alloc(1000, 7));
  }

  /** Writes a file beside the model's folder, and returns its path. */
  file(name: string, content: string): string {
    const path = join(this.home, name);
    writeFileSync(path, content);
    return path;
  }

  /** A file with a token of the instance's issuer, or of another. */
  async token(options: TokenOptions = {}, issuer: Issuer = inject('instance').issuer) {
    const token = await mintToken(issuer, options);
    return { token, file: this.file('token', token) };
  }

  sign(words: readonly string[], options: RunOptions = {}): Promise<Run> {
    return oms(
      ['sign', 'sigstore', this.model, '--signature', this.signature, ...words],
      this.home,
      options,
    );
  }

  verify(words: readonly string[], options: RunOptions = {}): Promise<Run> {
    return oms(
      ['verify', 'sigstore', this.model, '--signature', this.signature, ...words],
      this.home,
      options,
    );
  }

  /** Every file of the model's folder, with its content's digest. */
  listing(): readonly string[] {
    return readdirSync(this.directory, { recursive: true, withFileTypes: true })
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return entry.isFile() ? `${path} ${digestOf(path)}` : path;
      })
      .toSorted();
  }
}

function digestOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
