import { isAbsolute, join } from 'node:path';
import type { Session } from './session.ts';

/**
 * Where this program keeps things between runs, beside its compiled code; nowhere in a directory
 * that depends on where the user stands.
 */
export function cacheDirectoryIn(
  { XDG_CACHE_HOME: xdg, LOCALAPPDATA: local, HOME: home }: Session['env'],
  ...names: readonly string[]
): string | undefined {
  const base = xdg || local || (home && join(home, '.cache'));
  return base && isAbsolute(base) ? join(base, 'oms-signing', ...names) : undefined;
}
