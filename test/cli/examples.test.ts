import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runProgram } from './program.ts';
import { splitWords } from './script.ts';
import { Workspace } from './workspace.ts';

describe.concurrent('the examples that --help shows do what they say', { timeout: 60_000 }, () => {
  test.for([
    ['sign', 2],
    ['verify', 3],
    ['digest', 1],
    ['inspect', 1],
  ] as const)('oms %s --help', async ([command, number]) => {
    const examples = await readExamples(command);
    expect(examples).toHaveLength(number);
    for (const example of examples) await runExample(example);
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

async function runExample(example: string): Promise<void> {
  const [line = '', filter] = example.split(' | ');
  const words = splitWords(line).slice(1);
  const workspace = new Workspace();
  try {
    await prepare(workspace, words);
    const outcome = await runProgram(words, { cwd: workspace.root });
    expect(outcome, example).toMatchObject({ stderr: '', exit: '0' });
    if (filter === undefined) return;
    expect(filter).toBe('jq .ok');
    expect((JSON.parse(outcome.stdout) as { ok: unknown }).ok).toBe(true);
  } finally {
    workspace.remove();
  }
}

/** The files that the examples speak of: a key, its certificate, a model and its signature. */
async function prepare(workspace: Workspace, words: readonly string[]): Promise<void> {
  workspace.write('model/weights.bin', 'weights');
  await workspace.prepare(['cert', 'ca', 'ca']);
  await workspace.prepare(['cert', 'key', 'by=ca']);
  // As `openssl ecparam -genkey` of the first example writes it.
  const key = createPrivateKey(readFileSync(workspace.path('key.pem')));
  workspace.write('key.pem', key.export({ type: 'sec1', format: 'pem' }));
  await workspace.prepare(['mv', 'key.crt', 'cert.pem']);
  await workspace.prepare(['cp', 'ca.crt', 'our-root.pem']);
  await workspace.prepare(['mv', 'ca.crt', 'ca.pem']);
  if (words[0] === 'sign' || words[0] === 'digest') return;
  const method = words.includes('--certificate-chain')
    ? ['--signing-certificate', 'cert.pem', '--certificate-chain', 'ca.pem']
    : [];
  const sign = ['sign', 'model', '--private-key', 'key.pem', ...method];
  expect(await runProgram(sign, { cwd: workspace.root })).toMatchObject({ exit: '0' });
}
