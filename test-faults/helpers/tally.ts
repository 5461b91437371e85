/** What one test has done, for the report. */
export interface Tally {
  /** How many processes it started. */
  readonly runs: number;
  /** What became of them, where that is left to chance. */
  readonly seen: Readonly<Record<string, number>>;
}

let runs = 0;
let seen: Record<string, number> = {};

export function countRun(): void {
  runs += 1;
}

export function countSeen(what: string | number): void {
  seen[what] = (seen[what] ?? 0) + 1;
}

/** What was counted since it was asked for last. */
export function takeTally(): Tally {
  const tally = { runs, seen };
  runs = 0;
  seen = {};
  return tally;
}
