import { type ChildProcess, type IOType, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { inject } from 'vitest';
import { logFile, pauseFile, type Rule, readLog, type Seen, variablesFor } from './injector.ts';
import { PROGRAM } from './settings.ts';
import { countRun } from './tally.ts';
import { giveTo, type Unprivileged } from './unprivileged.ts';

/** Nothing that is done here takes a hundredth of this, unless it hangs. */
const PATIENCE_MS = 60_000;

/** A process that has ended. */
export interface Run {
  /** The exit code, the name of the signal that ended it, or `'hung'`. */
  readonly exit: number | NodeJS.Signals | 'hung';
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
  /** Calls at which a rule fired, and with `traces` all that count. */
  readonly fired: readonly Seen[];
  readonly calls: readonly Seen[];
}

export interface RunOptions {
  /** Under which the process runs, in the place whose directory is given. */
  readonly rules?: readonly Rule[];
  readonly place?: string;
  readonly traces?: boolean;
  /** What happens while the process waits where a rule says `pause`, for the how-manyth time. */
  readonly during?: (number: number, child: ChildProcess) => unknown;
  /** What happens as soon as the process is started. */
  readonly meanwhile?: (child: ChildProcess) => unknown;
  /** Words before those that start Node.js. */
  readonly wrapper?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** As a user who may not do everything: see {@link Unprivileged}. */
  readonly identity?: Unprivileged['identity'];
  /** Nobody reads what it prints, from the start. */
  readonly isUnread?: boolean;
  readonly stdout?: IOType | number;
  readonly stderr?: IOType | number;
}

/** Runs the built command line in a process of its own, and waits for its end. */
export async function oms(words: readonly string[], options: RunOptions = {}): Promise<Run> {
  const notes = mkdtempSync(join(inject('base'), 'notes-'));
  if (options.identity !== undefined) giveTo({ identity: options.identity }, notes);
  try {
    const run = await runIn(notes, words, options);
    return { ...run, ...readLog(notes) };
  } finally {
    rmSync(notes, { recursive: true });
  }
}

async function runIn(
  notes: string,
  words: readonly string[],
  options: RunOptions,
): Promise<Omit<Run, 'fired' | 'calls'>> {
  const { rules = [], place, traces = false, wrapper = [], during, meanwhile } = options;
  const [file = '', ...rest] = [...wrapper, process.execPath, PROGRAM, ...words];
  const injected = place === undefined ? {} : variablesFor(place, notes, rules, traces);
  countRun();
  const start = performance.now();
  const child = spawn(file, rest, {
    cwd: inject('base'),
    env: {
      PATH: process.env['PATH'] ?? '',
      OMS_FAULT_LOG: logFile(notes),
      ...cacheOf(options),
      ...injected,
      ...options.env,
    },
    stdio: ['ignore', options.stdout ?? 'pipe', options.stderr ?? 'pipe'],
    ...options.identity,
  });
  if (options.isUnread === true) {
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
  let hung = false;
  const patience = setTimeout(() => {
    hung = true;
    child.kill('SIGKILL');
  }, PATIENCE_MS);
  const ended = endOf(child);
  const [stdout, stderr, exit] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    ended,
    meanwhile?.(child),
    during === undefined ? undefined : interfere(child, ended, notes, during),
  ]);
  clearTimeout(patience);
  return {
    exit: hung ? 'hung' : exit,
    stdout,
    stderr,
    milliseconds: performance.now() - start,
  };
}

/** Where compiled code is kept, which halves the time of a run. */
function cacheOf({ identity }: RunOptions): Record<string, string> {
  return identity !== undefined ? {} : { XDG_CACHE_HOME: join(inject('base'), 'cache') };
}

function endOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ?? code ?? -1));
  });
}

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = '';
  if (stream?.readable !== true) return text;
  stream.setEncoding('utf8');
  for await (const chunk of stream) text += String(chunk);
  return text;
}

/** Does something whenever the process waits, and then lets it go on. */
async function interfere(
  child: ChildProcess,
  ended: Promise<unknown>,
  notes: string,
  act: (number: number, child: ChildProcess) => unknown,
): Promise<void> {
  const state = { isOver: false };
  void ended.then(() => (state.isOver = true));
  for (let number = 1; ; number++) {
    const paused = pauseFile(notes, number);
    while (!state.isOver && !existsSync(paused)) await wait(1);
    if (state.isOver) return;
    try {
      await act(number, child);
    } finally {
      writeFileSync(`${paused}.go`, '');
    }
  }
}
