import { decodeJwt } from 'jose';
import { describe, expect, it, vi } from 'vitest';
import { type LoginFlow, type LoginOptions, login } from '../../src/identity/login.ts';
import { parseIdentityToken } from '../../src/identity/token.ts';
import { OmsError } from '../../src/index.ts';
import { expectHidden, failure, serve } from './helpers.ts';
import { browse, CLIENT_SECRET, EMAIL, startOpenId } from './openid.ts';

/** What a login is started with, and then tells: its address, and where the browser was sent. */
interface Seen {
  url: string;
  sentTo: string;
}

function unseen(): Seen {
  return { url: '', sentTo: '' };
}

function inBrowser(seen: Seen = unseen()): LoginFlow {
  return {
    kind: 'browser',
    open: async (url) => {
      seen.url = url;
      seen.sentTo = await browse(url);
      const { status } = await fetch(seen.sentTo);
      expect(status).toBe(200);
    },
  };
}

function byHand(seen: Seen = unseen()): LoginFlow {
  return {
    kind: 'out-of-band',
    ask: async (url) => {
      seen.url = url;
      seen.sentTo = await browse(url);
      return ` ${new URL(seen.sentTo).searchParams.get('code')}\n`;
    },
  };
}

function start(issuer: string, flow: LoginFlow, more: Partial<LoginOptions> = {}): Promise<string> {
  return login({ issuer, clientId: 'sigstore', flow, timeout: 10_000, ...more });
}

/** All that only this login knows, as far as it left the program. */
function secretsOf({ url, sentTo }: Seen): string[] {
  const names = ['state', 'nonce', 'code_challenge', 'code'];
  const queries = [url, sentTo].map((address) => URL.parse(address)?.searchParams);
  const values = queries.flatMap((query) => names.map((name) => query?.get(name)));
  return values.filter((value) => typeof value === 'string');
}

describe.each([
  ['browser', inBrowser],
  ['out-of-band', byHand],
])('a login by way of the %s', (kind, flowFor) => {
  it('gives a token that Fulcio can use', async () => {
    const { issuer } = await startOpenId();
    const seen = unseen();
    const raw = await start(issuer, flowFor(seen));
    expect(parseIdentityToken(raw, { audience: 'sigstore' })).toMatchObject({
      issuer,
      email: EMAIL,
      proofSubject: EMAIL,
    });
    expect(decodeJwt(raw)['nonce']).toBe(new URL(seen.url).searchParams.get('nonce'));
  });

  it('asks for what the public instance allows, with PKCE, state and nonce', async () => {
    const { issuer } = await startOpenId();
    const seen = unseen();
    await start(issuer, flowFor(seen));
    const { state, nonce, code_challenge, redirect_uri, ...rest } = Object.fromEntries(
      new URL(seen.url).searchParams,
    );
    expect(rest).toEqual({
      response_type: 'code',
      client_id: 'sigstore',
      scope: 'openid email',
      code_challenge_method: 'S256',
    });
    for (const random of [state, nonce, code_challenge]) expect(random).toMatch(/^[\w-]{43}$/);
    expect(new Set([state, nonce, code_challenge]).size).toBe(3);
    expect(redirect_uri).toMatch(
      kind === 'browser'
        ? /^http:\/\/localhost:\d+\/auth\/callback$/
        : /^urn:ietf:wg:oauth:2\.0:oob$/,
    );
  });

  it('is different each time', async () => {
    const { issuer } = await startOpenId();
    const seen = [unseen(), unseen()] as const;
    for (const one of seen) await start(issuer, flowFor(one));
    const [first, second] = seen.map((one) => new Set(secretsOf(one)));
    expect(first?.size).toBe(4);
    expect(first?.isDisjointFrom(second ?? new Set())).toBe(true);
  });

  it.each([
    ['client_secret_basic', /^Basic /],
    ['client_secret_post', /^no header$/],
  ])('proves who the client is by %s', async (clientId, header) => {
    const { issuer, tokenRequests } = await startOpenId(clientId);
    const raw = await start(issuer, flowFor(), { clientId, clientSecret: CLIENT_SECRET });
    expect(parseIdentityToken(raw, { audience: clientId }).email).toBe(EMAIL);
    expect(tokenRequests).toEqual([expect.stringMatching(header)]);
  });

  it('takes an empty client secret for none', async () => {
    const { issuer, tokenRequests } = await startOpenId();
    await start(issuer, flowFor(), { clientSecret: '' });
    expect(tokenRequests).toEqual(['no header']);
  });

  it('fails with a wrong client secret, and does not show it', async () => {
    const { issuer } = await startOpenId();
    const seen = unseen();
    const clientSecret = 'wrong-client-secret';
    const started = (): unknown =>
      start(issuer, flowFor(seen), { clientId: 'client_secret_basic', clientSecret });
    const error = await failure(started, 'LOGIN_FAILED', [clientSecret]);
    expectHidden(error, secretsOf(seen));
    expect(error.message).toBe('the identity provider refused this client: HTTP 401');
    expect(error.hint).toContain('client secret');
  });

  it('can be cancelled at each moment', async () => {
    const { issuer } = await startOpenId();
    const before = (): unknown => start(issuer, flowFor(), { signal: AbortSignal.abort() });
    await failure(before, 'ABORTED');

    const silent = await serve(() => {});
    const end = new AbortController();
    setTimeout(() => end.abort(), 50);
    const meanwhile = (): unknown => start(silent, flowFor(), { signal: end.signal });
    await failure(meanwhile, 'ABORTED');
  });
});

