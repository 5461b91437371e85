import { OmsError } from '../errors.ts';
import { Fields } from '../format/fields.ts';
import { type JsonLimits, readJson } from '../format/json.ts';
import { PLAIN_URL_FORM, readPlainUrl, shownUrl } from '../format/url.ts';
import { quoted } from '../printable.ts';

/**
 * An OpenID Connect ID token, as far as a client can judge it: the signature is checked by Fulcio,
 * who has the keys of the issuers.
 */
export interface IdentityToken {
  /** The token itself. Whoever has it can sign in this name: it belongs in no message. */
  readonly raw: string;
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | undefined;
  /** What Fulcio wants signed as proof that the key is there: the email if there is one, else the subject. */
  readonly proofSubject: string;
  readonly expiresAt: Date;
  /** Whether the issuer passes on the word of another, who then stands in the certificate. */
  readonly isFederated: boolean;
}

export interface TokenOptions {
  /** Whom the token must be meant for: the client id under which Fulcio knows its users. */
  readonly audience: string;
  readonly now?: Date;
  /** Where the token came from, for messages: "GitHub Actions". */
  readonly source?: string;
}

/** Real tokens have one to three thousand characters. */
const MAX_TOKEN_LENGTH = 16 * 1024;

const CLAIM_LIMITS: JsonLimits = { bytes: MAX_TOKEN_LENGTH, depth: 8, values: 1_000, keys: 500 };

/** How far the clocks of the issuer and of this machine may differ, in seconds. */
const SKEW = 60;

const CLOCK_HINT = 'check the clock of this machine';

/** Makes the error about one token. It takes no cause: any could quote the token. */
type Refuse = (expected: string, found: string, hint?: string) => OmsError;

/**
 * Reads and checks an identity token. Messages show its issuer, audience and times, where these are
 * at fault, and nothing else of it.
 *
 * @param raw without white space around it.
 * @throws {OmsError} `TOKEN_UNUSABLE`
 */
export function parseIdentityToken(raw: string, options: TokenOptions): IdentityToken {
  const refuse: Refuse = (expected, found, hint = 'get a new token') => {
    const from = options.source === undefined ? '' : ` from ${options.source}`;
    const summary = `the identity token${from} cannot be used`;
    return new OmsError('TOKEN_UNUSABLE', summary, { expected, found, hint });
  };
  const [header, payload] = partsOf(raw, refuse);
  checkHeader(objectOf(header, 'header', refuse), refuse);
  const claims = objectOf(payload, 'payload', refuse);

  const issuer = issuerOf(claims, refuse);
  checkAudience(claims, options.audience, refuse);
  const expiresAt = checkTimes(claims, (options.now ?? new Date()).getTime(), refuse);
  const subject = claims.optional('sub');
  if (typeof subject !== 'string' || subject === '') {
    throw refuse('a subject (sub)', 'none');
  }
  const email = emailOf(claims, refuse);
  const isFederated = claims.has('federated_claims');
  return { raw, issuer, subject, email, proofSubject: email ?? subject, expiresAt, isFederated };
}

/** Whether a text has the outer form of a signed token: three parts of base64url (RFC 7515 §7.1). */
export function hasTokenForm(text: string): boolean {
  const parts = text.split('.', 4);
  return text.length <= MAX_TOKEN_LENGTH && parts.length === 3 && parts.every(isBase64url);
}

function partsOf(raw: string, refuse: Refuse): readonly [string, string] {
  const form = 'three parts of base64url with dots between';
  const hint = 'give the ID token itself (a JWT), not a file name, an access token or a key';
  if (raw.length > MAX_TOKEN_LENGTH) {
    throw refuse(`at most ${MAX_TOKEN_LENGTH} characters`, `${raw.length}`, hint);
  }
  const parts = raw.split('.');
  const [header = '', payload = ''] = parts;
  if (parts.length !== 3) {
    const count = `${parts.length} part${parts.length === 1 ? '' : 's'}`;
    throw refuse(form, raw === '' ? 'nothing' : count, hint);
  }
  if (!parts.every(isBase64url)) throw refuse(form, 'a part in another form', hint);
  return [header, payload];
}

