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
  /** Position in the log, as far as the log has signed it. */
  readonly index: bigint;
}

const CODE = 'LOG_ENTRY_INVALID';

/** A checkpoint's key id is the start of what a log is called by (C2SP signed-note). */
const KEY_ID_BYTES = 4;

/** Of the entries of Rekor v2, where a log has one tree. */
const ONE_TREE = '0.0.2';

/**
 * Finds the log of an entry in the trusted root, one whose key was good at each of the times, and
 * holds that the proof agrees with its own checkpoint. The signatures and the hashes of the proof
 * are for the caller to verify.
 *
 * @throws {OmsError} `LOG_ENTRY_INVALID`
 */
export function findLog(
  entry: LogEntry,
  logs: readonly Log[],
  times: readonly Date[],
): LoggedEntry {
  const known = logs.filter(({ ids }) => ids.some((id) => isCalled(entry.logId, id)));
  const log = known.find(({ validity }) => times.every((time) => covers(validity, time)));
  if (log === undefined) throw known[0] === undefined ? unknown(entry, logs) : retired(known[0]);
  const { proof } = entry;
  // The Sigstore bundle of this version asks for one (v0.3), whatever else the log promised.
  if (proof === undefined) {
    throw new OmsError(CODE, 'the log entry has no inclusion proof', {
      expected: 'an inclusion proof with a checkpoint',
    });
  }
  checkCheckpoint(proof, log);
  if (entry.version === ONE_TREE && entry.logIndex !== proof.logIndex) {
    throw new OmsError(CODE, 'the log entry contradicts its proof', {
      expected: `the log index ${proof.logIndex}`,
      found: `${entry.logIndex}`,
    });
  }
  // Over several trees of one log, only its promise says where an entry is.
  const index = entry.promise === undefined ? proof.logIndex : entry.logIndex;
  return { entry, log, proof, index };
}

function isCalled(name: Uint8Array, id: Uint8Array): boolean {
  if (Buffer.compare(name, id) === 0) return true;
  return id.length === KEY_ID_BYTES && Buffer.compare(name.subarray(0, KEY_ID_BYTES), id) === 0;
}

function unknown({ logId }: LogEntry, logs: readonly Log[]): OmsError {
  return new OmsError(CODE, 'the log entry is from a log that is not in the trusted root', {
    expected: logs.map(({ baseUrl }) => quoted(baseUrl, 60)).join(' or ') || 'no log at all',
    found: `the log ${Buffer.from(logId).toString('hex')}`,
    hint: 'check that the trusted root is of the Sigstore instance that the signer used',
  });
}

function retired({ baseUrl, validity }: Log): OmsError {
  return new OmsError(CODE, `the log ${quoted(baseUrl, 80)} was not trusted at that time`, {
    expected: `a signature between ${dateOf(validity.start)} and ${dateOf(validity.end)}`,
  });
}

function dateOf(date: Date | undefined): string {
  return date === undefined ? 'any time' : date.toISOString();
}

/** Seconds until the year 10000, which is as far as times are written. */
const LAST_SECOND = 253_402_300_799n;

/**
 * The time that a log's promise is for, if there is one. It is proven once the promise is verified.
 *
 * @throws {OmsError} `LOG_ENTRY_INVALID`
 */
export function promisedTime({ promise, integratedTime, logIndex }: LogEntry): Date | undefined {
  if (promise === undefined) return undefined;
  if (logIndex > BigInt(Number.MAX_SAFE_INTEGER)) {
    // The promise is over JSON, in which readers take greater numbers for others.
    throw new OmsError(CODE, 'the log index is too great for a promise', { found: `${logIndex}` });
  }
  if (integratedTime === 0n || integratedTime > LAST_SECOND) {
    throw new OmsError(CODE, 'the log entry has a promise for no time', {
      expected: 'seconds since 1970',
      found: `${integratedTime}`,
    });
  }
  return new Date(Number(integratedTime) * 1000);
}
