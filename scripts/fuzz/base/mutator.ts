import type { Draft } from './draft.ts';

/** When a mutator does its work: what is signed must be changed before it is signed. */
export const PHASES = ['statement', 'papers', 'bundle', 'layout', 'text', 'around'] as const;
export type Phase = (typeof PHASES)[number];

/** One way of changing an input. */
export interface Mutator {
  readonly name: string;
  readonly phase: Phase;
  readonly weight: number;
  /** Whether it can do anything with drafts of this seed. */
  readonly fits?: (draft: Draft) => boolean;
  readonly apply: (draft: Draft) => void;
}
