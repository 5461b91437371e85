import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { execPath, platform as thisPlatform } from 'node:process';

/** Milliseconds after which a program that still runs is taken for a browser that is open. */
const PATIENCE = 2_000;

/** The program that opens a URL in the user's browser. */
const OPENERS: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};
const ELSEWHERE = ['xdg-open'] as const;

/**
 * Opens a URL in the user's browser, without a shell. Says whether that went well, as far as one can
 * know: false where there is no display, for other URLs than http and https, and when no program
 * for it is found or it fails at once.
 */
export function openBrowser(
  url: string,
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = thisPlatform,
): Promise<boolean> {
  const target = URL.parse(url);
  const isWeb = target?.protocol === 'https:' || target?.protocol === 'http:';
  if (target === null || !isWeb || !hasDisplay(env, platform)) return Promise.resolve(false);
  const [program, ...words] = OPENERS[platform] ?? ELSEWHERE;
  return start(program, [...words, target.href], env).catch(() => false);
}

function hasDisplay(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): boolean {
  // A browser would open where nobody sits, or slowly through the line.
  if (isSet(env['SSH_CONNECTION']) || isSet(env['SSH_TTY'])) return false;
  if (Object.hasOwn(OPENERS, platform)) return true;
  return isSet(env['DISPLAY']) || isSet(env['WAYLAND_DISPLAY']);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

function start(program: string, words: string[], env: NodeJS.ProcessEnv): Promise<boolean> {
  return new Promise((resolve) => {
    // Windows looks for a program where it is to run first: not in the model where the user stands.
    const cwd = dirname(execPath);
    const settings = { env, cwd, detached: true, stdio: 'ignore', windowsHide: true } as const;
    const child = spawn(program, words, settings);
    const timer = setTimeout(() => resolve(true), PATIENCE);
    child.once('error', () => {
      clearTimeout(timer);
      resolve(false);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      resolve(code === 0);
    });
    // The browser outlives this program.
    child.unref();
  });
}
