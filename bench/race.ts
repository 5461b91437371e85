import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { dropCaches } from './cache.ts';
import type { Hashing, Job, Program, Task } from './programs.ts';
import type { Stage } from './stage.ts';
import type { Target } from './target.ts';
import type { Run, Sample } from './timer.ts';

/** A program in a race, and what is expected of oms. */
export interface Entrant {
  readonly program: Program;
  /** For the time of oms as a ratio to this program's. */
  readonly time?: Target | undefined;
  /** For this program's peak memory. */
  readonly memory?: Target | undefined;
}

/** One task for several programs, run in turn: A B C A B C. The first is oms. */
export interface Race {
  readonly task: Task;
  readonly hashing: Hashing;
  /** Whether the model is read from the disk every time. */
  readonly cold: boolean;
  readonly entrants: readonly Entrant[];
}

/** What became of an entrant, round by round. */
export interface Lane {
  readonly entrant: Entrant;
  readonly samples: readonly Sample[];
}

export async function runRace(race: Race, stage: Stage, model: string): Promise<readonly Lane[]> {
  const lanes = race.entrants.map((entrant) => ({ entrant, samples: new Array<Sample>() }));
  const job = ({ program }: Entrant, of = model): Job => ({
    ...race.hashing,
    task: race.task,
    model: of,
    signature: signaturePath(stage, program, of),
  });

  const measure = async (entrant: Entrant): Promise<Run> => {
    if (race.cold) {
      dropCaches();
      // The program itself comes from the disk now, and is not what is measured.
      await stage.timer.run(entrant.program.command(job(entrant, stage.tiny)));
    }
    return stage.timer.run(entrant.program.command(job(entrant)));
  };

  if (race.task === 'verify key') {
    for (const entrant of race.entrants) {
      if (existsSync(job(entrant).signature)) continue;
      await stage.timer.run(entrant.program.command({ ...job(entrant), task: 'sign key' }));
    }
  }
  const warmUp: Run[] = [];
  for (const entrant of race.entrants) warmUp.push(await measure(entrant));
  if (race.task === 'digest') checkAnswers(race, warmUp);
  for (let round = 0; round < stage.rounds; round++) {
    for (const { entrant, samples } of lanes) samples.push(await measure(entrant));
  }
  return lanes;
}

/** Every program verifies what it has signed itself. */
function signaturePath({ signatures, tiny }: Stage, { id }: Program, model: string): string {
  return join(signatures, model === tiny ? `tiny-${id}.sig` : `${id}.sig`);
}

/** A program that computes something else is not one to be compared with. */
function checkAnswers({ entrants }: Race, runs: readonly Run[]): void {
  const answers = entrants.flatMap(({ program }, index) =>
    program.tellsDigest ? [`${program.name}: ${runs[index]?.output.trim()}`] : [],
  );
  const digests = new Set(answers.map((answer) => /sha256:[0-9a-f]{64}$/.exec(answer)?.[0]));
  if (digests.size !== 1 || digests.has(undefined)) {
    throw new Error(`the programs disagree about the digest:\n${answers.join('\n')}`);
  }
}
