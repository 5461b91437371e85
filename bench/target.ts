import { MIB } from './units.ts';

/** What a figure should be. */
export interface Target {
  readonly relation: '≤' | '≥';
  readonly bound: number;
  readonly unit: string;
}

/** A figure, and what it should be. */
export interface Judged {
  /** Of what, as in "100 × 10 MiB, digest: time to the reference". */
  readonly what: string;
  readonly value: number;
  readonly target: Target;
}

export function atMost(bound: number): Target {
  return { relation: '≤', bound, unit: '' };
}

export function atLeast(bound: number): Target {
  return { relation: '≥', bound, unit: '' };
}

/** In bytes; shown in MiB. */
export function atMostMemory(bytes: number): Target {
  return { relation: '≤', bound: bytes, unit: 'MiB' };
}

export function isMet({ value, target }: Judged): boolean {
  return target.relation === '≤' ? value <= target.bound : value >= target.bound;
}

/** As in "≤ 1.08". */
export function showTarget({ relation, bound, unit }: Target): string {
  return unit === 'MiB' ? `${relation} ${bound / MIB} MiB` : `${relation} ${bound.toFixed(2)}`;
}
