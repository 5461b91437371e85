import { expect } from 'vitest';
import type { Job } from './job.ts';
import type { Run } from './oms.ts';

/** Texts that must not show: tokens, with each of their parts, and other secrets. */
export function expectNoLeak({ stdout, stderr }: Run, secrets: readonly string[]): void {
  const parts = secrets.flatMap((secret) => [secret, ...secret.split('.')]).filter(Boolean);
  for (const part of parts) {
    // Not toContain(): its message would show the secret.
    expect(stdout.includes(part) || stderr.includes(part), 'a secret is shown').toBe(false);
  }
}

export function expectSuccess(run: Run, secrets: readonly string[] = []): void {
  expect(run, run.stderr).toMatchObject({ exitCode: 0 });
  expectNoLeak(run, secrets);
}

/**
 * A failure ends in its exit code, with one line that says what happened, and at most one more
 * with what to do.
 */
export function expectFailure(
  run: Run,
  exitCode: 1 | 2 | 3,
  says: RegExp,
  secrets: readonly string[] = [],
): void {
  expectNoLeak(run, secrets);
  expect(run, `${run.stdout}${run.stderr}`).toMatchObject({ exitCode, stdout: '' });
  const lines = run.stderr.trimEnd().split('\n');
  const verdicts = lines.filter((line) =>
    /^(Not signed|Refused|Could not be checked|Wrong usage): /.test(line),
  );
  expect(verdicts, run.stderr).toHaveLength(1);
  expect(verdicts[0]).toMatch(says);
  expect(
    lines.filter((line) => !line.startsWith('  ')),
    run.stderr,
  ).toEqual(verdicts);
  expect(lines.length, run.stderr).toBeLessThanOrEqual(2);
  expect(run.stderr).not.toMatch(/undefined|\[object|^\s+at |an unexpected error/m);
}

/** Signs, expects a failure, and that it has left nothing behind. */
export async function expectNotSigned(
  job: Job,
  words: readonly string[],
  expected: {
    readonly exitCode: 1 | 2 | 3;
    readonly says: RegExp;
    readonly secrets?: readonly string[];
  },
): Promise<Run> {
  const before = job.listing();
  const run = await job.sign(words);
  expectFailure(run, expected.exitCode, expected.says, expected.secrets);
  expect(job.listing()).toEqual(before);
  return run;
}
