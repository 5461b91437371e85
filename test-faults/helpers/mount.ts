import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';

/** A small file system of its own, until the test ends. Only root may. */
export class Mount {
  readonly path = mkdtempSync(join(inject('base'), 'mount-'));

  /** @param options such as `size=4m`. */
  constructor(options: string) {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', this.path]);
    onTestFinished(() => {
      execFileSync('umount', [this.path]);
      rmSync(this.path, { recursive: true });
    });
  }

  remount(how: 'ro' | 'rw'): void {
    execFileSync('mount', ['-o', `remount,${how}`, this.path]);
  }
}
