import { lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { fillIn, inWordsOf } from './match.ts';
import {
  type Circumstances,
  findOldNode,
  type Outcome,
  pretending,
  runProgram,
} from './program.ts';
import { flawsInOutput } from './schema.ts';
import type { Script, Step } from './script.ts';
import { Workspace } from './workspace.ts';

/** Takes the place of an expectation: what a command printed, by the number of its line. */
export type Recording = Map<number, readonly string[]>;

/**
 * Runs a script in a new directory, and compares what every command printed, or with `record` notes
 * it down.
 */
export async function runScript(
  script: Script,
  files: ReadonlyMap<string, string>,
  where: string,
  record?: Recording,
): Promise<void> {
  const workspace = new Workspace();
  try {
    for (const [name, content] of files) workspace.write(name, content);
    for (const step of script.steps) {
      await runStep(step, workspace, `${where}:${step.line}`, record);
    }
    const left = workspace.list('.').filter((name) => name.endsWith('.tmp'));
    expect(left, `${where}: ${script.title}: temporary files that are left`).toEqual([]);
  } finally {
    workspace.remove();
  }
}

async function runStep(
  step: Step,
  workspace: Workspace,
  where: string,
  record: Recording | undefined,
): Promise<void> {
  const words = step.words.map((word) =>
    fillIn(word.replaceAll('$DIR', workspace.root), workspace.names),
  );
  const { expected } = step;
  if (expected === undefined) {
    await workspace.prepare(words);
    return;
  }
  const outcome = await perform(words, step, workspace);
  const { names } = workspace;
  const printed = [
    ...inWordsOf(expected.stdout, lines(outcome.stdout, workspace), names).map(mark('>')),
    ...inWordsOf(expected.stderr, lines(outcome.stderr, workspace), names).map(mark('!')),
    ...(outcome.exit === '0' ? [] : [`exit ${outcome.exit}`]),
  ];
  if (record !== undefined) {
    record.set(
      step.line,
      printed.map((line) => generalise(line, names)),
    );
    return;
  }
  const wanted = [
    ...expected.stdout.map(mark('>')),
    ...expected.stderr.map(mark('!')),
    ...(expected.exit === '0' ? [] : [`exit ${expected.exit}`]),
  ];
  const command = `$ ${step.words.map(shown).join(' ')}`;
  expect(
    [command, ...printed].join('\n'),
    `${where}: the command did something else than it should`,
  ).toBe([command, ...wanted].join('\n'));
}

function shown(word: string): string {
  return /^[!-~]+$/.test(word) ? word : JSON.stringify(word);
}

function mark(sign: string): (line: string) => string {
  return (line) => (line === '' ? sign : `${sign} ${line}`);
}

/** What is another in every run becomes a wildcard. */
function generalise(line: string, names: ReadonlyMap<string, string>): string {
  const named = [...names].reduce(
    (text, [name, value]) => text.replaceAll(value, `{${name}}`),
    line,
  );
  return named.replace(/\b[0-9a-f]{64,128}\b|\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, '…');
}

/** A script with what was recorded in place of what was expected. */
export function rewrite(text: string, record: Recording): string {
  let isOutput = false;
  return text
    .split('\n')
    .flatMap((line, index) => {
      const printed = record.get(index + 1);
      isOutput = printed !== undefined || (isOutput && /^(>|!|exit)( |$)/.test(line));
      if (printed !== undefined) return [line, ...printed];
      return isOutput ? [] : [line];
    })
    .join('\n');
}

function lines(text: string, { root }: Workspace): readonly string[] {
  const seen = text.replaceAll('\r\n', '\n').replaceAll(root, '$DIR');
  if (seen === '') return [];
  return (seen.endsWith('\n') ? seen.slice(0, -1) : seen).split('\n');
}

async function perform(
  words: readonly string[],
  step: Step,
  workspace: Workspace,
): Promise<Outcome> {
  const at = words.findIndex((word) => !/^[A-Z_]+=/.test(word));
  const env = Object.fromEntries(words.slice(0, at).map((word) => word.split(/=(.*)/s, 2)));
  const [verb, ...rest] = words.slice(at);
  if (verb !== 'oms') return show(verb ?? '', rest, workspace);
  const circumstances = readModifiers(step, workspace, env);
  const outcome = await runProgram(rest, circumstances);
  checkAlways(rest, outcome, circumstances, workspace.secrets);
  return outcome;
}

/** Commands that look at what a program has left. */
function show(verb: string, [name = '', other = '']: readonly string[], workspace: Workspace) {
  const path = workspace.path(name);
  switch (verb) {
    case 'requests':
      return { stdout: workspace.instance(name).requests.join('\n'), stderr: '', exit: '0' };
    case 'ls':
      return { stdout: workspace.list(name).join('\n'), stderr: '', exit: '0' };
    case 'cat':
      return { stdout: readFileSync(path, 'utf8'), stderr: '', exit: '0' };
    case 'readlink':
      return { stdout: readlinkSync(path), stderr: '', exit: '0' };
    case 'size':
      return { stdout: String(lstatSync(path).size), stderr: '', exit: '0' };
    case 'cmp': {
      const same = readFileSync(path).equals(readFileSync(workspace.path(other)));
      return { stdout: same ? 'same' : 'different', stderr: '', exit: '0' };
    }
    default:
      throw new Error(`nobody knows the command ${verb}`);
  }
}

function readModifiers(
  { modifiers }: Step,
  workspace: Workspace,
  env: Readonly<Record<string, string>>,
): Circumstances {
  const circumstances: Circumstances = { cwd: workspace.root, env };
  for (const [kind = '', first = '', second = ''] of modifiers) {
    Object.assign(circumstances, readModifier(kind, first, second, workspace));
  }
  return circumstances;
}

function readModifier(
  kind: string,
  first: string,
  second: string,
  workspace: Workspace,
): Partial<Circumstances> {
  switch (kind) {
    case 'directory':
      return { cwd: join(workspace.root, first) };
    case 'closed':
      return { closed: first as 'stdout' | 'stderr' };
    case 'stdout':
      return { stdout: first };
    case 'typed':
      return { typed: first };
    case 'answer':
      return { typed: first, isShown: true };
    case 'signal': {
      const during = workspace.asked(second) ?? second;
      return { interrupt: { signal: first as NodeJS.Signals, during } };
    }
    case 'node':
      return { node: first === 'old' ? [findOldNode() ?? 'node'] : pretending(first) };
    default:
      throw new Error(`nobody knows how to run with ${kind}`);
  }
}

/** What holds for every command, whatever it does. */
function checkAlways(
  words: readonly string[],
  { stdout, stderr, exit }: Outcome,
  { closed, stdout: file, typed, isShown, env = {} }: Partial<Circumstances> = {},
  secrets: readonly string[] = [],
): void {
  const all = stdout + stderr;
  const [options = []] = splitAtDashes(words);
  const isDebug = /DEBUG/.test(`${options.join(' ')} ${env['MODEL_SIGNING_LOG_LEVEL']}`);
  if (typed === undefined) expect(all, 'no escape sequences').not.toContain('\u001b');
  if (!isDebug) expect(all, 'no stack traces').not.toMatch(/^ {4}at /m);
  const password = isShown === true ? '' : typed;
  for (const secret of [...secrets, ...secretsIn(options), ...secretsAmong(env), password]) {
    if (secret) expect(all, 'no passwords, no tokens').not.toContain(secret);
  }
  const isHelp = options.some((word) => ['--help', '-h', '--version'].includes(word));
  if (!options.includes('--json') || isHelp || closed !== undefined || file !== undefined) return;
  const object = JSON.parse(stdout) as { ok: boolean; exitCode: number };
  expect(flawsInOutput(object), 'the schema of the output').toEqual([]);
  expect({ ok: object.ok, exitCode: String(object.exitCode) }).toEqual({
    ok: exit === '0',
    exitCode: exit,
  });
}

function secretsIn(options: readonly string[]): readonly string[] {
  return options.flatMap((word, index) => {
    const [name = '', value = options[index + 1] ?? ''] = word.split(/=(.*)/s, 2);
    return SECRET_OPTIONS.has(name.replaceAll('_', '-')) ? [value] : [];
  });
}

function secretsAmong(env: Readonly<Record<string, string>>): readonly string[] {
  return SECRET_VARIABLES.map((name) => env[name] ?? '');
}

const SECRET_OPTIONS: ReadonlySet<string> = new Set([
  '--password',
  '--identity-token',
  '--client-secret',
]);

const SECRET_VARIABLES = [
  'OMS_PASSWORD',
  'OMS_CLIENT_SECRET',
  'SIGSTORE_ID_TOKEN',
  'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
] as const;

function splitAtDashes(words: readonly string[]): readonly (readonly string[])[] {
  const at = words.indexOf('--');
  return at === -1 ? [words] : [words.slice(0, at), words.slice(at)];
}
