import { setImmediate as turn } from 'node:timers/promises';
import { generate } from '../base/generate.ts';
import { makeCorpus } from '../corpus/corpus.ts';
import type { Finding } from '../oracle/finding.ts';
import { findingOf } from '../oracle/judge.ts';
import { describeThrown } from '../oracle/message.ts';
import { Sandbox } from './sandbox.ts';
import { addUp, noStatistics, statisticsOf } from './statistics.ts';
import { OMS, type Subject } from './subject.ts';
import { Diary, processorTime, type Report, type Task } from './task.ts';
import { tryInput } from './trial.ts';

/** Milliseconds between two reports. */
const REPORT_EVERY = 500;

/** One process of the fuzzer: tries its share of the inputs, and tells what came of them. */
class Child {
  readonly #task: Task;
  readonly #diary: Diary;
  #report: Report = emptyReport();
  #reportedAt = performance.now();
  #isEnding = false;

  constructor(task: Task) {
    this.#task = task;
    this.#diary = new Diary(task.place);
  }

  async work(): Promise<void> {
    const { from, step, end, directory, subject: module } = this.#task;
    const corpus = makeCorpus();
    const subject = await loadSubject(module);
    const sandbox = new Sandbox(directory);
    let index = from;
    // What nobody waited for is found in a later turn, when the next input has not begun.
    process.on('unhandledRejection', (reason) => {
      const what = `nobody waited for: ${describeThrown(reason)}`;
      this.#add([{ kind: 'foreign error', index, seed: '', steps: [], what }]);
    });
    process.once('message', () => {
      this.#isEnding = true;
    });
    // A terminal tells the whole group; the one that watches says when to end.
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {});
    // Nobody listens any more.
    process.once('disconnect', () => process.exit());
    for (; index < end && !this.#isEnding; index += step) {
      this.#diary.begin(index);
      await this.#try(generate(corpus, this.#task.seed, index, this.#task.only), subject, sandbox);
      this.#diary.end();
      await turn();
      if (performance.now() - this.#reportedAt > REPORT_EVERY) this.#send();
    }
    this.#send();
    this.#diary.close();
    process.disconnect();
  }

  async #try(
    input: ReturnType<typeof generate>,
    subject: Subject,
    sandbox: Sandbox,
  ): Promise<void> {
    const begun = processorTime();
    const { ending, findings } = await tryInput(input, subject, sandbox);
    await turn();
    const ms = processorTime() - begun;
    const { index } = input;
    this.#add(findings);
    if (ms > this.#task.limit) this.#add([findingOf(input, 'too slow', `${Math.round(ms)} ms`)]);
    const { statistics, slowest } = this.#report;
    this.#report = {
      ...this.#report,
      statistics: addUp(statistics, statisticsOf(input, ending)),
      slowest: slowest.ms < ms ? { index, ms } : slowest,
    };
  }

  #add(findings: readonly Finding[]): void {
    if (findings.length === 0) return;
    this.#report = { ...this.#report, findings: [...this.#report.findings, ...findings] };
  }

  #send(): void {
    // In kilobytes.
    const most = process.resourceUsage().maxRSS * 1024;
    process.send?.({ ...this.#report, most, resident: process.memoryUsage.rss() });
    this.#report = emptyReport();
    this.#reportedAt = performance.now();
  }
}

async function loadSubject(module: string | undefined): Promise<Subject> {
  if (module === undefined) return OMS;
  const { subject } = (await import(module)) as { readonly subject: Subject };
  return subject;
}

function emptyReport(): Report {
  const statistics = noStatistics();
  return { statistics, findings: [], slowest: { index: -1, ms: 0 }, most: 0, resident: 0 };
}

await new Child(JSON.parse(process.argv[2] ?? '') as Task).work();
