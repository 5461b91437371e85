import { inject, type TestContext } from 'vitest';
import type { RunOptions } from './oms.ts';

/** Skips a test where the injector cannot be had. */
export function needInjector({ skip }: TestContext): void {
  const { missing } = inject('injector');
  if (missing !== undefined) skip(missing);
}

/** Skips a test where everybody may do everything. */
export function needUnprivileged({ skip }: TestContext): void {
  const { missing } = inject('unprivileged');
  if (missing !== undefined) skip(missing);
}

/** Lets a run be by that user. */
export function asUnprivileged(): Pick<RunOptions, 'identity'> {
  const { identity } = inject('unprivileged');
  return { identity };
}

/** Skips a test where no file system can be mounted. */
export function needMounts({ skip }: TestContext): void {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) skip('needs root on Linux');
}
