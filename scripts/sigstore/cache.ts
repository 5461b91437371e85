import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where what was built or installed is kept from run to run. */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env['OMS_SIGSTORE_CACHE']) return env['OMS_SIGSTORE_CACHE'];
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'oms-signing-test');
}
