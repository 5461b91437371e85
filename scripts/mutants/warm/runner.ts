import { connect } from 'node:net';
import { relative } from 'node:path';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { type RunnerTestCase, type RunnerTestSuite, TestRunner } from 'vitest';
import { lineOf, type Order, type Outcome, SOCKET } from './protocol.ts';

/** What Stryker's instrumented code looks at. */
interface Namespace {
  activeMutant?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  currentTestId?: string | undefined;
  /** By test, how often each mutant's place was passed. */
  mutantCoverage?: { readonly perTest: Readonly<Record<string, Readonly<Record<string, number>>>> };
}

interface Kept {
  readonly run: () => unknown;
  /** Milliseconds that it took without a mutant. */
  readonly duration: number;
}

/** Tests that have passed once, by their ids. They may be run again, any number of times. */
const kept = new Map<string, Kept[]>();
const scope = globalThis as unknown as { __stryker__?: Namespace };
const stryker: Namespace = (scope.__stryker__ ??= {});

/** Runs every test once as it is, keeps it, and in the last file serves orders until it is told off. */
export default class WarmRunner extends TestRunner {
  onCollected(files: RunnerTestSuite[]): void {
    for (const file of files) keepOpen(file);
  }

  async runTask(test: RunnerTestCase): Promise<void> {
    const run = TestRunner.getTestFn(test);
    if (test.name === 'serves') return serve();
    const id = idOf(test);
    const start = performance.now();
    stryker.currentTestId = id;
    try {
      await run();
    } finally {
      stryker.currentTestId = undefined;
    }
    kept.set(id, [...(kept.get(id) ?? []), { run, duration: performance.now() - start }]);
  }
}

/** What a file sets up stays: its tests are needed again. */
function keepOpen(suite: RunnerTestSuite): void {
  TestRunner.getSuiteHooks(suite).afterAll.length = 0;
  for (const task of suite.tasks) if (task.type === 'suite') keepOpen(task);
}

/** As `@stryker-mutator/vitest-runner` writes it. */
function idOf(test: RunnerTestCase): string {
  const names = [test.name];
  for (let { suite } = test; suite !== undefined; suite = suite.suite) names.unshift(suite.name);
  return `${relative(process.cwd(), test.file.filepath)}#${names.join(' > ').trim()}`;
}

async function serve(): Promise<void> {
  endWithParent();
  const socket = connect(process.env[SOCKET] ?? '');
  socket.write(lineOf({ pid: process.pid, tests: [...kept.keys()] }));
  for await (const line of createInterface(socket)) {
    socket.write(lineOf(await carryOut(JSON.parse(line) as Order)));
  }
}

/** A mutant may loop for ever, so that this thread never learns that it is not wanted any more. */
function endWithParent(): void {
  const code = `const { ppid } = process; setInterval(() => {
    if (process.ppid !== ppid) process.kill(process.pid, 'SIGKILL');
  }, 1000);`;
  new Worker(code, { eval: true }).unref();
}

function testsThatMeet(mutant: string): string[] {
  const tests = Object.entries(stryker.mutantCoverage?.perTest ?? {});
  return tests.flatMap(([id, mutants]) => (Object.hasOwn(mutants, mutant) ? [id] : []));
}

async function carryOut(order: Order): Promise<Outcome> {
  const { mutant, hitLimit, tests = testsThatMeet(mutant) } = order;
  const unknown = tests.filter((id) => !kept.has(id));
  if (unknown.length > 0) return { status: 'unknown', tests: unknown };
  const all = tests.flatMap((id) => (kept.get(id) ?? []).map((test) => ({ id, ...test })));
  all.sort((a, b) => a.duration - b.duration);
  Object.assign(stryker, { activeMutant: mutant, hitCount: 0, hitLimit });
  let ran = 0;
  for (const { id, run } of all) {
    ran++;
    const message = await failureOf(run);
    if (message === undefined) continue;
    const hits = stryker.hitCount ?? 0;
    Object.assign(stryker, { activeMutant: undefined, hitCount: undefined });
    if ((await failureOf(run)) !== undefined) return { status: 'spoilt' };
    return hitLimit !== undefined && hits > hitLimit
      ? { status: 'timeout', reason: `Hit limit reached (${hits}/${hitLimit})` }
      : { status: 'killed', ran, killedBy: id, message };
  }
  Object.assign(stryker, { activeMutant: undefined, hitCount: undefined });
  return { status: 'survived', ran };
}

async function failureOf(run: () => unknown): Promise<string | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
