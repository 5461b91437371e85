import type { Finding } from '../oracle/finding.ts';
import type { Outcome } from './campaign.ts';
import { type Counts, STAGES } from './statistics.ts';

/** What people are told at the end of a run. */
export function reportOf(outcome: Outcome, only: string): string {
  const { statistics, findings, seconds, seed, slowest, resident } = outcome;
  const { inputs } = statistics;
  return [
    `${inputs} inputs of the seed ${seed} in ${seconds.toFixed(0)} s, ${(inputs / seconds).toFixed(0)} a second`,
    `slowest: input ${slowest.index}, ${slowest.ms.toFixed(0)} ms; ` +
      `a process in memory: ${mib(resident.early)} after half a minute, ` +
      `${mib(resident.most)} at the most, ${mib(resident.last)} at the end`,
    '',
    'How far inputs came, in per cent:',
    ...table('method', statistics.byMethod),
    '',
    ...table('mutator', statistics.byMutator),
    '',
    'Answers:',
    ...ranked(statistics.byCode),
    '',
    `Errors were made at ${Object.keys(statistics.bySite).length} places in src.`,
    '',
    ...findingLines(findings, seed, only),
  ].join('\n');
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

/** One line for each name, one column for each stage. */
function table(title: string, counts: Counts): string[] {
  const names = [...new Set(Object.keys(counts).map((key) => key.split('|')[0] ?? ''))].toSorted();
  const width = Math.max(...names.map(({ length }) => length), title.length, 'all'.length);
  const line = (name: string, cells: readonly string[]): string =>
    `  ${name.padEnd(width)} ${cells.map((cell) => cell.padStart(10)).join('')}`;
  const row = (name: string, of: readonly string[]): string => {
    const stages = STAGES.map((stage) =>
      of.reduce((sum, one) => sum + (counts[`${one}|${stage}`] ?? 0), 0),
    );
    const total = stages.reduce((sum, count) => sum + count, 0);
    const shares = stages.map((count) => ((count / total) * 100).toFixed(1));
    return line(name, [String(total), ...shares]);
  };
  return [
    line(title, ['inputs', ...STAGES]),
    ...names.map((name) => row(name, [name])),
    ...(title === 'method' ? [row('all', names)] : []),
  ];
}

function ranked(counts: Counts): string[] {
  return Object.entries(counts)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, count]) => `  ${String(count).padStart(8)} ${name}`);
}

/** Of findings that look the same, the first ones. */
const SHOWN = 3;

function findingLines(findings: readonly Finding[], seed: string, only: string): string[] {
  if (findings.length === 0) return ['No findings.'];
  const groups = Map.groupBy(
    findings,
    ({ kind, what }) => `${kind}: ${what.replace(/\d+/g, '#').slice(0, 80)}`,
  );
  return [
    `${findings.length} findings of ${groups.size} kinds:`,
    ...[...groups.values()].flatMap((group) => [
      '',
      `${group.length} × ${group[0]?.kind}: ${group[0]?.what}`,
      ...group.slice(0, SHOWN).flatMap((finding) => exampleLines(finding, seed, only)),
    ]),
  ];
}

function exampleLines({ index, seed: name, steps }: Finding, seed: string, only: string): string[] {
  const again = only === '' ? '' : ` --only ${quotedWord(only)}`;
  return [
    ...(name === '' ? [] : [`  ${name}; ${steps.join(', ')}`]),
    `  npm run fuzz -- --replay ${quotedWord(`${seed}:${index}`)}${again}`,
  ];
}

function quotedWord(word: string): string {
  return /^[\w.:-]+$/.test(word) ? word : `'${word}'`;
}
