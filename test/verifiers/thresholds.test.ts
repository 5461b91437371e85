import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseBundle } from '../../src/format/bundle.ts';
import { findLog, type LoggedEntry } from '../../src/trust/proof.ts';
import { findAuthority, type TrustedTimestamp } from '../../src/trust/timestamp.ts';
import { parseTrustedRoot } from '../../src/trust/trusted-root.ts';
import {
  checkDistinct,
  checkThresholds,
  type Thresholds,
  thresholdsOf,
} from '../../src/verifiers/thresholds.ts';
import { makeInstance, signModelStatement } from '../helpers/sigstore/instance.ts';
import { failure } from '../trust/helpers.ts';

const instance = makeInstance();
const root = parseTrustedRoot(instance.trustedRoot());
const { logEntries, timestamps, envelope } = parseBundle(
  signModelStatement(instance, { timestamps: [{}] }),
);
const [parsedEntry] = logEntries;
const [token] = timestamps;
if (parsedEntry === undefined || token === undefined) throw new Error('the bundle lacks a part');
const promised = findLog(parsedEntry, root.logs, []);
const stamped = findAuthority(token, envelope.signature, root.timestampAuthorities);

const keys = new Map<string, KeyObject>();

function keyOf(log: string): KeyObject {
  const key = keys.get(log) ?? generateKeyPairSync('ed25519').publicKey;
  keys.set(log, key);
  return key;
}

/** An entry of a log of its own, which its own operator runs. */
function entry(baseUrl: string, operator = baseUrl, hasPromise = true): LoggedEntry {
  const promise = hasPromise ? promised.entry.promise : undefined;
  return {
    ...promised,
    log: { ...promised.log, baseUrl, operator, key: keyOf(baseUrl) },
    entry: { ...promised.entry, promise },
  };
}

/** A timestamp of an authority of its own. */
function timestamp(uri: string, operator = uri): TrustedTimestamp {
  return { ...stamped, authority: { ...stamped.authority, uri, operator } };
}

const [A, B, C] = ['https://a.example', 'https://b.example', 'https://c.example'] as const;
const tooFewLogs = (found: number): unknown =>
  failure('LOG_ENTRY_INVALID', new RegExp(`too few transparency logs .* found ${found}$`));
const tooFewTimes = (found: number): unknown =>
  failure('TIMESTAMP_INVALID', new RegExp(`too few say when .* found ${found}$`));

