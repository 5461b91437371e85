import type * as OAuth from 'oauth4webapi';
import { PLAIN_URL_FORM, readPlainUrl, readSecureUrl, shownUrl } from '../format/url.ts';
import { faultOf, loginFailed } from './faults.ts';
import { type ProviderOptions, requestOptions } from './transport.ts';

/** How far the clocks of the provider and of this machine may differ, in seconds. */
const SKEW = 60;

/** What only the two ends of one login know. None of it belongs in a message. */
interface LoginSecrets {
  readonly state: string;
  readonly nonce: string;
  /** The PKCE verifier (RFC 7636). */
  readonly verifier: string;
}

/** An OpenID provider that has told where its endpoints are, and one login with it. */
export class Provider {
  readonly secrets: LoginSecrets;
  readonly #oauth: typeof OAuth;
  readonly #options: ProviderOptions;
  readonly #server: OAuth.AuthorizationServer;

  /** Use {@link discover}. */
  constructor(oauth: typeof OAuth, options: ProviderOptions, server: OAuth.AuthorizationServer) {
    this.#oauth = oauth;
    this.#options = options;
    this.#server = server;
    this.secrets = {
      state: oauth.generateRandomState(),
      nonce: oauth.generateRandomNonce(),
      verifier: oauth.generateRandomCodeVerifier(),
    };
  }

  /**
   * Where the user has to go.
   *
   * @throws {OmsError} `LOGIN_FAILED`
   */
  async authorizationUrl(redirectUri: string): Promise<string> {
    const { state, nonce, verifier } = this.secrets;
    const endpoint: unknown = this.#server.authorization_endpoint;
    const address = typeof endpoint === 'string' ? endpoint : '';
    const url = readSecureUrl(address);
    if (url === undefined) {
      throw loginFailed('the identity provider has no address for a login', {
        expected: 'an https URL as authorization_endpoint',
        found: shownUrl(address),
      });
    }
    const parameters = {
      response_type: 'code',
      client_id: this.#options.clientId,
      redirect_uri: redirectUri,
      scope: 'openid email',
      state,
      nonce,
      code_challenge: await this.#oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url.href;
  }

  /**
   * Trades a code that the user has typed for an ID token.
   *
   * @throws {OmsError} `LOGIN_FAILED`, or what the signal was aborted with.
   */
  redeemCode(code: string, redirectUri: string): Promise<string> {
    // No redirect came, so what would have come with it is ours.
    const { state } = this.secrets;
    return this.redeem(new URLSearchParams({ code, state, iss: this.#server.issuer }), redirectUri);
  }

  /**
   * Trades the parameters of the provider's redirect for an ID token, and checks its issuer,
   * audience, times and nonce. Its signature is not looked at: the token comes straight from the
   * provider (OpenID Connect Core §3.1.3.7, 6), and Fulcio checks it.
   *
   * @throws {OmsError} `LOGIN_FAILED`, or what the signal was aborted with.
   */
  async redeem(parameters: URLSearchParams, redirectUri: string): Promise<string> {
    try {
      const token = await this.#redeem(parameters, redirectUri);
      if (token !== undefined) return token;
    } catch (error) {
      const code = parameters.get('code') ?? undefined;
      const secrets = [code, this.#options.clientSecret, ...Object.values(this.secrets)];
      throw faultOf(error, this.#oauth, 'the identity provider gave no usable token', secrets);
    }
    throw loginFailed('the identity provider gave no ID token', {});
  }

  async #redeem(parameters: URLSearchParams, redirectUri: string): Promise<string | undefined> {
    const oauth = this.#oauth;
    const server = this.#server;
    const { state, nonce, verifier } = this.secrets;
    const client = { client_id: this.#options.clientId, [oauth.clockTolerance]: SKEW };
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      this.#authentication(),
      oauth.validateAuthResponse(server, client, parameters, state),
      redirectUri,
      verifier,
      requestOptions(oauth, this.#options),
    );
    const checks = { expectedNonce: nonce };
    const result = await oauth.processAuthorizationCodeResponse(server, client, response, checks);
    return result.id_token;
  }

  #authentication(): OAuth.ClientAuth {
    const { clientSecret } = this.#options;
    if (clientSecret === undefined || clientSecret === '') return this.#oauth.None();
    const methods: unknown = this.#server.token_endpoint_auth_methods_supported;
    const isPost =
      Array.isArray(methods) &&
      methods.includes('client_secret_post') &&
      !methods.includes('client_secret_basic');
    return isPost
      ? this.#oauth.ClientSecretPost(clientSecret)
      : this.#oauth.ClientSecretBasic(clientSecret);
  }
}

/**
 * Asks a provider where its endpoints are (OpenID Connect Discovery §4).
 *
 * @throws {OmsError} `LOGIN_FAILED`, or what the signal was aborted with.
 */
export async function discover(options: ProviderOptions): Promise<Provider> {
  const { issuer } = options;
  const url = readPlainUrl(issuer);
  if (url === undefined) {
    throw loginFailed('this identity provider cannot be used', {
      expected: PLAIN_URL_FORM,
      found: shownUrl(issuer),
    });
  }
  const oauth = await import('oauth4webapi');
  let server: OAuth.AuthorizationServer;
  try {
    const response = await oauth.discoveryRequest(url, requestOptions(oauth, options));
    server = await oauth.processDiscoveryResponse(url, response);
  } catch (error) {
    const summary = `${shownUrl(issuer)} does not answer as an OpenID provider does`;
    throw faultOf(error, oauth, summary, []);
  }
  // The library takes another spelling of the same URL, which is another issuer in a certificate.
  if (server.issuer !== issuer) {
    throw loginFailed('the identity provider goes by another name', {
      expected: shownUrl(issuer),
      found: shownUrl(server.issuer),
      hint: 'give the issuer exactly as the provider writes it',
    });
  }
  return new Provider(oauth, options, server);
}
