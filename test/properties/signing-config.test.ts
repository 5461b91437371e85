import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OmsError } from '../../src/errors.ts';
import { type Selection, type Service, selectServices } from '../../src/trust/signing-config.ts';
import { ALL, ANY, config, exactly, NOW, service } from '../helpers/services.ts';

describe('whatever services there are,', () => {
  const end = fc.option(fc.integer({ min: -3, max: 3 }), { nil: undefined });
  const services = fc
    .array(
      fc.record({
        version: fc.integer({ min: 0, max: 3 }),
        from: end,
        to: end,
        operator: fc.constantFrom('a', 'b', 'c', ''),
      }),
      { maxLength: 8 },
    )
    .map((all) =>
      all.map(({ version, from, to, operator }, index) =>
        service(`s${index}`, {
          version,
          operator,
          ...(from === undefined ? {} : { from }),
          ...(to === undefined ? {} : { to }),
        }),
      ),
    );
  const selection: fc.Arbitrary<Selection> = fc.oneof(
    fc.constant(ANY),
    fc.constant(ALL),
    fc.integer({ min: 1, max: 4 }).map(exactly),
  );

  /** Written here again, and differently: the tests must not trust the code under test for it. */
  const isUsable = ({ apiVersion, validity: { start, end: last } }: Service): boolean =>
    (apiVersion === 1 || apiVersion === 2) &&
    Number(start ?? -Infinity) <= Number(NOW) &&
    Number(last ?? Infinity) >= Number(NOW);
  const isHigher = (one: Service, other: Service): boolean => one.apiVersion > other.apiVersion;
  const isBetter = (one: Service, other: Service): boolean =>
    isHigher(one, other) ||
    (one.apiVersion === other.apiVersion &&
      Number(one.validity.start ?? 0) > Number(other.validity.start ?? 0));

  function select(logs: readonly Service[], logSelection: Selection): readonly Service[] {
    try {
      return selectServices(config({ logs, logSelection }), NOW).logs;
    } catch (error) {
      expect(error).toBeInstanceOf(OmsError);
      expect(error).toMatchObject({ code: 'TRUST_UNUSABLE' });
      return [];
    }
  }

  function askedFor(how: Selection, operators: number): number {
    if ('count' in how) return how.count;
    return how.selector === 'ANY' ? 1 : operators;
  }

  it('logs are chosen from them that can be used, one for each operator', () => {
    fc.assert(
      fc.property(services, selection, (logs, how) => {
        const selected = select(logs, how);
        expect(logs).toEqual(expect.arrayContaining([...selected]));
        expect(selected.every(isUsable)).toBe(true);
        expect(new Set(selected.map(({ operator }) => operator)).size).toBe(selected.length);
      }),
    );
  });

  it('no better one of the same operator is left, and no better one at all than the first', () => {
    fc.assert(
      fc.property(services, selection, (logs, how) => {
        const selected = select(logs, how);
        const usable = logs.filter(isUsable);
        for (const one of selected) {
          const own = usable.filter(({ operator }) => operator === one.operator);
          expect(own.filter((other) => isBetter(other, one))).toEqual([]);
        }
        const [first] = selected;
        if (first) expect(usable.filter((other) => isBetter(other, first))).toEqual([]);
      }),
    );
  });

  it('as many are chosen as are asked for, or none', () => {
    fc.assert(
      fc.property(services, selection, (logs, how) => {
        const usable = logs.filter(isUsable);
        const best = usable.filter((one) => usable.every((other) => !isHigher(other, one)));
        const operators = new Set(best.map(({ operator }) => operator)).size;
        const asked = askedFor(how, operators);
        expect(select(logs, how)).toHaveLength(asked <= operators ? asked : 0);
      }),
    );
  });

  it('their order decides between equals only, and stays as it was', () => {
    const rank = ({ apiVersion, validity }: Service): string =>
      `${apiVersion} ${Number(validity.start ?? 0)}`;
    fc.assert(
      fc.property(
        services.chain((all) =>
          fc.tuple(
            fc.constant(all),
            fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
          ),
        ),
        selection,
        ([logs, shuffled], how) => {
          const before = structuredClone(shuffled);
          expect(select(shuffled, how).map(rank)).toEqual(select(logs, how).map(rank));
          expect(shuffled).toEqual(before);
        },
      ),
    );
  });
});
