import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Misbehaviour, startProxy } from '../../scripts/sigstore/misbehave.ts';
import { portOf } from '../../scripts/sigstore/ports.ts';

const ANSWER = JSON.stringify({ text: 'a'.repeat(1000) });

let server: Server;
let target: string;
let served = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    served += 1;
    response.writeHead(201, { 'content-type': 'application/json', 'x-host': request.headers.host });
    response.end(ANSWER);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  target = `http://127.0.0.1:${portOf(server)}/`;
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

/** What a client gets that waits for one second. */
async function ask(how: Misbehaviour, path = '/entries', only?: RegExp, times?: number) {
  const before = served;
  const proxy = await startProxy(target, how, only, times);
  const start = performance.now();
  try {
    const response = await fetch(new URL(path, proxy.url), {
      method: 'POST',
      body: 'question',
      signal: AbortSignal.timeout(1000),
    });
    const { status, headers } = response;
    const body = await response.text().catch(() => undefined);
    return { status, headers, body, served: served - before, url: proxy.url, start };
  } catch (error) {
    const failed = error instanceof Error ? (codeOf(error.cause) ?? error.name) : undefined;
    return { status: 0, headers: new Headers(), failed, served: served - before, start };
  } finally {
    await proxy.close();
  }
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined;
}

describe('a server that misbehaves', () => {
  it('is not there, or says nothing', async () => {
    expect(await ask({ kind: 'down' })).toMatchObject({ failed: 'ECONNREFUSED', served: 0 });
    expect(await ask({ kind: 'silent' })).toMatchObject({ failed: 'TimeoutError', served: 0 });
  });

  it('gives the true answer, late and under its own name', async () => {
    const late = await ask({ kind: 'late', seconds: 0.3 });
    expect(late).toMatchObject({ status: 201, body: ANSWER, served: 1 });
    expect(performance.now() - late.start).toBeGreaterThan(290);
    expect(late.headers.get('x-host')).toBe(new URL(late.url ?? '').host);
  });

  it('gives an answer of its own', async () => {
    const html = await ask({ kind: 'html' });
    expect(html).toMatchObject({ status: 200, served: 0 });
    expect(html.headers.get('content-type')).toBe('text/html');
    const shape = await ask({ kind: 'shape', body: '[]' });
    expect(shape).toMatchObject({ status: 201, body: '[]', served: 0 });
    const status = await ask({ kind: 'status', status: 503 });
    expect(status).toMatchObject({ status: 503, served: 0 });
  });

  it('gives half of the true answer, with and without an end', async () => {
    const body = ANSWER.slice(0, ANSWER.length / 2);
    expect(await ask({ kind: 'truncated' })).toMatchObject({ status: 201, body, served: 1 });
    expect(await ask({ kind: 'cut' })).toMatchObject({ status: 201, body: undefined, served: 1 });
  });

  it('does what it is asked, and loses the answer', async () => {
    expect(await ask({ kind: 'lost' })).toMatchObject({ status: 0, served: 1 });
  });

  it('does not come to an end', async () => {
    const proxy = await startProxy(target, { kind: 'endless' });
    const response = await fetch(proxy.url);
    expect(response.status).toBe(200);
    let length = 0;
    for await (const chunk of response.body ?? []) {
      length += chunk.length;
      if (length > 8 * 1024 * 1024) break;
    }
    await proxy.close();
    expect(length).toBeGreaterThan(8 * 1024 * 1024);
  });

  it('spoils only what it is told to', async () => {
    const html = { kind: 'html' } as const;
    expect(await ask(html, '/token', /^\/entries/)).toMatchObject({ status: 201, body: ANSWER });
    expect(await ask(html, '/entries', /^\/entries/)).toMatchObject({ status: 200 });
    expect(await ask(html, '/entries', undefined, 0)).toMatchObject({ status: 201 });
  });
});
