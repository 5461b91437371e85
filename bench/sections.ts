import { titleOf } from './plan.ts';
import {
  type ContestResult,
  type GrowthResult,
  judgedLane,
  judgedTiming,
  peakMemory,
  type RaceResult,
  speedRatio,
  timeRatio,
  workRatio,
} from './result.ts';
import { median, type Spread } from './statistics.ts';
import { type Column, table } from './table.ts';
import { isMet, type Judged, showTarget } from './target.ts';
import { showMemory, showRatio, showTime } from './units.ts';

const TARGET: Column = ['Target'];

/**
 * One line a program, oms first.
 *
 * @param all where to look for what start-up takes.
 */
export function raceTable(
  results: readonly RaceResult[],
  all: readonly RaceResult[],
): readonly string[] {
  const rows = results.flatMap((result) =>
    result.lanes.map((lane, index) => {
      const { samples, entrant } = lane;
      const isFirst = index === 0;
      return [
        isFirst ? result.model : '',
        isFirst ? titleOf({ ...result.race, cold: false }) : '',
        entrant.program.name,
        showTime(median(samples.map(({ wallMs }) => wallMs))),
        showTime(median(samples.map(({ cpuMs }) => cpuMs))),
        showMemory(peakMemory(lane)),
        isFirst ? '' : showSpread(timeRatio(result, lane)),
        isFirst ? '' : showOptional(workRatio(result, lane, all)),
        verdicts(judgedLane(result, lane)),
      ];
    }),
  );
  const columns: readonly Column[] = [
    ['Model'],
    ['Task'],
    ['Program'],
    ['Time', 'right'],
    ['Processor', 'right'],
    ['Memory', 'right'],
    ['oms / it', 'right'],
    ['without start-up', 'right'],
    TARGET,
  ];
  return table(columns, rows);
}

export function contestTable(results: readonly ContestResult[]): readonly string[] {
  const rows = results.flatMap((result) =>
    result.timings.map((timing, index) => {
      const ms = median(timing.ms);
      const isFirst = index === 0;
      return [
        isFirst ? result.model : '',
        timing.name,
        showTime(ms),
        (result.bytes / 1e6 / ms).toFixed(2),
        isFirst ? '' : showSpread(speedRatio(result, timing)),
        isFirst ? '' : verdicts(judgedTiming(result, timing)),
      ];
    }),
  );
  const columns: readonly Column[] = [
    ['Model'],
    ['Work'],
    ['Time', 'right'],
    ['GB/s', 'right'],
    ['Speed to the first', 'right'],
    TARGET,
  ];
  return table(columns, rows);
}

export function growthTable(results: readonly GrowthResult[]): readonly string[] {
  const rows = results.flatMap(({ growths }) =>
    growths.map(({ count, signMs, verifyMs, peakBytes }) => {
      const [sign, verify] = [median(signMs), median(verifyMs)];
      const each = (ms: number) => showTime((ms / count) * 1000);
      return [
        count.toLocaleString('en'),
        showTime(sign),
        each(sign),
        showTime(verify),
        each(verify),
        showMemory(median(peakBytes)),
      ];
    }),
  );
  const heads = ['Resources', 'Sign', 'of 1,000', 'Verify', 'of 1,000', 'Memory'];
  return table(
    heads.map((head): Column => [head, 'right']),
    rows,
  );
}

function showOptional(ratio: number | undefined): string {
  return ratio === undefined ? '' : showRatio(ratio);
}

function showSpread({ median: middle, lowest, highest }: Spread): string {
  return `${showRatio(middle)} (${showRatio(lowest)}–${showRatio(highest)})`;
}

function verdicts(judged: readonly Judged[]): string {
  return judged
    .map((one) => `${showTarget(one.target)} ${isMet(one) ? 'met' : '**missed**'}`)
    .join(', ');
}
