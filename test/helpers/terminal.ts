import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PROGRAM = fileURLToPath(new URL('../../bin/oms.cjs', import.meta.url));
const TERMINAL = fileURLToPath(new URL('terminal.py', import.meta.url));

/** What is done at the terminal once a line was drawn so many times. */
export type Act = { readonly after: number } & (
  | { readonly type: string }
  | { readonly signal: NodeJS.Signals }
  | { readonly columns: number }
  | { readonly hangUp: true }
);

export interface Seen {
  /** All that came to the terminal. */
  readonly shown: string;
  readonly stdout: string;
  readonly exit: number;
  readonly seconds: number;
}

/** Pseudo-terminals are something of Unix, and Python is what makes one. */
export function hasTerminal(): boolean {
  return spawnSync('python3', ['-c', 'import fcntl, termios']).status === 0;
}

/** Runs the built program with standard input and error on a terminal. */
export async function runOnTerminal(
  words: readonly string[],
  {
    columns = 80,
    acts = [],
    env = {},
  }: {
    readonly columns?: number;
    readonly acts?: readonly Act[];
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<Seen> {
  const command = [process.execPath, PROGRAM, ...words];
  const { stdout } = await promisify(execFile)(
    'python3',
    [TERMINAL, JSON.stringify({ command, columns, acts })],
    { env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TERM: 'xterm', ...env } },
  );
  return JSON.parse(stdout) as Seen;
}

/** What is drawn over and over at the start of what came to a terminal, and what comes then. */
export function readLine(shown: string): {
  readonly drawn: readonly string[];
  readonly erased: boolean;
  readonly rest: string;
} {
  // A terminal shows which key was pressed, and one more line may be drawn before it is heard.
  // oxlint-disable-next-line no-control-regex -- terminals are moved by control characters
  const drawing = /^(?:\^C)?\r(?:\u001b\[J)?([^\u0000-\u001f\u007f]*)\u001b\[K\r/;
  const drawn: string[] = [];
  let rest = shown;
  for (let found = drawing.exec(rest); found !== null; found = drawing.exec(rest)) {
    drawn.push(found[1] ?? '');
    rest = rest.slice(found[0].length);
  }
  // oxlint-disable-next-line no-control-regex -- as above; a terminal shows which key was pressed
  const erasing = /^(?:\^C)?\r\u001b\[[JK]/;
  return { drawn, erased: erasing.test(rest), rest: rest.replace(erasing, '') };
}
