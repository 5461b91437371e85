import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** One line for each test with the number of processes it ran, then how many passed and failed. */
export default class FaultReporter implements Reporter {
  readonly #counts = { passed: 0, failed: 0, skipped: 0, runs: 0 };

  onTestCaseResult(test: TestCase): void {
    const { state } = test.result();
    const { runs, seen } = test.meta().tally ?? { runs: 0, seen: {} };
    if (state === 'pending') return;
    this.#counts[state] += 1;
    this.#counts.runs += runs;
    const title = test.fullName.replaceAll(' > ', ', ');
    if (state === 'skipped') {
      const { note } = test.result() as { readonly note?: string };
      console.log(`skip  ${title}: ${note ?? 'it is switched off'}`);
      return;
    }
    const what = [
      counted(runs),
      ...Object.entries(seen).map(([name, count]) => `${count} ${name}`),
    ];
    console.log(`${state === 'passed' ? 'ok   ' : 'FAIL '} ${title} (${what.join(', ')})`);
    for (const { message } of test.result().errors ?? []) console.log(indent(message));
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly { message: string }[]): void {
    const broken = [...modules.flatMap((module) => [...module.errors()]), ...errors];
    for (const { message } of broken) console.log(`FAIL  outside of a test\n${indent(message)}`);
    const { passed, failed, skipped, runs } = this.#counts;
    const unseen = skipped === 0 ? '' : `, ${skipped} skipped`;
    console.log(`\n${counted(runs)} of oms in all${unseen}`);
    console.log(`${passed} passed, ${failed + broken.length} failed`);
  }
}

function counted(runs: number): string {
  return `${runs} ${runs === 1 ? 'run' : 'runs'}`;
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `      ${line}`)
    .join('\n');
}