describe('the browser during a login', () => {
  it('is told when nobody waits for it any more', async () => {
    const { issuer } = await startOpenId();
    let inner: AbortSignal | undefined;
    await start(issuer, {
      kind: 'browser',
      open: async (url, signal) => {
        inner = signal;
        await fetch(await browse(url));
        expect(signal.aborted).toBe(false);
      },
    });
    expect(inner?.aborted).toBe(true);
  });

  it('tells what the provider says when the person declines', async () => {
    const openId = await startOpenId();
    openId.person = 'declines';
    const seen = unseen();
    const error = await failure(() => start(openId.issuer, inBrowser(seen)), 'LOGIN_FAILED');
    expectHidden(error, secretsOf(seen));
    expect(error.message).toBe(
      'the identity provider refused the login: "access_denied": "The person said no"',
    );
    expect(error.hint).toContain('try again');
  });

  it('does not end when its port is knocked at by others', async () => {
    const { issuer } = await startOpenId();
    const raw = await start(issuer, {
      kind: 'browser',
      open: async (url) => {
        const home = new URL(url).searchParams.get('redirect_uri') ?? '';
        for (const query of ['?code=evil&state=guess', '?error=access_denied', '']) {
          expect((await fetch(`${home}${query}`)).status).toBe(400);
        }
        await fetch(await browse(url));
      },
    });
    expect(parseIdentityToken(raw, { audience: 'sigstore' }).email).toBe(EMAIL);
  });

  it('does not wait for the end of what opens the browser', async () => {
    const { issuer } = await startOpenId();
    const raw = await start(issuer, {
      kind: 'browser',
      open: (url) =>
        browse(url)
          .then(fetch)
          .then(() => new Promise<void>(() => {})),
    });
    expect(parseIdentityToken(raw, { audience: 'sigstore' }).email).toBe(EMAIL);
  });

  it('ends when the browser cannot be opened', async () => {
    const { issuer } = await startOpenId();
    const seen = unseen();
    const started = (): unknown =>
      start(issuer, {
        kind: 'browser',
        open: (url) => {
          seen.url = url;
          throw new Error(`cannot open ${url}`);
        },
      });
    const error = await failure(started, 'LOGIN_FAILED');
    expect(error.message).toContain('the user could not be asked: "cannot open');
    expect(secretsOf(seen)).toHaveLength(3);
    expectHidden(error, secretsOf(seen));
  });

  it.each([
    ['nobody comes', 200, 'LOGIN_FAILED'],
    ['it is cancelled', 10_000, 'ABORTED'],
  ] as const)('frees its port when %s', async (_, timeout, code) => {
    const { issuer } = await startOpenId();
    const end = new AbortController();
    let home = '';
    let inner: AbortSignal | undefined;
    const open = (url: string, signal: AbortSignal): void => {
      home = new URL(url).searchParams.get('redirect_uri') ?? '';
      inner = signal;
      if (code === 'ABORTED') end.abort();
    };
    const flow: LoginFlow = { kind: 'browser', open };
    const started = (): unknown => start(issuer, flow, { timeout, signal: end.signal });
    const error = await failure(started, code);
    if (code === 'LOGIN_FAILED') {
      expect(error.message).toBe('nobody has logged in: expected a login within 0.2 seconds');
    }
    expect(inner?.aborted).toBe(true);
    await vi.waitFor(() => expect(fetch(home)).rejects.toThrow('fetch failed'));
  });

  it('frees its port when it has ended well', async () => {
    const { issuer } = await startOpenId();
    const seen = unseen();
    await start(issuer, inBrowser(seen));
    const home = new URL(seen.url).searchParams.get('redirect_uri') ?? '';
    await expect(fetch(home)).rejects.toThrow('fetch failed');
  });
});

