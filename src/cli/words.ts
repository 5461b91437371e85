import type { Command, Option } from 'commander';

/**
 * Writes option names with hyphens that came with underscores, as the reference spells some of
 * them: `--private_key=a_b` becomes `--private-key=a_b`. Values, and all after `--`, stay.
 */
export function withHyphens(words: readonly string[], commands: readonly Command[]): string[] {
  const takingValue = new Set(
    commands.flatMap(({ options }) => options.filter(takesValue).map(({ long }) => long)),
  );
  const result: string[] = [];
  let isValue = false;
  for (const [index, word] of words.entries()) {
    if (word === '--' && !isValue) return [...result, ...words.slice(index)];
    const [, name = '', rest = ''] = /^(--[^=]+)(=.*)?$/s.exec(word) ?? [];
    if (isValue || name === '') {
      result.push(word);
      isValue = false;
      continue;
    }
    const hyphened = name.replaceAll('_', '-');
    result.push(hyphened + rest);
    isValue = rest === '' && takingValue.has(hyphened);
  }
  return result;
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}
