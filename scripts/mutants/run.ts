import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Report, report } from './report.ts';
import { ROOMS } from './rooms.ts';

/**
 * Mutation tests: `npm run mutants -- [--force] [file or folder of src …]`. Without arguments, of all
 * folders. Results are kept under `coverage/mutants`, so that the next run tests again only what
 * changed; `--force` tests all again.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { force: { type: 'boolean', default: false } },
});

const manifest = createRequire(import.meta.url).resolve('@stryker-mutator/core/package.json');
const stryker = join(dirname(manifest), 'bin/stryker.js');

let failed = false;
for (const { name, least = 0 } of ROOMS) {
  const folder = `src/${name}`;
  const asked = positionals.map((path) => path.replace(/\/$/, ''));
  const files = asked.filter((path) => path.startsWith(`${folder}/`));
  const isWhole = asked.length === 0 || asked.includes(folder);
  if (!isWhole && files.length === 0) continue;
  forgetDoubtful(`coverage/mutants/${name}.incremental.json`);
  const { status } = spawnSync(
    process.execPath,
    [
      stryker,
      'run',
      'scripts/mutants/stryker.config.ts',
      ...(isWhole ? [] : ['--mutate', files.join(',')]),
      ...(values.force ? ['--force'] : []),
    ],
    { stdio: 'inherit', env: { ...process.env, MUTANTS_ROOM: name } },
  );
  const score = status === 0 ? report(`coverage/mutants/${name}.json`) : 0;
  if (status !== 0 || (isWhole && score < least)) {
    console.error(`${folder}: at least ${least} % must be noticed`);
    failed = true;
  }
}
process.exitCode = failed ? 1 : 0;

/**
 * Stryker does not know which tests see a mutant that acts while modules are loaded, so it would not
 * try one again when tests are added. What took too long may have, because the machine was slow.
 */
function forgetDoubtful(path: string): void {
  if (!existsSync(path)) return;
  const known = JSON.parse(readFileSync(path, 'utf8')) as Report;
  for (const file of Object.values(known.files)) {
    file.mutants = file.mutants.filter(({ status, static: isStatic }) => {
      return status !== 'Timeout' && (isStatic !== true || status !== 'Survived');
    });
  }
  writeFileSync(path, JSON.stringify(known));
}
