import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import OpenIdProvider, { type Context } from 'oidc-provider';
import { browse as follow } from '../../scripts/sigstore/browser.ts';
import { storeClass } from '../../scripts/sigstore/store.ts';
import { makeIssuerKey } from '../../scripts/sigstore/token.ts';
import { listen } from './helpers.ts';

export const EMAIL = 'someone@example.com';
export const CLIENT_SECRET = 'client-secret-8d1-+/&%';
const OUT_OF_BAND = 'urn:ietf:wg:oauth:2.0:oob';
const PUBLIC = ['sigstore', 'http://localhost/auth/callback'] as const;

const jwk = await makeIssuerKey();

/** What the person at the provider does. */
export type Person = 'logs in' | 'declines';

/** A real OpenID provider on this machine, which goes away with the test. */
export interface OpenId {
  readonly issuer: string;
  /** The client of each request to the token endpoint, as the request names it. */
  readonly tokenRequests: readonly string[];
  person: Person;
}

/**
 * Starts the provider. It has the public client `sigstore`, and one with a secret that is named
 * after the way in which it proves that.
 */
export async function startOpenId(method = 'client_secret_basic'): Promise<OpenId> {
  let handle = (_: IncomingMessage, response: ServerResponse): void => void response.end();
  const port = await listen(createServer((request, response) => handle(request, response)));
  const tokenRequests: string[] = [];
  const openId: OpenId = { issuer: `http://localhost:${port}`, tokenRequests, person: 'logs in' };

  const provider = new OpenIdProvider(openId.issuer, configuration(method));
  // As the public instance does: any port for the callback, and codes that are shown.
  provider.Client.prototype.redirectUriAllowed = (uri) =>
    uri === OUT_OF_BAND || /^http:\/\/localhost:\d+\/auth\/callback$/.test(uri);
  const answer = provider.callback();
  handle = (request, response) => {
    if (request.url?.startsWith('/person/') === true) {
      void decide(provider, openId.person, request, response);
      return;
    }
    if (request.url === '/token') tokenRequests.push(request.headers.authorization ?? 'no header');
    answer(request, response);
  };
  return openId;
}

async function decide(
  provider: OpenIdProvider,
  person: Person,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { prompt } = await provider.interactionDetails(request, response);
  const result = prompt.name === 'login' ? { login: { accountId: 'subject-1' } } : { consent: {} };
  const no = { error: 'access_denied', error_description: 'The person said no' };
  await provider.interactionFinished(request, response, person === 'declines' ? no : result);
}

function configuration(method: string): object {
  const client = {
    application_type: 'native',
    redirect_uris: [PUBLIC[1]],
    response_types: ['code'],
    grant_types: ['authorization_code'],
  };
  const secret = { client_secret: CLIENT_SECRET, application_type: 'web' };
  const web = { ...client, ...secret, redirect_uris: ['https://web.example/'] };
  return {
    clients: [
      { ...client, client_id: PUBLIC[0], token_endpoint_auth_method: 'none' },
      { ...web, client_id: method, token_endpoint_auth_method: method },
    ],
    clientAuthMethods: ['none', method],
    adapter: storeClass(),
    jwks: { keys: [jwk] },
    cookies: { keys: ['not a secret'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/person/${uid}` },
    pkce: { required: () => true },
    ttl: {
      AccessToken: 600,
      AuthorizationCode: 60,
      Grant: 600,
      IdToken: 600,
      Interaction: 600,
      Session: 600,
    },
    findAccount: (_: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, email: EMAIL, email_verified: true }),
    }),
    loadExistingGrant: async ({ oidc }: Context) => {
      const { clientId } = oidc.client;
      const grant = new oidc.provider.Grant({ clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope('openid email');
      await grant.save();
      return grant;
    },
  };
}

/** Goes where a browser would be sent, until that is another host; returns that address. */
export async function browse(url: string): Promise<string> {
  const { host } = new URL(url);
  const page = await follow(url, (at) => at.host !== host);
  if (page.status !== 0) throw new Error(`HTTP ${page.status}: ${page.text}`);
  return page.url;
}
