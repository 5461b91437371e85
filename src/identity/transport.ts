import type * as OAuth from 'oauth4webapi';
import { readSecureUrl, shownUrl } from '../format/url.ts';
import { call } from '../network/http.ts';
import { loginFailed } from './faults.ts';

export interface ProviderOptions {
  readonly issuer: string;
  readonly clientId: string;
  /** Of a client that is not public; the client of the public instance has none. */
  readonly clientSecret: string | undefined;
  /** Milliseconds for one request. */
  readonly requestTimeout: number;
  readonly signal: AbortSignal;
}

type RequestOptions = OAuth.DiscoveryRequestOptions & OAuth.TokenEndpointRequestOptions;

/** Lets the OAuth library make its requests through `call`, with its bounds. */
export function requestOptions(oauth: typeof OAuth, options: ProviderOptions): RequestOptions {
  const { issuer, requestTimeout: timeout, signal } = options;
  return {
    // Only an issuer on this machine may have plain http; below, each address is looked at.
    [oauth.allowInsecureRequests]: issuer.startsWith('http:'),
    [oauth.customFetch]: async (address, { method, headers, body }) => {
      const url = readSecureUrl(address);
      if (url === undefined) {
        throw loginFailed('the identity provider wants secrets sent to an unsafe address', {
          expected: 'https (http only on this machine)',
          found: shownUrl(address),
        });
      }
      const answer = await call({
        url,
        method: method === 'POST' ? 'POST' : 'GET',
        headers,
        ...(body instanceof URLSearchParams ? { body: body.toString() } : {}),
        timeout,
        signal,
      });
      if ('failed' in answer) {
        const summary = `no answer from the identity provider at ${shownUrl(url.origin)}`;
        throw loginFailed(summary, { found: answer.failed });
      }
      const { status, bytes } = answer;
      return new Response(bytes.length === 0 ? null : bytes, { status, headers: answer.headers });
    },
  };
}
