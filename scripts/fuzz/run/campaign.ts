import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../oracle/finding.ts';
import { makeDirectory } from './directory.ts';
import { Shift } from './shift.ts';
import { addUp, noStatistics, type Statistics } from './statistics.ts';
import type { Report } from './task.ts';

export interface CampaignOptions {
  readonly seed: string;
  readonly only?: string;
  /** How many processes. */
  readonly processes?: number;
  /** How many inputs at the most. */
  readonly inputs?: number | undefined;
  readonly minutes?: number | undefined;
  /** Milliseconds of processor time for one input. */
  readonly limit?: number;
  /** Megabytes of heap for a process. */
  readonly heap?: number;
  /** Module with what is tested in place of the product. */
  readonly subject?: string;
  /** Ends with the first finding. */
  readonly untilFound?: boolean;
  readonly onProgress?: (outcome: Outcome) => void;
}

/** What came of many inputs. */
export interface Outcome {
  readonly seed: string;
  readonly statistics: Statistics;
  readonly findings: readonly Finding[];
  readonly seconds: number;
  readonly slowest: Report['slowest'];
  /** Bytes of a process in memory: after the first half minute, at the most, and at the end. */
  readonly resident: { readonly early: number; readonly most: number; readonly last: number };
}

/** Milliseconds between two looks at the processes. */
const LOOK_EVERY = 250;

/** More than a process may ever hold. */
const MAX_RESIDENT = 1.5 * 2 ** 30;

/** Tries many inputs in several processes, and watches over them. */
export class Campaign {
  readonly #options: CampaignOptions;
  readonly #directory = makeDirectory();
  readonly #start = performance.now();
  readonly #shifts: readonly Shift[];
  #outcome: Outcome;

  constructor(options: CampaignOptions) {
    const { seed, processes = 1, inputs, only = '', limit = 2_000, heap = 512 } = options;
    this.#options = options;
    this.#outcome = {
      seed,
      statistics: noStatistics(),
      findings: [],
      seconds: 0,
      slowest: { index: -1, ms: 0 },
      resident: { early: 0, most: 0, last: 0 },
    };
    this.#shifts = Array.from({ length: processes }, (_, from) => {
      const task = {
        seed,
        only,
        limit,
        from,
        subject: options.subject,
        directory: this.#directory,
        place: join(this.#directory, `place-${from}`),
        step: processes,
        end: inputs ?? Number.MAX_SAFE_INTEGER,
      };
      const onReport = (report: Report): void => this.#add(report);
      const onFinding = (finding: Finding): void => this.#find(finding);
      return new Shift(task, { heap, onReport, onFinding });
    });
  }

  async run(): Promise<Outcome> {
    const { minutes, onProgress } = this.#options;
    const end = minutes === undefined ? undefined : setTimeout(() => this.stop(), minutes * 60e3);
    const looks = setInterval(() => {
      for (const shift of this.#shifts) shift.look();
      this.#outcome = { ...this.#outcome, seconds: this.#seconds };
      onProgress?.(this.#outcome);
    }, LOOK_EVERY);
    try {
      await Promise.all(this.#shifts.map((shift) => shift.work()));
      return { ...this.#outcome, seconds: this.#seconds };
    } finally {
      clearTimeout(end);
      clearInterval(looks);
      rmSync(this.#directory, { recursive: true, force: true });
    }
  }

  /** Ends the run early, each process with the input that it is at. */
  stop(): void {
    for (const shift of this.#shifts) shift.stop();
  }

  get #seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  #add({ statistics, findings, slowest, most, resident: last }: Report): void {
    const before = this.#outcome;
    const early =
      this.#seconds < 30 ? Math.max(before.resident.early, last) : before.resident.early;
    this.#outcome = {
      ...before,
      statistics: addUp(before.statistics, statistics),
      slowest: slowest.ms > before.slowest.ms ? slowest : before.slowest,
      resident: { early, most: Math.max(before.resident.most, most), last },
    };
    for (const finding of findings) this.#find(finding);
    if (most <= MAX_RESIDENT || before.resident.most > MAX_RESIDENT) return;
    const what = `${most} bytes of a process`;
    this.#find({ kind: 'too much memory', index: slowest.index, seed: '', steps: [], what });
  }

  #find(finding: Finding): void {
    this.#outcome = { ...this.#outcome, findings: [...this.#outcome.findings, finding] };
    if (this.#options.untilFound === true) this.stop();
  }
}
