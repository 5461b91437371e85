/**
 * Workflows of GitHub Actions, read by their indentation: enough for files that are formatted alike,
 * and stricter than a parser of YAML, which knows many ways to write one thing.
 */
export interface Workflow {
  readonly file: string;
  readonly text: string;
  /** What stands above the jobs. */
  readonly head: string;
  readonly jobs: ReadonlyMap<string, Job>;
}

export interface Job {
  readonly text: string;
  /** As `contents: read`, without comments. */
  readonly permissions: readonly string[];
  readonly needs: readonly string[];
  readonly steps: readonly string[];
}

export function readWorkflow(file: string, text: string): Workflow {
  const [head = '', body = ''] = text.split(/^jobs:\n/m);
  const jobs = splitAt(body, /^ {2}[a-z]+:$/m).map((part): [string, Job] => {
    return [/^ {2}([a-z]+):/.exec(part)?.[1] ?? '', readJob(part)];
  });
  return { file, text, head, jobs: new Map(jobs) };
}

function readJob(text: string): Job {
  const [, granted = ''] = /^ {4}permissions:\n((?: {6}.*\n)*)/m.exec(text) ?? [];
  const [, needed = ''] = /^ {4}needs: (.*)$/m.exec(text) ?? [];
  const [, steps = ''] = text.split(/^ {4}steps:\n/m);
  return {
    text,
    permissions: granted
      .split('\n')
      .map((line) => line.replace(/#.*/, '').trim())
      .filter(Boolean),
    needs: needed.match(/[a-z]+/g) ?? [],
    steps: splitAt(steps, /^ {6}- /m),
  };
}

/** What a step has a shell run, or nothing. */
export function scriptOf(step: string): string {
  const block = /^ {6}(?:- | {2})run: \|\n((?: {10}.*\n?|\n)*)/m.exec(step)?.[1];
  return block ?? /^ {6}(?:- | {2})run: (.*)$/m.exec(step)?.[1] ?? '';
}

/** Parts of a text that begin with a match each. */
function splitAt(text: string, pattern: RegExp): string[] {
  const starts = [...text.matchAll(new RegExp(pattern, 'gm'))].map(({ index }) => index);
  return starts.map((start, at) => text.slice(start, starts[at + 1]));
}
