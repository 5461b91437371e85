/**
 * Characters that can move a terminal's cursor, hide text or reorder it: C0 and C1 controls, DEL,
 * line and paragraph separators, zero-width and bidirectional controls, and lone surrogates.
 */
const UNPRINTABLE =
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  /[\u0000-\u001F\u007F-\u009F\u061C\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** Text from outside (a file name, a certificate subject) made safe to show on one line. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** As {@link printable}, cut to at most `limit` characters, in quotation marks. */
export function quoted(text: string, limit = 200): string {
  const shown = printable(text);
  return `"${shown.length > limit ? `${shown.slice(0, limit)}…` : shown}"`;
}
