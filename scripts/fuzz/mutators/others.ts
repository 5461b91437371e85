import type { Draft } from '../base/draft.ts';
import { type Node, nodeOf } from '../json/tree.ts';
import { type Slot, slotsIn } from './slots.ts';

/** The bundle of another seed, mostly of the same method. */
export function otherBundle(draft: Draft): Node {
  const { corpus, random, seed } = draft;
  const same = corpus.seeds.filter(({ method }) => method === seed.method);
  const other = random.pick(random.oneIn(4) ? corpus.seeds : same);
  const { bundle, ledger } = other.seal(other.statement, { random: random.fork('other') });
  draft.record(ledger);
  return nodeOf(bundle);
}

export function otherSlots(draft: Draft): readonly Slot[] {
  return slotsIn(otherBundle(draft));
}
