import { EXIT_CODES, OmsError } from '../../../src/index.ts';
import { join } from 'node:path';
import type { Input } from '../base/input.ts';
import type { Finding } from '../oracle/finding.ts';
import { type Ending, findingOf } from '../oracle/judge.ts';
import { describeThrown, flawsInOutput } from '../oracle/message.ts';
import type { Sandbox } from './sandbox.ts';
import type { Printed, Subject } from './subject.ts';

interface Tools {
  readonly subject: Subject;
  readonly sandbox: Sandbox;
}

/** Asks the command line the same, and compares: it may not say anything else than the library. */
export async function judgeCommand(
  input: Input,
  ending: Ending,
  model: string,
  { subject, sandbox }: Tools,
): Promise<Finding[]> {
  const bundle = sandbox.write('bundle.sig', input.bundle);
  const inspect = ['inspect', bundle, ...(input.index % 2 === 0 ? ['--json'] : ['--resources'])];
  const words = wordsFor(input, model, bundle, sandbox);
  return [
    ...(await judgeRun(input, subject, inspect)),
    ...(words === undefined ? [] : await judgeRun(input, subject, words, exitCodeOf(ending))),
  ];
}

async function judgeRun(
  input: Input,
  { command }: Subject,
  words: readonly string[],
  expected?: number,
): Promise<Finding[]> {
  let printed: Printed;
  try {
    printed = await command(words);
  } catch (error) {
    return [findingOf(input, 'foreign error', `oms ${words[0]}: ${describeThrown(error)}`)];
  }
  const { exitCode, stdout, stderr } = printed;
  const flaws = [...flawsInOutput(stdout, 'stdout'), ...flawsInOutput(stderr, 'stderr')];
  const findings = flaws.map((what) => findingOf(input, 'unsafe message', what));
  if (/INTERNAL|unexpected error/.test(stdout + stderr)) {
    findings.push(findingOf(input, 'foreign error', `oms ${words[0]}: ${stdout}${stderr}`));
  }
  if (expected !== undefined && exitCode !== expected) {
    const what = `exit code ${exitCode} in place of ${expected}: ${stdout}${stderr}`;
    findings.push(findingOf(input, 'contradiction', what.slice(0, 500)));
  }
  if (words.includes('--json') && !isJson(stdout)) {
    findings.push(findingOf(input, 'contradiction', 'what --json prints is no JSON'));
  }
  return findings;
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

function exitCodeOf(ending: Ending): number | undefined {
  if ('result' in ending) return 0;
  return ending.error instanceof OmsError ? EXIT_CODES[ending.error.outcome] : undefined;
}

/** The words that ask the same; none where there are no words for it. */
function wordsFor(
  { policy, options, signature, index, steps }: Input,
  model: string,
  bundle: string,
  sandbox: Sandbox,
): readonly string[] | undefined {
  // The signature lies where the library was told, or the answers may differ.
  if (signature !== undefined || policy.method === 'sigstore') return undefined;
  if (steps.includes('policy.no policy')) return undefined;
  const flags = [
    ...(options.allowSymlinks === true ? ['--allow-symlinks'] : []),
    ...(options.ignoreUnsignedFiles === true ? ['--ignore-unsigned-files'] : []),
    ...(options.forbidIgnoredFiles === true ? ['--forbid-ignored-files'] : []),
    ...(options.ignoreGitPaths === false ? ['--no-ignore-git-paths'] : []),
    ...(options.ignorePaths ?? []).flatMap((path) => ['--ignore-paths', join(model, path)]),
    ...(index % 3 === 0 ? ['--json'] : ['--verbose']),
  ];
  const words = ['verify', model, '--signature', bundle, ...flags];
  const stamps = [...(policy.timestampAnchors ?? []).entries()].flatMap(([at, anchor]) => [
    '--tsa-certificate-chain',
    sandbox.write(`tsa${at}.pem`, anchor),
  ]);
  const required = policy.requireTimestamp === true ? ['--require-timestamp'] : [];
  if (policy.method === 'key') {
    const key = sandbox.write('key.pub', policy.publicKey as string | Uint8Array);
    return [...words, '--public-key', key, ...stamps, ...required];
  }
  const anchors = [...policy.anchors.entries()].flatMap(([at, anchor]) => [
    '--certificate-chain',
    sandbox.write(`anchor${at}.pem`, anchor),
  ]);
  const { verificationTime: time } = policy;
  const at = time === undefined ? [] : ['--verification-time', time.toISOString()];
  return [...words, ...anchors, ...at, ...stamps, ...required];
}
