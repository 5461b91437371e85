import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Finding, FindingKind } from '../oracle/finding.ts';
import { processorTimeOf, type Report, readDiary, type Task } from './task.ts';

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));

/** An input that takes so many times its limit on the wall waits for something. */
const PATIENCE = 15;

/** What V8 says before it gives up. */
const OUT_OF_MEMORY = /heap out of memory|heap limit|Allocation failed/;

/** Enough of what a process said before it died. */
const MAX_LAST_WORDS = 4_000;

export interface ShiftOptions {
  /** Megabytes of heap. */
  readonly heap: number;
  readonly onReport: (report: Report) => void;
  readonly onFinding: (finding: Finding) => void;
}

/**
 * One share of the inputs, done by a process, and by another one where that dies of an input or has
 * to be killed: whatever an input does, it is known which one it was.
 */
export class Shift {
  readonly #task: Task;
  readonly #options: ShiftOptions;
  #child: ChildProcess | undefined;
  #isOver = false;
  #killedFor: string | undefined;
  /** The input that was seen last, and since when. */
  #seen = { index: -1, at: 0 };

  constructor(task: Task, options: ShiftOptions) {
    this.#task = task;
    this.#options = options;
  }

  async work(): Promise<void> {
    let { from } = this.#task;
    while (!this.#isOver) {
      const died = await this.#runFrom(from);
      if (died === undefined) return;
      from = died + this.#task.step;
    }
  }

  /** Asks for an end after the input that is worked on. */
  stop(): void {
    this.#isOver = true;
    if (this.#child?.connected === true) this.#child.send('end');
  }

  /** Kills a process that is stuck with an input. */
  look(): void {
    const doing = readDiary(this.#task.place);
    const now = performance.now();
    if (doing === undefined || doing.index !== this.#seen.index) {
      this.#seen = { index: doing?.index ?? -1, at: now };
      return;
    }
    const { limit } = this.#task;
    const waited = now - this.#seen.at;
    const used = (processorTimeOf(this.#child?.pid ?? -1) ?? doing.since) - doing.since;
    if (waited < limit || (used < limit && waited < PATIENCE * limit)) return;
    const ms = `${Math.round(used)} ms of processor time, ${Math.round(waited)} ms`;
    this.#killedFor ??= `killed after ${ms}`;
    this.#child?.kill('SIGKILL');
  }

  /** Returns the input of which the process died; nothing if it came to its end. */
  async #runFrom(from: number): Promise<number | undefined> {
    const task: Task = { ...this.#task, from };
    const child = fork(CHILD, [JSON.stringify(task)], {
      execArgv: [`--max-old-space-size=${this.#options.heap}`],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child = child;
    this.#killedFor = undefined;
    let lastWords = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      lastWords = (lastWords + chunk.toString()).slice(-MAX_LAST_WORDS);
    });
    child.on('message', (report: Report) => this.#options.onReport(report));
    const { promise, resolve } = Promise.withResolvers<string>();
    child.on('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
    const ended = await promise;
    const doing = readDiary(this.#task.place);
    if (doing === undefined && ended === 'exit code 0') return undefined;
    this.#tell(doing?.index ?? -1, `${this.#killedFor ?? ended}: ${lastWords}`.trim());
    // Without an input it would die again.
    if (doing === undefined) this.#isOver = true;
    return doing?.index;
  }

  #tell(index: number, what: string): void {
    const kind: FindingKind = OUT_OF_MEMORY.test(what)
      ? 'too much memory'
      : this.#killedFor === undefined
        ? 'foreign error'
        : 'too slow';
    this.#options.onFinding({ kind, index, seed: '', steps: [], what });
  }
}
