import { statSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { roomOf } from './rooms.ts';

const room = roomOf(process.env['MUTANTS_ROOM']);

/** The first failure ends a run: the folder's own tests come first, and short files before long. */
class LikelyFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => costOf(a) - costOf(b));
  }
}

function costOf({ moduleId }: TestSpecification): number {
  const isOwn = moduleId.includes(`/test/${room.name}/`);
  const isLast = moduleId.includes('/scripts/');
  return statSync(moduleId).size + (isOwn ? 0 : 1_000_000) + (isLast ? 10_000_000 : 0);
}

export default defineConfig({
  test: {
    include: [...room.tests],
    typecheck: { enabled: false },
    // Each mutant has a process of its own; its test files share what they load.
    isolate: false,
    testTimeout: 120_000,
    sequence: { sequencer: LikelyFirst },
  },
});
