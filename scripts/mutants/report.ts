import { readFileSync } from 'node:fs';

/** As much of Stryker's report as is shown. */
export interface Report {
  readonly files: Readonly<Record<string, { readonly source: string; mutants: readonly Mutant[] }>>;
}

interface Mutant {
  readonly status: string;
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly static?: boolean;
  readonly location: { readonly start: Position; readonly end: Position };
}

interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * Prints the figures of each file as a Markdown table, and below it the mutants that lived. Returns
 * how many of a hundred were noticed.
 */
export function report(path: string): number {
  const { files } = JSON.parse(readFileSync(path, 'utf8')) as Report;
  const rows: string[] = [];
  const alive: string[] = [];
  const all: Mutant[] = [];
  for (const [file, { source, mutants }] of Object.entries(files)) {
    rows.push(rowOf(`\`${file}\``, mutants));
    all.push(...mutants);
    const lines = source.split('\n');
    for (const mutant of mutants.filter(
      ({ status }) => status === 'Survived' || status === 'NoCoverage',
    )) {
      alive.push(describe(file, lines, mutant));
    }
  }
  console.log('| file | mutants | killed | timeout | survived | no coverage | score |');
  console.log('|---|---|---|---|---|---|---|');
  for (const row of rows) console.log(row);
  console.log(rowOf('all', all));
  console.log(`\n${alive.join('\n')}`);
  return scoreOf(all);
}

function count(mutants: readonly Mutant[], status: string): number {
  return mutants.filter((mutant) => mutant.status === status).length;
}

function scoreOf(mutants: readonly Mutant[]): number {
  const noticed = count(mutants, 'Killed') + count(mutants, 'Timeout');
  const lived = count(mutants, 'Survived') + count(mutants, 'NoCoverage');
  return (noticed / (noticed + lived)) * 100;
}

function rowOf(name: string, mutants: readonly Mutant[]): string {
  const parts = ['Killed', 'Timeout', 'Survived', 'NoCoverage'].map((one) => count(mutants, one));
  const all = parts.reduce((sum, part) => sum + part, 0);
  const score = all === 0 ? '' : `${scoreOf(mutants).toFixed(1)} %`;
  return `| ${[name, all, ...parts, score].join(' | ')} |`;
}

function describe(file: string, lines: readonly string[], mutant: Mutant): string {
  const { start, end } = mutant.location;
  const line = lines[start.line - 1] ?? '';
  const until = start.line === end.line ? end.column - 1 : line.length;
  const was = line.slice(start.column - 1, until);
  const now = (mutant.replacement ?? '').replace(/\s+/g, ' ');
  return `${file}:${start.line}:${start.column} ${mutant.status} ${mutant.mutatorName}: ${was} → ${now}`;
}

if (import.meta.main) for (const path of process.argv.slice(2)) report(path);
