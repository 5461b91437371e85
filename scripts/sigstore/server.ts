import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** A server that listens, in this process or in one of its own. */
export interface Service {
  readonly url: string;
  /** What the server has written so far. */
  log(): string;
  close(): Promise<void>;
}

export interface ProgramOptions {
  readonly name: string;
  readonly program: string;
  readonly words: readonly string[];
  readonly url: string;
  /** A path that answers with 200 once the server is ready. */
  readonly ready: string;
}

/** Starting takes a second; more on a machine that builds something else at the time. */
const READY_MS = 60_000;
const POLL_MS = 50;
const MAX_LOG = 256 * 1024;

/**
 * Runs the program, and kills it when standard input ends: when it is asked to, and also when the
 * process that started it has died in whatever way.
 */
const GUARD = `
exec 3<&0
"$@" </dev/null 3<&- & server=$!
(cat <&3 >/dev/null; kill -KILL $server) 2>/dev/null & guard=$!
wait $server; code=$?
kill $guard 2>/dev/null
exit $code`;

/** Starts a program that serves HTTP on loopback, and waits until it answers. */
export async function startProgram(options: ProgramOptions): Promise<Service> {
  const { name, program, words, url, ready } = options;
  const child = spawn('/bin/sh', ['-c', GUARD, 'sh', program, ...words], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-MAX_LOG);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.stdin.on('error', () => {});
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const service: Service = {
    url,
    log: () => output,
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
  try {
    await answers(new URL(ready, url), child);
  } catch (error) {
    await service.close();
    throw new Error(`${name} does not start: ${String(error)}\n${output}`, { cause: error });
  }
  return service;
}

async function answers(url: URL, child: ChildProcess): Promise<void> {
  const end = Date.now() + READY_MS;
  while (child.exitCode === null && child.signalCode === null) {
    const status = await fetch(url).then(
      async (response) => {
        await response.arrayBuffer();
        return response.status;
      },
      () => 0,
    );
    if (status === 200) return;
    if (Date.now() > end) throw new Error(`${url.href} does not answer (${status})`);
    await sleep(POLL_MS);
  }
  throw new Error('it ended');
}
