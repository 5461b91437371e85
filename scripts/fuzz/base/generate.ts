import type { Corpus } from '../corpus/corpus.ts';
import type { Seed } from '../corpus/seed.ts';
import { makeDocument } from '../documents/documents.ts';
import { MUTATORS } from '../mutators/all.ts';
import { Draft } from './draft.ts';
import type { Input } from './input.ts';
import { type Mutator, PHASES } from './mutator.ts';
import { Random } from './random.ts';

/** How many changes are made at once, and how often. None: the seed as it is. */
const COUNTS = [
  { weight: 4, count: 0 },
  { weight: 56, count: 1 },
  { weight: 28, count: 2 },
  { weight: 12, count: 3 },
] as const;

/**
 * Makes the input with a number. It depends on nothing but the seed of the run and that number.
 *
 * @param only takes mutators and seeds with this in their name only.
 */
export function generate(corpus: Corpus, seed: string, index: number, only = ''): Input {
  const random = new Random(`${seed}:${index}`);
  const mutators = MUTATORS.filter(({ name }) => name.includes(only));
  const draft = new Draft(corpus, chooseSeed(corpus, random, only), random);
  const chosen = choose(draft, mutators.length > 0 ? mutators : MUTATORS);
  for (const { apply } of chosen) apply(draft);
  return finish(draft, index, chosen);
}

/** One input in so many has one. */
const DOCUMENT_EVERY = 3;

/** What a seed's name starts with, and how often: where there is most to get wrong, most often. */
const KINDS = [
  { kind: 'key:', weight: 4 },
  { kind: 'certificate:', weight: 4 },
  { kind: 'sigstore:', weight: 5 },
  { kind: 'kept:', weight: 1 },
] as const;

function chooseSeed({ seeds }: Corpus, random: Random, only: string): Seed {
  const { kind } = random.weighted(KINDS);
  const named = only === '' ? [] : seeds.filter(({ name }) => name.includes(only));
  return random.pick(named.length > 0 ? named : seeds.filter(({ name }) => name.startsWith(kind)));
}

function choose(draft: Draft, mutators: readonly Mutator[]): readonly Mutator[] {
  const { random } = draft;
  const fitting = mutators.filter(({ fits }) => fits?.(draft) ?? true);
  if (fitting.length === 0) return [];
  const { count } = random.weighted(COUNTS);
  const chosen = new Set(Array.from({ length: count }, () => random.weighted(fitting)));
  return [...chosen].toSorted((a, b) => PHASES.indexOf(a.phase) - PHASES.indexOf(b.phase));
}

function finish(draft: Draft, index: number, chosen: readonly Mutator[]): Input {
  const { seed, text, touched } = draft;
  return {
    index,
    seed: seed.name,
    method: seed.method,
    steps: chosen.map(({ name }) => name),
    bundle: text,
    objectForm: draft.objectForm,
    model: draft.model,
    isOwnModel: draft.model === seed.model,
    signature: draft.signature,
    policy: draft.policy,
    trust: draft.trust,
    options: draft.options,
    ledger: draft.ledger,
    document:
      index % DOCUMENT_EVERY === 0
        ? makeDocument(draft.corpus, draft.random.fork('document'))
        : undefined,
    isOpen: draft.isOpen,
    isCallers: touched.size > 0,
  };
}
