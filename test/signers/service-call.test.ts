import { getEventListeners } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  ask,
  type CallOptions,
  MAX_ANSWER_BYTES,
  type Question,
  statusOf,
} from '../../src/signers/service-call.ts';
import { refusal } from '../helpers/refusal.ts';

const SECRET = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzb21lYm9keSJ9.c2lnbmF0dXJlLW9mLXNvbWVib2R5';

/** A server that lives as long as the test. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/thing`;
}

/** A server that always answers the same. */
function answering(status: number, body: string | Uint8Array = ''): Promise<string> {
  return serve((_, response) => response.writeHead(status).end(body));
}

function options(differences: Partial<CallOptions> = {}): CallOptions {
  return {
    timeout: 2_000,
    signal: undefined,
    secrets: [SECRET],
    configuredBy: 'the settings',
    ...differences,
  };
}

function question<T>(url: string, parts: Partial<Question<T>> = {}): Question<T | string> {
  const read = ({ bytes }: { bytes: Uint8Array }): string => Buffer.from(bytes).toString();
  return { what: 'thing', service: 'https://service.example', url, read, ...parts };
}

function text(body: object): string {
  return JSON.stringify(body);
}

describe('a question to a service', () => {
  it('is posted with its headers and its body, and its answer is read', async () => {
    const url = await serve((request, response) => {
      request.setEncoding('utf8').on('data', (body: string) => {
        const { method, headers } = request;
        response.end(`${method} ${headers['content-type']} ${String(headers['x-own'])} ${body}`);
      });
    });
    const headers = { 'content-type': 'application/x', 'x-own': 'y' };
    expect(await ask(question(url, { headers, body: 'why?' }), options())).toBe(
      'POST application/x y why?',
    );
  });

  it('may be one that only gets', async () => {
    const url = await serve(({ method }, response) => response.end(method));
    expect(await ask(question(url, { method: 'GET' }), options())).toBe('GET');
  });

  it.each([200, 201, 204, 299])('is answered with success: %i', async (status) => {
    const url = await answering(status);
    const read = (answer: { readonly status: number }): number => answer.status;
    expect(await ask(question<number>(url, { read }), options())).toBe(status);
  });

  it.each([300, 301, 307, 400, 401, 404, 409, 499])(
    'is answered with no success: %i, unless that is expected',
    async (status) => {
      const url = await answering(status);
      const error = await refusal(() => ask(question(url), options()), 'SERVICE_FAILED');
      expect(error.message).toBe(
        `no thing from "https://service.example": it answered with status ${status}`,
      );
      expect(error.hint).toContain('nothing was written');
      expect(error.outcome).toBe('unchecked');
      expect(statusOf(error)).toBe(status);
      const accepting = question(url, { accept: [status], read: () => 'accepted' });
      expect(await ask(accepting, options())).toBe('accepted');
    },
  );

  it.each([
    [{ message: 'it rains' }, ': "it rains"'],
    [{ error: 'it snows' }, ': "it snows"'],
    [{ error: 'it snows', message: 'it rains' }, ': "it rains"'],
    [{ message: 'a\u001b[2J\nb' }, ': "a\\x1b[2J\\x0ab"'],
    [{ message: 5 }, ''],
    [{ message: { a: 'b' } }, ''],
    [{ other: 'it rains' }, ''],
  ])('may be told why not: %j', async (body, said) => {
    const url = await answering(400, text(body));
    const error = await refusal(() => ask(question(url), options()), 'SERVICE_FAILED');
    expect(error.found).toBe(`it answered with status 400${said}`);
  });

  it('is told why not in a few words', async () => {
    const url = await answering(400, text({ message: 'no '.repeat(10_000) }));
    const error = await refusal(() => ask(question(url), options()), 'SERVICE_FAILED');
    expect(error.message.length).toBeLessThan(400);
  });

  it('is not answered by what cannot be read, and has no status then', async () => {
    const url = await answering(200, SECRET);
    const stumbles: readonly unknown[] = [new TypeError('x'), new Error(SECRET), SECRET];
    for (const stumble of stumbles) {
      const read = (): never => {
        throw stumble;
      };
      const error = await refusal(() => ask(question(url, { read }), options()), 'SERVICE_FAILED');
      expect(error.found).toBe('it answered something else');
      expect(error.cause).toBeUndefined();
      expect(statusOf(error)).toBeUndefined();
    }
  });

  it('is answered with no more than anybody needs', async () => {
    const longest = await answering(200, Buffer.alloc(MAX_ANSWER_BYTES));
    expect(await ask(question(longest), options())).toHaveLength(MAX_ANSWER_BYTES);
    const longer = await answering(200, Buffer.alloc(MAX_ANSWER_BYTES + 1));
    const error = await refusal(() => ask(question(longer), options()), 'SERVICE_FAILED');
    expect(error.message).toContain(`more than ${MAX_ANSWER_BYTES} bytes`);
  });

  it.each<[string, string]>([
    ['whole', SECRET],
    ['in a sentence', `the token ${SECRET} is bad`],
    ['twice', `${SECRET} ${SECRET}`],
    ['quoted', `"${SECRET}"`],
    ['in part', SECRET.split('.')[1] ?? ''],
    ['with another beginning', `x${SECRET.slice(1)}`],
    ['in a URL', `https://a.example/?token=${encodeURIComponent(SECRET)}`],
    ['turned round', SECRET.split('').toReversed().join('')],
  ])('is told nothing secret again: %s', async (_, message) => {
    const secrets = [SECRET, ...SECRET.split('.')];
    for (const body of [text({ message }), text({ error: message }), message]) {
      const url = await answering(400, body);
      const error = await refusal(() => ask(question(url), options({ secrets })), 'SERVICE_FAILED');
      const shown = `${inspect(error, { depth: 10 })}\n${error.stack}`;
      const parts = secrets.flatMap((part) => [part, part.slice(0, 16)]);
      expect(parts.filter((part) => shown.includes(part))).toEqual([]);
    }
  });
});

