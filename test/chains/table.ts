import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Case } from './generate.ts';

/** One row of spec/chains.md: who judges otherwise than we, and of which chains. */
export interface Row {
  readonly weAccept: boolean;
  readonly oracle: Oracle;
  /** Versions of OpenSSL; none for pkijs. */
  readonly versions: readonly string[];
  readonly patterns: readonly RegExp[];
  readonly reason: string;
}

export type Oracle = 'pkijs' | 'OpenSSL' | 'strict';

const PAGE = readFileSync(join(import.meta.dirname, '../../spec/chains.md'), 'utf8');

/** What the page says in a sentence of numbers. */
export function numberIn(pattern: RegExp): number {
  return Number(pattern.exec(PAGE)?.[1]?.replace(',', ''));
}

/** How often pkijs, or a version of OpenSSL, agrees, refuses what we accept, and the other way. */
export function countsOf(who: string): readonly number[] {
  const name = who === 'pkijs' ? 'pkijs' : `OpenSSL ${who.replace('.', '\\.')}`;
  const row = new RegExp(`^\\| ${name}[.\\d ]* \\|([^|]*)\\|([^|]*)\\|([^|]*)\\|`, 'm').exec(PAGE);
  return (row ?? []).slice(1).map(Number);
}

/** The versions of OpenSSL that the page is about, such as `3.0`. */
export const VERSIONS: readonly string[] = [
  ...PAGE.matchAll(/^\| OpenSSL (\d+\.\d+)\.\d+ \|/gm),
].map(([, version = '']) => version);

export const ROWS: readonly Row[] = [
  ...rowsUnder('What we accept and they refuse', true),
  ...rowsUnder('What we refuse and they accept', false),
];

function rowsUnder(heading: string, weAccept: boolean): readonly Row[] {
  const section = PAGE.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const lines = section.split('\n').filter((line) => /^\| (?!who |---)/.test(line));
  return lines.flatMap((line) => {
    const [who = '', chains = '', reason = ''] = line.split('|').slice(1, -1);
    const patterns = [...chains.matchAll(/`([^`]+)`/g)].map(([, pattern = '']) =>
      expressionFor(pattern),
    );
    return who
      .trim()
      .split(', ')
      .map((oracle) => ({ weAccept, ...parseOracle(oracle), patterns, reason: reason.trim() }));
  });
}

/** `pkijs`, `OpenSSL` or `strict`; the latter with the versions, or all. */
function parseOracle(text: string): Pick<Row, 'oracle' | 'versions'> {
  const [oracle, ...versions] = text.split(' ');
  if (oracle === 'pkijs') return { oracle, versions: [] };
  if (oracle !== 'OpenSSL' && oracle !== 'strict') throw new Error(`who is ${text}?`);
  return { oracle, versions: versions.length > 0 ? versions : VERSIONS };
}

/** Whether a row is about a chain. */
export function isAbout({ weAccept, patterns }: Row, { name, refusal }: Case): boolean {
  return weAccept === (refusal === undefined) && patterns.some((pattern) => pattern.test(name));
}

/** `*` stands for anything. */
function expressionFor(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[.()+^$?[\]{}\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}
