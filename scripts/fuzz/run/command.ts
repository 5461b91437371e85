import { EXIT_CODES, OmsError, type Policy, type SigstorePolicy } from '../../../src/index.ts';
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
  // Of two reasons to fail, the command may come upon the other one first.
  const isSame = input.isCallers ? (exitCode === 0) === (expected === 0) : exitCode === expected;
  if (expected !== undefined && !isSame) {
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
  if (signature !== undefined || steps.includes('policy.no policy')) return undefined;
  const flags = [
    ...(options.allowSymlinks === true ? ['--allow-symlinks'] : []),
    ...(options.ignoreUnsignedFiles === true ? ['--ignore-unsigned-files'] : []),
    ...(options.forbidIgnoredFiles === true ? ['--forbid-ignored-files'] : []),
    ...(options.ignoreGitPaths === false ? ['--no-ignore-git-paths'] : []),
    ...(options.ignorePaths ?? []).flatMap((path) => ['--ignore-paths', join(model, path)]),
    ...(index % 3 === 0 ? ['--json'] : ['--verbose']),
  ];
  return ['verify', model, '--signature', bundle, ...flags, ...policyWords(policy, sandbox)];
}

function policyWords(policy: Policy, sandbox: Sandbox): readonly string[] {
  if (policy.method === 'sigstore') return keylessWords(policy, sandbox);
  const stamps = filesOf(policy.timestampAnchors ?? [], '--tsa-certificate-chain', sandbox);
  const required = policy.requireTimestamp === true ? ['--require-timestamp'] : [];
  if (policy.method === 'key') {
    const key = sandbox.write('key.pub', policy.publicKey as string | Uint8Array);
    return ['--public-key', key, ...stamps, ...required];
  }
  const anchors = filesOf(policy.anchors, '--certificate-chain', sandbox);
  const { verificationTime: time } = policy;
  const at = time === undefined ? [] : ['--verification-time', time.toISOString()];
  return [...anchors, ...at, ...stamps, ...required];
}

function keylessWords(policy: SigstorePolicy, sandbox: Sandbox): readonly string[] {
  const { identity, identityRegExp, issuer, claims = {}, thresholds = {}, trustedRoot } = policy;
  const text =
    typeof trustedRoot === 'string' || trustedRoot instanceof Uint8Array
      ? trustedRoot
      : JSON.stringify(trustedRoot);
  const { logs, times } = thresholds;
  return [
    ...(identity === undefined ? [] : [`--identity=${identity}`]),
    ...(identityRegExp === undefined ? [] : [`--identity-regexp=${identityRegExp}`]),
    `--identity-provider=${issuer}`,
    ...Object.entries(claims).map(([name, value]) => `--certificate-claim=${name}=${value}`),
    ...(logs === undefined ? [] : [`--log-threshold=${logs}`]),
    ...(times === undefined ? [] : [`--time-threshold=${times}`]),
    '--trusted-root',
    sandbox.write('root.json', text),
  ];
}

function filesOf(
  texts: readonly (string | Uint8Array)[],
  option: string,
  sandbox: Sandbox,
): readonly string[] {
  return texts.flatMap((text, at) => [option, sandbox.write(`${option.slice(2)}${at}.pem`, text)]);
}