describe('the person who carries a code', () => {
  it.each(['', ' \n'])('is not done with the code %o', async (code) => {
    const { issuer } = await startOpenId();
    const flow: LoginFlow = { kind: 'out-of-band', ask: () => Promise.resolve(code) };
    const error = await failure(() => start(issuer, flow), 'LOGIN_FAILED');
    expect(error.message).toBe('no code was entered');
  });

  it('fails with a wrong code, and does not show it', async () => {
    const { issuer } = await startOpenId();
    const code = 'mistyped-code';
    const flow: LoginFlow = { kind: 'out-of-band', ask: () => Promise.resolve(code) };
    const error = await failure(() => start(issuer, flow), 'LOGIN_FAILED', [code]);
    expect(error.message).toContain('the identity provider refused the login: "invalid_grant"');
  });

  it('fails with the code of another login', async () => {
    const { issuer } = await startOpenId();
    let stolen = '';
    const ask = async (url: string): Promise<string> => {
      const other = new URL(url);
      other.searchParams.set('code_challenge', 'x'.repeat(43));
      stolen = new URL(await browse(other.href)).searchParams.get('code') ?? '';
      return stolen;
    };
    const started = (): unknown => start(issuer, { kind: 'out-of-band', ask });
    const error = await failure(started, 'LOGIN_FAILED');
    expect(error.message).toContain('"invalid_grant"');
    expect(stolen).toMatch(/./);
    expectHidden(error, [stolen]);
  });

  it('passes on what the caller throws, and hides what it quotes', async () => {
    const { issuer } = await startOpenId();
    const ours = new OmsError('ABORTED', 'no terminal any more');
    const own: LoginFlow = { kind: 'out-of-band', ask: () => Promise.reject(ours) };
    await expect(start(issuer, own)).rejects.toBe(ours);

    const seen = unseen();
    const ask = (url: string): Promise<string> => {
      seen.url = url;
      return Promise.reject(new Error(`no terminal for ${url}`));
    };
    const started = (): unknown => start(issuer, { kind: 'out-of-band', ask });
    const error = await failure(started, 'LOGIN_FAILED');
    expect(error.message).toContain('the user could not be asked: "no terminal for');
    expect(secretsOf(seen)).toHaveLength(3);
    expectHidden(error, secretsOf(seen));
  });

  it('leaves nothing on the signal', async () => {
    const { issuer } = await startOpenId();
    const { signal } = new AbortController();
    let count = 0;
    signal.addEventListener = () => void count++;
    signal.removeEventListener = () => void count--;
    await start(issuer, byHand(), { signal });
    expect(count).toBe(0);
  });

  it('may take all the time there is', async () => {
    const { issuer } = await startOpenId();
    const raw = await start(issuer, byHand(), { timeout: 2 ** 40 });
    expect(parseIdentityToken(raw, { audience: 'sigstore' }).email).toBe(EMAIL);
  });

  it('lets go of its prompt when time is up', async () => {
    const { issuer } = await startOpenId();
    let inner: AbortSignal | undefined;
    const ask = (_: string, signal: AbortSignal): Promise<string> => {
      inner = signal;
      return new Promise(() => {});
    };
    const started = (): unknown => start(issuer, { kind: 'out-of-band', ask }, { timeout: 100 });
    await failure(started, 'LOGIN_FAILED');
    expect(inner?.aborted).toBe(true);
  });
});