describe('a question that is cancelled', () => {
  it('is not asked when that was before', async () => {
    let asked = 0;
    const url = await serve((_, response) => {
      asked++;
      response.end();
    });
    const reason = new Error('enough');
    const given = options({ signal: AbortSignal.abort(reason) });
    const error = await refusal(() => ask(question(url), given), 'ABORTED');
    expect(error.cause).toBe(reason);
    expect(asked).toBe(0);
  });

  it('ends at once, with its connection', async () => {
    const controller = new AbortController();
    const { promise: isClosed, resolve } = Promise.withResolvers<boolean>();
    const url = await serve((request) => {
      request.once('close', () => resolve(true));
      controller.abort(new Error('enough'));
    });
    const given = options({ signal: controller.signal });
    const error = await refusal(() => ask(question(url), given), 'ABORTED');
    expect(error.cause).toEqual(new Error('enough'));
    expect(await isClosed).toBe(true);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('ends at once where it waits to be asked again', async () => {
    const controller = new AbortController();
    let asked = 0;
    const url = await serve((_, response) => {
      asked++;
      response.writeHead(503).end(() => setTimeout(() => controller.abort(), 20));
    });
    const given = options({ signal: controller.signal });
    await refusal(() => ask(question(url), given), 'ABORTED');
    expect(asked).toBe(1);
  });

  it('leaves nothing behind when it was not', async () => {
    const { signal } = new AbortController();
    const given = options({ signal });
    const [good, bad] = await Promise.all([answering(200), answering(400)]);
    await ask(question(good), given);
    await refusal(() => ask(question(bad), given), 'SERVICE_FAILED');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('a question to a server in trouble', () => {
  it('is asked again, with the same body, until it is answered', async () => {
    const bodies: string[] = [];
    const url = await serve((request, response) => {
      request.setEncoding('utf8').on('data', (body: string) => {
        bodies.push(body);
        response.writeHead(bodies.length === 1 ? 500 : 200).end('yes');
      });
    });
    expect(await ask(question(url, { body: 'why?' }), options())).toBe('yes');
    expect(bodies).toEqual(['why?', 'why?']);
  });

  it('is not asked again for an answer that can be read', async () => {
    let asked = 0;
    const url = await serve((_, response) => {
      asked++;
      response.writeHead(400).end();
    });
    await refusal(() => ask(question(url), options()), 'SERVICE_FAILED');
    expect(asked).toBe(1);
  });

  it('is given up for one that is late each time', async () => {
    let asked = 0;
    const url = await serve(() => {
      asked++;
    });
    const error = await refusal(
      () => ask(question(url), options({ timeout: 30 })),
      'SERVICE_FAILED',
    );
    expect(error.message).toContain('it did not answer within 0.03 seconds');
    expect(statusOf(error)).toBeUndefined();
    expect(asked).toBe(3);
  });
});

describe('the status of a failure', () => {
  it('is one of a service only', () => {
    for (const other of [undefined, 409, new Error('x'), { status: 409 }]) {
      expect(statusOf(other)).toBeUndefined();
    }
  });
});
