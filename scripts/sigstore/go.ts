import { execFile } from 'node:child_process';
import { Unavailable } from './unavailable.ts';

/** The oldest Go that builds all servers: major and minor version. */
const OLDEST = [1, 26] as const;

/** Building everything on a slow machine, with all modules to be fetched. */
const TIMEOUT_MS = 20 * 60_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** @throws {Unavailable} unless there is a Go that is new enough. */
export async function requireGo(): Promise<void> {
  const version = (await go(['env', 'GOVERSION'], {})).trim();
  const [major = 0, minor = 0] = (/^go(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw new Unavailable(`Go ${OLDEST.join('.')} or newer is needed, found ${version}`);
  }
}

/**
 * Runs the `go` command and returns what it wrote to its standard output.
 *
 * @param env is added to this process's own.
 * @throws {Unavailable}
 */
export function go(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  directory?: string,
): Promise<string> {
  const options = {
    cwd: directory,
    env: { ...process.env, ...env },
    timeout: TIMEOUT_MS,
    maxBuffer: MAX_OUTPUT_BYTES,
  };
  return new Promise((resolve, reject) => {
    execFile('go', words, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (error.code === 'ENOENT') {
        reject(new Unavailable(`Go ${OLDEST.join('.')} or newer is needed, and is not on PATH`));
      } else {
        const said = stderr.trim().split('\n').slice(-3).join('\n');
        reject(new Unavailable(`go ${words.join(' ')} failed: ${said || error.message}`));
      }
    });
  });
}
