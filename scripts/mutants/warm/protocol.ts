/** Says to a warm worker: run these tests with this mutant, until one fails. */
export interface Order {
  readonly mutant: string;
  readonly hitLimit: number | undefined;
  /** Ids as Stryker has them; absent: all in which the mutant was met when they ran as they are. */
  readonly tests: readonly string[] | undefined;
}

/** What came of it. */
export type Outcome =
  | { readonly status: 'survived'; readonly ran: number }
  | {
      readonly status: 'killed';
      readonly ran: number;
      readonly killedBy: string;
      readonly message: string;
    }
  | { readonly status: 'timeout'; readonly reason: string }
  /** A test that failed with the mutant fails without it now. */
  | { readonly status: 'spoilt' }
  /** Tests that Stryker knows and this worker does not. */
  | { readonly status: 'unknown'; readonly tests: readonly string[] };

/** The first thing that a worker says. */
export interface Greeting {
  readonly pid: number;
  /** Ids of all tests. */
  readonly tests: readonly string[];
}

/** One line of JSON. Names of tests hold whatever ends a line. */
export function lineOf(message: Greeting | Order | Outcome): string {
  const json = JSON.stringify(message);
  return `${json.replace(/[\u2028\u2029]/g, (end) => (end === '\u2028' ? '\\u2028' : '\\u2029'))}\n`;
}

/** Where the worker finds who started it: the path of a socket, in its environment. */
export const SOCKET = 'MUTANTS_SOCKET';
