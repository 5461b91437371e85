import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A directory that goes away with the test. */
export function temporaryDirectory(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'oms-test-')));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Files by name, with `/` between components. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

/** Makes a model of these files and returns its path. It is named "model". */
export function makeModel(files: Files): string {
  const model = join(temporaryDirectory(), 'model');
  mkdirSync(model);
  writeFiles(model, files);
  return model;
}

export function writeFiles(model: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(model, ...name.split('/'));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}
