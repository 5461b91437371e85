import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../bin/oms.cjs', import.meta.url));

/** Nothing that is done here takes so long, unless it hangs. */
const PATIENCE_MS = 60_000;

/** Relays a pseudo-terminal to our pipes, and hangs up when nobody holds their other end. */
const TERMINAL = `
import os, pty, sys
def read(fd):
    typed = os.read(fd, 1024)
    if not typed: sys.exit(1)
    return typed
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:], stdin_read=read)))`;

/** A command that has ended. */
export interface Run {
  /** -1 if it was killed, because it would not end. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** On a terminal, where standard output and standard error are one. */
  readonly terminal?: boolean;
  /** Told all output so far, whenever there is more; what it returns is typed. */
  readonly onOutput?: (shown: string) => string | undefined | Promise<string | undefined>;
}

/** Runs the built command line in a process of its own, with a home of its own. */
export async function oms(
  words: readonly string[],
  home: string,
  options: RunOptions = {},
): Promise<Run> {
  const { env = {}, terminal = false, onOutput } = options;
  const command = [process.execPath, PROGRAM, ...words];
  const [program = '', ...rest] = terminal
    ? [inject('programs').python, '-c', TERMINAL, ...command]
    : command;
  const start = performance.now();
  const child = spawn(program, rest, {
    stdio: [onOutput === undefined && !terminal ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: home, TERM: 'xterm', ...env },
  });
  const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  const shown = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      shown[name] += chunk;
      if (onOutput !== undefined) void answer(child, onOutput, shown.stdout + shown.stderr);
    });
  }
  child.stdin?.on('error', () => {});
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? -1));
  });
  clearTimeout(patience);
  return { exitCode, ...shown, seconds: (performance.now() - start) / 1000 };
}

async function answer(
  { stdin }: ChildProcess,
  onOutput: NonNullable<RunOptions['onOutput']>,
  shown: string,
): Promise<void> {
  const typed = await onOutput(shown);
  if (typed !== undefined) stdin?.write(typed);
}

/** Wraps what is to happen once only, when the output holds something for the first time. */
export function once(
  pattern: RegExp,
  act: (found: RegExpExecArray) => string | undefined | Promise<string | undefined>,
): NonNullable<RunOptions['onOutput']> {
  let isDone = false;
  return (shown) => {
    const found = pattern.exec(shown);
    if (isDone || found === null) return undefined;
    isDone = true;
    return act(found);
  };
}

/** The address that somebody is asked to go to, when he is then asked for a code. */
export const ADDRESS = /(http:\/\/127\.0\.0\.1:\d+\/auth\?\S+)[\s\S]*Code: /;

/** The one line of a failed signature, which may follow a question that nobody ended with a newline. */
export const VERDICT = /(?<=^|Code: )Not signed: .*$/gm;
