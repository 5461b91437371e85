import { accessSync, constants, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system in memory, which Linux has: on a disk, models take more time than verifying them. */
const IN_MEMORY = '/dev/shm';

/** A new directory for models. */
export function makeDirectory(): string {
  return realpathSync(mkdtempSync(join(isUsable(IN_MEMORY) ? IN_MEMORY : tmpdir(), 'oms-fuzz-')));
}

function isUsable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
