import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type RequestOptions } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Callback, openCallback } from '../../src/identity/callback.ts';
import { refusal } from '../helpers/refusal.ts';

const STATE = 'state-5c1f';
const HAS_IPV6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

interface Reply {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

async function open(): Promise<{
  callback: Callback;
  port: number;
  settled: () => Promise<boolean>;
}> {
  const callback = await openCallback(STATE);
  onTestFinished(() => callback.close());
  const port = Number(new URL(callback.redirectUri).port);
  return {
    callback,
    port,
    settled: () => Promise.race([callback.answer.then(() => true), pause(20, false)]),
  };
}

async function ask(port: number, path: string, more: RequestOptions = {}): Promise<Reply> {
  const options = { host: '127.0.0.1', port, path, headers: { host: `localhost:${port}` } };
  const request: ClientRequest = httpRequest({ ...options, ...more });
  request.end();
  const [response] = await once(request, 'response');
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

const GOOD = `/auth/callback?code=abc&state=${STATE}`;

describe('the way back from the browser', () => {
  it('is the address that public clients have registered, with a free port', async () => {
    const { callback } = await open();
    expect(callback.redirectUri).toMatch(/^http:\/\/localhost:\d+\/auth\/callback$/);
  });

  it('takes the answer that knows the state', async () => {
    const { callback, port } = await open();
    const reply = await ask(port, `${GOOD}&iss=https%3A%2F%2Fa.example`);
    expect(reply.status).toBe(200);
    expect(reply.body).toContain('Logged in');
    expect(Object.fromEntries(await callback.answer)).toEqual({
      code: 'abc',
      state: STATE,
      iss: 'https://a.example',
    });
  });

  it('takes an error that knows the state, and does not tell the browser of success', async () => {
    const { callback, port } = await open();
    const reply = await ask(port, `/auth/callback?error=access_denied&state=${STATE}`);
    expect(reply.body).toContain('did not succeed');
    expect((await callback.answer).get('error')).toBe('access_denied');
  });

  it.runIf(HAS_IPV6)('is open under both addresses of "localhost"', async () => {
    const { callback, port } = await open();
    expect((await ask(port, '/', { host: '::1' })).status).toBe(404);
    expect((await ask(port, '/')).status).toBe(404);
    expect((await ask(port, GOOD, { host: '::1' })).status).toBe(200);
    expect((await callback.answer).get('code')).toBe('abc');
  });

  it('is not open to other machines', async () => {
    const { port } = await open();
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
      .map(({ address }) => address);
    // On Linux the whole of 127.0.0.0/8 is this machine.
    for (const address of process.platform === 'linux' ? [...others, '127.0.0.2'] : others) {
      const [error] = await once(connect(port, address), 'error');
      expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    }
  });

  it('sends a page that keeps to itself', async () => {
    const { port } = await open();
    const { headers, body } = await ask(port, GOOD);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      connection: 'close',
    });
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(body).not.toMatch(/https?:|src=|href=|<script|<style/);
    expect(body).not.toContain(STATE);
  });

  it('is closed at once when it is not needed any more', async () => {
    const { callback, port } = await open();
    callback.close();
    const [error] = await once(connect(port, '127.0.0.1'), 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('lets go of connections that say nothing', async () => {
    const { callback, port } = await open();
    const silent = connect(port, '127.0.0.1');
    await once(silent, 'connect');
    const halfway = connect(port, '127.0.0.1');
    halfway.write('GET /auth');
    await pause(50);
    callback.close();
    silent.resume();
    halfway.on('error', () => {}).resume();
    await Promise.all([once(silent, 'close'), once(halfway, 'close')]);
  });
});

describe('a hostile page', () => {
  it.each([
    ['another state', 400, '/auth/callback?code=abc&state=other'],
    ['no state', 400, '/auth/callback?code=abc'],
    ['an empty state', 400, '/auth/callback?code=abc&state='],
    ['two states', 400, `${GOOD}&state=${STATE}`],
    ['the state in the path', 404, `/auth/callback/${STATE}`],
    ['the state after a #', 400, `/auth/callback?code=abc#state=${STATE}`],
    ['an error without the state', 400, '/auth/callback?error=access_denied'],
    ['an error with another state', 400, '/auth/callback?error=access_denied&state=other'],
    ['another path', 404, `/?code=abc&state=${STATE}`],
    ['a path like it', 404, `/auth/callback/?code=abc&state=${STATE}`],
    ['a path in other letters', 404, `/auth/Callback?code=abc&state=${STATE}`],
    ['a path that leads to it', 404, `/x/../auth/callback?code=abc&state=${STATE}`],
    ['two slashes', 404, `//auth/callback?code=abc&state=${STATE}`],
    ['an absolute address', 404, `http://localhost${GOOD}`],
  ])('cannot end the login with %s', async (_, status, path) => {
    const { port, settled, callback } = await open();
    expect((await ask(port, path)).status).toBe(status);
    expect(await settled()).toBe(false);
    expect((await ask(port, GOOD)).status).toBe(200);
    expect((await callback.answer).get('code')).toBe('abc');
  });

  it.each(['POST', 'HEAD', 'PUT', 'OPTIONS', 'DELETE'])(
    'cannot end the login with %s',
    async (method) => {
      const { port, settled } = await open();
      expect((await ask(port, GOOD, { method })).status).toBe(405);
      expect(await settled()).toBe(false);
    },
  );

  it.each([
    (port: number) => `evil.example:${port}`,
    (port: number) => `127.0.0.1:${port}`,
    () => 'localhost',
    (port: number) => `localhost:${port}.evil.example`,
  ])('cannot end the login under another name: %s', async (nameFor) => {
    const { port, settled } = await open();
    expect((await ask(port, GOOD, { headers: { host: nameFor(port) } })).status).toBe(403);
    expect(await settled()).toBe(false);
  });

  it('cannot change an answer that is there', async () => {
    const { port, callback } = await open();
    const [first, second] = await Promise.all([
      ask(port, GOOD),
      ask(port, `/auth/callback?code=second&state=${STATE}`),
    ]);
    expect([first.status, second.status]).toEqual([200, 410]);
    expect((await callback.answer).get('code')).toBe('abc');
  });

  it('cannot send more than a little', async () => {
    const { port, settled } = await open();
    expect((await ask(port, `${GOOD}&x=${'x'.repeat(20_000)}`)).status).toBe(431);
    expect(await settled()).toBe(false);
  });

  it('cannot hold up the login with an upgrade, or with words that are not HTTP', async () => {
    const { port, callback } = await open();
    const upgrade = { host: `localhost:${port}`, connection: 'upgrade', upgrade: 'websocket' };
    expect((await ask(port, '/socket', { headers: upgrade })).status).toBe(404);
    const socket = connect(port, '127.0.0.1');
    socket.end('SSH-2.0-x\r\n\r\n');
    await once(socket.resume(), 'close');
    await ask(port, GOOD);
    expect((await callback.answer).get('code')).toBe('abc');
  });

  it('gets no more than a number of connections', async () => {
    const { port } = await open();
    const sockets = Array.from({ length: 80 }, () => connect(port, '127.0.0.1'));
    let closed = 0;
    for (const socket of sockets) socket.on('error', () => {}).on('close', () => closed++);
    await vi.waitFor(() => expect(closed).toBe(80 - 64));
    await pause(100);
    expect(closed).toBe(80 - 64);
    for (const socket of sockets) socket.destroy();
  });
});

describe('a machine', () => {
  it('may have no IPv6', async () => {
    // An address for documentation (RFC 5737), which no machine has.
    const callback = await openCallback(STATE, ['127.0.0.1', '203.0.113.1']);
    onTestFinished(() => callback.close());
    const { port } = new URL(callback.redirectUri);
    expect((await ask(Number(port), GOOD)).status).toBe(200);
  });

  it('may have each port taken under one of its addresses, and then none will do', async () => {
    const opened = (): unknown => openCallback(STATE, ['127.0.0.1', '127.0.0.1']);
    const error = await refusal(opened, 'LOGIN_FAILED');
    expect(error.message).toContain(
      'expected a free port on this machine, found none (EADDRINUSE)',
    );
    expect(error.hint).toContain('out-of-band');
  });

  it('may have no address at all', async () => {
    const error = await refusal(() => openCallback(STATE, ['203.0.113.1']), 'LOGIN_FAILED');
    expect(error.found).toBe('none (EADDRNOTAVAIL)');
  });
});
