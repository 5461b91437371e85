import { mergeConfig } from 'vitest/config';
import room from '../vitest.config.ts';

export default mergeConfig(room, {
  test: {
    include: ['scripts/mutants/warm/last.test.ts'],
    runner: 'scripts/mutants/warm/runner.ts',
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    onConsoleLog: () => false,
  },
});
