import type * as OAuth from 'oauth4webapi';
import { type ErrorDetails, OmsError } from '../errors.ts';
import { quotedWithout } from '../network/redact.ts';

/**
 * An error of a login. It takes no cause: the errors of the OAuth library carry answers, codes and
 * tokens.
 */
export function loginFailed(summary: string, details: Omit<ErrorDetails, 'cause'>): OmsError {
  const hint = 'try again, or give an identity token';
  return new OmsError('LOGIN_FAILED', summary, { hint, ...details });
}

/**
 * Makes our own error of what went wrong with a provider.
 *
 * @param summary for answers that are none, as opposed to a plain no.
 * @param secrets that the provider may have repeated.
 */
export function faultOf(
  error: unknown,
  oauth: typeof OAuth,
  summary: string,
  secrets: readonly (string | undefined)[],
): OmsError {
  if (error instanceof OmsError) return error;
  if (
    error instanceof oauth.AuthorizationResponseError ||
    error instanceof oauth.ResponseBodyError
  ) {
    const words: readonly unknown[] = [error.error, error.error_description];
    const said = words.filter((part) => typeof part === 'string');
    const found = said.map((part) => quotedWithout(secrets, part)).join(': ');
    return loginFailed('the identity provider refused the login', { found });
  }
  if (error instanceof oauth.WWWAuthenticateChallengeError) {
    return loginFailed('the identity provider refused this client', {
      found: `HTTP ${error.status}`,
      hint: 'check the client id and the client secret',
    });
  }
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Response && cause.status !== 200) {
    return loginFailed(summary, { found: `HTTP ${cause.status}` });
  }
  const reason = error instanceof Error ? error.message : 'an unknown fault';
  return loginFailed(summary, { found: quotedWithout(secrets, reason) });
}
