import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { OmsError } from '../errors.ts';

const PATH = '/auth/callback';

/** Both ways in which a browser may read "localhost". */
const LOOPBACK: readonly string[] = ['127.0.0.1', '::1'];

/** Ports tried until one is free for both. */
const MAX_PORTS = 10;

/** Anyone on this machine, and any web page in its browser, can knock: what one may cost. */
const BOUNDS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
};
const MAX_CONNECTIONS = 64;

/** Milliseconds that an answer may take to leave after the login has ended. */
const PARTING = 1_000;

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  connection: 'close',
};

/**
 * A web server on this machine that waits for the one redirect by which a provider ends a login
 * (RFC 8252 §7.3). It knows the redirect by its `state`; whatever else comes is refused, and
 * changes nothing.
 */
export class Callback {
  /** Where the provider shall send the browser. Registered for public clients with any port. */
  readonly redirectUri: string;
  readonly #servers: readonly Server[];
  readonly #host: string;
  readonly #state: string;
  readonly #answer = Promise.withResolvers<URLSearchParams>();
  #isAnswered = false;

  /** Use {@link openCallback}. */
  constructor(servers: readonly Server[], port: number, state: string) {
    this.#servers = servers;
    this.#host = `localhost:${port}`;
    this.#state = state;
    this.redirectUri = `http://${this.#host}${PATH}`;
    for (const server of servers) {
      server.on('request', (request, response) => this.#serve(request, response));
    }
  }

  /** The parameters of the redirect: a code, or an error. */
  get answer(): Promise<URLSearchParams> {
    return this.#answer.promise;
  }

  /** Stops listening at once. What is being sent has a moment to leave. */
  close(): void {
    for (const server of this.#servers) {
      server.close();
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), PARTING).unref();
    }
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const [path, query] = splitOnce(request.url ?? '', '?');
    const parameters = new URLSearchParams(query);
    const states = parameters.getAll('state');
    // Another host name means that a web page has bound its own name to this address.
    if (request.headers.host !== this.#host) return reply(response, 403, NOT_HERE);
    if (path !== PATH) return reply(response, 404, NOT_HERE);
    if (request.method !== 'GET') return reply(response, 405, NOT_HERE);
    if (states.length !== 1 || states[0] !== this.#state) return reply(response, 400, UNKNOWN);
    if (this.#isAnswered) return reply(response, 410, UNKNOWN);
    this.#isAnswered = true;
    response.once('close', () => this.#answer.resolve(parameters));
    reply(response, 200, parameters.has('error') ? REFUSED : DONE);
  }
}

const DONE = 'Logged in. You can close this page and go back to the terminal.';
const REFUSED = 'The login did not succeed. The terminal says why; you can close this page.';
const UNKNOWN = 'This is not the answer that a login on this machine waits for.';
const NOT_HERE = 'There is nothing here.';

function reply(response: ServerResponse, status: number, text: string): void {
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>oms</title><p>${text}</p></html>\n`;
  response.writeHead(status, { ...HEADERS, 'content-length': Buffer.byteLength(page) });
  response.end(page);
}

function splitOnce(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + mark.length)];
}

/**
 * Listens on a free port of this machine, under all its addresses for "localhost".
 *
 * @param hosts those addresses; other ones are for tests only.
 * @throws {OmsError} `LOGIN_FAILED`
 */
export async function openCallback(
  state: string,
  hosts: readonly string[] = LOOPBACK,
): Promise<Callback> {
  let reason = '';
  for (let count = 0; count < MAX_PORTS; count++) {
    const servers: Server[] = [];
    try {
      const port = await listenOnAll(hosts, servers);
      return new Callback(servers, port, state);
    } catch (error) {
      for (const server of servers) server.close();
      reason = codeOf(error);
      if (!BUSY.has(reason)) break;
    }
  }
  throw new OmsError('LOGIN_FAILED', 'the browser has no way back to this program', {
    expected: 'a free port on this machine',
    found: reason === '' ? 'none' : `none (${reason})`,
    hint: 'use the out-of-band login, which needs no port',
  });
}

/** Errors of a port that somebody else has: of another family, or of all. */
const BUSY: ReadonlySet<string> = new Set(['EADDRINUSE', 'EACCES']);

async function listenOnAll(hosts: readonly string[], servers: Server[]): Promise<number> {
  let port = 0;
  for (const host of hosts) {
    const server = createServer(BOUNDS);
    server.maxConnections = MAX_CONNECTIONS;
    try {
      const listening = once(server, 'listening');
      server.listen({ host, port, exclusive: true });
      await listening;
    } catch (error) {
      // A machine without IPv6 is well served by IPv4. A port that is taken there is not: the
      // browser could go to whoever has it.
      if (port !== 0 && !BUSY.has(codeOf(error))) return port;
      throw error;
    }
    servers.push(server);
    const address = server.address();
    if (typeof address === 'object' && address !== null) port = address.port;
  }
  return port;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
