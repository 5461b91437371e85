import { fileURLToPath } from 'node:url';
import type { Stage } from './stage.ts';

/** How long a manifest of so many resources takes, round by round. */
export interface Growth {
  readonly count: number;
  readonly signMs: readonly number[];
  readonly verifyMs: readonly number[];
  readonly peakBytes: readonly number[];
}

const SCRIPT = fileURLToPath(new URL('paperwork.ts', import.meta.url));

/** Everything but hashing, for manifests of several sizes, each time in a new process. */
export async function measureGrowth(
  counts: readonly number[],
  { timer, rounds }: Stage,
): Promise<readonly Growth[]> {
  const results = counts.map((count) => ({
    count,
    signMs: new Array<number>(),
    verifyMs: new Array<number>(),
    peakBytes: new Array<number>(),
  }));
  for (let round = 0; round <= rounds; round++) {
    for (const { count, signMs, verifyMs, peakBytes } of results) {
      const words = [SCRIPT, String(count)];
      const run = await timer.run({ program: process.execPath, words });
      const times = JSON.parse(run.output) as { signMs: number; verifyMs: number };
      // The round before the first warms up.
      if (round === 0) continue;
      signMs.push(times.signMs);
      verifyMs.push(times.verifyMs);
      peakBytes.push(run.peakBytes);
    }
  }
  return results;
}
