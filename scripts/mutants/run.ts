import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { report } from './report.ts';
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
for (const { name } of ROOMS) {
  const folder = `src/${name}`;
  const asked = positionals.map((path) => path.replace(/\/$/, ''));
  const files = asked.filter((path) => path.startsWith(`${folder}/`));
  const isWhole = asked.length === 0 || asked.includes(folder);
  if (!isWhole && files.length === 0) continue;
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
  if (status !== 0) failed = true;
  else report(`coverage/mutants/${name}.json`);
}
process.exitCode = failed ? 1 : 0;
