import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, test } from 'vitest';
import { has } from './program.ts';
import { type Recording, rewrite, runScript } from './run.ts';
import { parseScripts } from './script.ts';

/** `UPDATE_SCRIPTS=1` writes what is printed into the scripts. Read the difference before a commit. */
const isUpdate = process.env['UPDATE_SCRIPTS'] === '1';

const DIRECTORY = fileURLToPath(new URL('.', import.meta.url));

for (const name of readdirSync(DIRECTORY).filter((file) => file.endsWith('.txt'))) {
  const text = readFileSync(DIRECTORY + name, 'utf8');
  const { scripts, files } = parseScripts(text, name);
  const record: Recording | undefined = isUpdate ? new Map() : undefined;
  if (record !== undefined) {
    afterAll(() => writeFileSync(DIRECTORY + name, rewrite(text, record)));
  }
  describe.concurrent(name.replace(/\.txt$/, ''), { timeout: 60_000 }, () => {
    for (const script of scripts) {
      const missing = script.needs.filter((need) => !has(need));
      const { title, todo } = script;
      const run = (): Promise<void> => runScript(script, files, name, record);
      if (isUpdate && todo !== undefined) continue;
      if (missing.length > 0) test.skip(`${title} (skipped: it needs ${missing.join(', ')})`, run);
      else if (todo !== undefined && !isUpdate)
        test.fails(`${title} (known to fail: ${todo})`, run);
      else test(title, run);
    }
  });
}
