import type { TestProject } from 'vitest/node';
import { prepareBinaries } from '../../scripts/sigstore/binaries.ts';
import { cacheDirectory } from '../../scripts/sigstore/cache.ts';
import { type Instance, startStack } from '../../scripts/sigstore/stack.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly instance: Instance;
    readonly programs: Programs;
  }
}

/** Programs of the Python environment. */
export interface Programs {
  readonly python: string;
  /** The reference implementation's command line. */
  readonly modelSigning: string;
}

/** Of each server's output, shown when a test has failed. */
const LAST_LINES = 60;

/** Starts one instance for all tests, and ends it after the last. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack(await prepareBinaries(cacheDirectory(), console.log));
  project.provide('instance', stack.instance);
  project.provide('programs', {
    python: process.env['OMS_TEST_PYTHON'] ?? '',
    modelSigning: process.env['OMS_TEST_REFERENCE'] ?? '',
  });
  return async () => {
    const failed = project.vitest.state.getCountOfFailedTests();
    const log = stack.log(LAST_LINES);
    await stack.close();
    if (failed > 0) console.error(log);
  };
}
