import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hasTerminal, readLine, runOnTerminal, type Seen } from '../helpers/terminal.ts';
import { has, type Outcome, runProgram } from './program.ts';
import { Workspace } from './workspace.ts';

/** What scripts cannot tell: how long it takes, and what a terminal shows meanwhile. */

const CTRL_C = '\u0003';

const workspace = new Workspace();

beforeAll(async () => {
  workspace.write('model/weights.bin', 'weights');
  await workspace.prepare(['token', 'ada', 'email=ada@example.com']);
});

afterAll(() => workspace.remove());

/** Words that sign with the services of an instance. */
function signing(instance: string, ...more: readonly string[]): readonly string[] {
  const [config, token] = [`${instance}.json`, 'ada.jwt'].map((name) => workspace.path(name));
  const trust = ['--trust-config', config ?? '', '--identity-token-file', token ?? ''];
  return ['sign', workspace.path('model'), ...trust, ...more];
}

async function timed(run: () => Promise<Outcome>): Promise<Outcome & { readonly seconds: number }> {
  const start = Date.now();
  return { ...(await run()), seconds: (Date.now() - start) / 1000 };
}

const OPTIONS = { concurrent: true, timeout: 60_000 };

describe('a service that does not answer', OPTIONS, () => {
  it.for(['fulcio', 'rekor'])('keeps nobody longer than was said: %s', async (service) => {
    const name = `silent${service}`;
    await workspace.prepare(['instance', name, `${service}=silent`]);
    const words = signing(name, '--service-timeout', '1');
    const { seconds, exit, stdout, stderr } = await timed(() =>
      runProgram(words, { cwd: workspace.root }),
    );
    expect({ exit, stdout }).toEqual({ exit: '3', stdout: '' });
    expect(stderr).toMatch(
      /^Not signed: no .* from "http:\/\/127\.0\.0\.1:\d+\/[a-z]+": it did not answer within 1 second\n {2}.*\n$/,
    );
    // Three attempts of a second, pauses between them, and the start of the program.
    expect(seconds).toBeGreaterThan(3);
    expect(seconds).toBeLessThan(10);
  });

  it.for(['fulcio', 'rekor'])('is left at once when a signal comes: %s', async (service) => {
    const name = `left${service}`;
    await workspace.prepare(['instance', name, `${service}=silent`]);
    const { requests } = workspace.instance(name);
    const during = vi.waitFor(
      () => expect(requests.some((request) => request.includes(`/${service}/`))).toBe(true),
      { timeout: 15_000, interval: 20 },
    );
    let sent = 0;
    void during.then(() => (sent = Date.now()));
    const outcome = await runProgram(signing(name), {
      cwd: workspace.root,
      interrupt: { signal: 'SIGINT', during },
    });
    expect(outcome).toEqual({
      exit: '130',
      stdout: '',
      stderr: 'Not signed: the operation was cancelled\n',
    });
    expect(Date.now() - sent).toBeLessThan(3000);
  });
});

describe.skipIf(!hasTerminal())('on a terminal', OPTIONS, () => {
  const env = { CI: 'true' };

  it('a line says what is waited for, and is gone when Ctrl-C comes', async () => {
    await workspace.prepare(['instance', 'slow', 'fulcio=silent']);
    const acts = [{ after: 1, type: CTRL_C }];
    const seen = await runOnTerminal(signing('slow'), { columns: 120, acts, env });
    const { drawn, erased, rest } = readLine(seen.shown);
    expect(drawn).toEqual([
      `Waiting for a certificate of ${workspace.instance('slow').url}/fulcio`,
    ]);
    expect(erased, JSON.stringify(seen.shown)).toBe(true);
    expect(rest).toBe('Not signed: the operation was cancelled\r\n');
    expect(seen).toMatchObject({ stdout: '', exit: 130 });
    expect(seen.seconds).toBeLessThan(10);
  });

  it('the line is narrower than the terminal', async () => {
    await workspace.prepare(['instance', 'narrow', 'rekor=silent']);
    const acts = [{ after: 2, type: CTRL_C }];
    const { shown } = await runOnTerminal(signing('narrow'), { columns: 30, acts, env });
    expect(readLine(shown).drawn).toEqual([
      'Waiting for a certificate of ',
      'Waiting for an entry in the l',
    ]);
  });

  it('the line is gone before the result comes', async () => {
    await workspace.prepare(['instance', 'quick']);
    const seen = await runOnTerminal(signing('quick', '--signature', workspace.path('quick.sig')), {
      columns: 120,
      env,
    });
    const { drawn, erased, rest } = readLine(seen.shown);
    expect(drawn.map((line) => line.replace(/ of http.*/, ''))).toEqual([
      'Waiting for a certificate',
      'Waiting for an entry in the log',
    ]);
    expect({ erased, rest }).toEqual({ erased: true, rest: '' });
    expect(seen.stdout).toMatch(/^Signed\.\n(?: {2}.*\n)*$/);
    expect(seen.stdout).not.toContain('\u001b');
  });

  it.for([
    [['--quiet'], {}],
    [['--json', '--quiet'], {}],
    [[], { MODEL_SIGNING_LOG_LEVEL: 'error' }],
  ] as const)(
    'there is no line for who wants to see nothing: %j %j',
    async ([more, level], test) => {
      const name = `calm${test.task.id.replaceAll(/\W/g, '')}`;
      await workspace.prepare(['instance', name]);
      const signature = ['--signature', workspace.path(`${name}.sig`)];
      const seen: Seen = await runOnTerminal(signing(name, ...signature, ...more), {
        env: { ...env, ...level },
      });
      expect(seen).toMatchObject({ shown: '', exit: 0 });
    },
  );
});

/** Tests run on CI systems, too, and there none must take a token, or be let off a question. */
describe('the environment of whoever runs the tests', { timeout: 60_000 }, () => {
  it.skipIf(!has('a machine outside Google Cloud'))('is none of the program', async () => {
    const variables = {
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITLAB_CI: 'true',
      BUILDKITE: 'true',
      CIRCLECI: 'true',
      K_SERVICE: 'service',
      SIGSTORE_ID_TOKEN: workspace.names.get('ada') ?? '',
      XDG_CACHE_HOME: workspace.path('cache'),
      DISPLAY: ':0',
    };
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    try {
      await workspace.prepare(['instance', 'ours']);
      const words = ['sign', 'model', '--trust-config', 'ours.json'];
      const { exit, stderr } = await runProgram(words, { cwd: workspace.root });
      expect(exit).toBe('3');
      expect(stderr).toContain(
        'not running on GitHub Actions, GitLab CI, Google Cloud, Buildkite,',
      );
      expect(stderr).toContain('SIGSTORE_ID_TOKEN is not set; there is no terminal to log in at');
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
