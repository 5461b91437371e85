/**
 * Characters that move a terminal's cursor, reorder text, or show as nothing: controls, format
 * characters, line and paragraph separators, halves of surrogate pairs, all that Unicode calls
 * ignorable, and the blank Braille pattern.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** Text from outside (a file name, a certificate's subject) made safe to show on one line. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const hex = (character.codePointAt(0) ?? 0).toString(16);
    if (hex.length <= 2) return `\\x${hex.padStart(2, '0')}`;
    return hex.length <= 4 ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`;
  });
}

/** JSON text with the same characters written as escapes, which leaves its meaning as it is. */
export function printableJson(json: string): string {
  return json.replace(UNPRINTABLE, (character) =>
    character === '\n' ? character : escaped(character, 0) + escaped(character, 1),
  );
}

/** One UTF-16 unit as JSON escapes it; nothing where there is none. */
function escaped(character: string, at: number): string {
  return at < character.length
    ? `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`
    : '';
}

/** As {@link printable}, cut to about `limit` characters, in quotation marks. */
export function quoted(text: string, limit = 200): string {
  return `"${printable(clipped(text, limit))}"`;
}

/** Text of at most `limit` characters, with a mark where it was cut. */
export function clipped(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit)}…` : text;
}
