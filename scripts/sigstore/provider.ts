import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import OpenIdProvider, { type Context, type ResponseContext } from 'oidc-provider';
import { portOf } from './ports.ts';
import type { Service } from './server.ts';
import { storeClass } from './store.ts';
import { EMAIL, type Issuer, makeIssuerKey } from './token.ts';

/** Where a login ends for a client that cannot be reached: on a page that shows the code. */
export const OUT_OF_BAND = 'urn:ietf:wg:oauth:2.0:oob';

export interface ProviderOptions {
  readonly clientId: string;
  /** Makes the client a confidential one, which sends it in the HTTP Basic form. */
  readonly clientSecret?: string;
  /** Where clients find it, if that is not where it listens. */
  readonly url?: string;
}

/** An OpenID provider in this process. */
export interface ProviderService extends Service {
  readonly issuer: Issuer;
}

const LOGIN = '/login/';

/**
 * Starts a provider with one client and one account. Whoever comes is logged in as that account
 * and consents, so that a test drives the login by following redirects and keeping cookies.
 */
export async function startProvider(options: ProviderOptions): Promise<ProviderService> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${portOf(server)}`;
  const issuer: Issuer = {
    url: options.url ?? url,
    clientId: options.clientId,
    key: await makeIssuerKey(),
  };
  const provider: OpenIdProvider = new OpenIdProvider(issuer.url, {
    ...configuration(issuer, options),
    loadExistingGrant: (context: Context) => grant(provider, context),
  });
  provider.Client.prototype.redirectUriAllowed = isRedirectAllowed;
  provider.use((context, next) => next().then(() => showCode(context)));
  let log = '';
  for (const event of ['authorization.error', 'grant.error', 'server_error', 'error']) {
    provider.on(event, (_context, error) => {
      log += `${event}: ${String(error)}\n`;
    });
  }
  const handle = provider.callback();
  server.on('request', (request, response) => {
    if (request.url?.startsWith(LOGIN) === true) logIn(provider, request, response);
    else handle(request, response);
  });
  return {
    url,
    issuer,
    log: () => log,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function configuration(
  { key }: Issuer,
  { clientId, clientSecret }: ProviderOptions,
): Record<string, unknown> {
  const client = {
    client_id: clientId,
    application_type: 'native',
    redirect_uris: ['http://127.0.0.1/', 'http://localhost/'],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    ...(clientSecret === undefined
      ? { token_endpoint_auth_method: 'none' }
      : { token_endpoint_auth_method: 'client_secret_basic', client_secret: clientSecret }),
  };
  return {
    adapter: storeClass(),
    clients: [client],
    jwks: { keys: [key] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    // Fulcio reads the address from the identity token, not from the userinfo endpoint.
    conformIdTokenClaims: false,
    cookies: { keys: [randomUUID()] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_: unknown, { uid }: { readonly uid: string }) => `${LOGIN}${uid}` },
    ttl: {
      AccessToken: 600,
      AuthorizationCode: 60,
      Grant: 600,
      IdToken: 600,
      Interaction: 60,
      Session: 600,
    },
    findAccount: (_: unknown, accountId: string) => ({
      accountId,
      claims: () => ({ sub: accountId, email: accountId, email_verified: true }),
    }),
    renderError: (context: ResponseContext, out: unknown) => {
      context.body = JSON.stringify(out);
    },
  };
}

/** RFC 8252 §7.3: any port of loopback; here also any path. */
function isRedirectAllowed(uri: string): boolean {
  return uri === OUT_OF_BAND || /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?\//.test(uri);
}

function logIn(provider: OpenIdProvider, request: IncomingMessage, response: ServerResponse): void {
  provider
    .interactionFinished(request, response, { login: { accountId: EMAIL }, consent: {} })
    .catch((error: unknown) => {
      response.writeHead(400, { 'content-type': 'text/plain' }).end(String(error));
    });
}

/** Consent to all that is asked for. */
async function grant(provider: OpenIdProvider, { oidc }: Context): Promise<unknown> {
  const consent = new provider.Grant({
    accountId: oidc.session.accountId,
    clientId: oidc.client.clientId,
  });
  consent.addOIDCScope('openid email');
  await consent.save();
  return consent;
}

/** Answers with a page where a browser could not follow the redirect. */
function showCode(context: ResponseContext): void {
  const location = context.response.get('location');
  if (location?.startsWith(OUT_OF_BAND) !== true) return;
  const answer = new URL(location).searchParams;
  context.response.remove('location');
  context.status = 200;
  context.type = 'text/plain';
  context.body = answer.get('code') ?? `no code: ${answer.toString()}`;
}
