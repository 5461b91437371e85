import type { Fields } from '../format/fields.ts';

/** When a key, a certificate authority or a service is good; an end that is absent is open. */
export interface Validity {
  readonly start: Date | undefined;
  /** The last moment, itself included. */
  readonly end: Date | undefined;
}

export const ALWAYS: Validity = { start: undefined, end: undefined };

/** A protobuf `TimeRange` in JSON: RFC 3339 in UTC. */
export function readValidity(owner: Fields, key: string): Validity {
  if (owner.optional(key) === undefined) return ALWAYS;
  const range = owner.object(key);
  return { start: readTime(range, 'start'), end: readTime(range, 'end') };
}

export function covers({ start, end }: Validity, time: Date): boolean {
  // Not written as two exclusions, so that an invalid date is in no range.
  return (
    (start === undefined || time >= start) &&
    (end === undefined || time <= end) &&
    !isNaN(time.getTime())
  );
}

const RFC_3339_UTC = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z$/;

function readTime(range: Fields, key: string): Date | undefined {
  if (range.optional(key) === undefined) return undefined;
  const text = range.string(key);
  const time = new Date(text);
  if (!RFC_3339_UTC.test(text) || !isSame(time, text)) {
    throw range.error(key, 'a time such as 2026-01-31T12:00:00Z');
  }
  return time;
}

/** `Date` takes the 30th of February for the 2nd of March, and hour 24 for the next day. */
function isSame(time: Date, text: string): boolean {
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text.slice(0, 19));
}
