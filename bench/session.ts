import { settle } from './cache.ts';
import { measureGrowth } from './growth.ts';
import { runContest } from './inside.ts';
import type { Case, Group, Plan } from './plan.ts';
import { runRace } from './race.ts';
import type { Result } from './result.ts';
import type { Stage } from './stage.ts';
import type { Workspace } from './workspace.ts';

/** What came of a plan. */
export interface Outcome {
  readonly results: readonly Result[];
  /** What was not measured, and why. */
  readonly gaps: readonly string[];
  /** How many cases failed. */
  readonly failed: number;
}

/** Measures a plan case by case; a case that fails does not end the others. */
export async function measure(plan: Plan, stage: Stage, workspace: Workspace): Promise<Outcome> {
  const results: Result[] = [];
  const gaps: string[] = [];
  let failed = 0;
  for (const { model, cases } of plan) {
    const lack = workspace.lackFor(model);
    if (lack !== undefined) {
      gaps.push(`${model.title}: ${lack}`);
      continue;
    }
    // Only one model is there at a time, so that the largest decides how much room is needed.
    const path = workspace.make('model');
    workspace.make('signatures');
    await model.write(path);
    settle();
    for (const one of cases) {
      say(one.title);
      try {
        results.push(await measureCase(one, model, path, stage));
      } catch (error) {
        failed += 1;
        gaps.push(`${one.title}: it failed`);
        say(error instanceof Error ? error.message : String(error));
      }
    }
    workspace.remove('model');
  }
  return { results, gaps, failed };
}

async function measureCase(
  one: Case,
  { title: model, bytes }: Group['model'],
  path: string,
  stage: Stage,
): Promise<Result> {
  switch (one.kind) {
    case 'race':
      return { ...one, model, lanes: await runRace(one.race, stage, path) };
    case 'contest':
      return { ...one, model, bytes, timings: await runContest(one.contest, stage, path) };
    case 'growth':
      return { ...one, growths: await measureGrowth(one.counts, stage) };
  }
}

/** To standard error: standard output is for the report. */
function say(line: string): void {
  console.error(line);
}
