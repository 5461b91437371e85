import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';

/** What the injector can stand before. `clock` and `thread` are about no file. */
export type Call =
  | 'open'
  | 'read'
  | 'write'
  | 'fsync'
  | 'close'
  | 'stat'
  | 'fstat'
  | 'readdir'
  | 'rename'
  | 'unlink'
  | 'access'
  | 'clock'
  | 'thread';

/** What happens at one call, or from one call on. */
export interface Rule {
  readonly call: Call;
  /** Of the path below the place, as in a shell, where `*` stands for slashes too. */
  readonly path?: string;
  /** Counted from 1; `'3+'` is the third and all after it. */
  readonly at?: number | `${number}+`;
  readonly does:
    | { readonly errno: ErrorName }
    | { readonly short: number }
    | 'end'
    /** Waits there until it is told to go on: see `during` of {@link RunOptions}. */
    | 'pause'
    | { readonly signal: keyof typeof SIGNAL_NUMBERS }
    | { readonly shift: number };
}

/** Linux's numbers, which are the same on all processors that Node.js runs on. */
export const ERROR_NUMBERS = {
  EIO: 5,
  ENOMEM: 12,
  EACCES: 13,
  EAGAIN: 11,
  ENFILE: 23,
  EMFILE: 24,
  ENOSPC: 28,
  EROFS: 30,
  ETIMEDOUT: 110,
  ESTALE: 116,
  EDQUOT: 122,
} as const;
export type ErrorName = keyof typeof ERROR_NUMBERS;

export const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 } as const;

/** A call that counts, as the injector writes it down. */
export interface Seen {
  readonly call: Call;
  /** Below the place; `-` for none. */
  readonly path: string;
}

/** The variables that make a process run under these rules. */
export function variablesFor(
  place: string,
  notes: string,
  rules: readonly Rule[],
  traces: boolean,
): Record<string, string> {
  return {
    LD_PRELOAD: inject('injector').path,
    OMS_FAULT_ROOT: place,
    OMS_FAULT_PAUSE: notes,
    OMS_FAULT_RULES: rules.map(lineOf).join('\n'),
    ...(traces ? { OMS_FAULT_TRACE: 'yes' } : {}),
  };
}

function lineOf({ call, path, at = 1, does }: Rule): string {
  const pattern = path ?? (call === 'clock' || call === 'thread' ? '-' : '*');
  return `${call} ${pattern} ${at} ${actionOf(does)}`;
}

function actionOf(does: Rule['does']): string {
  if (does === 'end') return 'end -';
  if (does === 'pause') return 'pause -';
  if ('errno' in does) return `errno ${ERROR_NUMBERS[does.errno]}`;
  if ('short' in does) return `short ${does.short}`;
  if ('signal' in does) return `signal ${SIGNAL_NUMBERS[does.signal]}`;
  return `shift ${does.shift}`;
}

/** The file in which it is written down what was seen. */
export function logFile(notes: string): string {
  return join(notes, 'log');
}

/** The file that a process makes where it pauses, counted from 1. */
export function pauseFile(notes: string, number: number): string {
  return join(notes, `paused-${number}`);
}

/** What the injector has written down. */
export function readLog(notes: string): { readonly fired: Seen[]; readonly calls: Seen[] } {
  const log = logFile(notes);
  const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n') : [];
  const of = (kind: string): Seen[] =>
    lines
      .map((line) => line.split(' '))
      .filter(([word]) => word === kind)
      .map(([, call, ...path]) => ({ call: call as Call, path: path.join(' ') }));
  return { fired: of('fired'), calls: of('call') };
}
