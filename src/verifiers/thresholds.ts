import { OmsError } from '../errors.ts';
import type { LoggedEntry } from '../trust/proof.ts';
import type { TrustedTimestamp } from '../trust/timestamp.ts';
import { checkMembers } from './members.ts';

/** How many independent operators must vouch for a signature. */
export interface Thresholds {
  /** Operators of transparency logs that have the signature. */
  readonly logs?: number | undefined;
  /** Operators of logs and timestamp authorities that say when it was made. */
  readonly times?: number | undefined;
}

/** With what is not said filled in. */
type Required = Readonly<Record<keyof Thresholds, number>>;

/** @throws {OmsError} `USAGE` */
export function thresholdsOf(wanted: Thresholds = {}): Required {
  checkMembers(wanted, ['logs', 'times'], 'the thresholds');
  const { logs = 1, times = 1 } = wanted;
  for (const [name, value] of Object.entries({ logs, times })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new OmsError('USAGE', `the threshold of ${name} must be a whole number from 1`, {
        found: String(value),
      });
    }
  }
  return { logs, times };
}

/**
 * Counts operators: what one says twice is said once (Sigstore's `TrustedRoot`, `operator`).
 *
 * @throws {OmsError} `LOG_ENTRY_INVALID`, `TIMESTAMP_INVALID`
 */
export function checkThresholds(
  entries: readonly LoggedEntry[],
  timestamps: readonly TrustedTimestamp[],
  thresholds: Required,
): void {
  const logs = countOperators(entries.map(operatorOf));
  if (logs < thresholds.logs) {
    throw new OmsError('LOG_ENTRY_INVALID', 'too few transparency logs have the signature', {
      expected: `entries of ${thresholds.logs} operators`,
      found: `${logs}`,
    });
  }
  const clocks = countOperators([
    ...timestamps.map(({ authority }) => authority.operator),
    ...entries.filter(({ entry }) => entry.promise !== undefined).map(operatorOf),
  ]);
  if (clocks < thresholds.times) {
    throw new OmsError('TIMESTAMP_INVALID', 'too few say when the signature was made', {
      expected: `times of ${thresholds.times} operators`,
      found: `${clocks}`,
    });
  }
}

/** @throws {OmsError} `LOG_ENTRY_INVALID` when one log is there twice. */
export function checkDistinct(entries: readonly LoggedEntry[]): void {
  if (new Set(entries.map(({ log }) => spkiOf(log))).size < entries.length) {
    throw new OmsError('LOG_ENTRY_INVALID', 'the bundle has two entries of one log', {
      expected: 'each log once',
    });
  }
}

/** Those that the root does not name may all be one, and count as one. */
function countOperators(operators: readonly string[]): number {
  return new Set(operators).size;
}

function operatorOf({ log }: LoggedEntry): string {
  return log.operator;
}

/** A root may list one log twice, under several names. */
function spkiOf({ key }: LoggedEntry['log']): string {
  return key.export({ type: 'spki', format: 'der' }).toString('hex');
}
