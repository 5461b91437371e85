import type { HashAlgorithm } from '../src/format/manifest.ts';
import type { Contest } from './inside.ts';
import { madeUp, published, SMALLEST } from './models.ts';
import { type Expected, group, growth, type Plan, raceMaker } from './plan.ts';
import { BARE_NODE, OPENSSL, type Program, type Task } from './programs.ts';
import { atLeast, atMost, atMostMemory } from './target.ts';
import { GIB, KIB, MIB } from './units.ts';

const TASKS: readonly Task[] = ['digest', 'sign key', 'verify key'];
const BLAKES: readonly HashAlgorithm[] = ['blake3', 'blake2b'];
const COLD = { cold: true } as const;
const WITH_OPENSSL = { others: [OPENSSL] } as const;
const WITH_NODE = { others: [BARE_NODE] } as const;
const WITH_BOTH = { others: [BARE_NODE, OPENSSL] } as const;
const SHARDS = { hashing: { shardSize: 1_000_000_000 } } as const;

const PURE: Contest = { name: 'pure', speed: atLeast(0.8) };
const THREADS: Contest = { name: 'threads', speed: atLeast(1.9) };
const WORKERS: Contest = { name: 'workers', speed: atLeast(1.9) };

/** What goes into RESULTS.md. */
export function fullPlan(oms: Program, references: readonly Program[]): Plan {
  const race = raceMaker(oms, references);
  const all = (expected: Expected) => TASKS.map((task) => race(task, expected));
  const large = { reference: atMost(0.9) };
  return [
    group(madeUp(SMALLEST, [1, KIB]), [
      race('digest', {}, WITH_BOTH),
      race('sign key', {}, WITH_NODE),
      race('verify key', { reference: atMost(0.5), node: atMost(1.6) }, WITH_NODE),
    ]),
    group(published(), all({})),
    group(madeUp('1 × 1 GiB', [1, GIB]), [
      PURE,
      race('digest', { ...large, openssl: atMost(1.08) }, WITH_OPENSSL),
      race('sign key', large),
      race('verify key', large),
      race('digest', {}, { ...COLD, ...WITH_OPENSSL }),
      ...BLAKES.map((hash) => race('digest', {}, { hashing: { hash } })),
    ]),
    group(madeUp('100 × 10 MiB', [100, 10 * MIB]), [
      THREADS,
      WORKERS,
      race('digest', { twoWorkers: atMost(1) }, WITH_OPENSSL),
      race('sign key', { twoWorkers: atMost(1) }),
      race('verify key', { twoWorkers: atMost(1) }),
      race('digest', {}, { ...COLD, ...WITH_OPENSSL }),
    ]),
    group(madeUp('10,000 × 4 KiB', [10_000, 4 * KIB]), [
      ...all({ twoWorkers: atMost(0.15) }),
      race('digest', {}, COLD),
    ]),
    group(
      madeUp('100,000 × 1 KiB', [100_000, KIB]),
      all({ twoWorkers: atMost(0.06), memory: atMostMemory(150 * MIB) }),
    ),
    group(
      madeUp('2 GiB + 50 × 20 MiB', [1, 2 * GIB], [50, 20 * MIB]),
      all({ twoWorkers: atMost(0.82) }),
    ),
    group(
      madeUp('1 × 4 GiB', [1, 4 * GIB]),
      TASKS.map((task) => {
        const expected = { twoWorkers: atMost(1), memory: atMostMemory(90 * MIB) };
        // The reference refuses every bundle of shards.
        return race(task, expected, { ...SHARDS, alone: task === 'verify key' });
      }),
    ),
    growth(10_000, 100_000, 1_000_000),
  ];
}

/** What takes less than a minute: smaller models, for which most of the targets are not meant. */
export function shortPlan(oms: Program, references: readonly Program[]): Plan {
  const start = raceMaker(oms, references);
  // The targets for larger models are for two workers.
  const two = references.filter(({ id }) => id === 'twoWorkers');
  const race = raceMaker(oms, two);
  return [
    group(madeUp(SMALLEST, [1, KIB]), [
      start('digest', {}, WITH_BOTH),
      start('verify key', { reference: atMost(0.5), node: atMost(1.6) }, WITH_NODE),
    ]),
    group(madeUp('1 × 256 MiB', [1, 256 * MIB]), [PURE, race('digest', {}, WITH_OPENSSL)]),
    group(madeUp('20 × 10 MiB', [20, 10 * MIB]), [
      { name: 'threads' },
      race('digest', {}, WITH_OPENSSL),
    ]),
    group(madeUp('2,000 × 4 KiB', [2_000, 4 * KIB]), [race('digest')]),
    growth(10_000, 100_000),
  ];
}
