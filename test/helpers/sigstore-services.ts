import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { JsonObject } from '../../src/format/json.ts';
import type { Instance } from './sigstore/instance.ts';
import { Desk, type DeskOptions, type ServiceName } from './sigstore-desk.ts';

/** What a service does in place of its work. */
export type Answer =
  | {
      readonly status?: number;
      readonly body?: string;
      readonly type?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Takes the request, and never answers. */
  | 'silence'
  /** Breaks the connection in the middle of the answer, or before it. */
  | 'half'
  | 'nothing'
  /** Sends byte after byte, or as much as it can, and never comes to an end. */
  | 'drops'
  | 'flood';

/** How the services are to differ from right ones. */
export interface ServicesOptions extends DeskOptions {
  /** For each request to a service, given how many it had before. */
  readonly instead?: Partial<
    Record<ServiceName, (before: number) => Answer | undefined | Promise<Answer>>
  >;
  /** Told of each request before it is answered. */
  readonly onRequest?: (service: ServiceName) => void;
  /** Told of each request that its client has given up. */
  readonly onClosed?: (service: ServiceName) => void;
}

export interface Services {
  /** Who was asked, in order. */
  readonly asked: readonly ServiceName[];
  /** What they were asked with; nothing for an entry that was posted before. */
  readonly requests: readonly string[];
  readonly url: (service: ServiceName) => string;
}

const running = new Set<Server>();

/** To be called when the tests of a file are over. */
export async function closeServices(): Promise<void> {
  for (const server of running) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
  running.clear();
}

/** Fulcio, both versions of Rekor and a timestamp authority, on a port of this machine. */
export async function startServices(
  instance: Instance,
  options: ServicesOptions = {},
): Promise<Services> {
  const asked: ServiceName[] = [];
  const requests: string[] = [];
  const desk = new Desk(instance, options);
  const posted = new Map<ServiceName, Buffer>();
  const server = createServer((request, response) => {
    void (async () => {
      const service = serviceAt(request);
      const isPost = request.method === 'POST';
      const body = isPost ? await buffer(request) : posted.get(service);
      if (body === undefined) throw new Error('there is no such entry');
      posted.set(service, body);
      const before = asked.filter((name) => name === service).length;
      asked.push(service);
      requests.push(isPost ? body.toString() : '');
      options.onRequest?.(service);
      response.once('close', () => {
        if (!response.writableFinished) options.onClosed?.(service);
      });
      const instead = await options.instead?.[service]?.(before);
      await (instead === undefined
        ? answer(desk.work(service, body), response)
        : misbehave(instead, response));
    })().catch((error: unknown) => {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ code: 3, message: String(error) }));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  running.add(server);
  const url = (service: ServiceName): string =>
    `http://127.0.0.1:${port}/${service}${service === 'tsa' ? PATHS.tsa : ''}`;
  return { asked, requests, url };
}

export const PATHS: Readonly<Record<ServiceName, string>> = {
  fulcio: '/api/v2/signingCert',
  rekor1: '/api/v1/log/entries',
  second: '/api/v1/log/entries',
  rekor2: '/api/v2/log/entries',
  tsa: '/api/v1/timestamp',
};

/** What an entry of Rekor v1 is called that was posted before. */
export const ENTRY_ID = 'ab'.repeat(32);

function serviceAt({ method, url, headers }: IncomingMessage): ServiceName {
  const names = Object.keys(PATHS) as ServiceName[];
  const isPost = method === 'POST';
  const path = isPost ? url : url?.replace(`/${ENTRY_ID}`, '');
  const found = names.find((name) => path === `/${name}${PATHS[name]}`);
  if (found === undefined || (!isPost && path === url)) throw new Error(`no ${method} ${url}`);
  const type = found === 'tsa' ? 'application/timestamp-query' : 'application/json';
  if (isPost && headers['content-type'] !== type) throw new Error('it is of another type');
  return found;
}

function answer(
  [type, content]: readonly [string, string | Buffer],
  response: ServerResponse,
): void {
  response.writeHead(201, { 'content-type': type });
  response.end(content);
}

function misbehave(how: Answer, response: ServerResponse): Promise<void> | void {
  switch (how) {
    case 'silence':
      return;
    case 'nothing':
      response.destroy();
      return;
    case 'half':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 5_000 });
      response.write('{"', () => response.destroy());
      return;
    case 'drops':
      return pour(response, ' ', 20);
    case 'flood':
      return pour(response, ' '.repeat(2 ** 20), 0);
    default: {
      const { status = 200, body = '', type = 'application/json', headers = {} } = how;
      response.writeHead(status, { 'content-type': type, ...headers });
      response.end(body);
    }
  }
}

/** Writes again and again, with pauses in milliseconds, until the reader has gone. */
async function pour(response: ServerResponse, content: string, pause: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.on('error', () => {});
  while (!response.destroyed) {
    await new Promise((done) => response.write(content, done));
    await new Promise((done) => setTimeout(done, pause));
  }
}

export interface ConfigOptions {
  /** Each of an operator of its own, in this order. */
  readonly logs?: readonly ServiceName[];
  readonly selector?: JsonObject;
  readonly tsas?: readonly ServiceName[];
}

/** Sigstore's `SigningConfig` for the services, as JSON. */
export function signingConfigOf(
  { url }: Pick<Services, 'url'>,
  { logs = ['rekor1'], selector = { selector: 'ALL' }, tsas }: ConfigOptions = {},
): JsonObject {
  const stamps = tsas ?? (logs.includes('rekor2') ? ['tsa' as const] : []);
  const services = (names: readonly ServiceName[]): readonly JsonObject[] =>
    names.map((name) => ({
      url: url(name),
      majorApiVersion: name === 'rekor2' ? 2 : 1,
      validFor: { start: '2020-01-01T00:00:00Z' },
      operator: `${name}.example`,
    }));
  return {
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    caUrls: services(['fulcio']),
    oidcUrls: [],
    rekorTlogUrls: services(logs),
    rekorTlogConfig: selector,
    tsaUrls: services(stamps),
    tsaConfig: { selector: 'ANY' },
  };
}
