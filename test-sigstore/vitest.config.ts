import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test-sigstore/**/*.test.ts'],
    globalSetup: ['test-sigstore/helpers/setup.ts'],
    typecheck: { enabled: false },
    // A service that does not answer is waited for, and asked again.
    testTimeout: 150_000,
    hookTimeout: 120_000,
    // Most tests wait for a server.
    maxConcurrency: 6,
    maxWorkers: 4,
  },
});
