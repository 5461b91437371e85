import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { TestRepository } from './repository.ts';

/** Answers a request in place of the repository; `false` leaves it to that. */
export type Hook = (path: string, response: ServerResponse, request: IncomingMessage) => boolean;

/** A repository on the loopback interface, until the test ends. */
export interface Served {
  readonly url: string;
  /** Paths that were asked for, in order. */
  readonly asked: string[];
  hook: Hook | undefined;
  /** Ends all connections, and takes no new ones. */
  stop(): Promise<void>;
}

export async function serve({ files }: TestRepository): Promise<Served> {
  const served: Omit<Served, 'url' | 'stop'> = { asked: [], hook: undefined };
  const server = createServer((request, response) => {
    const path = (request.url ?? '').slice(1);
    served.asked.push(path);
    if (current.hook?.(path, response, request) === true) return;
    const bytes = files.get(path);
    if (bytes === undefined) response.writeHead(404).end('there is no such file');
    else response.end(bytes);
  });
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(stop);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const current: Served = { ...served, url: `http://127.0.0.1:${port}`, stop };
  return current;
}

export const answer = {
  status:
    (status: number): Hook =>
    (_, response) => {
      response.writeHead(status).end('no');
      return true;
    },
  text:
    (text: string): Hook =>
    (_, response) => {
      response.end(text);
      return true;
    },
  nothing: (): Hook => () => true,
  cut: (): Hook => (_, response) => {
    response.socket?.destroy();
    return true;
  },
  half: (): Hook => (_, response) => {
    response.writeHead(200, { 'content-length': 1000 });
    response.write('half', () => response.socket?.destroy());
    return true;
  },
  endless: (): Hook => (_, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(' '.repeat(65_536)));
    };
    response.on('drain', more);
    more();
    return true;
  },
  slow: (): Hook => (_, response) => {
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
    return true;
  },
} as const;

/** The hook for one file alone, whatever its version or its hash. */
export function only(name: string, hook: Hook): Hook {
  return (path, response, request) =>
    path
      .split('/')
      .at(-1)
      ?.replace(/^[0-9a-f]+\./, '') === name && hook(path, response, request);
}
