import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { columnsOf } from '../../src/cli/progress-line.ts';
import { hasTerminal, readLine, runOnTerminal, type Seen } from '../helpers/terminal.ts';
import { Workspace } from './workspace.ts';

const GIB = 2 ** 30;
const CTRL_C = '\u0003';

/** Sparse files: none takes room on a disk. */
const workspace = new Workspace();
const large = workspace.path('large');
const signed = workspace.path('signed');
const huge = workspace.path('huge');

/** With these, and on any machine, the large ones take about a second or a few. */
const ALONE = ['--jobs', '1'];
const SLOWLY = [...ALONE, '--hash', 'blake2b'];

beforeAll(async () => {
  await workspace.prepare(['key', 'signer']);
  for (const [directory, size] of [
    ['large', GIB],
    ['signed', GIB],
    ['huge', 64 * GIB],
  ] as const) {
    workspace.write(`${directory}/config.json`, '{}');
    await workspace.prepare(['grow', `${directory}/モデル-00001.safetensors`, String(size)]);
  }
});

afterAll(() => workspace.remove());

/** What holds for every run that was watched, however fast the machine. */
function drawnIn({ shown, seconds }: Seen): readonly string[] {
  const { drawn, erased } = readLine(shown);
  expect(erased, JSON.stringify(shown.slice(-200))).toBe(true);
  expect(drawn.length, 'redraws').toBeLessThanOrEqual(seconds * 10 + 2);
  return drawn;
}

const OPTIONS = { concurrent: true, timeout: 120_000 };

describe.skipIf(!hasTerminal())('on a terminal', OPTIONS, () => {
  it.for([3, 20, 40, 80, 200])('the line is narrower than %i columns', async (columns) => {
    const acts = [{ after: 3, type: CTRL_C }];
    const drawn = drawnIn(await runOnTerminal(['digest', huge], { columns, acts }));
    expect(drawn.length).toBeGreaterThanOrEqual(3);
    for (const line of drawn) expect(columnsOf(line), line).toBeLessThan(columns);
    if (columns >= 40) expect(drawn[0]).toMatch(/^Hashing {2}\d+\.\d of 68\.7 GB \(\d+%\)/);
    if (columns === 200) {
      expect(drawn[0]).toMatch(/ · [01] of 2 files · .* left · モデル-00001\.safetensors$/);
    }
  });

  it.for([
    [{ after: 2, type: CTRL_C }, 130],
    [{ after: 2, signal: 'SIGTERM' }, 143],
  ] as const)('the line is gone before the end is told: %j', async ([act, exit]) => {
    const seen = await runOnTerminal(['digest', huge], { acts: [act] });
    expect(drawnIn(seen).length).toBeGreaterThanOrEqual(2);
    expect(readLine(seen.shown).rest).toBe('Could not be checked: the operation was cancelled\r\n');
    expect(seen).toMatchObject({ stdout: '', exit });
  });

  it('signing and verifying leave nothing of it, and it counts shards', async () => {
    const signature = ['--signature', workspace.path('signed.sig')];
    const key = ['--private-key', workspace.path('signer.pem'), '--shard-size', '1GB', '--json'];
    const done = await runOnTerminal(['sign', signed, ...key, ...signature, ...SLOWLY]);
    expect(drawnIn(done).at(-1)).toContain(' of 3 shards');
    expect(readLine(done.shown).rest).toBe('');
    expect(JSON.parse(done.stdout)).toMatchObject({ ok: true });

    workspace.write('signed/extra', '');
    const trust = ['--public-key', workspace.path('signer.pub')];
    const refused = await runOnTerminal(['verify', signed, ...trust, ...signature, ...ALONE]);
    expect(drawnIn(refused).at(-1)).toContain(' of 3 shards');
    expect(readLine(refused.shown).rest).toMatch(/^Refused: the signature is good, but /);
    expect(refused).toMatchObject({ stdout: '', exit: 1 });
  });

  it('the width is that of the moment', async () => {
    const acts = [
      { after: 2, columns: 30 },
      { after: 7, type: CTRL_C },
    ];
    const drawn = drawnIn(await runOnTerminal(['digest', huge], { columns: 120, acts }));
    expect(columnsOf(drawn[0] ?? '')).toBeGreaterThan(30);
    expect(columnsOf(drawn.at(-1) ?? '')).toBeLessThan(30);
  });

  it('the run goes on when the terminal goes away', async () => {
    const acts = [{ after: 1, hangUp: true }] as const;
    const seen = await runOnTerminal(['digest', large, ...SLOWLY], { acts });
    expect(seen.stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/);
    expect(seen.exit).toBe(0);
  });

  it.for([
    [['digest', large, '--quiet'], {}],
    [['--log-level', 'CRITICAL', 'digest', large], {}],
    [['digest', large], { MODEL_SIGNING_LOG_LEVEL: 'error' }],
  ] as const)('nothing is shown to who wants to see nothing: %j %j', async ([words, env]) => {
    const seen = await runOnTerminal([...words, ...SLOWLY], { env });
    expect(seen).toMatchObject({ shown: '', stdout: '', exit: 0 });
  });

  it('that cannot move its cursor, there are lines instead, every ten seconds', async () => {
    const env = { TERM: 'dumb' };
    const { shown, seconds } = await runOnTerminal(['digest', large, ...SLOWLY], { env });
    checkLog(shown.replaceAll('\r\n', '\n'), seconds);
  });
});

/** One line every ten seconds; on most machines there are less in all. */
function checkLog(text: string, seconds: number): void {
  const lines = text.split('\n').slice(0, -1);
  for (const line of lines) expect(line).toMatch(/^Hashing {2}[\d.]+ of 1\.1 GB \P{Cc}*$/u);
  expect(text).toBe(lines.map((line) => `${line}\n`).join(''));
  expect(lines.length).toBeLessThanOrEqual(seconds / 10);
}

describe('not on a terminal', OPTIONS, () => {
  it.for(['--verbose', '--json'])('there are plain lines every ten seconds: %s', async (option) => {
    const program = fileURLToPath(new URL('../../bin/oms.cjs', import.meta.url));
    const start = Date.now();
    const words = [program, 'digest', large, ...SLOWLY, option];
    const { stderr } = await promisify(execFile)(process.execPath, words);
    checkLog(stderr, (Date.now() - start) / 1000);
  });
});
