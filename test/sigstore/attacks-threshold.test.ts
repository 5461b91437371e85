import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/format/json.ts';
import {
  ENTRY,
  type Path,
  valueAt,
  withBit,
  withPartOf,
  withText,
  withValue,
} from '../helpers/sigstore/edit.ts';
import { after, SIGNED_AT } from '../helpers/sigstore/times.ts';
import { check, expectRefusal, instance, type PolicyParts, signed } from './helpers.ts';
import { bundles, ENTRIES } from './logged.ts';

const code = 'LOG_ENTRY_INVALID';

describe('a log entry that is repeated', () => {
  const good = bundles[1];
  const entry = valueAt(good, ENTRY);

  it('does not count twice', () => {
    expectRefusal({ good, bad: withValue(good, ENTRIES, [entry, entry]), code });
    expectRefusal({ good, bad: withValue(good, ENTRIES, [entry, entry, entry]), code });
  });

  it.each([[1], [2]] as const)('does not count twice where Rekor v%i logged it twice', (rekor) => {
    const bad = signed({ rekor, entries: [{}, { before: 9 }], timestamps: [{}] });
    expectRefusal({ good: bundles[rekor], bad, code });
  });

  it.each([[1], [2]] as const)('of Rekor v%i does not count twice under another index', (rekor) => {
    const one = bundles[rekor];
    const twice = withValue(one, ENTRIES, [valueAt(one, ENTRY), valueAt(one, ENTRY)]);
    const bad = withText(twice, [...ENTRIES, 1, 'logIndex'], () => '77');
    expectRefusal({ good: one, bad, code });
  });

  it('may be of two logs', () => {
    const both = signed({ entries: [{}, { log: instance.rekor2 }], timestamps: [{}] });
    expect(check(both)).toBeDefined();
    const { rekor1 } = instance;
    const badPolicy = { trustedRoot: instance.trustedRoot({ logs: [rekor1] }) };
    expectRefusal({ good: both, bad: both, code, badPolicy });
  });

  it('must be right each time', () => {
    const both = signed({ entries: [{}, { log: instance.rekor2 }], timestamps: [{}] });
    for (const at of [0, 1]) {
      const proof: Path = [...ENTRIES, at, 'inclusionProof'];
      const bad = withBit(both, [...proof, 'hashes', 0], 0);
      expectRefusal({ good: both, bad, code });
      const other = signed({ entries: [{}, { log: instance.rekor2 }], timestamps: [{}] });
      expectRefusal({ good: both, bad: withPartOf(both, other, [...ENTRIES, at]), code });
    }
  });
});

describe('a threshold', () => {
  const both = signed({ entries: [{}, { log: instance.rekor2 }], timestamps: [{}] });
  const one = bundles[1];
  const root = instance.trustedRoot();
  /** Each log and each authority is run by somebody else. */
  const trustedRoot = Object.fromEntries(
    Object.entries(root).map(([kind, value]) => [
      kind,
      Array.isArray(value)
        ? value.map((each: JsonObject, at) => ({ ...each, operator: `${kind} ${at}` }))
        : value,
    ]),
  );

  /** The trusted root, with one operator for some of those in it. */
  function operatedBy(operator: string, ...kinds: readonly string[]): JsonObject {
    const members = Object.entries(root).map(([kind, value]) => {
      const list = [value].flat() as JsonObject[];
      return [kind, kinds.includes(kind) ? list.map((each) => ({ ...each, operator })) : value];
    });
    return Object.fromEntries(members);
  }

  it('of two logs is reached by two', () => {
    const policy = { thresholds: { logs: 2 }, trustedRoot };
    expectRefusal({ good: both, bad: one, code, policy });
    const badPolicy = { thresholds: { logs: 2 }, trustedRoot: root };
    expectRefusal({ good: both, bad: both, code, policy, badPolicy });
  });

  it('of two logs is not reached by one entry that is repeated', () => {
    const policy = { thresholds: { logs: 2 }, trustedRoot };
    const bad = withValue(one, ENTRIES, [valueAt(one, ENTRY), valueAt(one, ENTRY)]);
    expectRefusal({ good: both, bad, code, policy });
    const twice = signed({ entries: [{}, { before: 9 }], timestamps: [{}] });
    expectRefusal({ good: both, bad: twice, code, policy });
  });

  it('of two logs is not reached by two of one operator', () => {
    const thresholds = { logs: 2 };
    const badPolicy = { thresholds, trustedRoot: operatedBy('one', 'tlogs') };
    expectRefusal({
      good: both,
      bad: both,
      code,
      policy: { thresholds, trustedRoot },
      badPolicy,
    });
  });

  it('of two times is not reached by one time, nor by two of one operator', () => {
    const thresholds = { times: 2 };
    const policy = { thresholds, trustedRoot };
    const times = 'TIMESTAMP_INVALID';
    expectRefusal({ good: one, bad: signed(), code: times, policy });
    expectRefusal({ good: one, bad: bundles[2], code: times, policy });
    const stamped = signed({ rekor: 2, timestamps: [{}, { time: after(SIGNED_AT, 3) }] });
    expectRefusal({ good: one, bad: stamped, code: times, policy });
    const ofOne = operatedBy('one', 'tlogs', 'timestampAuthorities');
    expectRefusal({
      good: one,
      bad: one,
      code: times,
      policy,
      badPolicy: { thresholds, trustedRoot: ofOne },
    });
  });

  it.each<[string, unknown]>([
    ['another name', { log: 2 }],
    ['a text', '2'],
    ['a number', 2],
    ['nothing', null],
  ])('must have its name: %s would ask for less than was meant', (_, thresholds) => {
    // From JavaScript, where no type forbids it.
    const badPolicy = { thresholds } as PolicyParts;
    expectRefusal({ good: one, bad: one, code: 'USAGE', badPolicy });
  });

  it('must be a number that asks for something', () => {
    for (const logs of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      const badPolicy = { thresholds: { logs } };
      expectRefusal({ good: one, bad: one, code: 'USAGE', badPolicy });
    }
  });
});
