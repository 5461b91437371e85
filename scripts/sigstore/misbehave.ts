import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts, portOf } from './ports.ts';

/** How a service can go wrong, seen from a client. */
export type Misbehaviour =
  /** Nobody listens. */
  | { readonly kind: 'down' }
  /** The true answer, after some time. */
  | { readonly kind: 'late'; readonly seconds: number }
  /** No answer at all, and the connection stays open. */
  | { readonly kind: 'silent' }
  /** 200 with a page of HTML, as a captive portal gives. */
  | { readonly kind: 'html' }
  /** 200 or 201 with JSON that means nothing. */
  | { readonly kind: 'shape'; readonly body: string }
  /** The true answer's first half, as if it were all. */
  | { readonly kind: 'truncated' }
  /** The true answer's head and the first half of its body; then the connection is cut. */
  | { readonly kind: 'cut' }
  /** The request is carried out, and the connection is cut before any answer. */
  | { readonly kind: 'lost' }
  /** An error page of a load balancer. */
  | { readonly kind: 'status'; readonly status: number }
  /** 200, and a body that does not end. */
  | { readonly kind: 'endless' };

/** A server in front of another. */
export interface Proxy {
  /** The target's URL, with this server's port. */
  readonly url: string;
  /** The requests that were to be spoilt so far. */
  spoilt(): number;
  close(): Promise<void>;
}

/** What an endless answer sends at most, should the client never hang up: half a gigabyte. */
const ENDLESS_CHUNKS = 8192;
const CHUNK = Buffer.alloc(64 * 1024, ' ');

/**
 * Starts a server that passes requests on, and spoils the answers.
 *
 * @param target a URL, or what tells it for each request.
 * @param only spoils requests whose path matches.
 * @param times spoils no more than so many.
 */
export async function startProxy(
  target: string | (() => string),
  misbehaviour: Misbehaviour,
  only = /^/,
  times = Number.POSITIVE_INFINITY,
): Promise<Proxy> {
  const named = typeof target === 'string' ? target : 'http://127.0.0.1/';
  const find = typeof target === 'string' ? () => target : target;
  if (misbehaviour.kind === 'down') {
    const [port = 0] = await freePorts(1);
    return { url: withPort(named, port), spoilt: () => 0, close: async () => {} };
  }
  let spoilt = 0;
  const stopped = new AbortController();
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const how = only.test(path) && spoilt < times ? misbehaviour : undefined;
    if (how !== undefined) spoilt += 1;
    serve(find(), how, request, response, stopped.signal).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: withPort(named, portOf(server)),
    spoilt: () => spoilt,
    close: async () => {
      stopped.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serve(
  target: string,
  how: Misbehaviour | undefined,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const sent = await buffer(request);
  switch (how?.kind) {
    case undefined:
      return pass(await forward(target, request, sent), response);
    case 'late':
      await sleep(how.seconds * 1000, undefined, { signal });
      return pass(await forward(target, request, sent), response);
    case 'html':
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<!doctype html><title>Welcome</title><p>Accept the terms to go online.</p>');
      return;
    case 'shape':
      response.writeHead(request.method === 'POST' ? 201 : 200, {
        'content-type': 'application/json',
      });
      response.end(how.body);
      return;
    case 'truncated': {
      const answer = await forward(target, request, sent);
      return pass({ ...answer, body: half(answer.body) }, response);
    }
    case 'cut': {
      const { status, headers, body } = await forward(target, request, sent);
      response.writeHead(status, { ...headers, 'content-length': body.length });
      response.write(half(body), () => response.destroy());
      return;
    }
    case 'lost':
      await forward(target, request, sent);
      response.destroy();
      return;
    case 'status':
      response.writeHead(how.status, { 'content-type': 'text/html', 'retry-after': '1' });
      response.end(`<h1>${how.status}</h1>`);
      return;
    case 'endless':
      return endless(response);
    case 'silent':
    case 'down':
      return;
  }
}

interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

/** Asks the target in the client's own words, so that it calls itself by the name of the proxy. */
async function forward(
  target: string,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const { hostname, port } = new URL(target);
  const asked = httpRequest({ hostname, port, method, path: url, headers }, resolve);
  asked.once('error', reject).end(body);
  const answer = await promise;
  const {
    connection: _connection,
    'transfer-encoding': _encoding,
    'content-length': _length,
    ...kept
  } = answer.headers;
  return { status: answer.statusCode ?? 502, headers: kept, body: await buffer(answer) };
}

function pass({ status, headers, body }: Answer, response: ServerResponse): void {
  response.writeHead(status, { ...headers, 'content-length': body.length }).end(body);
}

async function endless(response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json' });
  await pipeline(Readable.from(Array.from({ length: ENDLESS_CHUNKS }, () => CHUNK)), response);
}

function half(body: Buffer): Buffer {
  return body.subarray(0, Math.floor(body.length / 2));
}

function withPort(target: string, port: number): string {
  const url = new URL(target);
  url.port = String(port);
  return url.href;
}
