import { fileURLToPath } from 'node:url';
import type { Stage } from './stage.ts';
import type { Target } from './target.ts';

/** Two ways to hash the same bytes inside of one process, without start-up. */
export interface Contest {
  readonly name: 'pure' | 'threads' | 'workers';
  /** For the speed of the second as a ratio to the first's. */
  readonly speed?: Target;
}

/** One way to hash, round by round. */
export interface Timing {
  readonly name: string;
  readonly ms: readonly number[];
}

const SCRIPT = fileURLToPath(new URL('hot.ts', import.meta.url));

export async function runContest(
  { name }: Contest,
  { timer, rounds }: Stage,
  model: string,
): Promise<readonly Timing[]> {
  const words = [SCRIPT, name, model, String(rounds)];
  const { output } = await timer.run({ program: process.execPath, words });
  return JSON.parse(output) as readonly Timing[];
}
