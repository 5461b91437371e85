import { OmsError } from '../errors.ts';
import type { InclusionProof, LogEntry } from '../format/log-entry.ts';
import { quoted } from '../printable.ts';
import { checkCheckpoint } from './checkpoint.ts';
import type { Log } from './trusted-root.ts';
import { covers } from './validity.ts';

/** A log entry and the trusted log that it says it is from. */
export interface LoggedEntry {
  readonly entry: LogEntry;
  readonly log: Log;
  readonly proof: InclusionProof;
}

const CODE = 'LOG_ENTRY_INVALID';

/** A checkpoint's key id is the start of what a log is called by (C2SP signed-note). */
const KEY_ID_BYTES = 4;

/**
 * Finds the log of an entry in the trusted root, and holds that the proof agrees with its own
 * checkpoint. The signatures and the hashes of the proof are for the caller to verify.
 *
 * @throws {OmsError} `LOG_ENTRY_INVALID`
 */
export function findLog(entry: LogEntry, logs: readonly Log[]): LoggedEntry {
  const log = logs.find(({ ids }) => ids.some((id) => isCalled(entry.logId, id)));
  if (log === undefined) {
    throw new OmsError(CODE, 'the log entry is from a log that is not in the trusted root', {
      expected: logs.map(({ baseUrl }) => quoted(baseUrl, 60)).join(' or ') || 'no log at all',
      found: `the log ${Buffer.from(entry.logId).toString('hex').slice(0, 64)}`,
      hint: 'check that the trusted root is of the Sigstore instance that the signer used',
    });
  }
  const { proof } = entry;
  // The Sigstore bundle of this version asks for one (v0.3), whatever else the log promised.
  if (proof === undefined) {
    throw new OmsError(CODE, 'the log entry has no inclusion proof', {
      expected: 'an inclusion proof with a checkpoint',
    });
  }
  checkCheckpoint(proof, log);
  if (entry.promise !== undefined && entry.integratedTime === 0n) {
    throw new OmsError(CODE, 'the log entry has a promise without a time');
  }
  // A promise is over the position too; without one, the tree's own position must be the one.
  if (entry.promise === undefined && entry.logIndex !== proof.logIndex) {
    throw new OmsError(CODE, 'the log entry contradicts its proof', {
      expected: `the log index ${proof.logIndex}`,
      found: `${entry.logIndex}`,
    });
  }
  return { entry, log, proof };
}

function isCalled(name: Uint8Array, id: Uint8Array): boolean {
  if (Buffer.compare(name, id) === 0) return true;
  return id.length === KEY_ID_BYTES && Buffer.compare(name.subarray(0, KEY_ID_BYTES), id) === 0;
}

/**
 * Holds that a log's key was good when the signature was made.
 *
 * @throws {OmsError} `LOG_ENTRY_INVALID`
 */
export function checkLogValidity({ log }: LoggedEntry, times: readonly Date[]): void {
  const wrong = times.find((time) => !covers(log.validity, time));
  if (wrong === undefined) return;
  throw new OmsError(CODE, `the log ${quoted(log.baseUrl, 80)} was not trusted at that time`, {
    expected: `a signature between ${dateOf(log.validity.start)} and ${dateOf(log.validity.end)}`,
    found: dateOf(wrong),
  });
}

function dateOf(date: Date | undefined): string {
  return date === undefined ? 'any time' : date.toISOString();
}
