import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { LogService } from './ct-log.ts';
import { portOf } from './ports.ts';
import { bodyOf, Refusal } from './proposal.ts';
import { RekorV1Log } from './rekor-v1-log.ts';

const ENTRIES = '/api/v1/log/entries';
const UUID = /^([0-9a-f]{16})?[0-9a-f]{64}$/;

/** Rekor v1 in this process. */
export interface RekorV1Service extends LogService {
  readonly logId: Buffer;
}

/**
 * Starts a stand-in for Rekor v1, which needs a database to run. It takes entries of kind `dsse`
 * 0.0.1 and no others, by the same rules, and what it answers is truly signed and provable.
 */
export async function startRekorV1(): Promise<RekorV1Service> {
  const log = new RekorV1Log();
  let written = '';
  const server = createServer((request, response) => {
    void serve(log, request, response).then((line) => (written += line));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${portOf(server)}/`,
    publicKey: log.publicKey,
    logId: log.logId,
    log: () => written,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly content?: unknown;
}

/** Answers, and returns a line for the log. Never rejects. */
async function serve(
  log: RekorV1Log,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<string> {
  const { status, headers, content } = await answer(log, request).catch(replyFor);
  response.writeHead(status, { ...headers, 'content-type': 'application/json;q=1' });
  response.end(content === undefined ? '' : `${JSON.stringify(content)}\n`);
  return `${request.method} ${request.url} ${status}\n`;
}

function replyFor(error: unknown): Reply {
  const [code, message] =
    error instanceof Refusal ? [error.status, error.message] : [500, String(error)];
  return { status: code, content: { code, message } };
}

async function answer(log: RekorV1Log, request: IncomingMessage): Promise<Reply> {
  const path = (request.url ?? '').replace(/\?.*/s, '');
  if (path === ENTRIES) return create(log, request);
  if (!path.startsWith(`${ENTRIES}/`)) throw new Refusal(404, `path ${path} was not found`);
  demandMethod(request, 'GET');
  const uuid = path.slice(ENTRIES.length + 1);
  if (!UUID.test(uuid)) throw new Refusal(400, `incorrectly formatted uuid ${uuid}`);
  const content = log.get(uuid);
  return content === undefined ? { status: 404 } : { status: 200, content };
}

async function create(log: RekorV1Log, request: IncomingMessage): Promise<Reply> {
  demandMethod(request, 'POST');
  const type = (request.headers['content-type'] ?? '').replace(/;.*/s, '').trim();
  if (type !== 'application/json') {
    const allowed = '[application/json application/yaml]';
    throw new Refusal(415, `unsupported media type "${type}", only ${allowed} are allowed`);
  }
  const { uuid, isNew } = log.add(bodyOf(await text(request)));
  const headers = { location: `${ENTRIES}/${uuid}` };
  if (!isNew) {
    const message = `an equivalent entry already exists in the transparency log with UUID ${uuid}`;
    return { status: 409, headers, content: { code: 409, message } };
  }
  return { status: 201, headers: { ...headers, etag: uuid }, content: log.get(uuid) };
}

function demandMethod({ method }: IncomingMessage, allowed: string): void {
  if (method === allowed) return;
  throw new Refusal(405, `method ${method} is not allowed, but [${allowed}] are`);
}
