import { SEED } from './settings.ts';

/**
 * Numbers from 0 to 1 that are the same in every run with the same seed.
 *
 * @param name so that two tests do not draw the same.
 */
export function randomOf(name: string): () => number {
  let state = SEED;
  for (const character of name) state = mixed(state ^ (character.codePointAt(0) ?? 0));
  return () => {
    state = (state + 0x9e3779b9) | 0;
    return mixed(state) / 2 ** 32;
  };
}

/** The end of a 32-bit hash: every bit of the result depends on every bit of the number. */
function mixed(number: number): number {
  let bits = number | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** So many of several, each at most once. */
export function someOf<T>(random: () => number, items: readonly T[], count: number): readonly T[] {
  return items
    .map((item) => ({ item, rank: random() }))
    .toSorted((a, b) => a.rank - b.rank)
    .slice(0, count)
    .map(({ item }) => item);
}
