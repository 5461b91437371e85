import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stop } from './command.ts';
import { CredentialStore } from './credentials.ts';
import { differences } from './differences.ts';
import { digests } from './digests.ts';
import { matrix } from './matrix.ts';
import { runCases } from './schedule.ts';
import { serializations } from './serializations.ts';
import { prepareVenv, Unavailable } from './venv.ts';

/** Cases at a time. Both programs start threads of their own. */
const JOBS = 2;

/** Signs with the reference and verifies with oms, and the other way round. See spec/interop.md. */
async function main(): Promise<number> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'oms-interop-')));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  for (const [name, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) {
    process.once(name, () => {
      stop.abort();
      remove();
      process.exit(code);
    });
  }
  // Where Node.js keeps compiled code of oms, which asks for it.
  process.env['NODE_COMPILE_CACHE'] = join(directory, 'compile-cache');
  try {
    return await runAll(directory, process.env['OMS_INTEROP_VENV'] || join(directory, 'venv'));
  } finally {
    remove();
  }
}

async function runAll(directory: string, venvPath: string): Promise<number> {
  const venv = await prepareVenv(venvPath);
  console.log(`reference: ${venv.description}; oms: Node.js ${process.versions.node}\n`);
  const store = new CredentialStore(join(directory, 'credentials'));
  const cases = [
    ...matrix(venv, store),
    ...serializations(venv, store),
    ...digests(venv, store),
    ...differences(venv, store),
  ];
  let failed = 0;
  await runCases(cases, join(directory, 'cases'), JOBS, ({ title, failure }) => {
    if (failure !== undefined) failed += 1;
    console.log(failure === undefined ? `ok    ${title}` : `FAIL  ${title}\n${indent(failure)}`);
  });
  console.log(`\n${cases.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `      ${line}`)
    .join('\n');
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Unavailable)) throw error;
  console.error(`interop: ${error.message}`);
  process.exitCode = 3;
}
