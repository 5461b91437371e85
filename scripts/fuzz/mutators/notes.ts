import type { Random } from '../base/random.ts';
import { hostileText } from '../json/values.ts';

/** Changes the text of a checkpoint (C2SP tlog-checkpoint) line by line. */
export function editNote(note: string, random: Random): string {
  const lines = note.split('\n');
  const at = random.below(lines.length);
  const line = lines[at] ?? '';
  const forms: readonly (readonly string[])[] = [
    [],
    [line, line],
    ['', line],
    [`${line}\r`],
    [` ${line}`],
    [`${line} `],
    [line.replace(/\d+/, (digits) => `0${digits}`)],
    [line.replace(/\d+/, (digits) => String(Number(digits) + random.between(-1, 1)))],
    [line.replace('\u2014', '-')],
    [line.replace('\u2014 ', '\u2014  ')],
    [line.replace(/ \S+ /, ' example.com ')],
    [line.replace(/=+$/, '')],
    [line.toUpperCase()],
    [hostileText(random)],
    [line.slice(0, random.below(line.length))],
    [line + hostileText(random)],
    ['origin', '1', 'AAAA', '', line],
  ];
  const edited = lines.toSpliced(at, 1, ...random.pick(forms)).join('\n');
  switch (random.below(6)) {
    case 0:
      return edited.replaceAll('\n', '\r\n');
    case 1:
      return edited.trimEnd();
    case 2:
      return `${edited}\n`;
    default:
      return edited;
  }
}
