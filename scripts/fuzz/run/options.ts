import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

export interface Options {
  readonly seed: string;
  readonly minutes: number | undefined;
  readonly inputs: number | undefined;
  readonly only: string;
  readonly processes: number;
  /** Milliseconds of processor time for one input. */
  readonly limit: number;
  /** One input of an earlier run. */
  readonly replay: { readonly seed: string; readonly index: number } | undefined;
  /** Where what an input is made of is written. */
  readonly keep: string | undefined;
  readonly help: boolean;
}

export class UsageError extends Error {}

export const USAGE = `npm run fuzz -- [options]

  --minutes N          how long (default: 1)
  --inputs N           how many inputs, in place of a time
  --seed TEXT          what decides all inputs (default: another one each time)
  --only NAME          mutators, or seeds, with this in their name only
  --processes N        (default: as many as there are processors)
  --limit MS           processor time for one input (default: 2000)
  --replay SEED:INDEX  runs one input again, and tells all of it; takes --only of that run too
  --keep DIR           with --replay: writes bundle and model there`;

export function readOptions(args: readonly string[]): Options {
  const values = parse(args);
  const inputs = numberOf(values.inputs, 'inputs');
  const minutes = numberOf(values.minutes, 'minutes') ?? (inputs === undefined ? 1 : undefined);
  return {
    seed: values.seed ?? randomBytes(4).toString('hex'),
    minutes,
    inputs,
    only: values.only ?? '',
    processes: numberOf(values.processes, 'processes') ?? availableParallelism(),
    limit: numberOf(values.limit, 'limit') ?? 2_000,
    replay: values.replay === undefined ? undefined : readReplay(values.replay),
    keep: values.keep,
    help: values.help,
  };
}

function parse(args: readonly string[]) {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      args: [...args],
      options: {
        minutes: text,
        inputs: text,
        seed: text,
        only: text,
        processes: text,
        limit: text,
        replay: text,
        keep: text,
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function numberOf(text: string | undefined, name: string): number | undefined {
  const number = Number(text);
  if (text === undefined) return undefined;
  if (!(number > 0)) throw new UsageError(`--${name} takes a number above 0`);
  return number;
}

function readReplay(text: string): { readonly seed: string; readonly index: number } {
  const [, seed, index] = /^(.+):(\d+)$/.exec(text) ?? [];
  if (seed === undefined) throw new UsageError('--replay takes SEED:INDEX');
  return { seed, index: Number(index) };
}
