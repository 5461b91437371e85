import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { openBrowser } from '../../src/cli/browser.ts';
import { temporaryDirectory } from '../helpers/model.ts';

const URL_GIVEN = 'https://issuer.example/auth?a=b&c=%22$(touch x)`y`;z#w';

interface Desktop {
  readonly env: NodeJS.ProcessEnv;
  /** The words that the opener was started with, or nothing when it was not. */
  readonly words: () => string | undefined;
}

/** A machine with a display and an opener of this name, which then does what the script says. */
function desktop(program: string, script = 'exit 0'): Desktop {
  const directory = temporaryDirectory();
  const out = join(directory, 'words');
  const lines = `#!/bin/sh\nprintf '<%s>' "$@" > "${out}"\n${script}\n`;
  writeFileSync(join(directory, program), lines, { mode: 0o755 });
  const env = { PATH: `${directory}:/usr/bin:/bin`, DISPLAY: ':0' };
  return { env, words: () => (existsSync(out) ? readFileSync(out, 'utf8') : undefined) };
}

describe('the browser', () => {
  it.each([
    ['linux', 'xdg-open', ''],
    ['freebsd', 'xdg-open', ''],
    ['darwin', 'open', ''],
    ['win32', 'rundll32', '<url.dll,FileProtocolHandler>'],
  ] as const)('is opened on %s by %s, without a shell', async (platform, program, before) => {
    const { env, words } = desktop(program);
    expect(await openBrowser(URL_GIVEN, env, platform)).toBe(true);
    expect(words()).toBe(`${before}<${new URL(URL_GIVEN).href}>`);
    expect(words()).toContain('&c=%22$(touch%20x)`y`;z#w');
  });

  it('is opened with Wayland too, and for plain http', async () => {
    const { env, words } = desktop('xdg-open');
    const wayland = { PATH: env['PATH'], WAYLAND_DISPLAY: 'wayland-0' };
    expect(await openBrowser('http://localhost:1/', wayland, 'linux')).toBe(true);
    expect(words()).toBe('<http://localhost:1/>');
  });

  it.each(['', 'issuer.example', 'file:///etc/passwd', 'javascript:alert(1)', '--help'])(
    'is not opened for %o',
    async (url) => {
      const { env, words } = desktop('xdg-open');
      expect(await openBrowser(url, env, 'linux')).toBe(false);
      expect(words()).toBeUndefined();
    },
  );

  it.each([
    ['linux', 'xdg-open', { DISPLAY: undefined }],
    ['linux', 'xdg-open', { DISPLAY: '' }],
    ['linux', 'xdg-open', { SSH_CONNECTION: '192.0.2.1 22 192.0.2.2 22' }],
    ['linux', 'xdg-open', { SSH_TTY: '/dev/pts/0' }],
    ['darwin', 'open', { SSH_CONNECTION: '192.0.2.1 22 192.0.2.2 22' }],
  ] as const)(
    'is not opened on %s where nobody would see it: %s, %o',
    async (platform, name, more) => {
      const { env, words } = desktop(name);
      expect(await openBrowser(URL_GIVEN, { ...env, ...more }, platform)).toBe(false);
      expect(words()).toBeUndefined();
    },
  );

  it.each([
    ['linux', 'xdg-open'],
    ['win32', 'rundll32'],
  ] as const)('is not looked for where the user stands, on %s', async (platform, program) => {
    const { env, words } = desktop(program);
    const [directory = ''] = env['PATH']?.split(':') ?? [];
    const PATH = relative(process.cwd(), directory);
    expect(existsSync(join(PATH, program))).toBe(true);
    expect(await openBrowser(URL_GIVEN, { ...env, PATH }, platform)).toBe(false);
    expect(words()).toBeUndefined();
  });

  it('may not be there', async () => {
    const env = { PATH: temporaryDirectory(), DISPLAY: ':0' };
    expect(await openBrowser(URL_GIVEN, env, 'linux')).toBe(false);
  });

  it('may fail to open', async () => {
    const { env, words } = desktop('xdg-open', 'exit 3');
    expect(await openBrowser(URL_GIVEN, env, 'linux')).toBe(false);
    expect(words()).toBeDefined();
  });

  it('may be killed', async () => {
    const { env } = desktop('xdg-open', 'kill -9 $$');
    expect(await openBrowser(URL_GIVEN, env, 'linux')).toBe(false);
  });

  it('may be the program that was started, and is not waited for', async () => {
    const directory = temporaryDirectory();
    const done = join(directory, 'done');
    const { env } = desktop('xdg-open', `sleep 3; touch "${done}"`);
    expect(await openBrowser(URL_GIVEN, env, 'linux')).toBe(true);
    expect(existsSync(done)).toBe(false);
    await vi.waitFor(() => expect(existsSync(done)).toBe(true), { timeout: 5_000 });
  }, 10_000);
});
