import { quoted } from '../printable.ts';

/**
 * Reads the URL of an issuer or of a service that is told secrets: https, or http on this machine;
 * without user name and password.
 */
export function readSecureUrl(text: string): URL | undefined {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '') return undefined;
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
  return isSafe ? url : undefined;
}

/** Reads the URL of a service that is told no secrets: https or http, and no user name either. */
export function readWebUrl(text: string): URL | undefined {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '') return undefined;
  return url.protocol === 'https:' || url.protocol === 'http:' ? url : undefined;
}

/**
 * As {@link readSecureUrl}, without query and fragment, not even empty ones: the base of other
 * URLs, or the identifier of an OpenID provider (OpenID Connect Core §2, `iss`).
 */
export function readPlainUrl(text: string): URL | undefined {
  return /[?#]/.test(text) ? undefined : readSecureUrl(text);
}

/** What {@link readPlainUrl} takes, for messages. */
export const PLAIN_URL_FORM =
  'an https URL without user name and query (http only on this machine)';

/** A URL of a service as it is named to people: its query may hold a key of the user's. */
export function nameOfService(url: string): string {
  const [base = url, query] = url.split('?', 2);
  return query === undefined ? url : `${base}?…`;
}

/** A URL for a message, unless it may hold a password. */
export function shownUrl(text: string): string {
  return text.includes('@') ? 'a URL with a user name or password' : quoted(text);
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}
