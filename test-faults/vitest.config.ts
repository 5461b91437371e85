import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test-faults/**/*.test.ts'],
    globalSetup: ['test-faults/helpers/setup.ts'],
    setupFiles: ['test-faults/helpers/count.ts'],
    reporters: ['test-faults/reporter.ts'],
    typecheck: { enabled: false },
    // One test starts up to some thousand processes, when it is told to.
    testTimeout: 3_600_000,
    hookTimeout: 120_000,
    teardownTimeout: 120_000,
    // Processes that are started here have threads of their own.
    maxWorkers: 2,
  },
});
