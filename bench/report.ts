import { judgedIn, type RaceResult, type Result } from './result.ts';
import { contestTable, growthTable, raceTable } from './sections.ts';
import { isMet } from './target.ts';

export interface Report {
  readonly results: readonly Result[];
  readonly machine: readonly string[];
  readonly rounds: number;
  readonly short: boolean;
  /** What was not measured, and why. */
  readonly gaps: readonly string[];
}

/** The whole report, as Markdown. */
export function render(report: Report): string {
  const { results, machine, gaps } = report;
  const races = results.filter((result) => result.kind === 'race');
  const table = (some: readonly RaceResult[]) => raceTable(some, races);
  const warm = races.filter(({ race }) => !race.cold);
  const cold = races.filter(({ race }) => race.cold);
  const contests = results.filter((result) => result.kind === 'contest');
  const growths = results.filter((result) => result.kind === 'growth');
  const sections = [
    introduction(report),
    ['## Machine', '', ...machine.map((line) => `- ${line}`)],
    ['## Targets', '', ...targets(results), ...list('Not measured:', gaps)],
    section('## In one process', INSIDE, contestTable, contests),
    section('## Whole processes', WARM, table, warm),
    section('## Whole processes, from the disk', COLD, table, cold),
    section('## Without hashing', GROWTH, growthTable, growths),
  ];
  const blocks = sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return `${blocks.join('\n\n')}\n`;
}

function introduction({ rounds, short }: Report): readonly string[] {
  const command = short
    ? '`npm run bench:short`: small models, and fewer programs than `npm run bench` measures'
    : '`npm run bench`';
  return [
    '# Benchmark',
    '',
    `Made by ${command}.`,
    `All figures are medians of ${rounds} rounds after one that does not count. In a round, the programs`,
    'of a task run one after the other, so that what slows the machine down slows all of them; a',
    'ratio is the median of the ratios of the rounds, and beside it stand the lowest and the highest.',
  ];
}

const INSIDE = `Hashing alone, in a process that is warm. No program that reads its data can be as fast as the hot
buffer. "Threads" counts the calling one, as the command does; "workers" leaves that free, as the
library does. Starting and ending workers is in the time; these hash each file four times in a run.`;

const WARM = `From start to end, with the model in the system's cache. Processor is the time of all threads, Memory
the peak; a file that is mapped into memory, as the reference does for BLAKE3, counts. The reference
is the Python package \`model-signing\`, by its command line where that has what is asked for, and else
by its API. What each program takes to start shows in the model of 1 KiB, and is left out of the
ratio without start-up.`;

const COLD = `The same, with the system's caches emptied before every run. The program is then started once with
the model of 1 KiB, so that what is read from the disk is the model.`;

const GROWTH = `Signing and verifying a manifest of made-up resources in a new process: sorting, encoding, signature,
strict reading, comparison. Nothing is hashed but the manifest. Memory is the peak of all of it.`;

function targets(results: readonly Result[]): readonly string[] {
  const all = results.flatMap(judgedIn);
  const missed = all.filter((one) => !isMet(one)).map(({ what }) => what);
  return [`${all.length - missed.length} of ${all.length} met.`, ...list('Missed:', missed)];
}

function list(head: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', head, '', ...lines.map((line) => `- ${line}`)];
}

function section<T>(
  head: string,
  text: string,
  tableOf: (results: readonly T[]) => readonly string[],
  results: readonly T[],
): readonly string[] {
  return results.length === 0 ? [] : [head, '', text, '', ...tableOf(results)];
}