/** Canonical only: no padding, no other alphabet, no stray bits, not empty (RFC 7515 §2). */
function isBase64url(part: string): boolean {
  return part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part;
}

function objectOf(part: string, name: string, refuse: Refuse): Fields {
  try {
    const bytes = Buffer.from(part, 'base64url');
    return new Fields(readJson(bytes, CLAIM_LIMITS, name, 'TOKEN_UNUSABLE'), '', 'TOKEN_UNUSABLE');
  } catch {
    // Its error quotes the text.
    throw refuse(`a ${name} that is one JSON object`, 'something else');
  }
}

function checkHeader(header: Fields, refuse: Refuse): void {
  const algorithm = header.optional('alg');
  if (typeof algorithm !== 'string' || algorithm === '' || /^none$/i.test(algorithm)) {
    throw refuse('a signed token', 'one without a signature algorithm (alg)');
  }
}

function issuerOf(claims: Fields, refuse: Refuse): string {
  const issuer = claims.optional('iss');
  const expected = `${PLAIN_URL_FORM} as issuer (iss)`;
  if (typeof issuer !== 'string') throw refuse(expected, 'none');
  if (readPlainUrl(issuer) === undefined) throw refuse(expected, shownUrl(issuer));
  return issuer;
}

function checkAudience(claims: Fields, audience: string, refuse: Refuse): void {
  const claim = claims.optional('aud');
  const values = (Array.isArray(claim) ? claim : [claim]).filter((one) => typeof one === 'string');
  if (values.includes(audience)) return;
  const shown = values.slice(0, 3).map((value) => quoted(value, 80));
  throw refuse(
    `the audience (aud) ${quoted(audience, 80)}`,
    [...shown, ...(values.length > 3 ? ['…'] : [])].join(', ') || 'none',
    `ask the issuer for a token for the audience ${quoted(audience, 80)}`,
  );
}

/** @returns when the token expires. */
function checkTimes(claims: Fields, now: number, refuse: Refuse): Date {
  const expiresAt = timeOf(claims, 'exp', refuse);
  if (expiresAt === undefined) throw refuse('an expiry time (exp)', 'none');
  if (expiresAt.getTime() <= now) {
    throw refuse(
      'a token that is still valid',
      `one that expired ${spanOf(now - expiresAt.getTime())} ago (${expiresAt.toISOString()})`,
      'get a new token: most are good for a few minutes only',
    );
  }
  for (const name of ['nbf', 'iat']) {
    const start = timeOf(claims, name, refuse);
    if (start !== undefined && start.getTime() > now + SKEW * 1000) {
      const found = `one of ${start.toISOString()}, ${spanOf(start.getTime() - now)} from now (${name})`;
      throw refuse('a token that is valid already', found, CLOCK_HINT);
    }
  }
  return expiresAt;
}

/** Seconds since 1970, fractions allowed (RFC 7519 §2, NumericDate). */
function timeOf(claims: Fields, name: string, refuse: Refuse): Date | undefined {
  const value = claims.optional(name);
  if (value === undefined) return undefined;
  const time = new Date(typeof value === 'number' ? value * 1000 : Number.NaN);
  if (Number.isNaN(time.getTime())) {
    throw refuse(`a number of seconds since 1970 as ${name}`, 'something else');
  }
  return time;
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** A time span in its largest whole unit: "5 minutes". */
function spanOf(milliseconds: number): string {
  const [unit, length] = UNITS.find(([, one]) => milliseconds >= one) ?? ['second', 1000];
  const count = Math.floor(milliseconds / length);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** An empty email counts as none, as it does for Fulcio. */
function emailOf(claims: Fields, refuse: Refuse): string | undefined {
  const email = claims.optional('email') ?? '';
  if (typeof email !== 'string') throw refuse('an email that is text', 'something else');
  if (email === '') return undefined;
  // Some providers write the truth as text, and Fulcio takes that.
  const isVerified = claims.optional('email_verified');
  if (isVerified !== true && isVerified !== 'true' && isVerified !== 'True') {
    throw refuse(
      'an email that the issuer has verified (email_verified)',
      'one that it has not',
      'verify the email address with the identity provider, then get a new token',
    );
  }
  return email;
}
