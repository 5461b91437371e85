import { resolve } from 'node:path';
import { roomOf } from './rooms.ts';

const { name } = roomOf(process.env['MUTANTS_ROOM']);
const here = import.meta.dirname;

/** Mutation tests of one folder of `src`; `run.ts` starts Stryker with it. */
export default {
  mutate: [`src/${name}/**/*.ts`],
  testRunner: 'warm',
  // `forks`, as some tests change the working directory.
  vitest: { configFile: 'scripts/mutants/vitest.config.ts', related: false, pool: 'forks' },
  plugins: [
    '@stryker-mutator/vitest-runner',
    resolve(here, 'texts.ts'),
    resolve(here, 'warm/plugin.ts'),
  ],
  ignorers: ['error-texts'],
  coverageAnalysis: 'perTest',
  incremental: true,
  incrementalFile: `coverage/mutants/${name}.incremental.json`,
  concurrency: 2,
  // A loaded machine must not count as a test that noticed.
  timeoutMS: 90_000,
  timeoutFactor: 6,
  reporters: ['json', 'progress-append-only'],
  jsonReporter: { fileName: `coverage/mutants/${name}.json` },
  tempDirName: 'coverage/mutants/tmp',
  ignorePatterns: ['bench', 'coverage', 'dist'],
  disableTypeChecks: false,
  // TypeScript 7 has no API for Stryker to rewrite a tsconfig.json with, and vitest needs none.
  tsconfigFile: 'none',
  allowEmpty: true,
};
