import type { Growth } from './growth.ts';
import type { Contest, Timing } from './inside.ts';
import { SMALLEST } from './models.ts';
import type { Lane, Race } from './race.ts';
import { median, pairedRatio, type Spread } from './statistics.ts';
import type { Judged } from './target.ts';

export interface RaceResult {
  readonly kind: 'race';
  readonly title: string;
  /** Title of the model. */
  readonly model: string;
  readonly race: Race;
  readonly lanes: readonly Lane[];
}

export interface ContestResult {
  readonly kind: 'contest';
  readonly title: string;
  readonly model: string;
  /** How much was hashed. */
  readonly bytes: number;
  readonly contest: Contest;
  readonly timings: readonly Timing[];
}

export interface GrowthResult {
  readonly kind: 'growth';
  readonly title: string;
  readonly growths: readonly Growth[];
}

export type Result = RaceResult | ContestResult | GrowthResult;

/** The time of oms as a ratio to another program's. */
export function timeRatio({ lanes }: RaceResult, lane: Lane): Spread {
  return pairedRatio(wallTimes(lanes[0]), wallTimes(lane));
}

/** The speed of a way to hash as a ratio to the first's. */
export function speedRatio({ timings }: ContestResult, timing: Timing): Spread {
  return pairedRatio(timings[0]?.ms ?? [], timing.ms);
}

/** Less than this is lost in the noise of starting, in milliseconds. */
const WORTHWHILE = 25;

/**
 * The same without start-up, which each program's run on the smallest model stands for.
 *
 * @returns `undefined` where that is not known, or hardly anything is left.
 */
export function workRatio(
  result: RaceResult,
  lane: Lane,
  races: readonly RaceResult[],
): number | undefined {
  const start = races.find(
    ({ model, race }) => model === SMALLEST && race.task === result.race.task,
  );
  const left = [result.lanes[0], lane].map((one) => {
    const id = one?.entrant.program.id;
    const starting = start?.lanes.find(({ entrant }) => entrant.program.id === id);
    return median(wallTimes(one)) - median(wallTimes(starting));
  });
  const [ours = NaN, theirs = NaN] = left;
  return ours >= WORTHWHILE && theirs >= WORTHWHILE ? ours / theirs : undefined;
}

export function peakMemory({ samples }: Lane): number {
  return median(samples.map(({ peakBytes }) => peakBytes));
}

/** All figures of a result for which there are targets. */
export function judgedIn(result: Result): readonly Judged[] {
  switch (result.kind) {
    case 'race':
      return result.lanes.flatMap((lane) => judgedLane(result, lane));
    case 'contest':
      return result.timings.slice(1).flatMap((timing) => judgedTiming(result, timing));
    case 'growth':
      return [];
  }
}

export function judgedLane(result: RaceResult, lane: Lane): readonly Judged[] {
  const { program, time, memory } = lane.entrant;
  const judged: Judged[] = [];
  if (time !== undefined) {
    const value = timeRatio(result, lane).median;
    judged.push({ what: `${result.title}: time to ${program.name}`, value, target: time });
  }
  if (memory !== undefined) {
    judged.push({ what: `${result.title}: memory`, value: peakMemory(lane), target: memory });
  }
  return judged;
}

export function judgedTiming(result: ContestResult, timing: Timing): readonly Judged[] {
  const { speed: target } = result.contest;
  if (target === undefined) return [];
  const value = speedRatio(result, timing).median;
  return [{ what: `${result.title}: ${timing.name}`, value, target }];
}

function wallTimes(lane: Lane | undefined): readonly number[] {
  return lane?.samples.map(({ wallMs }) => wallMs) ?? [];
}
