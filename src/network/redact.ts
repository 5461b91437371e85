import { quoted } from '../printable.ts';

/**
 * Words that may be a token or part of one: long, and with a capital letter or a digit, which the
 * error codes of OAuth do not have.
 */
const SUSPECT = /(?=[\w.~+/=-]*[A-Z0-9])[\w.~+/=-]{24,}/g;

/**
 * Text of a server or a program in quotation marks, without the given secrets and without what
 * looks like one.
 */
export function quotedWithout(secrets: readonly (string | undefined)[], text: string): string {
  const known = secrets.map((secret) => secret ?? '').filter(Boolean);
  const forms = known.flatMap((secret) => [secret, encodeURIComponent(secret)]);
  // The longest first: one secret may be part of another.
  const ordered = forms.toSorted((a, b) => b.length - a.length);
  const clean = ordered.reduce((rest, secret) => rest.replaceAll(secret, '…'), text);
  return quoted(clean.replaceAll(SUSPECT, '…').trim());
}
