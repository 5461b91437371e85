import { OmsError } from '../../../src/index.ts';

/** No message is longer, whatever an attacker wrote. */
const MAX_LENGTH = 4_000;

/** What moves a cursor, reorders text, breaks a line or is no character (Unicode's categories). */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** What is wrong with the texts of an error. */
export function flawsInError(error: OmsError): string[] {
  const texts = { message: error.message, hint: error.hint ?? '' };
  return Object.entries(texts).flatMap(([name, text]) => flawsInText(text, name));
}

export function flawsInText(text: string, name: string): string[] {
  const unsafe = UNSAFE.exec(text);
  const shown = unsafe === null ? '' : `U+${unsafe[0].codePointAt(0)?.toString(16)}`;
  return [
    ...(unsafe === null ? [] : [`${name} holds ${shown} at ${unsafe.index}`]),
    ...(text.length > MAX_LENGTH ? [`${name} has ${text.length} characters`] : []),
    ...(text === '' && name === 'message' ? ['an empty message'] : []),
  ];
}

/** Of what was printed, line by line. */
export function flawsInOutput(output: string, name: string): string[] {
  const lines = output.split('\n');
  return lines.flatMap((line) => flawsInText(line, `a line of ${name}`));
}

/** Who an error is by, for messages. */
export function describeThrown(error: unknown): string {
  if (error instanceof OmsError) return `${error.code}: ${error.message}`;
  if (error instanceof Error)
    return (error.stack ?? error.message).split('\n').slice(0, 6).join(' | ');
  return `${typeof error} ${String(error)}`;
}
