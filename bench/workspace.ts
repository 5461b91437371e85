import { mkdirSync, mkdtempSync, realpathSync, rmSync, statfsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Model } from './models.ts';
import { GIB } from './units.ts';

/** What programs need beside the model. */
const MARGIN = GIB / 2;

/** A directory that is gone when the process ends, however it does. */
export class Workspace {
  readonly path: string;

  constructor(base: string) {
    mkdirSync(base, { recursive: true });
    this.path = realpathSync(mkdtempSync(join(resolve(base), 'oms-bench-')));
    process.on('exit', () => this.#remove(this.path));
  }

  /** A new and empty directory. */
  make(name: string): string {
    const path = join(this.path, name);
    this.#remove(path);
    mkdirSync(path);
    return path;
  }

  remove(name: string): void {
    this.#remove(join(this.path, name));
  }

  /** What stands against making a model here, or `undefined`. */
  lackFor({ bytes, diskBytes }: Model): string | undefined {
    const { bavail, bsize } = statfsSync(this.path);
    const disk = bavail * bsize;
    if (disk < diskBytes + MARGIN) {
      return `it needs ${show(diskBytes + MARGIN)} of disk, and ${show(disk)} are free`;
    }
    const memory = process.availableMemory();
    if (memory < bytes + MARGIN) {
      return `to stay warm it needs ${show(bytes + MARGIN)} of memory, and ${show(memory)} are free`;
    }
    return undefined;
  }

  /** What was killed may still be writing. */
  #remove(path: string): void {
    rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  }
}

function show(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}
