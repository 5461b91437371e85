/**
 * Compares lines of output with lines of a script, in which
 *
 * - `…` stands for any text within a line, and a line `⋮` for any number of lines;
 * - `{name}` stands for any text too, which must then be the same wherever the name comes again.
 */

const ANY_LINES = '⋮';

/**
 * What was printed, written in the script's own words as far as it matches: it equals `expected`
 * if all of it does, and a plain comparison of both shows what does not.
 */
export function inWordsOf(
  expected: readonly string[],
  actual: readonly string[],
  names: Map<string, string>,
): readonly string[] {
  return align(expected, actual, names).flatMap(([pattern, line]) => {
    if (line === undefined) return pattern === ANY_LINES ? [pattern] : [];
    if (pattern === undefined) return [line];
    const found = toRegExp(pattern, names).exec(line);
    if (found === null) return [line];
    for (const [name, value] of Object.entries(found.groups ?? {})) names.set(name, value);
    return [pattern];
  });
}

/** Replaces the names that are known in a word of a command. */
export function fillIn(word: string, names: ReadonlyMap<string, string>): string {
  return word.replace(NAME, (whole, name: string) => names.get(name) ?? whole);
}

const NAME = /\{([a-z][A-Za-z0-9]*)\}/g;

type Pair = readonly [pattern: string | undefined, line: string | undefined];

/** The pairing with the fewest lines left over on either side. */
function align(
  expected: readonly string[],
  actual: readonly string[],
  names: ReadonlyMap<string, string>,
): readonly Pair[] {
  const patterns = expected.map((line) => toRegExp(line, names));
  const width = actual.length + 1;
  // costs[i * width + j]: lines left over when expected[i…] meets actual[j…].
  const costs = new Float64Array((expected.length + 1) * width);
  const cost = (i: number, j: number): number =>
    i > expected.length || j > actual.length ? Infinity : (costs[i * width + j] as number);
  const fits = (i: number, j: number): boolean => patterns[i]?.test(actual[j] ?? '') === true;
  for (let i = expected.length; i >= 0; i--) {
    for (let j = actual.length; j >= 0; j--) {
      if (i === expected.length && j === actual.length) continue;
      const free = expected[i] === ANY_LINES ? 0 : 1;
      costs[i * width + j] = Math.min(
        cost(i + 1, j) + free,
        cost(i, j + 1) + free,
        i < expected.length && j < actual.length && fits(i, j) ? cost(i + 1, j + 1) : Infinity,
      );
    }
  }

  const pairs: Pair[] = [];
  for (let i = 0, j = 0; i < expected.length || j < actual.length; ) {
    const anyLines = expected[i] === ANY_LINES;
    const free = anyLines ? 0 : 1;
    if (!anyLines && i < expected.length && j < actual.length && fits(i, j)) {
      if (cost(i, j) === cost(i + 1, j + 1)) {
        pairs.push([expected[i++], actual[j++]]);
        continue;
      }
    }
    if (cost(i, j) === cost(i + 1, j) + free) pairs.push([expected[i++], undefined]);
    else if (anyLines) j++;
    else pairs.push([undefined, actual[j++]]);
  }
  return pairs;
}

function toRegExp(line: string, names: ReadonlyMap<string, string>): RegExp {
  if (line === ANY_LINES) return /(?!)/;
  const seen = new Set<string>();
  const source = line
    .split(/(…|\{[a-z][A-Za-z0-9]*\})/)
    .map((part) => {
      if (part === '…') return '.*';
      const name = /^\{(.*)\}$/.exec(part)?.[1] ?? '';
      if (!/^[a-z][A-Za-z0-9]*$/.test(name)) return escape(part);
      const value = names.get(name);
      if (value !== undefined) return escape(value);
      if (seen.has(name)) return `\\k<${name}>`;
      seen.add(name);
      return `(?<${name}>.+?)`;
    })
    .join('');
  return new RegExp(`^${source}$`, 's');
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
