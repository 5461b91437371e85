import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fields } from '../../src/format/fields.ts';
import type { JsonObject, JsonValue } from '../../src/format/json.ts';
import { ALWAYS, covers, readValidity, type Validity } from '../../src/trust/validity.ts';
import { failure } from './helpers.ts';

const START = new Date('2025-01-01T00:00:00Z');
const END = new Date('2025-12-31T23:59:59.999Z');
const INVALID = new Date(Number.NaN);

const read = (owner: JsonObject): Validity =>
  readValidity(new Fields(owner, 'owner', 'TRUST_UNUSABLE'), 'validFor');

const later = (time: Date, milliseconds: number): Date => new Date(time.getTime() + milliseconds);

describe('a validity', () => {
  it('has a start and an end', () => {
    expect(
      read({ validFor: { start: '2025-01-01T00:00:00Z', end: '2025-12-31T23:59:59.999Z' } }),
    ).toEqual({ start: START, end: END });
  });

  it.each<[string, JsonObject]>([
    ['absent', {}],
    ['null', { validFor: null }],
    ['empty', { validFor: {} }],
    ['of nothing but null', { validFor: { start: null, end: null } }],
  ])('is for ever when it is %s', (_, owner) => {
    expect(read(owner)).toEqual({ start: undefined, end: undefined });
    expect(read(owner)).toEqual(ALWAYS);
  });

  it('may be open at either end', () => {
    expect(read({ validFor: { start: '2025-01-01T00:00:00Z' } })).toEqual({
      start: START,
      end: undefined,
    });
    expect(read({ validFor: { end: '2025-12-31T23:59:59.999Z' } })).toEqual({
      start: undefined,
      end: END,
    });
  });

  it('may hold members that are not known', () => {
    expect(read({ validFor: { start: '2025-01-01T00:00:00Z', note: 1 } }).start).toEqual(START);
  });

  it.each<JsonValue>(['2025-01-01T00:00:00Z', [], 1_735_689_600, false])(
    'is an object, not %j',
    (validFor) => {
      expect(() => read({ validFor })).toThrow(
        failure('TRUST_UNUSABLE', 'owner.validFor: expected an object'),
      );
    },
  );
});

describe.each(['start', 'end'] as const)('the %s of a validity', (key) => {
  it.each([
    ['2025-01-02T03:04:05Z', '2025-01-02T03:04:05.000Z'],
    ['2025-01-02T03:04:05.6Z', '2025-01-02T03:04:05.600Z'],
    ['2025-01-02T03:04:05.678Z', '2025-01-02T03:04:05.678Z'],
    ['2025-01-02T03:04:05.678901Z', '2025-01-02T03:04:05.678Z'],
    ['2025-01-02T03:04:05.678901234Z', '2025-01-02T03:04:05.678Z'],
    ['2024-02-29T23:59:59Z', '2024-02-29T23:59:59.000Z'],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
  ])('may be %s', (text, expected) => {
    expect(read({ validFor: { [key]: text } })[key]?.toISOString()).toBe(expected);
  });

  it.each([
    '',
    'now',
    '2025',
    '2025-01-02',
    '2025-01-02T03:04Z',
    '2025-01-02T03:04:05',
    '2025-01-02T03:04:05+00:00',
    '2025-01-02T03:04:05+02:00',
    '2025-01-02t03:04:05z',
    '2025-01-02 03:04:05Z',
    '2025-01-02T03:04:05.Z',
    '2025-01-02T03:04:05,678Z',
    '2025-01-02T03:04:05.6789012345Z',
    ' 2025-01-02T03:04:05Z',
    '2025-01-02T03:04:05Z ',
    '2025-01-02T03:04:05Z\n',
    '25-01-02T03:04:05Z',
    '+012025-01-02T03:04:05Z',
    '-000001-01-02T03:04:05Z',
    '2025-1-2T3:4:5Z',
    '2025-00-02T03:04:05Z',
    '2025-13-02T03:04:05Z',
    '2025-01-00T03:04:05Z',
    '2025-01-32T03:04:05Z',
    '2025-02-29T03:04:05Z',
    '2025-02-30T03:04:05Z',
    '2025-04-31T03:04:05Z',
    '2100-02-29T03:04:05Z',
    '2025-01-02T24:00:00Z',
    '2025-01-02T25:04:05Z',
    '2025-01-02T03:60:05Z',
    '2025-01-02T03:04:60Z',
    'Thu, 02 Jan 2025 03:04:05 GMT',
    '1735787045',
  ])('is a time in UTC as RFC 3339 writes it, not %j', (text) => {
    expect(() => read({ validFor: { [key]: text } })).toThrow(
      failure('TRUST_UNUSABLE', `owner.validFor.${key}: expected a time such as`),
    );
  });

  it.each<JsonValue>([1_735_787_045, true, {}, ['2025-01-02T03:04:05Z']])(
    'is a string, not %j',
    (value) => {
      expect(() => read({ validFor: { [key]: value } })).toThrow(
        failure('TRUST_UNUSABLE', `owner.validFor.${key}: expected a string`),
      );
    },
  );

  it('is read back as it was written', () => {
    const times = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(times, (time) => {
        expect(read({ validFor: { [key]: time.toISOString() } })[key]).toEqual(time);
      }),
    );
  });
});

describe('a validity covers', () => {
  const year: Validity = { start: START, end: END };

  it('its first and its last moment, and all between', () => {
    for (const time of [START, later(START, 1), new Date('2025-07-01'), later(END, -1), END]) {
      expect(covers(year, time)).toBe(true);
    }
  });

  it('nothing before and nothing after', () => {
    for (const time of [later(START, -1), later(END, 1), new Date(0), new Date(8.64e15)]) {
      expect(covers(year, time)).toBe(false);
    }
  });

  it('all on the side that is open', () => {
    expect(covers({ start: START, end: undefined }, new Date(8.64e15))).toBe(true);
    expect(covers({ start: START, end: undefined }, later(START, -1))).toBe(false);
    expect(covers({ start: undefined, end: END }, new Date(-8.64e15))).toBe(true);
    expect(covers({ start: undefined, end: END }, later(END, 1))).toBe(false);
    expect(covers(ALWAYS, new Date(0))).toBe(true);
  });

  it('one moment when that is both its ends, and none when they are the wrong way round', () => {
    expect(covers({ start: START, end: START }, START)).toBe(true);
    expect(covers({ start: START, end: START }, later(START, 1))).toBe(false);
    for (const time of [START, END, new Date('2025-07-01')]) {
      expect(covers({ start: END, end: START }, time)).toBe(false);
    }
  });

  it.each<[string, Validity]>([
    ['no end', ALWAYS],
    ['two ends', year],
    ['a start', { start: START, end: undefined }],
    ['an end', { start: undefined, end: END }],
  ])('no time that is invalid, with %s', (_, validity) => {
    expect(covers(validity, INVALID)).toBe(false);
  });

  it('what is neither before its start nor after its end', () => {
    const end = fc.option(fc.date({ noInvalidDate: true }), { nil: undefined });
    fc.assert(
      fc.property(end, end, fc.date({ noInvalidDate: true }), (from, to, time) => {
        const isBefore = from !== undefined && time.getTime() < from.getTime();
        const isAfter = to !== undefined && time.getTime() > to.getTime();
        expect(covers({ start: from, end: to }, time)).toBe(!isBefore && !isAfter);
      }),
    );
  });
});
