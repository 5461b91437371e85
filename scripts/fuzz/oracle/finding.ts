/** What is wrong, by kind. */
export type FindingKind =
  /** Something was verified that nobody trusted has signed. */
  | 'wrongly verified'
  /** Something was refused that has to verify. */
  | 'wrongly refused'
  /** An error that is not one of ours, or a promise that nobody waited for. */
  | 'foreign error'
  /** An error of the wrong kind: a bundle alone must never make a run end without an answer. */
  | 'wrong outcome'
  | 'unsafe message'
  /** What is told of an input differs between the library and the command. */
  | 'contradiction'
  | 'too slow'
  | 'too much memory';

export interface Finding {
  readonly kind: FindingKind;
  readonly index: number;
  readonly seed: string;
  readonly steps: readonly string[];
  readonly what: string;
}
