/**
 * Scripts of the command line: what is typed, what is printed and the files that it is about, in
 * one text. `README.md` beside this file describes the format.
 */

/** One script: a sequence of steps in a directory of its own. */
export interface Script {
  readonly title: string;
  readonly steps: readonly Step[];
  /** What the platform must offer; without it the script is skipped. */
  readonly needs: readonly string[];
  /** Why the script is known to fail, which it then must. */
  readonly todo: string | undefined;
}

/** One line that does something. */
export interface Step {
  /** Number of the line, from 1. */
  readonly line: number;
  readonly words: readonly string[];
  /** A command, of which output is expected; else a preparation. */
  readonly expected: Expected | undefined;
  /** `with` lines above a command, word by word. */
  readonly modifiers: readonly (readonly string[])[];
}

export interface Expected {
  readonly stdout: string[];
  readonly stderr: string[];
  exit: string;
}

/** A file of scripts. */
export interface ScriptFile {
  readonly scripts: readonly Script[];
  /** Written into each directory before the first step: name → content. */
  readonly files: ReadonlyMap<string, string>;
}

interface Draft {
  title: string;
  steps: Step[];
  needs: string[];
  todo: string | undefined;
}

export function parseScripts(text: string, name: string): ScriptFile {
  const lines = text.split('\n');
  const firstFile = lines.findIndex((line) => FILE_HEADING.test(line));
  const end = firstFile === -1 ? lines.length : firstFile;

  const setup: Draft = { title: '', steps: [], needs: [], todo: undefined };
  const drafts: Draft[] = [];
  let modifiers: string[][] = [];
  for (const [index, line] of lines.slice(0, end).entries()) {
    const draft = drafts.at(-1) ?? setup;
    const fail = (reason: string): Error => new Error(`${name}:${index + 1}: ${reason}: ${line}`);
    const [, mark = '', rest = ''] = /^(##|#|\$|>|!|[a-z-]*)(?: (.*))?$/s.exec(line) ?? [];
    const expected = draft.steps.at(-1)?.expected;
    if (line === '' || mark === '#') continue;
    if (mark === '##') {
      drafts.push({ title: rest, steps: [], needs: [...setup.needs], todo: undefined });
    } else if (mark === '>' || mark === '!' || mark === 'exit') {
      if (expected === undefined) throw fail('no command stands above this');
      if (mark === 'exit') expected.exit = rest;
      else expected[mark === '>' ? 'stdout' : 'stderr'].push(rest);
    } else if (mark === 'needs') {
      draft.needs.push(rest);
    } else if (mark === 'todo') {
      draft.todo = rest;
    } else if (mark === 'with') {
      modifiers.push(splitWords(rest));
    } else if (mark === '$' || mark !== '') {
      draft.steps.push({
        line: index + 1,
        words: splitWords(mark === '$' ? rest : line),
        expected: mark === '$' ? { stdout: [], stderr: [], exit: '0' } : undefined,
        modifiers,
      });
      modifiers = [];
    } else {
      throw fail('this is no line of a script');
    }
  }
  return {
    scripts: drafts.map((draft) => ({ ...draft, steps: [...setup.steps, ...draft.steps] })),
    files: readFiles(lines.slice(end)),
  };
}

const FILE_HEADING = /^-- (.+) --$/;

function readFiles(lines: readonly string[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  let current = '';
  for (const line of lines) {
    const heading = FILE_HEADING.exec(line)?.[1];
    if (heading !== undefined) files.set((current = heading), '');
    else files.set(current, `${files.get(current) ?? ''}${line}\n`);
  }
  // The text ends with a newline, behind which there is no further line.
  if (current !== '') files.set(current, (files.get(current) ?? '').replace(/\n$/, ''));
  return files;
}

/** Words as a shell would split them: `'as it is'`, and `"\u001b[1m"` as in JSON. */
export function splitWords(text: string): string[] {
  return Array.from(text.matchAll(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'])+/g), ([word]) =>
    word.replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, (part) =>
      part.startsWith("'") ? part.slice(1, -1) : (JSON.parse(part) as string),
    ),
  );
}
