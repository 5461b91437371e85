/** A link in a document. */
export interface Link {
  readonly target: string;
  /** Without the `#`; `undefined` where there is none. */
  readonly anchor: string | undefined;
}

/** Titles that a document names of a test file: `[name](../test/x.test.ts) "a title", "another"`. */
export interface Citation {
  readonly file: string;
  readonly titles: readonly string[];
}

const CODE_BLOCK = /^```[\s\S]*?^```/gm;

/** The text without its blocks of code, and without brackets in code: nothing there is a link. */
function prose(text: string): string {
  return text.replace(CODE_BLOCK, '').replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ''));
}

export function linksIn(text: string): readonly Link[] {
  return [...prose(text).matchAll(/\]\(([^)\s#]*)(?:#([^)\s]*))?\)/g)].map(
    ([, target = '', anchor]) => ({ target, anchor }),
  );
}

const TITLE = /"([^"]+)"/g;

export function citationsIn(text: string): readonly Citation[] {
  const cited = /\]\(([^)\s]*test(?:-[a-z]+)?\/[^)\s]+)\)((?:,? "[^"]+")+)/g;
  return [...text.matchAll(cited)].map(([, file = '', titles = '']) => ({
    file,
    titles: [...titles.matchAll(TITLE)].map(([, title = '']) => title),
  }));
}

/** What the headings of a document are linked by, as GitHub makes it of their text. */
export function anchorsIn(text: string): readonly string[] {
  const headings = [...text.replace(CODE_BLOCK, '').matchAll(/^#{1,6} (.+)$/gm)];
  return headings.map(([, heading = '']) =>
    heading
      .replace(/[`*]/g, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The cells of all rows of tables, without their heads. */
export function rowsIn(text: string): readonly (readonly string[])[] {
  const lines = text.split('\n');
  const isRow = (line: string | undefined): boolean => line?.startsWith('|') === true;
  const isRule = (line: string | undefined): boolean => /^\|[-| ]+\|$/.test(line ?? '');
  return lines
    .filter((line, at) => isRow(line) && !isRule(line) && !isRule(lines[at + 1]))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );
}

/** The text below a heading, up to the next of the same depth or less. */
export function sectionOf(text: string, heading: string): string {
  const depth = heading.indexOf(' ');
  const [, after = ''] = text.split(`\n${heading}\n`);
  return after.split(new RegExp(`^#{1,${depth}} `, 'm'))[0] ?? '';
}

/** Titles of tests: texts that stand before a function, as in `it('a title', () => …)`. */
export function titlesIn(source: string): ReadonlySet<string> {
  const literal = /(?:'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`|"((?:[^"\\\n]|\\.)*)")/.source;
  const call = new RegExp(`\\(\\s*${literal},\\s*(?:\\{[^}]*\\},\\s*)?(?:async )?\\(`, 'g');
  return new Set(
    [...source.matchAll(call)].map(([, single, template, double]) =>
      (single ?? template ?? double ?? '').replace(/\\(.)/g, '$1'),
    ),
  );
}

/** Titles of the scripts of the command line: `## a title`. */
export function scriptTitlesIn(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/^## (.+)$/gm)].map(([, title = '']) => title));
}
