import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Circumstances, has, runProgram } from './program.ts';
import { splitWords } from './script.ts';
import { Workspace } from './workspace.ts';

describe.concurrent('the examples that --help shows do what they say', { timeout: 60_000 }, () => {
  test.for([
    ['sign', 4],
    ['verify', 6],
    ['digest', 1],
    ['inspect', 1],
    ['trust', 3],
  ] as const)('oms %s --help', async ([command, number], { skip }) => {
    // A machine there has a token of its own.
    skip(command === 'sign' && !has('a machine outside Google Cloud'));
    const examples = await readExamples(command);
    expect(examples).toHaveLength(number);
    // There is no network here to ask what is new.
    const offline = examples.filter((example) => example !== '  oms trust update');
    for (const example of offline) await runExample(example);
  });
});

/** Each command line that starts with `oms`, with what it continues on the next. */
async function readExamples(command: string): Promise<readonly string[]> {
  const { stdout } = await runProgram([command, '--help'], { cwd: '.' });
  const [, examples = ''] = stdout.split(/^Examples?:\n/m);
  return examples
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.startsWith('  oms '));
}

/** In its place there is an authority on this machine. */
const TSA = 'https://tsa.example.com/tsr';

async function runExample(example: string): Promise<void> {
  const [line = '', filter] = example.split(' | ');
  const words = splitWords(line).slice(1);
  const workspace = new Workspace();
  try {
    const circumstances = await prepare(workspace, words);
    const here = words.map((word) => (word === TSA ? urlOf(workspace, 'tsa') : word));
    const outcome = await runProgram(here, circumstances);
    expect(outcome, example).toMatchObject({ stderr: '', exit: '0' });
    if (filter === undefined) return;
    expect(filter).toBe('jq .ok');
    expect((JSON.parse(outcome.stdout) as { ok: unknown }).ok).toBe(true);
  } finally {
    workspace.remove();
  }
}

/**
 * The files that the examples speak of: a key, its certificate, a model and its signature; and in
 * place of the public Sigstore instance one on this machine, with a token that it believes.
 */
async function prepare(workspace: Workspace, words: readonly string[]): Promise<Circumstances> {
  workspace.write('model/weights.bin', 'weights');
  await prepareKeys(workspace);
  await workspace.prepare(['instance', 'sigstore']);
  await workspace.prepare(['keep', 'cache', 'sigstore']);
  await workspace.prepare(['token', 'token']);
  await workspace.prepare(['mv', 'sigstore.json', 'our-sigstore.json']);
  await workspace.prepare(['tsa', 'tsa']);
  await workspace.prepare(['mv', 'tsa.crt', 'tsa-root.pem']);
  const env = {
    XDG_CACHE_HOME: workspace.path('cache'),
    SIGSTORE_ID_TOKEN: workspace.names.get('token') ?? '',
  };
  const circumstances = { cwd: workspace.root, env };
  if (['verify', 'inspect'].includes(words[0] ?? '')) await sign(workspace, words, circumstances);
  return circumstances;
}

async function prepareKeys(workspace: Workspace): Promise<void> {
  await workspace.prepare(['cert', 'ca', 'ca']);
  await workspace.prepare(['cert', 'key', 'by=ca']);
  // As `openssl ecparam -genkey` of the first example writes it.
  const key = createPrivateKey(readFileSync(workspace.path('key.pem')));
  workspace.write('key.pem', key.export({ type: 'sec1', format: 'pem' }));
  await workspace.prepare(['mv', 'key.crt', 'cert.pem']);
  await workspace.prepare(['cp', 'ca.crt', 'our-root.pem']);
  await workspace.prepare(['mv', 'ca.crt', 'ca.pem']);
}

function urlOf(workspace: Workspace, name: string): string {
  return workspace.names.get(name) ?? expect.fail(`there is no ${name}`);
}

/** By whom the example expects it. */
async function sign(
  workspace: Workspace,
  words: readonly string[],
  circumstances: Circumstances,
): Promise<void> {
  const [identity = '', issuer = ''] = ['--identity', '--identity-provider'].map(
    (option) => words[words.indexOf(option) + 1],
  );
  if (words.includes('--identity')) {
    const name = identity.includes('://') ? `uri=${identity}` : `email=${identity}`;
    const options = ['by=sigstore', name, `issuer=${issuer}`];
    return workspace.prepare(['bundle', 'model/model.sig', 'model', ...options]);
  }
  const method = words.includes('--certificate-chain')
    ? ['--signing-certificate', 'cert.pem', '--certificate-chain', 'ca.pem']
    : [];
  const stamp = words.includes('--tsa-certificate-chain')
    ? ['--tsa-url', urlOf(workspace, 'tsa')]
    : [];
  const command = ['sign', 'model', '--private-key', 'key.pem', ...method, ...stamp];
  expect(await runProgram(command, circumstances)).toMatchObject({ exit: '0' });
}
