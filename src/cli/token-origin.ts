import { OmsError } from '../errors.ts';
import { findAmbientToken, type Looked } from '../identity/ambient.ts';
import { ELSEWHERE } from '../identity/source.ts';
import { parseIdentityToken } from '../identity/token.ts';
import { readNamedFile } from './files.ts';
import { DEFAULT_CLIENT_ID, type TokenArguments } from './keyless-options.ts';
import type { Session } from './session.ts';

/** Where the identity token of a signature comes from. */
export type TokenOrigin =
  | { readonly kind: 'token'; readonly get: (signal?: AbortSignal) => Promise<string> }
  | { readonly kind: 'login'; readonly outOfBand: boolean };

/**
 * Decides where the token comes from, before the model is hashed: as given, else from the
 * environment, else from a login, which needs somebody at a terminal.
 *
 * @throws {OmsError} `USAGE`, `TOKEN_UNUSABLE`
 */
export async function findTokenOrigin(
  given: TokenArguments,
  session: Session,
): Promise<TokenOrigin> {
  checkConflicts(given);
  const audience = given.clientId ?? DEFAULT_CLIENT_ID;
  const token = givenToken(given);
  if (token !== undefined) {
    // Looked at now: it would be a pity to learn only after an hour of hashing that it is of no use.
    parseIdentityToken(token, { audience });
    return { kind: 'token', get: () => Promise.resolve(token) };
  }
  if (given.oauthForceOob === true) return { kind: 'login', outOfBand: true };
  const ambient = await findAmbientToken({ env: session.env, audience });
  if (ambient.token !== undefined) {
    const { token: first, source } = ambient;
    parseIdentityToken(first, { audience, source });
    return { kind: 'token', get: (signal) => freshToken(first, audience, session, signal) };
  }
  const isAllowed = given.useAmbientCredentials !== true;
  if (isAllowed && isAttended(session)) return { kind: 'login', outOfBand: false };
  throw noToken(ambient.looked, isAllowed);
}

/** Whether there is somebody who can answer. */
export function isAttended({ stdin, stderr }: Session): boolean {
  return stdin.isTTY && stderr.isTTY;
}

function checkConflicts(given: TokenArguments): void {
  const ways = [
    ['--identity-token', given.identityToken !== undefined],
    ['--identity-token-file', given.identityTokenFile !== undefined],
    ['--use-ambient-credentials', given.useAmbientCredentials === true],
    ['--oauth-force-oob', given.oauthForceOob === true],
  ] as const;
  const chosen = ways.filter(([, isGiven]) => isGiven).map(([name]) => name);
  if (chosen.length < 2) return;
  throw new OmsError('USAGE', `${chosen.join(' and ')} do not go together`, {
    expected: 'one way to get an identity token',
  });
}

function givenToken({ identityToken, identityTokenFile }: TokenArguments): string | undefined {
  if (identityTokenFile === undefined) return identityToken?.trim();
  return readNamedFile(identityTokenFile, 'the identity token').toString('utf8').trim();
}

/** Tokens of CI systems are good for minutes; these systems give new ones on request. */
async function freshToken(
  first: string,
  audience: string,
  session: Session,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    const soon = new Date(Date.now() + 60_000);
    parseIdentityToken(first, { audience, now: soon });
    return first;
  } catch {
    const again = await findAmbientToken({ env: session.env, audience, ...(signal && { signal }) });
    return again.token ?? first;
  }
}

function noToken(looked: readonly Looked[], isLoginAllowed: boolean): OmsError {
  const elsewhere = looked.filter(({ why }) => why === ELSEWHERE.why).map(({ source }) => source);
  const others = looked.filter(({ why }) => why !== ELSEWHERE.why);
  const places = [
    ...(elsewhere.length === 0 ? [] : [`not running on ${elsewhere.join(', ')}`]),
    ...others.map(({ source, why }) => `${source} is ${why}`),
    ...(isLoginAllowed ? ['there is no terminal to log in at'] : []),
  ];
  return new OmsError('TOKEN_UNUSABLE', 'there is no identity token to sign with', {
    found: places.join('; '),
    hint: 'give one with --identity-token-file, or sign with --private-key',
  });
}
