import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepareBinaries } from './binaries.ts';
import { cacheDirectory } from './cache.ts';
import type { Venv } from '../interop/venv.ts';
import { Unavailable } from './unavailable.ts';
import { preparePython } from './venv.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Tests the built command line against a Sigstore instance of real servers on this machine. Words
 * go to vitest: names of test files, for example.
 */
async function main(words: readonly string[]): Promise<number> {
  const cache = cacheDirectory();
  mkdirSync(cache, { recursive: true });
  await prepareBinaries(cache, console.log);
  const venv = await preparePython(cache);
  console.log(`servers and ${venv.description} from ${cache}`);
  const directory = mkdtempSync(join(tmpdir(), 'oms-'));
  try {
    return await runTests(words, { TMPDIR: directory, ...variablesOf(venv) });
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** Where the tests find the programs. */
function variablesOf({ python, modelSigning }: Venv): Record<string, string> {
  return { OMS_TEST_PYTHON: python, OMS_TEST_REFERENCE: modelSigning };
}

/** Vitest starts the instance and ends it, also when it is told to end itself. */
function runTests(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  const vitest = dirname(createRequire(import.meta.url).resolve('vitest/package.json'));
  const command = ['run', '--config', 'test-sigstore/vitest.config.ts', ...words];
  const child = spawn(process.execPath, [join(vitest, 'vitest.mjs'), ...command], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...env },
    // A group of its own, to end what it leaves behind when it is ended itself.
    detached: true,
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => child.kill(signal));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      endGroup(child.pid);
      resolve(code ?? 1);
    });
  });
}

function endGroup(id: number | undefined): void {
  if (id === undefined) return;
  try {
    process.kill(-id, 'SIGKILL');
  } catch {
    // Nothing is left.
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Unavailable)) throw error;
  console.error(`test:sigstore: ${error.message}`);
  process.exitCode = 3;
}
