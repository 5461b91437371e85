import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../helpers/model.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'bin', 'oms.cjs');

// Node's own exit code for this is 1, which means "refused" here.
describe('a program that cannot be loaded', () => {
  it.each([
    ['is not there', undefined, /Cannot find module/],
    ['is damaged', 'function (', /Function statements require a function name/],
  ])('because its code %s could not check', (_, code, reason) => {
    const root = temporaryDirectory();
    mkdirSync(join(root, 'bin'));
    mkdirSync(join(root, 'dist', 'bin'), { recursive: true });
    copyFileSync(PROGRAM, join(root, 'bin', 'oms.cjs'));
    if (code !== undefined) writeFileSync(join(root, 'dist', 'bin', 'oms.cjs'), code);
    const words = [join(root, 'bin', 'oms.cjs'), 'verify', 'model', '--public-key', 'key.pub'];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toMatch(/^Could not be checked: oms itself cannot be loaded: .*\n$/);
    expect(stderr).toMatch(reason);
  });
});
