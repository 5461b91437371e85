import type { Timer } from './timer.ts';

/** What every measurement works with. */
export interface Stage {
  readonly timer: Timer;
  /** Rounds that count. One more comes before them, to warm everything up. */
  readonly rounds: number;
  /** A directory for signatures, emptied with each model. */
  readonly signatures: string;
  /** A model of 1 KiB. */
  readonly tiny: string;
}
