import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    typecheck: { enabled: false },
    testTimeout: 30_000,
    coverage: {
      // The command line and the threads run in processes and threads of their own.
      include: ['src/**'],
      exclude: ['src/cli/**', 'src/hashing/worker.ts', 'src/index.ts'],
      reporter: ['text', 'json-summary'],
    },
  },
});
