import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { type LoginFlow, type LoginOptions, login } from '../../src/identity/login.ts';
import type { OmsError } from '../../src/index.ts';
import { expectHidden, failure, inSeconds, makeToken, serve } from './helpers.ts';

const CODE = 'one-time-code-6b2e';
const CLIENT_SECRET = 'client-secret-8d1';
const ACCESS_TOKEN = 'access-token-0c4d';
const METADATA = '/.well-known/openid-configuration';

/** One login with a provider that does what a test wants. */
interface Scene {
  issuer: string;
  nonce: string;
  /** The bodies that came to the token endpoint. */
  readonly posts: string[];
  /** The token that the provider gave, if it came to that. */
  token: string;
}

interface Script {
  /** Over the usual metadata; `undefined` takes a member away. */
  readonly metadata?: (scene: Scene) => object;
  /** In place of the metadata. */
  readonly discovery?: RequestListener;
  readonly claims?: (scene: Scene) => object;
  readonly header?: object;
  /** Over the usual members of the answer. */
  readonly answer?: object;
  /** In place of the answer of the token endpoint. */
  readonly exchange?: (
    request: IncomingMessage,
    response: ServerResponse,
    scene: Scene,
    posted: string,
  ) => void;
  readonly login?: Partial<LoginOptions>;
}

const carryCode: (scene: Scene) => LoginFlow = (scene) => ({
  kind: 'out-of-band',
  ask: async (url) => {
    scene.nonce = new URL(url).searchParams.get('nonce') ?? '';
    return CODE;
  },
});

async function start(script: Script, flowFor = carryCode): Promise<[Scene, () => Promise<string>]> {
  const scene: Scene = { issuer: '', nonce: '', posts: [], token: '' };
  scene.issuer = await serve(async (request, response) => {
    if (request.url === METADATA) {
      if (script.discovery !== undefined) return script.discovery(request, response);
      const { issuer } = scene;
      const endpoints = {
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
      };
      return answerJson(response, { issuer, ...endpoints, ...script.metadata?.(scene) });
    }
    const posted = (await request.toArray()).join('');
    scene.posts.push(posted);
    if (script.exchange !== undefined) return script.exchange(request, response, scene, posted);
    const usual = { iss: scene.issuer, nonce: scene.nonce, ...script.claims?.(scene) };
    scene.token = makeToken(usual, script.header);
    const answer = { access_token: ACCESS_TOKEN, token_type: 'bearer', id_token: scene.token };
    answerJson(response, { ...answer, ...script.answer });
  });
  const options = {
    issuer: scene.issuer,
    clientId: 'sigstore',
    clientSecret: CLIENT_SECRET,
    timeout: 10_000,
    requestTimeout: 1_000,
    flow: flowFor(scene),
    ...script.login,
  };
  return [scene, () => login(options)];
}

function answerJson(response: ServerResponse, value: unknown, status = 200): void {
  const headers = { 'content-type': 'application/json' };
  response.writeHead(status, headers).end(JSON.stringify(value));
}

/** The error of a login. It holds nothing of what only the two ends may know. */
async function failed(script: Script, flowFor = carryCode): Promise<[OmsError, Scene]> {
  const [scene, run] = await start(script, flowFor);
  const error = await failure(run, 'LOGIN_FAILED', [CODE, CLIENT_SECRET, ACCESS_TOKEN]);
  expect(error.cause).toBeUndefined();
  expect(error.hint).toBeDefined();
  const posted = scene.posts.map((post) => new URLSearchParams(post).get('code_verifier') ?? '');
  expectHidden(error, [scene.nonce, scene.token, ...posted]);
  return [error, scene];
}

