import { OmsError } from '../errors.ts';
import { quotedWithout } from '../network/redact.ts';
import { aborted, MAX_TIMEOUT, throwIfAborted, unlessAborted } from '../pace.ts';
import { openCallback } from './callback.ts';
import { loginFailed } from './faults.ts';
import { discover, type Provider } from './provider.ts';

/** How to get the user to the provider, and the provider's answer back. */
export type LoginFlow =
  | {
      /** The provider sends the browser back to a port on this machine. */
      readonly kind: 'browser';
      /** Shows or opens the URL. If it throws, the login ends. */
      readonly open: (url: string, signal: AbortSignal) => Promise<void> | void;
    }
  | {
      /** The provider shows a code, and the user carries it here. */
      readonly kind: 'out-of-band';
      /** Shows the URL and returns the code. The signal fires when nobody waits for it any more. */
      readonly ask: (url: string, signal: AbortSignal) => Promise<string>;
    };

export interface LoginOptions {
  /** The provider, as it names itself: `https://oauth2.sigstore.dev/auth`. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly signal?: AbortSignal;
  /** Milliseconds for the whole login; five minutes by default. */
  readonly timeout?: number;
  /** Milliseconds for each request to the provider; thirty seconds by default. */
  readonly requestTimeout?: number;
  readonly flow: LoginFlow;
}

const TIMEOUT = 5 * 60_000;
const REQUEST_TIMEOUT = 30_000;

/** Tells the provider to show the code instead of sending it anywhere. */
const OUT_OF_BAND_URI = 'urn:ietf:wg:oauth:2.0:oob';

/**
 * Logs a person in with an OpenID provider (authorization code flow with PKCE, state and nonce) and
 * returns the raw ID token.
 *
 * @throws {OmsError} `LOGIN_FAILED`, `ABORTED`; neither they nor their causes hold a code, a token or
 *   another secret of the login.
 */
export async function login(options: LoginOptions): Promise<string> {
  const { signal, timeout = TIMEOUT } = options;
  throwIfAborted(signal);
  const end = new AbortController();
  const onAbort = (): void => {
    if (signal !== undefined) end.abort(aborted(signal));
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => end.abort(tooLate(timeout)), Math.min(timeout, MAX_TIMEOUT));
  try {
    return await logIn(options, end.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    // Lets go of a prompt or a request that is still waiting.
    end.abort(loginFailed('the login has ended', {}));
  }
}

async function logIn(options: LoginOptions, signal: AbortSignal): Promise<string> {
  const { issuer, clientId, clientSecret, requestTimeout = REQUEST_TIMEOUT, flow } = options;
  const provider = await discover({ issuer, clientId, clientSecret, requestTimeout, signal });
  return flow.kind === 'browser'
    ? withBrowser(provider, flow.open, signal)
    : outOfBand(provider, flow.ask, signal);
}

async function withBrowser(
  provider: Provider,
  open: (url: string, signal: AbortSignal) => Promise<void> | void,
  signal: AbortSignal,
): Promise<string> {
  const callback = await openCallback(provider.secrets.state);
  try {
    const { redirectUri } = callback;
    const url = await provider.authorizationUrl(redirectUri);
    throwIfAborted(signal);
    // What opens a browser may end only when the browser does.
    const opened = callBack(provider, () => open(url, signal)).then(() => callback.answer);
    const answer = await unlessAborted(signal, Promise.race([callback.answer, opened]));
    return await provider.redeem(answer, redirectUri);
  } finally {
    callback.close();
  }
}

async function outOfBand(
  provider: Provider,
  ask: (url: string, signal: AbortSignal) => Promise<string>,
  signal: AbortSignal,
): Promise<string> {
  const url = await provider.authorizationUrl(OUT_OF_BAND_URI);
  const asked = callBack(provider, () => ask(url, signal));
  const code = (await unlessAborted(signal, asked)).trim();
  if (code === '') throw loginFailed('no code was entered', {});
  return provider.redeemCode(code, OUT_OF_BAND_URI);
}

/** Calls the caller back. An error may quote the URL it was given, with the state in it. */
async function callBack<T>(provider: Provider, call: () => Promise<T> | T): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof OmsError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const secrets = Object.values(provider.secrets);
    throw loginFailed('the user could not be asked', { found: quotedWithout(secrets, reason) });
  }
}

function tooLate(timeout: number): OmsError {
  const minutes = timeout / 60_000;
  const span = minutes >= 1 ? `${Math.round(minutes)} minutes` : `${timeout / 1000} seconds`;
  return loginFailed('nobody has logged in', { expected: `a login within ${span}` });
}
