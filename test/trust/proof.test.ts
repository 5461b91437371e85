import { describe, expect, it } from 'vitest';
import { parseBundle } from '../../src/format/bundle.ts';
import type { LogEntry } from '../../src/format/log-entry.ts';
import { findLog, promisedTime } from '../../src/trust/proof.ts';
import { type Log, parseTrustedRoot } from '../../src/trust/trusted-root.ts';
import { makeInstance, signModelStatement } from '../helpers/sigstore/instance.ts';
import { after, SIGNED_AT } from '../helpers/sigstore/times.ts';
import { failure } from './helpers.ts';

const instance = makeInstance();
const { logs } = parseTrustedRoot(instance.trustedRoot());

function only<T>([first]: readonly T[]): T {
  if (first === undefined) throw new Error('there is none');
  return first;
}

const log = only(logs);
const v1 = only(parseBundle(signModelStatement(instance)).logEntries);
const v2 = only(parseBundle(signModelStatement(instance, { rekor: 2 })).logEntries);

const refused = (what: string): unknown => failure('LOG_ENTRY_INVALID', what);

describe('the log of an entry', () => {
  const called = (...ids: readonly Uint8Array[]): readonly Log[] => [{ ...log, ids }];
  const prefix = v1.logId.subarray(0, 4);

  it('is found by its id, by any of several, or by the key id of its checkpoints', () => {
    const other = Buffer.alloc(32, 1);
    for (const ids of [[v1.logId], [other, v1.logId], [prefix], [other, prefix]]) {
      const found = called(...ids);
      expect(findLog(v1, found, []).log).toBe(found[0]);
    }
    const short = { ...v1, logId: prefix };
    expect(findLog(short, called(prefix), []).log.baseUrl).toBe(log.baseUrl);
  });

  it('is not one that is called by a part of its id, or by more', () => {
    const { logId } = v1;
    const changed = Buffer.from(logId);
    changed.writeUInt8(changed.readUInt8(31) ^ 1, 31);
    const others = [
      logId.subarray(0, 3),
      logId.subarray(0, 5),
      logId.subarray(0, 31),
      Buffer.concat([logId, Buffer.of(0)]),
      logId.subarray(4, 8),
      changed,
    ];
    for (const id of others) {
      expect(() => findLog(v1, called(id), [])).toThrow(refused('not in the trusted root'));
    }
    const short = { ...v1, logId: prefix };
    expect(() => findLog(short, called(logId), [])).toThrow(refused('not in the trusted root'));
  });

  it('says which it was, and which it might have been', () => {
    const hex = Buffer.from(v1.logId).toString('hex');
    expect(() => findLog(v1, called(Buffer.alloc(32)), [])).toThrow(
      refused(`expected "https://rekor.example", found the log ${hex}`),
    );
    expect(() => findLog(v1, [], [])).toThrow(refused('expected no log at all'));
  });

  it('is the one whose key was good at all of the times', () => {
    const until = (end: Date): Log => ({ ...log, validity: { start: undefined, end } });
    const since = (start: Date): Log => ({ ...log, validity: { start, end: undefined } });
    const turn = after(SIGNED_AT, 5);
    const both = [until(turn), since(turn)] as const;
    const at = (...seconds: readonly number[]): readonly Date[] =>
      seconds.map((second) => after(SIGNED_AT, second));
    expect(findLog(v1, both, at(1, 2)).log).toBe(both[0]);
    expect(findLog(v1, both, at(8, 9)).log).toBe(both[1]);
    expect(findLog(v1, both, at(5)).log).toBe(both[0]);
    expect(() => findLog(v1, both, at(1, 9))).toThrow(refused('was not trusted at that time'));
    expect(() => findLog(v1, both, [new Date(Number.NaN)])).toThrow(refused('not trusted'));
    expect(() => findLog(v1, [until(turn)], at(9))).toThrow(
      refused(`a signature between any time and ${turn.toISOString()}`),
    );
    expect(() => findLog(v1, [since(turn)], at(1))).toThrow(
      refused(`a signature between ${turn.toISOString()} and any time`),
    );
  });
});

describe('the place of an entry', () => {
  it('is the one that its log has signed', () => {
    expect(findLog(v1, logs, []).index).toBe(v1.logIndex);
    expect(v1.logIndex).not.toBe(v1.proof?.logIndex);
    expect(findLog({ ...v1, promise: undefined }, logs, []).index).toBe(v1.proof?.logIndex);
    expect(findLog(v2, logs, []).index).toBe(v2.logIndex);
  });

  it('is the same in its proof, where the log has one tree', () => {
    for (const promise of [undefined, v1.promise]) {
      const moved = { ...v2, logIndex: v2.logIndex + 1n, promise };
      expect(() => findLog(moved, logs, [])).toThrow(
        refused('contradicts its proof: expected the log index 5, found 6'),
      );
    }
  });

  it('must be proven, and agree with the checkpoint', () => {
    expect(() => findLog({ ...v1, proof: undefined }, logs, [])).toThrow(
      refused('no inclusion proof'),
    );
    const { proof } = v1;
    if (proof === undefined) throw new Error('there is none');
    const other = { ...v1, proof: { ...proof, treeSize: proof.treeSize + 1n } };
    expect(() => findLog(other, logs, [])).toThrow(refused('of a tree of another size'));
  });
});

describe('the time of an entry', () => {
  const at = (integratedTime: bigint): LogEntry => ({ ...v1, integratedTime });

  it('is the one that is promised', () => {
    expect(promisedTime(at(1n))).toEqual(new Date('1970-01-01T00:00:01Z'));
    expect(promisedTime(v1)).toEqual(after(SIGNED_AT, 2));
    expect(promisedTime(at(253_402_300_799n))).toEqual(new Date('9999-12-31T23:59:59Z'));
  });

  it('is none without a promise', () => {
    expect(promisedTime({ ...v1, promise: undefined })).toBeUndefined();
    expect(promisedTime(v2)).toBeUndefined();
  });

  it('is promised for a place that readers of JSON agree on', () => {
    const last = BigInt(Number.MAX_SAFE_INTEGER);
    expect(promisedTime({ ...v1, logIndex: last })).toBeDefined();
    expect(() => promisedTime({ ...v1, logIndex: last + 1n })).toThrow(
      refused('the log index is too great for a promise'),
    );
    expect(promisedTime({ ...v1, logIndex: last + 1n, promise: undefined })).toBeUndefined();
  });

  it.each([0n, 253_402_300_800n, 2n ** 62n])('must not be promised for second %s', (second) => {
    expect(() => promisedTime(at(second))).toThrow(
      refused(`a promise for no time: expected seconds since 1970, found ${second}`),
    );
  });
});
