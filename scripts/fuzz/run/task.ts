import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Finding } from '../oracle/finding.ts';
import type { Statistics } from './statistics.ts';

/** What a process of the fuzzer is told. */
export interface Task {
  readonly seed: string;
  readonly only: string;
  /** Module with what is tested; the product itself by default. */
  readonly subject: string | undefined;
  /** Where models may be put. */
  readonly directory: string;
  /** The file that says what it does. */
  readonly place: string;
  /** The inputs: from the first, every so many, to before the end. */
  readonly from: number;
  readonly step: number;
  readonly end: number;
  /** Milliseconds of processor time for one input. */
  readonly limit: number;
}

/** What a process tells from time to time. */
export interface Report {
  readonly statistics: Statistics;
  readonly findings: readonly Finding[];
  /** The slowest input, in milliseconds of processor time. */
  readonly slowest: { readonly index: number; readonly ms: number };
  /** Bytes of the process in memory, at the most so far and now. */
  readonly most: number;
  readonly resident: number;
}

/** What a process does at the moment. */
export interface Doing {
  readonly index: number;
  /** Its processor time when it began, in milliseconds. */
  readonly since: number;
}

const BYTES = 16;
const NOTHING = -1;

/** Writes down what a process does, so that it is known even if it dies of it. */
export class Diary {
  readonly #descriptor: number;
  readonly #entry = Buffer.alloc(BYTES);

  constructor(path: string) {
    this.#descriptor = openSync(path, 'w');
  }

  begin(index: number): void {
    this.#entry.writeDoubleLE(index);
    this.#entry.writeDoubleLE(processorTime(), BYTES / 2);
    writeSync(this.#descriptor, this.#entry, 0, BYTES, 0);
  }

  end(): void {
    this.begin(NOTHING);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** What a process wrote down, if it is at work on something. */
export function readDiary(path: string): Doing | undefined {
  try {
    const entry = readFileSync(path);
    const index = entry.length === BYTES ? entry.readDoubleLE() : NOTHING;
    return index === NOTHING ? undefined : { index, since: entry.readDoubleLE(BYTES / 2) };
  } catch {
    // It has not begun yet.
    return undefined;
  }
}

/** Of the calling process, in milliseconds. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Clock ticks a second, as Linux counts for programs on every machine that Node runs on. */
const TICKS = 100;

/** Of another process; `undefined` where the system does not say. */
export function processorTimeOf(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is a name in brackets and may hold spaces; these are the 14th and 15th.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS;
  } catch {
    return undefined;
  }
}
