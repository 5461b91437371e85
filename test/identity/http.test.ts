import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Call, call, callPatiently, memberOf } from '../../src/network/http.ts';
import { OmsError } from '../../src/index.ts';
import { refusal } from '../helpers/refusal.ts';
import { serve } from './helpers.ts';

const LIMIT = 64 * 1024;

function to(address: string, more: Partial<Call> = {}): Call {
  return { url: new URL(address), timeout: 5_000, ...more };
}

/** A server that answers with these statuses in turn, the last again and again. */
async function serveInTurn(
  statuses: readonly number[],
): Promise<{ url: string; calls: () => number }> {
  let count = 0;
  const url = await serve((_, response) => {
    const status = statuses[Math.min(count++, statuses.length - 1)] ?? 200;
    response.writeHead(status).end(`answer ${count}`);
  });
  return { url, calls: () => count };
}

describe('a call to a server', () => {
  it('sends method, headers and body, and brings back status, headers and body', async () => {
    const url = await serve(async (request, response) => {
      const body = (await request.toArray()).join('');
      const said = [request.method, request.url, request.headers['x-word'], body];
      response.writeHead(201, { 'x-back': 'there' }).end(said.join(' '));
    });
    const request = to(`${url}/a?b=c`, {
      method: 'POST',
      headers: { 'x-word': 'w' },
      body: 'hello',
    });
    const answer = await call(request);
    if ('failed' in answer) expect.fail(answer.failed);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('x-back')).toBe('there');
    expect(Buffer.from(answer.bytes).toString()).toBe('POST /a?b=c w hello');
  });

  it('follows no redirect', async () => {
    let calls = 0;
    const url = await serve((request, response) => {
      calls++;
      if (request.url === '/there') response.end('secret');
      else response.writeHead(302, { location: '/there' }).end();
    });
    expect(await call(to(url))).toMatchObject({ status: 302 });
    expect(calls).toBe(1);
  });

  it('takes an answer of the limit, and none beyond it', async () => {
    const url = await serve((request, response) => {
      response.end(Buffer.alloc(LIMIT + (request.url === '/more' ? 1 : 0)));
    });
    const answer = await call(to(url));
    expect('bytes' in answer && answer.bytes.length).toBe(LIMIT);
    expect(await call(to(`${url}/more`))).toEqual({
      failed: 'it answered with more than 65536 bytes',
      isPassing: false,
    });
  });

  it('does not read on after too much', async () => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const url = await serve((_, response) => {
      const more = (): boolean => response.write(Buffer.alloc(LIMIT));
      response.on('drain', more).on('close', resolve);
      more();
    });
    expect(await call(to(url))).toMatchObject({ isPassing: false });
    await closed;
  });

  it.each([
    ['before the headers', false],
    ['between headers and end', true],
  ])('ends when the server is silent %s', async (_, hasBegun) => {
    const url = await serve((__, response) => {
      if (hasBegun) response.write('beginning');
    });
    expect(await call(to(url, { timeout: 100 }))).toEqual({
      failed: 'it did not answer within 0.1 seconds',
      isPassing: true,
    });
  });

  it('says how a connection failed, and nothing else', async () => {
    const cut = await serve((_, response) => {
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    });
    for (const address of ['http://127.0.0.1:1/secret-path', `${cut}/secret-path`]) {
      const answer = await call(to(address, { headers: { authorization: 'Bearer secret-token' } }));
      expect(answer).toMatchObject({ isPassing: true });
      expect(JSON.stringify(answer)).toMatch(/the connection (was cut|failed( \([A-Z_]+\))?)"/);
      expect(JSON.stringify(answer)).not.toContain('secret');
    }
  });

  it('does not repeat a header that cannot be sent', async () => {
    const answer = await call(to('http://127.0.0.1:1', { headers: { authorization: 'se\ncret' } }));
    expect(answer).toEqual({ failed: 'the connection failed', isPassing: true });
  });

  it('survives a server that speaks no HTTP', async () => {
    const server = createServer((socket) => socket.end('secret garbage\r\n\r\n'));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const answer = await call(to(`http://127.0.0.1:${port}`));
    expect(answer).toMatchObject({ isPassing: true });
    expect(JSON.stringify(answer)).not.toContain('secret');
  });

  it('is not made when its signal has fired', async () => {
    const { url, calls } = await serveInTurn([200]);
    await refusal(() => call(to(url, { signal: AbortSignal.abort() })), 'ABORTED');
    expect(calls()).toBe(0);
  });

  it('ends when its signal fires, with the reason if that is ours', async () => {
    const url = await serve(() => {});
    const ours = new OmsError('LOGIN_FAILED', 'too late');
    for (const [reason, code] of [
      [undefined, 'ABORTED'],
      [ours, 'LOGIN_FAILED'],
    ] as const) {
      const end = new AbortController();
      setTimeout(() => end.abort(reason), 50);
      await refusal(() => call(to(url, { signal: end.signal })), code);
    }
  });

  it('leaves nothing on the signal', async () => {
    const { url } = await serveInTurn([200]);
    const { signal } = new AbortController();
    let count = 0;
    signal.addEventListener = () => void count++;
    signal.removeEventListener = () => void count--;
    await call(to(url, { signal }));
    expect(count).toBe(0);
  });
});

describe('a patient call', () => {
  it.each([
    ['one failure', [500, 200], 2, 200],
    ['two failures', [503, 502, 200], 3, 200],
    ['three failures, and no more', [500, 500, 500, 200], 3, 500],
    ['success at once', [200, 500], 1, 200],
    ['a refusal', [403, 200], 1, 403],
    ['a redirect', [302, 200], 1, 302],
  ])('ends after %s', async (_, statuses, count, status) => {
    const { url, calls } = await serveInTurn(statuses);
    expect(await callPatiently(to(url), [1, 1])).toMatchObject({ status });
    expect(calls()).toBe(count);
  });

  it('tries again after silence and broken connections', async () => {
    let count = 0;
    const url = await serve((_, response) => {
      count++;
      if (count === 2) response.destroy();
      if (count === 3) response.end('well');
    });
    expect(await callPatiently(to(url, { timeout: 1_000 }), [1, 1])).toMatchObject({ status: 200 });
    expect(count).toBe(3);
  });

  it('does not ask again for too much', async () => {
    let count = 0;
    const url = await serve((_, response) => {
      count++;
      response.end(Buffer.alloc(LIMIT + 1));
    });
    expect(await callPatiently(to(url), [1, 1])).toMatchObject({ isPassing: false });
    expect(count).toBe(1);
  });

  it('can be cancelled while it waits', async () => {
    const { url } = await serveInTurn([500]);
    const end = new AbortController();
    const called = callPatiently(to(url, { signal: end.signal }), [60_000]);
    await pause(100);
    end.abort();
    await refusal(() => called, 'ABORTED');
  });
});

describe('a member of an answer', () => {
  function member(text: string): string | undefined {
    const bytes = new Uint8Array(Buffer.from(text));
    return memberOf({ status: 200, headers: new Headers(), bytes }, 'value');
  }

  it('is its text', () => {
    expect(member('{"count":1,"value":"text"}')).toBe('text');
  });

  it.each([
    '',
    'text',
    '"value"',
    '[]',
    '{}',
    '{"value":null}',
    '{"value":1}',
    '{"value":"a","value":"b"}',
    '{"value":"a"',
    `{"value":"a","deep":${'['.repeat(9)}${']'.repeat(9)}}`,
  ])('is nothing in %s', (text) => {
    expect(member(text)).toBeUndefined();
  });
});
