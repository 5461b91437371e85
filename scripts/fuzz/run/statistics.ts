import { OmsError } from '../../../src/index.ts';
import type { Input } from '../base/input.ts';
import type { Ending } from '../oracle/judge.ts';

/** How far an input came. */
export const STAGES = [
  'json',
  'form',
  'method',
  'trust',
  'statement',
  'model',
  'verified',
  'else',
] as const;
export type Stage = (typeof STAGES)[number];

/** Counts by name, to be sent between processes and added up. */
export type Counts = Record<string, number>;

export interface Statistics {
  readonly inputs: number;
  /** `seed method|stage`, `mutator|stage`, codes, places in the source. */
  readonly byMethod: Counts;
  readonly byMutator: Counts;
  readonly byCode: Counts;
  readonly bySite: Counts;
}

export function noStatistics(): Statistics {
  return { inputs: 0, byMethod: {}, byMutator: {}, byCode: {}, bySite: {} };
}

export function statisticsOf({ method, steps }: Input, ending: Ending): Statistics {
  const stage = stageOf(ending);
  const code = 'result' in ending ? 'verified' : codeOf(ending.error);
  const names = steps.length === 0 ? ['nothing'] : steps;
  return {
    inputs: 1,
    byMethod: { [`${method}|${stage}`]: 1 },
    byMutator: Object.fromEntries(names.map((name) => [`${name}|${stage}`, 1])),
    byCode: { [code]: 1 },
    bySite: 'result' in ending ? {} : { [siteOf(ending.error)]: 1 },
  };
}

export function addUp(one: Statistics, other: Statistics): Statistics {
  return {
    inputs: one.inputs + other.inputs,
    byMethod: addCounts(one.byMethod, other.byMethod),
    byMutator: addCounts(one.byMutator, other.byMutator),
    byCode: addCounts(one.byCode, other.byCode),
    bySite: addCounts(one.bySite, other.bySite),
  };
}

function addCounts(one: Counts, other: Counts): Counts {
  const sum = { ...one };
  for (const [name, count] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

function codeOf(error: unknown): string {
  return error instanceof OmsError ? error.code : 'no error of ours';
}

const STAGE_OF: Readonly<Record<string, Stage>> = {
  METHOD_MISMATCH: 'method',
  KEY_MISMATCH: 'trust',
  SIGNATURE_INVALID: 'trust',
  CERTIFICATE_REFUSED: 'trust',
  IDENTITY_MISMATCH: 'trust',
  LOG_ENTRY_INVALID: 'trust',
  TIMESTAMP_INVALID: 'trust',
  STATEMENT_MALFORMED: 'statement',
  MODEL_MISMATCH: 'model',
  FILE_UNREADABLE: 'model',
  FILE_CHANGED: 'model',
};

/** What the reader of JSON says, before anything is made of the text. */
const NO_JSON = /is not JSON|not acceptable JSON|not valid UTF-8|is too large$|not plain JSON/;

function stageOf(ending: Ending): Stage {
  if ('result' in ending) return 'verified';
  const { error } = ending;
  if (!(error instanceof OmsError)) return 'else';
  if (error.code === 'BUNDLE_MALFORMED') return NO_JSON.test(error.summary) ? 'json' : 'form';
  return STAGE_OF[error.code] ?? 'else';
}

/** Helpers that make all errors of their kind. */
const HELPERS = /errors\.ts|malformed\.ts|fields\.ts/;

/**
 * Where an error was made: two calls in `src`, as the last one often makes many, and the same of
 * what caused it.
 */
function siteOf(error: unknown): string {
  if (!(error instanceof Error)) return 'elsewhere';
  const frames = [...(error.stack ?? '').matchAll(/\/([\w-]+\/[\w.-]+\.[jt]s:\d+):\d+/g)]
    .map(([, place = '']) => place)
    .filter((place) => !HELPERS.test(place));
  const own = frames.slice(0, 2).join(' < ');
  return error.cause === undefined ? own : `${own}, by ${siteOf(error.cause)}`;
}
