import type { HashAlgorithm } from '../src/format/manifest.ts';
import type { Contest } from './inside.ts';
import type { Model } from './models.ts';
import { type Hashing, PLAIN, type Program, type ProgramId, type Task } from './programs.ts';
import type { Race } from './race.ts';
import type { Target } from './target.ts';

/** One thing to measure. */
export type Case =
  | { readonly kind: 'race'; readonly title: string; readonly race: Race }
  | { readonly kind: 'contest'; readonly title: string; readonly contest: Contest }
  | { readonly kind: 'growth'; readonly title: string; readonly counts: readonly number[] };

/** What is measured with one model. */
export interface Group {
  readonly model: Model;
  readonly cases: readonly Case[];
}

export type Plan = readonly Group[];

/** What is expected of the time of oms as a ratio to each program's, and of its peak memory. */
export interface Expected extends Partial<Record<Exclude<ProgramId, 'oms'>, Target>> {
  readonly memory?: Target;
}

interface RaceOptions {
  readonly hashing?: Partial<Hashing>;
  readonly cold?: boolean;
  /** Beside oms and the reference. */
  readonly others?: readonly Program[];
  /** Whether the reference cannot do it. */
  readonly alone?: boolean;
}

export function group(model: Model, measurements: readonly (Race | Contest)[]): Group {
  return {
    model,
    cases: measurements.map((one) =>
      'task' in one
        ? { kind: 'race', title: `${model.title}, ${titleOf(one)}`, race: one }
        : { kind: 'contest', title: `${model.title}, in process: ${one.name}`, contest: one },
    ),
  };
}

/** Memory for a resource in all forms that it takes until it is verified. */
const RESOURCE_BYTES = 2_500;

/** Manifests with so many resources, and no model. */
export function growth(...counts: readonly number[]): Group {
  const bytes = Math.max(...counts) * RESOURCE_BYTES;
  const model: Model = { title: 'manifests', bytes, diskBytes: 0, write: async () => {} };
  return { model, cases: [{ kind: 'growth', title: 'manifests without hashing', counts }] };
}

export function raceMaker(oms: Program, references: readonly Program[]) {
  return (task: Task, expected: Expected = {}, options: RaceOptions = {}): Race => {
    const { hashing, cold = false, others = [], alone = false } = options;
    const rivals = [...others, ...(alone ? [] : references)];
    return {
      task,
      hashing: { ...PLAIN, ...hashing },
      cold,
      entrants: [
        { program: oms, memory: expected.memory },
        ...rivals.map((program) => ({
          program,
          time: program.id === 'oms' ? undefined : expected[program.id],
        })),
      ],
    };
  };
}

/** The part of a plan with cases that are wanted. */
export function choose(plan: Plan, isWanted: (one: Case) => boolean): Plan {
  const chosen = plan.map(({ model, cases }) => ({ model, cases: cases.filter(isWanted) }));
  return chosen.filter(({ cases }) => cases.length > 0);
}

/** As in "digest, BLAKE3". */
export function titleOf({ task, hashing: { hash, shardSize }, cold }: Race): string {
  const names: Readonly<Record<HashAlgorithm, string>> = {
    sha256: '',
    blake2b: ', BLAKE2b',
    blake3: ', BLAKE3',
  };
  const shards = shardSize === undefined ? '' : `, shards of ${shardSize / 1e9} GB`;
  return `${task}${names[hash]}${shards}${cold ? ', cold' : ''}`;
}
