import { setImmediate as turn } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { generate } from '../base/generate.ts';
import { makeCorpus } from '../corpus/corpus.ts';
import type { Finding } from '../oracle/finding.ts';
import { findingOf } from '../oracle/judge.ts';
import { describeThrown } from '../oracle/message.ts';
import { processorTime } from './processor.ts';
import { Sandbox } from './sandbox.ts';
import { END, NEXT, PlaceOfWork, type WorkerReport, type WorkerTask } from './shared.ts';
import { addUp, noStatistics, statisticsOf } from './statistics.ts';
import { OMS, type Subject } from './subject.ts';
import { tryInput } from './trial.ts';

/** Milliseconds between two reports. */
const REPORT_EVERY = 500;

/** One thread: takes numbers until none is left, and tells what came of them. */
async function work(task: WorkerTask): Promise<void> {
  const queue = new Int32Array(task.memory.queue);
  const place = new PlaceOfWork(task.memory, task.slot);
  const corpus = makeCorpus();
  const subject = await loadSubject(task.subject);
  const sandbox = new Sandbox(task.directory);
  let report = emptyReport();
  let reportedAt = performance.now();
  // What nobody waited for is found after the turn in which it failed.
  const onStray = (reason: unknown): void => {
    const what = `nobody waited for: ${describeThrown(reason)}`;
    const index = place.index ?? -1;
    report = withFindings(report, [{ kind: 'foreign error', index, seed: '', steps: [], what }]);
  };
  process.on('unhandledRejection', onStray);
  for (;;) {
    const index = Atomics.add(queue, NEXT, 1);
    if (index >= Atomics.load(queue, END)) break;
    const begun = processorTime();
    place.begin(index, begun);
    const input = generate(corpus, task.seed, index, task.only);
    const { ending, findings } = await tryInput(input, subject, sandbox);
    await turn();
    const ms = processorTime() - begun;
    place.end();
    const slow = ms > task.limit ? [findingOf(input, 'too slow', `${Math.round(ms)} ms`)] : [];
    report = withFindings(report, [...findings, ...slow]);
    report = {
      ...report,
      statistics: addUp(report.statistics, statisticsOf(input, ending)),
      slowest: report.slowest.ms < ms ? { index, ms } : report.slowest,
    };
    if (performance.now() - reportedAt < REPORT_EVERY) continue;
    parentPort?.postMessage({ ...report, heap: heapUsed() });
    report = emptyReport();
    reportedAt = performance.now();
  }
  parentPort?.postMessage({ ...report, heap: heapUsed() });
}

async function loadSubject(module: string | undefined): Promise<Subject> {
  if (module === undefined) return OMS;
  const { subject } = (await import(module)) as { readonly subject: Subject };
  return subject;
}

function emptyReport(): WorkerReport {
  return { statistics: noStatistics(), findings: [], slowest: { index: -1, ms: 0 }, heap: 0 };
}

function withFindings(report: WorkerReport, findings: readonly Finding[]): WorkerReport {
  return findings.length === 0
    ? report
    : { ...report, findings: [...report.findings, ...findings] };
}

function heapUsed(): number {
  const { used_heap_size: heap, external_memory: outside } = getHeapStatistics();
  return heap + outside;
}

await work(workerData as WorkerTask);
