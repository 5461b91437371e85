import { strykerPlugins as stock } from '@stryker-mutator/vitest-runner';
import { basename } from 'node:path';
import type { Outcome } from './protocol.ts';
import { WarmWorker } from './worker.ts';

/** As much of Stryker's `TestRunner` as is used. */
interface StrykerRunner {
  init(): Promise<void>;
  capabilities(): object;
  dryRun(options: unknown): Promise<unknown>;
  mutantRun(options: RunOptions): Promise<RunResult>;
  dispose(): Promise<void>;
}

interface RunOptions {
  readonly activeMutant: { readonly id: string };
  readonly mutantActivation: 'runtime' | 'static';
  readonly testFilter?: readonly string[];
  readonly hitLimit?: number;
  readonly timeout: number;
  /** The mutated file. */
  readonly sandboxFileName: string;
}

/** As much of Stryker's `MutantRunResult` as is used. */
interface RunResult {
  readonly status: string;
  readonly nrOfTests?: number;
  readonly killedBy?: readonly string[];
  readonly failureMessage?: string;
}

interface Injector {
  injectFunction(factory: unknown): StrykerRunner;
}

/**
 * Stryker's vitest runner starts a process for each mutant, which takes a second and more before the
 * first test runs. This one keeps a process in which all tests are loaded, and only switches mutants
 * on and off there. Those that no test meets, as they only act while modules are loaded, go the usual
 * way. (Stryker sends the usual way whatever acts then too. What the tests do while they are loaded
 * should not be what notices a mutant.)
 */
class WarmRunner implements StrykerRunner {
  readonly #usual: StrykerRunner;
  #worker: Promise<WarmWorker> | undefined;

  constructor(usual: StrykerRunner) {
    this.#usual = usual;
  }

  async init(): Promise<void> {
    await this.#usual.init();
    await this.#warm();
  }

  capabilities(): object {
    return this.#usual.capabilities();
  }

  dryRun(options: unknown): Promise<unknown> {
    return this.#usual.dryRun(options);
  }

  async mutantRun(options: RunOptions): Promise<RunResult> {
    const result = await this.#runWarm(options);
    if (result !== undefined && (result.status !== 'survived' || result.nrOfTests !== 0)) {
      return result;
    }
    if (options.testFilter !== undefined) return this.#usual.mutantRun(options);
    const module = basename(options.sandboxFileName, '.ts');
    const { tests } = await this.#warm();
    const likely = tests.filter((id) => id.split('#')[0]?.includes(`/${module}`));
    if (likely.length > 0) {
      const first = await this.#usual.mutantRun({ ...options, testFilter: likely });
      if (first.status !== 'survived') return first;
    }
    return this.#usual.mutantRun(options);
  }

  /** `undefined`: it must be tried in a new process. */
  async #runWarm(options: RunOptions): Promise<RunResult | undefined> {
    const { activeMutant, testFilter, hitLimit, timeout } = options;
    const worker = await this.#warm();
    const order = { mutant: activeMutant.id, hitLimit, tests: testFilter };
    const outcome = await within(timeout * 0.3, worker.carryOut(order));
    switch (outcome.status) {
      case 'survived':
        return { status: 'survived', nrOfTests: outcome.ran };
      case 'killed':
        return {
          status: 'killed',
          nrOfTests: outcome.ran,
          killedBy: [outcome.killedBy],
          failureMessage: outcome.message,
        };
      case 'timeout':
        if (outcome.reason === TOO_LONG) await this.#restart(worker);
        return outcome;
      case 'spoilt':
        // Whatever the mutant left behind goes with the process.
        await this.#restart(worker);
        return undefined;
      case 'unknown':
        return undefined;
    }
  }

  async dispose(): Promise<void> {
    const worker = await this.#worker;
    await worker?.end();
    await this.#usual.dispose();
  }

  #warm(): Promise<WarmWorker> {
    this.#worker ??= WarmWorker.start();
    return this.#worker;
  }

  async #restart(worker: WarmWorker): Promise<void> {
    await worker.end();
    this.#worker = undefined;
  }
}

const TOO_LONG = 'the tests took too long';

async function within(milliseconds: number, outcome: Promise<Outcome>): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Outcome>((resolve) => {
    timer = setTimeout(() => resolve({ status: 'timeout', reason: TOO_LONG }), milliseconds);
  });
  return Promise.race([outcome, late]).finally(() => clearTimeout(timer));
}

function makeRunner(injector: Injector): WarmRunner {
  return new WarmRunner(injector.injectFunction(stock[0]?.factory));
}
makeRunner.inject = ['$injector'] as const;

/** What Stryker looks for in a plugin. */
export const strykerPlugins = [{ kind: 'TestRunner', name: 'warm', factory: makeRunner }];
