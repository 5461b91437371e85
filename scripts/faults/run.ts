import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const USAGE = `npm run test:faults -- [--times N] [--seed N] [names of test files]

  --times N   try every fault N times as often as the short run does
  --seed N    draw other moments and other faults (1)`;

/** Tests the built command line while things go wrong. See spec/faults.md. */
function main(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { times: { type: 'string' }, seed: { type: 'string' } },
  });
  const times = countOf(values.times ?? '1');
  const seed = countOf(values.seed ?? '1');
  console.log(`seed ${seed}, ${times === 1 ? 'the short run' : `${times} times the short run`}\n`);
  const env = { ...process.env, OMS_FAULTS_TIMES: String(times), OMS_FAULTS_SEED: String(seed) };
  const vitest = dirname(createRequire(import.meta.url).resolve('vitest/package.json'));
  const command = ['run', '--config', 'test-faults/vitest.config.ts', ...positionals];
  const child = spawn(process.execPath, [join(vitest, 'vitest.mjs'), ...command], {
    cwd: ROOT,
    stdio: 'inherit',
    env,
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => child.kill(signal));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

function countOf(text: string): number {
  if (!/^[1-9][0-9]{0,6}$/.test(text)) throw new TypeError(`${text} is no number from 1 on`);
  return Number(text);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  console.error(`test:faults: ${error.message}\n${USAGE}`);
  process.exitCode = 2;
}