describe('a provider that does as it should', () => {
  it('ends the login with its token', async () => {
    const [scene, run] = await start({});
    expect(await run()).toBe(scene.token);
    const { code, code_verifier, ...rest } = Object.fromEntries(
      new URLSearchParams(scene.posts[0]),
    );
    expect(code).toBe(CODE);
    expect(code_verifier).toMatch(/^[\w-]{43}$/);
    expect(rest).toEqual({
      grant_type: 'authorization_code',
      redirect_uri: 'urn:ietf:wg:oauth:2.0:oob',
    });
  });

  it('may keep the query of its own address', async () => {
    let asked = '';
    const metadata = ({ issuer }: Scene): object => ({
      authorization_endpoint: `${issuer}/authorize?tenant=a&state=b`,
    });
    const [, run] = await start({ metadata }, (scene) => ({
      kind: 'out-of-band',
      ask: async (url) => {
        asked = url;
        scene.nonce = new URL(url).searchParams.get('nonce') ?? '';
        return CODE;
      },
    }));
    await run();
    const query = new URL(asked).searchParams;
    expect(query.get('tenant')).toBe('a');
    expect(query.getAll('state')).toEqual([expect.stringMatching(/^[\w-]{43}$/)]);
  });

  it('may say who it is in its redirects', async () => {
    const metadata = (): object => ({ authorization_response_iss_parameter_supported: true });
    const [scene, run] = await start({ metadata });
    expect(await run()).toBe(scene.token);
  });
});

describe('the name of a provider', () => {
  it.each([
    ['', '""'],
    ['issuer.example.com', '"issuer.example.com"'],
    ['http://issuer.example.com', '"http://issuer.example.com"'],
    ['https://issuer.example.com/?a=b', '"https://issuer.example.com/?a=b"'],
    ['https://issuer.example.com/#a', '"https://issuer.example.com/#a"'],
    ['https://me:opensesame@issuer.example.com', 'a URL with a user name or password'],
  ])('is not %o', async (issuer, found) => {
    const [error] = await failed({ login: { issuer } });
    expect(error.expected).toContain('an https URL without user name and query');
    expect(error.found).toBe(found);
  });

  it('is the one it gives itself, to the letter', async () => {
    const [error, scene] = await failed({ metadata: ({ issuer }) => ({ issuer: `${issuer}/` }) });
    expect(error.message).toBe(
      `the identity provider goes by another name: expected "${scene.issuer}", found "${scene.issuer}/"`,
    );
  });

  it.each(['https://other.example.com', '', 5, undefined, 'not a URL'])(
    'is not given as %o',
    async (issuer) => {
      const [error] = await failed({ metadata: () => ({ issuer }) });
      expect(error.summary).toContain('does not answer as an OpenID provider does');
    },
  );
});

