import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Case } from './case.ts';

export interface Outcome {
  readonly title: string;
  /** What went wrong, or `undefined`. */
  readonly failure: string | undefined;
}

/** Runs cases, some at a time, and tells of each in the order of the list. */
export async function runCases(
  cases: readonly Case[],
  directory: string,
  jobs: number,
  tell: (outcome: Outcome) => void,
): Promise<void> {
  const queue = cases.entries();
  const done = new Map<number, Outcome>();
  let told = 0;
  const work = async () => {
    for (const [index, one] of queue) {
      done.set(index, await runCase(one, join(directory, String(index))));
      for (let next = done.get(told); next !== undefined; next = done.get(++told)) tell(next);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
}

async function runCase({ title, check }: Case, directory: string): Promise<Outcome> {
  mkdirSync(directory, { recursive: true });
  try {
    await check(directory);
    return { title, failure: undefined };
  } catch (error) {
    return { title, failure: describe(error) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'Error' || error.name === 'Unmet'
    ? error.message
    : (error.stack ?? error.message);
}
