import { chmodSync, chownSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../helpers/model.ts';
import { runProgram } from './program.ts';

/** Starts the program with a cache directory. Returns whether it keeps compiled code in it. */
async function keepsCode(cache: string, compileCache = ''): Promise<boolean> {
  const env = { XDG_CACHE_HOME: cache, NODE_COMPILE_CACHE: compileCache };
  const { exit, stdout } = await runProgram(['--version'], { cwd: temporaryDirectory(), env });
  expect([exit, stdout]).toEqual(['0', expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
  return existsSync(join(cache, 'oms-signing', 'compiled'));
}

/** What is in the cache is run, so nobody else may be able to write there. */
describe('compiled code', () => {
  it('is kept between runs, where only the user can write', async () => {
    const cache = temporaryDirectory();
    expect(await keepsCode(cache)).toBe(true);
    expect(await keepsCode(cache)).toBe(true);
  });

  it.skipIf(process.platform === 'win32').each([0o777, 0o775, 0o722])(
    'is not kept in a directory of mode %o',
    async (mode) => {
      const cache = temporaryDirectory();
      mkdirSync(join(cache, 'oms-signing'));
      chmodSync(join(cache, 'oms-signing'), mode);
      expect(await keepsCode(cache)).toBe(false);
    },
  );

  it.skipIf(process.getuid?.() !== 0)("is not kept in another user's directory", async () => {
    const cache = temporaryDirectory();
    mkdirSync(join(cache, 'oms-signing'), { mode: 0o700 });
    chownSync(join(cache, 'oms-signing'), 65_534, 65_534);
    expect(await keepsCode(cache)).toBe(false);
  });

  it('is kept where Node was told to, and nowhere else', async () => {
    const cache = temporaryDirectory();
    expect(await keepsCode(cache, join(cache, 'elsewhere'))).toBe(false);
    expect(existsSync(join(cache, 'elsewhere'))).toBe(true);
  });

  it('is not kept in a directory that depends on where the user stands', async () => {
    const cwd = temporaryDirectory();
    const env = { XDG_CACHE_HOME: '.cache', NODE_COMPILE_CACHE: '' };
    const { exit } = await runProgram(['--version'], { cwd, env });
    expect([exit, existsSync(join(cwd, '.cache'))]).toEqual(['0', false]);
  });

  it('is not needed', async () => {
    expect(await keepsCode('/dev/null')).toBe(false);
  });
});