/** Answers that are none, from either endpoint. */
const NONSENSE: readonly (readonly [string, string, RequestListener])[] = [
  ['HTTP 404', 'HTTP 404', (_, response) => void response.writeHead(404).end('gone')],
  ['HTTP 500', 'HTTP 500', (_, response) => void response.writeHead(500).end()],
  ['HTTP 204', 'HTTP 204', (_, response) => void response.writeHead(204).end()],
  [
    'a redirect',
    'HTTP 307',
    (request, response) => void response.writeHead(307, { location: `/again${request.url}` }).end(),
  ],
  ['nothing', '"\\"response\\" content-type must be', (_, response) => void response.end()],
  [
    'a page',
    'content-type must be',
    (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
  ],
  [
    'no JSON',
    'failed to parse',
    (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(`{"${CODE}`);
    },
  ],
  ['a list', 'must be a top level object', (_, response) => answerJson(response, [CODE])],
  [
    'too much',
    'it answered with more than 65536 bytes',
    (_, response) => answerJson(response, { pad: 'x'.repeat(65_536) }),
  ],
  ['nothing in time', 'it did not answer within 1 second', () => {}],
  [
    'half of it',
    'the connection was cut',
    (_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{"issuer"');
      setTimeout(() => response.destroy(), 20);
    },
  ],
];

describe('a provider that answers nonsense', () => {
  it.each(NONSENSE)('when it is asked who it is: %s', async (_, found, discovery) => {
    const [error, scene] = await failed({ discovery });
    expect(error.found).toContain(found.replaceAll('\\', ''));
    expect(error.summary).toContain(scene.issuer);
    expect(scene.posts).toEqual([]);
  });

  it.each(NONSENSE)('when it shall give a token: %s', async (_, found, exchange) => {
    const [error, scene] = await failed({ exchange });
    expect(error.found).toContain(found.replaceAll('\\', ''));
    expect(scene.posts).toHaveLength(1);
  });

  it('by not being there', async () => {
    const [error] = await failed({ login: { issuer: 'http://127.0.0.1:1' } });
    expect(error.message).toMatch(
      /^no answer from the identity provider at "http:\/\/127.0.0.1:1": the connection failed/,
    );
  });
});

describe('the addresses of a provider', () => {
  it.each([undefined, '', 7, 'authorize', 'javascript:alert(1)', 'http://other.example/login'])(
    'for the login are not %o',
    async (authorization_endpoint) => {
      const [error] = await failed({ metadata: () => ({ authorization_endpoint }) });
      expect(error.expected).toBe('an https URL as authorization_endpoint');
    },
  );

  it.each([undefined, '', 7, 'token', 'file:///etc/passwd'])(
    'for the token are not %o',
    async (token_endpoint) => {
      const [error, scene] = await failed({ metadata: () => ({ token_endpoint }) });
      expect(error.summary).toBe('the identity provider gave no usable token');
      expect(scene.posts).toEqual([]);
    },
  );

  it.each(['http://other.example/token', 'https://me:pw@other.example/token'])(
    'for the token are safe, which %s is not',
    async (token_endpoint) => {
      const [error] = await failed({ metadata: () => ({ token_endpoint }) });
      expect(error.summary).toContain('wants secrets sent to an unsafe address');
      expect(error.message).not.toContain('pw');
    },
  );
});

describe('the token of a provider', () => {
  it.each([
    ['another nonce', { nonce: 'other' }, 'nonce'],
    ['no nonce', { nonce: undefined }, 'nonce'],
    ['a nonce that is a list', { nonce: ['other'] }, 'nonce'],
    ['another issuer', { iss: 'https://other.example' }, 'iss'],
    ['no issuer', { iss: undefined }, 'iss'],
    ['another audience', { aud: 'other' }, 'aud'],
    ['no audience', { aud: undefined }, 'aud'],
    ['more audiences', { aud: ['sigstore', 'other'] }, 'aud'],
    ['more audiences, for another party', { aud: ['sigstore', 'x'], azp: 'x' }, 'azp'],
    ['no subject', { sub: undefined }, 'sub'],
    ['no end', { exp: undefined }, 'exp'],
    ['an end that is over', { exp: inSeconds(-90) }, 'exp'],
    ['no beginning', { iat: undefined }, 'iat'],
    ['a beginning far from now', { nbf: inSeconds(200) }, 'nbf'],
  ])('does not have %s', async (_, claims, name) => {
    const [error] = await failed({ claims: () => claims });
    expect(error.summary).toBe('the identity provider gave no usable token');
    expect(error.found).toContain(`"${name}"`);
  });

  it.each([{ nbf: inSeconds(40) }, { exp: inSeconds(-40) }])(
    'may be a little off: %o',
    async (claims) => {
      const [scene, run] = await start({ claims: () => claims });
      expect(await run()).toBe(scene.token);
    },
  );

  it.each([{ alg: 'none' }, { alg: 'HS256' }, { alg: 'ES256' }, {}])(
    'is not signed as %o when the provider says RS256',
    async (header) => {
      const metadata = (): object => ({ id_token_signing_alg_values_supported: ['RS256'] });
      const [error] = await failed({ header, metadata });
      expect(error.found).toContain('"alg"');
    },
  );

  it.each([
    ['is missing', { id_token: undefined }, '"id_token" property must be a string'],
    ['is empty', { id_token: '' }, '"id_token" property must not be empty'],
    ['is not one', { id_token: ACCESS_TOKEN }, 'Invalid JWT'],
    ['is not text', { id_token: { raw: ACCESS_TOKEN } }, '"id_token" property must be a string'],
    ['is encrypted', { id_token: 'a.b.c.d.e' }, 'JWE decryption is not configured'],
    [
      'has parts that are not JSON',
      { id_token: `${ACCESS_TOKEN}.${ACCESS_TOKEN}.x` },
      'JWT Header',
    ],
    ['comes without an access token', { access_token: undefined }, '"access_token" property'],
    ['comes with a token of an unknown type', { token_type: ACCESS_TOKEN }, '`token_type`'],
  ])('is refused when it %s', async (_, answer, found) => {
    const [error] = await failed({ answer });
    expect(error.summary).toBe('the identity provider gave no usable token');
    expect(error.found).toContain(found);
  });
});

describe('a provider that says no', () => {
  it('is quoted, without what it repeats', async () => {
    const [error] = await failed({
      exchange: (request, response, scene, posted) => {
        const told = `${request.headers.authorization} ${posted} ${scene.nonce} ${CODE}`;
        const answer = { error: 'invalid_grant', error_description: `The code is bad: ${told}` };
        answerJson(response, answer, 400);
      },
    });
    expect(error.message).toContain(
      'the identity provider refused the login: "invalid_grant": "The code is bad: Basic …',
    );
  });

  it.each([7, null, ['x'], { text: 'x' }])('may give no reason but %o', async (reason) => {
    const [error] = await failed({
      exchange: (_, response) => {
        answerJson(response, { error: 'invalid_grant', error_description: reason }, 400);
      },
    });
    expect(error.found).toBe('"invalid_grant"');
  });

  it('cannot write on the terminal', async () => {
    const [error] = await failed({
      exchange: (_, response) => answerJson(response, { error: '\u001b[2J\nevil' }, 400),
    });
    expect(error.message).toContain('"\\x1b[2J\\x0aevil"');
  });
});

/** A browser that brings these words home, with the state that it was sent out with. */
function bringHome(
  words: Readonly<Record<string, string>>,
  more = '',
): (scene: Scene) => LoginFlow {
  return (scene) => ({
    kind: 'browser',
    open: async (url) => {
      const { searchParams } = new URL(url);
      scene.nonce = searchParams.get('nonce') ?? '';
      const state = searchParams.get('state') ?? '';
      const query = new URLSearchParams({ state, ...words });
      await fetch(`${searchParams.get('redirect_uri')}?${query.toString()}${more}`);
    },
  });
}

describe('the redirect of a provider', () => {
  it('brings the code', async () => {
    const [scene, run] = await start({}, bringHome({ code: CODE }));
    expect(await run()).toBe(scene.token);
  });

  it.each([
    ['no code', {}, '', 'no authorization code'],
    ['an empty code', { code: '' }, '', 'no authorization code'],
    ['two codes', { code: CODE }, '&code=other', 'must be provided only once'],
    ['a token in place of a code', { id_token: ACCESS_TOKEN }, '', 'implicit and hybrid flows'],
    ['another issuer', { code: CODE, iss: 'https://other.example' }, '', '"iss"'],
  ])('does not bring %s', async (_, words, more, found) => {
    const [error, scene] = await failed({}, bringHome(words, more));
    expect(error.summary).toBe('the identity provider gave no usable token');
    expect(error.found).toContain(found);
    expect(scene.posts).toEqual([]);
  });

  it('names the issuer when the provider has said that it would', async () => {
    const metadata = (): object => ({ authorization_response_iss_parameter_supported: true });
    const [error, scene] = await failed({ metadata }, bringHome({ code: CODE }));
    expect(error.found).toContain('"iss"');
    expect(scene.posts).toEqual([]);
  });

  it('may bring an error, which is quoted without secrets', async () => {
    const words = {
      error: 'server_error',
      error_description: `No use for ${CLIENT_SECRET}`,
      code: CODE,
    };
    const [error, scene] = await failed({}, bringHome(words));
    expect(error.message).toBe(
      'the identity provider refused the login: "server_error": "No use for …"',
    );
    expect(scene.posts).toEqual([]);
  });
});