describe('the thresholds', () => {
  it('are one each, unless more is asked for', () => {
    for (const none of [undefined, {}, { logs: undefined, times: undefined }]) {
      expect(thresholdsOf(none)).toEqual({ logs: 1, times: 1 });
    }
    expect(thresholdsOf({ logs: 2 })).toEqual({ logs: 2, times: 1 });
    expect(thresholdsOf({ times: 3 })).toEqual({ logs: 1, times: 3 });
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1', null, true, [1]])(
    'must not be %j',
    (value) => {
      for (const name of ['logs', 'times']) {
        const wanted = { [name]: value } as unknown as Thresholds;
        expect(() => thresholdsOf(wanted)).toThrow(
          failure('USAGE', `the threshold of ${name} must be a whole number from 1`),
        );
      }
    },
  );

  it.each([null, 2, '2', [2], new Map([['logs', 2]]), () => 2])(
    'must not be in another form: %j',
    (value) => {
      expect(() => thresholdsOf(value as unknown as Thresholds)).toThrow(
        failure('USAGE', 'the thresholds must be a plain object'),
      );
    },
  );

  it('must not have another name', () => {
    expect(() => thresholdsOf({ log: 2 } as unknown as Thresholds)).toThrow(
      failure('USAGE', 'the thresholds cannot have "log": expected logs, times'),
    );
  });
});

describe('a threshold of logs', () => {
  const logs = (count: number, ...entries: readonly LoggedEntry[]): void =>
    checkThresholds(entries, [], { logs: count, times: 1 });

  it('is reached by as many operators', () => {
    expect(() => logs(1, entry(A))).not.toThrow();
    expect(() => logs(2, entry(A, 'a'), entry(B, 'b'))).not.toThrow();
    expect(() => logs(3, entry(A, 'a'), entry(B, ''), entry(C, 'c'))).not.toThrow();
  });

  it('is not reached by fewer', () => {
    expect(() => logs(1)).toThrow(tooFewLogs(0));
    expect(() => logs(2, entry(A))).toThrow(tooFewLogs(1));
    expect(() => logs(3, entry(A, 'a'), entry(B, 'b'))).toThrow(tooFewLogs(2));
  });

  it('is not reached by two logs of one operator', () => {
    expect(() => logs(2, entry(A, 'a'), entry(B, 'a'))).toThrow(tooFewLogs(1));
    expect(() => logs(3, entry(A, 'a'), entry(B, 'a'), entry(C, 'c'))).toThrow(tooFewLogs(2));
  });

  it('is not reached by logs of which nobody says who runs them: it may be one', () => {
    expect(() => logs(2, entry(A, ''), entry(B, ''))).toThrow(tooFewLogs(1));
    expect(() => logs(3, entry(A, ''), entry(B, ''), entry(C, 'c'))).toThrow(tooFewLogs(2));
  });

  it('counts entries without a promise too', () => {
    const both = [entry(A, 'a', false), entry(B, 'b', true)];
    expect(() => checkThresholds(both, [], { logs: 2, times: 1 })).not.toThrow();
  });

  it('is not reached by timestamps', () => {
    expect(() => {
      checkThresholds([entry(A)], [timestamp(B)], { logs: 2, times: 1 });
    }).toThrow(tooFewLogs(1));
  });
});

describe('a threshold of times', () => {
  const times = (
    count: number,
    entries: readonly LoggedEntry[],
    tokens: readonly TrustedTimestamp[] = [],
  ): void => checkThresholds(entries, tokens, { logs: 1, times: count });

  it('is reached by logs that promise, and by timestamps', () => {
    expect(() => times(1, [entry(A)])).not.toThrow();
    expect(() => times(1, [entry(A, '', false)], [timestamp(B)])).not.toThrow();
    expect(() => times(2, [entry(A, 'a')], [timestamp(B, 'b')])).not.toThrow();
    expect(() => times(2, [entry(A, 'a')], [timestamp(B, '')])).not.toThrow();
    expect(() => times(2, [entry(A, 'a'), entry(B, 'b')])).not.toThrow();
    const tokens = [timestamp(B, 'b'), timestamp(C, 'c')];
    expect(() => times(2, [entry(A, 'a', false)], tokens)).not.toThrow();
  });

  it('is not reached by logs that promise nothing', () => {
    expect(() => times(1, [entry(A, 'a', false)])).toThrow(tooFewTimes(0));
    expect(() => times(2, [entry(A, 'a'), entry(B, 'b', false)])).toThrow(tooFewTimes(1));
    expect(() => times(2, [entry(A, 'a', false)], [timestamp(B, 'b')])).toThrow(tooFewTimes(1));
  });

  it('is not reached by what one operator says twice, nor by what nobody may say', () => {
    expect(() => times(2, [entry(A, 'a')], [timestamp(B, 'a')])).toThrow(tooFewTimes(1));
    expect(() => times(2, [entry(A, 'a'), entry(B, 'a')])).toThrow(tooFewTimes(1));
    const other = entry(C, 'c', false);
    expect(() => times(2, [other], [timestamp(A, 'a'), timestamp(B, 'a')])).toThrow(tooFewTimes(1));
    expect(() => times(2, [other], [timestamp(A, ''), timestamp(B, '')])).toThrow(tooFewTimes(1));
    expect(() => times(2, [entry(A, '')], [timestamp(B, '')])).toThrow(tooFewTimes(1));
  });
});

describe('entries', () => {
  it('are each of another log', () => {
    expect(() => checkDistinct([entry(A), entry(B), promised])).not.toThrow();
    expect(() => checkDistinct([promised])).not.toThrow();
    expect(() => checkDistinct([])).not.toThrow();
  });

  it('must not be of one log, whatever else differs, its name in the root too', () => {
    const moved = { ...promised, entry: { ...promised.entry, logIndex: 5n } };
    const renamed = { ...promised, log: { ...promised.log, baseUrl: B, operator: 'b' } };
    for (const other of [promised, moved, renamed]) {
      for (const repeated of [
        [promised, other],
        [promised, entry(A), other],
      ]) {
        expect(() => checkDistinct(repeated)).toThrow(
          failure('LOG_ENTRY_INVALID', 'two entries of one log'),
        );
      }
    }
  });
});
