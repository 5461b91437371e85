import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';

export interface Options {
  readonly short: boolean;
  /** Part of the titles of the cases to run. */
  readonly only: string | undefined;
  readonly rounds: number;
  /** Where the models are made, in a directory of their own. */
  readonly data: string;
  /** Where the report is written, beside standard output. */
  readonly output: string | undefined;
}

export class UsageError extends Error {}

export const USAGE = `npm run bench -- [options]

  --short          small models, in less than a minute; prints only
  --only CASE      run the cases with this in their title; prints only
  --rounds NUMBER  rounds that count, 5 at least (default: 5)
  --data DIR       where the models are made, and removed (default: the system's)
  --output FILE    where the report goes, also with --short and --only

OMS_INTEROP_VENV names a Python environment with the reference, to be used again. --short goes
without the reference if it is not set.`;

/** Fewer are no medians. A draft is for work on the benchmark itself. */
const FEWEST_ROUNDS = process.env['OMS_BENCH_DRAFT'] === undefined ? 5 : 1;

/** @param results where the full report belongs. */
export function readOptions(
  args: readonly string[],
  results: string,
): Options & { readonly help: boolean } {
  const values = parse(args);
  const rounds = Number(values.rounds);
  if (!Number.isSafeInteger(rounds) || rounds < FEWEST_ROUNDS) {
    throw new UsageError(`--rounds takes a whole number of ${FEWEST_ROUNDS} or more`);
  }
  const isFull = !values.short && values.only === undefined;
  return {
    ...values,
    rounds,
    only: values.only,
    output: values.output ?? (isFull ? results : undefined),
  };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        short: { type: 'boolean', default: false },
        only: { type: 'string' },
        rounds: { type: 'string', default: '5' },
        data: { type: 'string', default: tmpdir() },
        output: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
