import { longTime, time, utcTime } from '../certificate.ts';
import { NOW } from '../draft.ts';
import { changed, EVERYWHERE, type Family, family, inEach, malformed, says } from '../family.ts';

const second = 1_000;
const at = (shift: number): Date => new Date(NOW.getTime() + shift);
const [PAST, FUTURE] = [time('2020-01-01T00:00:00Z'), time('2030-01-01T00:00:00Z')];
const EXPIRED = says('^the certificate # expired: expected a validity that includes 2026-07-01');
const EARLY = says('^the certificate # is not valid yet: expected a validity that includes');
const UNREAD = malformed();
const MALFORMED = malformed('(a time is malformed|invalid time)');
const NO_DATE = malformed('(a time is malformed|a time is in no calendar)');

function from(start: Buffer): { validity: readonly [Buffer, Buffer] } {
  return { validity: [start, FUTURE] };
}

function until(end: Buffer): { validity: readonly [Buffer, Buffer] } {
  return { validity: [PAST, end] };
}

export const validity: readonly Family[] = [
  ...inEach(EVERYWHERE, 'valid from this second on', from(time(NOW))),
  ...inEach(EVERYWHERE, 'valid to this second', until(time(NOW))),
  ...inEach(EVERYWHERE, 'valid for this second', { validity: [time(NOW), time(NOW)] }),
  ...inEach(EVERYWHERE, 'valid from the next second on', from(time(at(second))), EARLY),
  ...inEach(EVERYWHERE, 'valid to the second before', until(time(at(-second))), EXPIRED),
  ...inEach(EVERYWHERE, 'valid from next year on', from(time('2027-06-01T00:00:00Z')), EARLY),
  ...inEach(EVERYWHERE, 'expired a year ago', until(time('2025-06-01T00:00:00Z')), EXPIRED),
  ...inEach(['leaf'], 'over before it began', { validity: [FUTURE, PAST] }, EXPIRED),
  ...inEach(EVERYWHERE, 'valid to the last second of 2049', until(utcTime('491231235959Z'))),
  ...inEach(EVERYWHERE, 'valid to the first second of 2050', until(longTime('20500101000000Z'))),
  ...inEach(['leaf', 'root'], 'valid without end', until(longTime('99991231235959Z'))),
  ...inEach(['leaf'], 'valid since 1950', from(utcTime('500101000000Z'))),
  ...inEach(['leaf'], 'expired in 1999, by UTCTime', until(utcTime('991231235959Z')), EXPIRED),
  ...inEach(['leaf'], 'valid since 1949, by GeneralizedTime', from(longTime('19490101000000Z'))),
  ...inEach(['leaf', 'root'], 'GeneralizedTime before 2050', until(longTime('20300101000000Z'))),
  ...inEach(['leaf'], 'UTCTime without seconds', until(utcTime('3001010000Z')), UNREAD),
  ...inEach(['leaf'], 'UTCTime with a zone', until(utcTime('300101000000+0000')), UNREAD),
  ...inEach(
    ['leaf'],
    'UTCTime with four digits of the year',
    until(utcTime('20300101000000Z')),
    MALFORMED,
  ),
  ...inEach(
    ['leaf'],
    'GeneralizedTime with two digits of the year',
    until(longTime('300101000000Z')),
    UNREAD,
  ),
  ...inEach(
    ['leaf'],
    'GeneralizedTime with a fraction',
    until(longTime('20300101000000.5Z')),
    MALFORMED,
  ),
  ...inEach(['leaf'], 'GeneralizedTime without a zone', until(longTime('20300101000000')), UNREAD),
  ...inEach(EVERYWHERE, 'the 30th of February', until(utcTime('300230000000Z')), NO_DATE),
  ...inEach(['leaf'], 'month 13', until(utcTime('301301000000Z')), NO_DATE),
  ...inEach(['leaf'], 'hour 24', until(utcTime('300101240000Z')), NO_DATE),
  ...inEach(['leaf'], 'second 60', until(utcTime('291231235960Z')), NO_DATE),
  family('judged before all of it', [1, 5], (setting) => ({
    chain: changed(setting, {}, { time: new Date('2019-01-01T00:00:00Z') }),
    refusal: /^the certificate "CN=Signer" is not valid yet/,
  })),
  family('judged after all of it', [1, 5], (setting) => ({
    chain: changed(setting, {}, { time: new Date('2040-01-01T00:00:00Z') }),
    refusal: /^the certificate "CN=Signer" expired/,
  })),
  family('judged in 2051, the leaf valid to then', [2, 5], (setting) => ({
    chain: changed(
      setting,
      { '-1': until(longTime('20520101000000Z')) },
      { time: new Date('2051-01-01T00:00:00Z') },
    ),
    refusal: /expired: expected a validity that includes 2051/,
  })),
];
