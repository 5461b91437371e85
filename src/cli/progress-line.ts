import type { Progress } from '../hashing/progress.ts';
import { printable } from '../printable.ts';
import { count, grouped, size } from './describe.ts';

/** What hashing has many of: files, or parts of files. */
export type Counted = 'file' | 'shard';

const SEPARATOR = ' · ';

/** A name is shown if there is room for so many columns of it. */
const NAME_COLUMNS = 16;

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** In seconds. A longer time left is not told: it says only that hardly anything moves. */
const LONGEST = 100 * DAY;

/**
 * How far hashing has come, on one line of at most so many columns. What there is no room for is
 * left out, from the right: the name, the time left, the files, the rate.
 */
export function progressLine(progress: Progress, counted: Counted, columns: number): string {
  const figures = figuresOf(progress, counted);
  for (let shown = figures.length; shown > 0; shown--) {
    const line = figures.slice(0, shown).join(SEPARATOR);
    if (columnsOf(line) > columns) continue;
    return shown === figures.length ? line + nameOf(progress, columns - columnsOf(line)) : line;
  }
  const short = percentOf(progress) ?? size(progress.bytes);
  return [`Hashing  ${short}`, short].find((line) => columnsOf(line) <= columns) ?? '';
}

/**
 * The most columns that a line can take. How wide a terminal draws a character, only the terminal
 * knows, but none draws one over more than two; a line that is too long would leave its end behind.
 */
export function columnsOf(line: string): number {
  return line.replace(/[^ -~]/gu, '··').length;
}

/** The most important first. */
function figuresOf(progress: Progress, counted: Counted): readonly string[] {
  const { bytes, totalBytes, bytesPerSecond, done, total, secondsLeft } = progress;
  const percent = percentOf(progress);
  const share = percent === undefined ? '' : ` (${percent})`;
  return [
    `Hashing  ${size(bytes, totalBytes)}${share}`,
    `${size(bytesPerSecond)}/s`,
    ...(total > 1 ? [`${grouped(done)} of ${count(total, counted)}`] : []),
    ...(secondsLeft !== undefined && secondsLeft < LONGEST ? [timeLeft(secondsLeft)] : []),
  ];
}

/** Never 100% before the end. */
function percentOf({ bytes, totalBytes }: Progress): string | undefined {
  if (totalBytes === undefined || totalBytes === 0) return undefined;
  return `${Math.min(Math.floor((bytes / totalBytes) * 100), 100)}%`;
}

/** `8 s left`, `4 min 10 s left`, `2 d 3 h left` */
function timeLeft(seconds: number): string {
  const whole = Math.max(Math.ceil(seconds), 1);
  if (whole < MINUTE) return `${whole} s left`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min ${whole % MINUTE} s left`;
  const minutes = Math.floor((whole % HOUR) / MINUTE);
  if (whole < DAY) return `${Math.floor(whole / HOUR)} h ${minutes} min left`;
  return `${Math.floor(whole / DAY)} d ${Math.floor((whole % DAY) / HOUR)} h left`;
}

/** The name, or as much of its end as there is room for: a file differs from its like there. */
function nameOf({ current }: Progress, columns: number): string {
  const room = columns - columnsOf(SEPARATOR);
  if (current === undefined) return '';
  const name = printable(current);
  if (columnsOf(name) <= room) return SEPARATOR + name;
  return room < NAME_COLUMNS ? '' : `${SEPARATOR}…${endOf(name, room - columnsOf('…'))}`;
}

function endOf(text: string, columns: number): string {
  const characters = Array.from(text);
  let start = characters.length;
  let left = columns;
  for (; start > 0; start--) {
    left -= columnsOf(characters[start - 1] ?? '');
    if (left < 0) break;
  }
  return characters.slice(start).join('');
}
