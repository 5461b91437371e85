import { statSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { roomOf } from './rooms.ts';

/** The first failure ends a run, so what takes long comes last. */
class ShortFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => statSync(a.moduleId).size - statSync(b.moduleId).size);
  }
}

export default defineConfig({
  test: {
    include: [...roomOf(process.env['MUTANTS_ROOM']).tests],
    typecheck: { enabled: false },
    // Each mutant has a process of its own; its test files share what they load.
    isolate: false,
    testTimeout: 120_000,
    sequence: { sequencer: ShortFirst },
  },
});
