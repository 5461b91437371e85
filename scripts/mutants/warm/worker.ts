import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startVitest, type Vitest } from 'vitest/node';
import { type Greeting, lineOf, type Order, type Outcome, SOCKET } from './protocol.ts';

let count = 0;

/** A process in which all tests of a folder are loaded and have passed once. */
export class WarmWorker {
  readonly #socket: Socket;
  readonly #answers: AsyncIterator<string>;
  readonly #pid: number;
  /** Ids of all tests that it has. */
  readonly tests: readonly string[];
  readonly #server: Server;
  readonly #vitest: Promise<Vitest>;

  private constructor(
    socket: Socket,
    answers: AsyncIterator<string>,
    { pid, tests }: Greeting,
    server: Server,
    vitest: Promise<Vitest>,
  ) {
    this.#socket = socket;
    this.#answers = answers;
    this.#pid = pid;
    this.tests = tests;
    this.#server = server;
    this.#vitest = vitest;
  }

  static async start(): Promise<WarmWorker> {
    const path = join(tmpdir(), `mutants-${process.pid}-${count++}`);
    rmSync(path, { force: true });
    const server = createServer();
    const connected = new Promise<Socket>((resolve) => server.once('connection', resolve));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    process.env[SOCKET] = path;
    const config = 'scripts/mutants/warm/vitest.config.ts';
    const vitest = startVitest('test', [], { config, watch: false, reporters: [] });
    const ended = vitest.then(() => Promise.reject(new Error('vitest ended before it served')));
    const socket = await Promise.race([connected, ended]);
    const answers = createInterface(socket)[Symbol.asyncIterator]();
    const greeting = await next<Greeting>(answers);
    vitest.catch(() => {});
    ended.catch(() => {});
    return new WarmWorker(socket, answers, greeting, server, vitest);
  }

  async carryOut(order: Order): Promise<Outcome> {
    this.#socket.write(lineOf(order));
    return next<Outcome>(this.#answers);
  }

  /** Whatever it is doing. */
  async end(): Promise<void> {
    process.kill(this.#pid, 'SIGKILL');
    this.#socket.destroy();
    this.#server.close();
    await this.#vitest.then((vitest) => vitest.close()).catch(() => {});
  }
}

async function next<T>(answers: AsyncIterator<string>): Promise<T> {
  const { value, done } = await answers.next();
  if (done === true) throw new Error('the warm worker is gone');
  return JSON.parse(value) as T;
}
