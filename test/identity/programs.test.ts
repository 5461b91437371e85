import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildkite, circleci } from '../../src/identity/programs.ts';
import type { AmbientOptions, AmbientSource } from '../../src/identity/source.ts';
import type { OmsError } from '../../src/index.ts';
import { temporaryDirectory } from '../helpers/model.ts';
import { failure, makeToken } from './helpers.ts';

const AGENT_TOKEN = 'agent-token-3f9';
const TOKEN = makeToken({ iss: 'https://agent.buildkite.com' });
const ENV = { BUILDKITE: 'true', CIRCLECI: 'true', BUILDKITE_AGENT_ACCESS_TOKEN: AGENT_TOKEN };

const TOOLS: readonly (readonly [string, AmbientSource, string])[] = [
  ['buildkite-agent', buildkite, 'Buildkite'],
  ['circleci', circleci, 'CircleCI'],
];

/** A search path with one program, which is this shell script. */
function pathWith(program: string, script: string): string {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, program), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return `${directory}:/usr/bin:/bin`;
}

function find(
  source: AmbientSource,
  path: string,
  options: Partial<AmbientOptions> = {},
): Promise<unknown> {
  const env = { ...ENV, PATH: path, TOKEN };
  return source.find({ env, audience: 'my audience', ...options });
}

function refused(
  source: AmbientSource,
  path: string,
  options: Partial<AmbientOptions> = {},
): Promise<OmsError> {
  return failure(() => find(source, path, options), 'TOKEN_UNUSABLE', [TOKEN, AGENT_TOKEN]);
}

describe('the words of the helper programs', () => {
  // printf repeats its format for each word, so each stands by itself.
  const script = `[ -n "$OUT" ] && printf '<%s>' "$@" > "$OUT"; echo "$TOKEN"`;

  it.each([
    ['buildkite-agent', buildkite, '<oidc><request-token><--audience><a "b" $(touch x) `c`>'],
    [
      'circleci',
      circleci,
      String.raw`<run><oidc><get><--claims><{"aud":"a \"b\" $(touch x) ${'`c`'}"}><--root-issuer>`,
    ],
  ])('are those that %s knows, and none is read by a shell', async (program, source, words) => {
    const out = join(temporaryDirectory(), 'out');
    const env = { ...ENV, PATH: pathWith(program, script), TOKEN, OUT: out };
    const audience = 'a "b" $(touch x) `c`';
    expect(await source.find({ env, audience })).toBe(TOKEN);
    expect(readFileSync(out, 'utf8')).toBe(words);
  });
});

describe.each(TOOLS)('the helper program %s', (program, source, name) => {
  it('gives the token without the white space around it', async () => {
    const path = pathWith(program, 'echo; echo "  $TOKEN"; echo');
    expect(await find(source, path)).toBe(TOKEN);
  });

  it('is not run elsewhere', async () => {
    const directory = temporaryDirectory();
    const path = pathWith(program, `touch ${directory}/ran; echo "$TOKEN"`);
    const env = { PATH: path, TOKEN };
    expect(await source.find({ env, audience: 'a' })).toEqual({ why: 'not running there' });
    expect(existsSync(join(directory, 'ran'))).toBe(false);
  });

  it('may be missing', async () => {
    const error = await refused(source, temporaryDirectory());
    expect(error.message).toBe(
      `no identity token from ${name}: there is no ${program} on the PATH`,
    );
    expect(error.hint).toContain(`check that ${program} is installed`);
  });

  it('is not looked for where the user stands', async () => {
    const [directory = ''] = pathWith(program, 'echo "$TOKEN"').split(':');
    const path = relative(process.cwd(), directory);
    expect(existsSync(join(path, program))).toBe(true);
    expect((await refused(source, path)).found).toBe(`there is no ${program} on the PATH`);
  });

  it('may not be a program', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, program), 'text', { mode: 0o644 });
    expect((await refused(source, directory)).found).toBe(`${program} could not be run`);
  });

  it('may fail, and its last words are shown without secrets', async () => {
    const words = `denied for $BUILDKITE_AGENT_ACCESS_TOKEN and $TOKEN (HTTP 403)`;
    const path = pathWith(program, `echo "$TOKEN"; echo "$TOKEN" >&2; echo "${words}" >&2; exit 4`);
    const error = await refused(source, path);
    expect(error.found).toBe(`${program} ended with exit code 4: "denied for … and … (HTTP 403)"`);
  });

  it('may fail without a word', async () => {
    const path = pathWith(program, 'echo "$TOKEN"; exit 3');
    expect((await refused(source, path)).found).toBe(`${program} ended with exit code 3`);
  });

  it.each([
    ['nothing', 'true'],
    ['something else', 'echo hello'],
    ['two tokens', 'echo "$TOKEN"; echo "$TOKEN"'],
    ['a token after other words', 'echo "token: $TOKEN"'],
  ])('may print %s', async (_, script) => {
    expect((await refused(source, pathWith(program, script))).found).toBe(
      'its answer is not a token',
    );
  });

  it.each([
    ['without end', 'while :; do echo "$TOKEN"; done'],
    ['a little too much', 'echo "$TOKEN"; head -c 65536 /dev/zero'],
  ])('may print %s', async (_, script) => {
    const error = await refused(source, pathWith(program, script));
    expect(error.found).toBe(`${program} printed more than 65536 bytes`);
  });

  it('may take too long, even if it will not be ended', async () => {
    const path = pathWith(program, 'trap "" TERM; echo "$TOKEN"; exec sleep 20');
    const error = await refused(source, path, { timeout: 300 });
    expect(error.found).toBe(`${program} did not end within 0.3 seconds`);
  }, 10_000);

  it('can be cancelled', async () => {
    const path = pathWith(program, 'echo "$TOKEN"; exec sleep 20');
    const end = new AbortController();
    setTimeout(() => end.abort(), 200);
    const found = (): unknown => find(source, path, { signal: end.signal });
    await failure(found, 'ABORTED', [TOKEN, AGENT_TOKEN]);
  }, 10_000);
});
