import { EventEmitter } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { ResourceLimits, Worker, WorkerOptions } from 'node:worker_threads';
import { expect, onTestFinished, vi } from 'vitest';

type Threads = typeof import('node:worker_threads');

/** Stands for a thread that does nothing but what a test says. */
export class FakeWorker extends EventEmitter {
  readonly terminate = async (): Promise<number> => {
    this.emit('exit', 1);
    return 1;
  };
}

/** All threads that the engine starts in a test, and what is done to them. */
class ThreadWatch {
  /** Threads that were started, the ended ones too. */
  started: Worker[] = [];
  /** How many of these have ended. */
  ended = 0;
  /** How many the system lets start. */
  allowed = Number.POSITIVE_INFINITY;
  /** Code that each thread runs before its own. */
  code: string | undefined;
  limits: ResourceLimits | undefined;
  /** What stands for a thread. It is given what the thread would be. */
  fake: ((worker: FakeWorker, options: WorkerOptions) => void) | undefined;
  /** Called with each thread that was started. */
  onStart: ((worker: Worker) => void) | undefined;

  /** To be called before each test. At its end no thread may be left. */
  begin(): void {
    Object.assign(this, new ThreadWatch());
    const before = countThreads();
    onTestFinished(async () => {
      expect(this.ended).toBe(this.started.length);
      // A thread that was joined may show in the list for a moment.
      await vi.waitUntil(() => countThreads() <= before, { timeout: 10_000 });
    });
  }

  /** `node:worker_threads` as the engine is to see it. */
  replace(original: Threads): Threads {
    const construct = (
      Thread: typeof Worker,
      [file, options = {}]: ConstructorParameters<typeof Worker>,
    ): Worker => {
      if (this.started.length >= this.allowed) throw new Error('no more threads');
      const { code, limits, fake } = this;
      const worker =
        fake === undefined
          ? new Thread(file, {
              ...options,
              ...(limits && { resourceLimits: limits }),
              ...(code !== undefined && { execArgv: ['--import', asModule(code)] }),
            })
          : (new FakeWorker() as unknown as Worker);
      this.started.push(worker);
      worker.once('exit', () => this.ended++);
      fake?.(worker, options);
      this.onStart?.(worker);
      return worker;
    };
    return { ...original, Worker: new Proxy(original.Worker, { construct }) };
  }
}

export const threads = new ThreadWatch();

function asModule(code: string): string {
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

/** Threads of workers in this process, as the system sees them. Linux, and Node.js 24 or newer. */
function countThreads(): number {
  if (process.platform !== 'linux') return 0;
  return readdirSync('/proc/self/task').filter((task) => {
    try {
      return readFileSync(`/proc/self/task/${task}/comm`, 'utf8') === 'WorkerThread\n';
    } catch {
      return false;
    }
  }).length;
}
