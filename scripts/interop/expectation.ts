import type { Run } from './command.ts';
import type { Reason, Tool } from './tool.ts';

/** A program did not do what it should. */
export class Unmet extends Error {
  constructor(expected: string, { command, exitCode, output }: Run) {
    super([`expected ${expected}`, `$ ${command}`, `exit code ${exitCode}`, output].join('\n'));
    this.name = 'Unmet';
  }
}

export function expectSuccess(run: Run, what: string): void {
  if (run.exitCode !== 0) throw new Unmet(`${what} to succeed`, run);
}

/** The run failed, with the exit code if one is given, and said this. */
export function expectFailure(run: Run, what: string, said: RegExp, exitCode?: number): void {
  const failed = exitCode === undefined ? run.exitCode > 0 : run.exitCode === exitCode;
  if (failed && said.test(run.output)) return;
  const codes = exitCode === undefined ? 'any exit code but 0' : `exit code ${exitCode}`;
  throw new Unmet(`${what} to fail with ${codes} and to say ${said}`, run);
}

export function expectRefusal(tool: Tool, run: Run, what: string, reason: Reason): void {
  expectFailure(run, what, tool.refusals[reason], tool.refusalCode);
}

/** For what the programs' output leads to. */
export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) throw new Error(`expected ${what} to be ${right}, found ${left}`);
}
