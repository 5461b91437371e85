import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { githubActions } from '../../src/identity/github.ts';
import type { Environment } from '../../src/identity/source.ts';
import type { OmsError } from '../../src/index.ts';
import { failure, makeToken, serve } from './helpers.ts';

const REQUEST_TOKEN = 'request-token-5u8v';
const TOKEN = makeToken({ jti: 'unique' });
const HINT = 'permissions: id-token: write';

function find(env: Environment): Promise<unknown> {
  const all = { GITHUB_ACTIONS: 'true', ACTIONS_ID_TOKEN_REQUEST_TOKEN: REQUEST_TOKEN, ...env };
  return githubActions.find({ env: all, audience: 'my audience', timeout: 1_000, pauses: [1, 1] });
}

async function refused(env: Environment): Promise<OmsError> {
  const error = await failure(() => find(env), 'TOKEN_UNUSABLE', [REQUEST_TOKEN, TOKEN, 'hidden']);
  expect(error.summary).toBe('no identity token from GitHub Actions');
  expect(error.cause).toBeUndefined();
  return error;
}

async function refusedAnswer(handler: RequestListener): Promise<OmsError> {
  const url = await serve(handler);
  return refused({ ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/hidden?hidden=hidden` });
}

describe('a job of GitHub Actions', () => {
  it('asks the runner for a token for the audience', async () => {
    const asked: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      asked.push(request.method, request.url, request.headers.authorization);
      response.end(JSON.stringify({ count: 1, value: TOKEN }));
    });
    const address = `${url}/idtoken/1?api-version=2.0&audience=other`;
    expect(await find({ ACTIONS_ID_TOKEN_REQUEST_URL: address })).toBe(TOKEN);
    const path = '/idtoken/1?api-version=2.0&audience=my+audience';
    expect(asked).toEqual(['GET', path, `Bearer ${REQUEST_TOKEN}`]);
  });

  it('gets its token from a server that stumbles', async () => {
    let count = 0;
    const url = await serve((_, response) => {
      response.writeHead(++count < 3 ? 500 : 200).end(JSON.stringify({ value: TOKEN }));
    });
    expect(await find({ ACTIONS_ID_TOKEN_REQUEST_URL: url })).toBe(TOKEN);
    expect(count).toBe(3);
  });

  it.each([
    ['address', { ACTIONS_ID_TOKEN_REQUEST_URL: undefined }],
    ['address (empty)', { ACTIONS_ID_TOKEN_REQUEST_URL: '' }],
    [
      'token',
      {
        ACTIONS_ID_TOKEN_REQUEST_URL: 'https://hidden.example',
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: undefined,
      },
    ],
  ])('without permission has no %s, and is told how to get it', async (_, env) => {
    const error = await refused(env);
    expect(error.found).toBe('the job may not ask for one');
    expect(error.hint).toContain(HINT);
  });

  it.each(['http://hidden.example/', 'hidden', 'file:///hidden', 'https://a:hidden@b.example'])(
    'does not send its request token to %s',
    async (address) => {
      const error = await refused({ ACTIONS_ID_TOKEN_REQUEST_URL: address });
      expect(error.found).toBe('ACTIONS_ID_TOKEN_REQUEST_URL is not an https URL');
    },
  );

  it('does not send its request token on to another server', async () => {
    let calls = 0;
    const other = await serve((_, response) => {
      calls++;
      response.end(JSON.stringify({ value: TOKEN }));
    });
    const error = await refusedAnswer((_, response) => {
      response.writeHead(307, { location: other }).end();
    });
    expect(error.found).toBe('it answered HTTP 307');
    expect(calls).toBe(0);
  });

  it.each([401, 403, 404, 500, 503])('says when the answer is HTTP %d', async (status) => {
    const error = await refusedAnswer((request, response) => {
      const echo = `${request.headers.authorization} ${request.url}`;
      response.writeHead(status).end(JSON.stringify({ value: TOKEN, message: echo }));
    });
    expect(error.found).toBe(`it answered HTTP ${status}`);
  });

  it.each([
    ['no JSON', TOKEN],
    ['no token', '{"values":"hidden"}'],
    ['an empty one', '{"value":""}'],
    ['a number', '{"value":17}'],
    ['something else than a token', '{"value":"hidden"}'],
    ['two', `{"value":"${TOKEN}","value":"${TOKEN}"}`],
    ['a list', `["${TOKEN}"]`],
  ])('says when the answer holds %s', async (_, body) => {
    const error = await refusedAnswer((__, response) => void response.end(body));
    expect(error.found).toBe('its answer is not a token');
  });

  it('says when the answer is too long', async () => {
    const error = await refusedAnswer((_, response) => {
      response.end(JSON.stringify({ value: TOKEN, pad: 'x'.repeat(64 * 1024) }));
    });
    expect(error.found).toBe('it answered with more than 65536 bytes');
  });

  it('says when the answer does not come', async () => {
    expect((await refusedAnswer(() => {})).found).toBe('it did not answer within 1 second');
  });

  it('says when nobody is there', async () => {
    const error = await refused({ ACTIONS_ID_TOKEN_REQUEST_URL: 'https://127.0.0.1:1/hidden' });
    expect(error.found).toMatch(/^the connection failed/);
  });

  it('does not show a request token that cannot be sent', async () => {
    const url = await serve((_, response) => void response.end());
    const error = await refused({
      ACTIONS_ID_TOKEN_REQUEST_URL: url,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: `${REQUEST_TOKEN}\r\n${REQUEST_TOKEN}`,
    });
    expect(error.found).toBe('the connection failed');
  });
});
