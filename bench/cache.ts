import { spawnSync } from 'node:child_process';
import { accessSync, constants, writeFileSync } from 'node:fs';

const SWITCH = '/proc/sys/vm/drop_caches';

/** Whether this process may empty the system's caches: on Linux, as root. */
export function canDropCaches(): boolean {
  try {
    accessSync(SWITCH, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Forgets what was read of any disk: pages, directories and inodes. */
export function dropCaches(): void {
  settle();
  writeFileSync(SWITCH, '3');
}

/** Writes out what is new, so that it is not written while something is measured. */
export function settle(): void {
  spawnSync('sync');
}
