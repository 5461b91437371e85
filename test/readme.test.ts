import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digest } from '../src/index.ts';
import { Forger } from './helpers/forge.ts';
import { temporaryDirectory } from './helpers/model.ts';

const ROOT = resolve(import.meta.dirname, '..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const PACKAGE = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

describe('the README', () => {
  it('has examples of the library that run as they stand, one after the other', async () => {
    const code = [...README.matchAll(/```js\n([\s\S]*?)```/g)].map(([, block]) => block).join('');
    expect(code).toContain('createReadStream');
    const folder = temporaryDirectory();
    const { privateKey, publicKey } = new Forger();
    writeFileSync(join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(join(folder, 'key.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
    mkdirSync(join(folder, 'model'));
    writeFileSync(join(folder, 'model', 'weights'), 'content');
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(ROOT, join(folder, 'node_modules', 'oms-signing'), 'dir');
    writeFileSync(join(folder, 'example.mjs'), code);
    const output = execFileSync(process.execPath, ['example.mjs'], {
      cwd: folder,
      encoding: 'utf8',
    });
    const { rootDigest } = await digest(join(folder, 'model'));
    expect(output).toBe(`verified: 1 files, sha256:${rootDigest}\n`);
  });

  it('names scripts and versions that are there', () => {
    const scripts = [...README.matchAll(/npm (?:run )?(test|demo)\b/g)].map(([, name]) => name);
    expect(new Set(scripts)).toEqual(new Set(['test', 'demo']));
    for (const script of scripts) expect(PACKAGE.scripts).toHaveProperty(script as string);
    expect(README).toContain(PACKAGE.engines.node);
  });
});
