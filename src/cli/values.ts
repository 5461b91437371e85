import { InvalidArgumentError } from 'commander';
import type { HashAlgorithm } from '../format/manifest.ts';
import { readWebUrl } from '../format/url.ts';

/** Parsers for option values. Each throws what commander reports as a usage error. */

export function parseCount(text: string): number {
  const count = Number(text);
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(count) || count < 1) {
    throw new InvalidArgumentError('It must be a whole number from 1.');
  }
  return count;
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

/** `1000000000`, `1GB` (10⁹ bytes), `512MiB` (2²⁰ bytes each). */
export function parseBytes(text: string): number {
  const [, digits = '', unit = ''] = /^([0-9]+) ?([A-Za-z]*)$/.exec(text) ?? [];
  const factor = UNITS[unit.toUpperCase()];
  const bytes = Number(digits) * (factor ?? Number.NaN);
  if (digits === '' || !Number.isSafeInteger(bytes) || bytes < 1) {
    throw new InvalidArgumentError('It must be a size such as 1000000000, 1GB or 512MiB.');
  }
  return bytes;
}

/** RFC 3339 with a time zone: a time that depends on where the verifier stands is no time. */
const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

export function parseTime(text: string): Date {
  const date = new Date(text.replace(' ', 'T').toUpperCase());
  if (!RFC_3339.test(text) || Number.isNaN(date.getTime()) || !isInCalendar(text)) {
    throw new InvalidArgumentError('It must be a time such as 2026-01-31T12:00:00Z (RFC 3339).');
  }
  return date;
}

/** JavaScript takes 30 February for 1 March, and hour 24 for the next day. */
function isInCalendar(text: string): boolean {
  const [day, time] = [text.slice(0, 10), text.slice(11, 19)];
  const written = `${day}T${time}Z`;
  return new Date(written).toISOString() === written.replace('Z', '.000Z');
}

/** For options that may be given several times. An empty value is a variable that is not set. */
export function collect(text: string, previous: string[] = []): string[] {
  // Not a new array for each: of fifty thousand options that would take a quarter of a minute.
  previous.push(notEmpty(text));
  return previous;
}

/** For options of which a second one would silently win over the first. */
export function onceAs<T>(parse: (text: string) => T): (text: string, previous?: T) => T {
  return (text, previous) => {
    if (previous !== undefined) throw new InvalidArgumentError('It can be given only once.');
    return parse(text);
  };
}

/** The same for a text. */
export const once = onceAs(notEmpty);

/** Timestamps are signed and hold no secret, so that http will do for them. */
export function parseWebUrl(text: string, previous: string | undefined): string {
  if (readWebUrl(once(text, previous)) === undefined) {
    throw new InvalidArgumentError(
      'It must be an http or https URL without user name and password.',
    );
  }
  return text;
}

function notEmpty(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

export const HASH_ALGORITHMS: readonly HashAlgorithm[] = ['sha256', 'blake2b', 'blake3'];

export const LOG_LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export function parseLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text.toUpperCase());
  if (level === undefined) {
    throw new InvalidArgumentError(`Allowed choices are ${LOG_LEVELS.join(', ')}.`);
  }
  return level;
}
