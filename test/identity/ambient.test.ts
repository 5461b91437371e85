import { describe, expect, it } from 'vitest';
import { type AmbientToken, findAmbientToken, type NoToken } from '../../src/identity/ambient.ts';
import type { Environment } from '../../src/identity/source.ts';
import type { OmsError } from '../../src/index.ts';
import { temporaryDirectory } from '../helpers/model.ts';
import { failure, makeToken, serve } from './helpers.ts';

const REQUEST_TOKEN = 'request-token-5u8v';
const SOURCES = ['GitHub Actions', 'GitLab CI', 'Google Cloud', 'Buildkite', 'CircleCI'];
const NOWHERE = 'http://127.0.0.1:1';

interface Settings {
  readonly audience?: string;
  readonly signal?: AbortSignal;
}

/** Looks in this environment, on a machine that is not Google's. */
function find(env: Environment, settings: Settings = {}): Promise<AmbientToken | NoToken> {
  return findAmbientToken({
    env,
    audience: 'sigstore',
    timeout: 1_000,
    pauses: [1],
    googleProductFile: '/nowhere',
    googleMetadataUrl: NOWHERE,
    ...settings,
  });
}

function refused(env: Environment, ...secrets: readonly string[]): Promise<OmsError> {
  return failure(() => find(env), 'TOKEN_UNUSABLE', [REQUEST_TOKEN, ...secrets]);
}

describe('a search for an identity token in the environment', () => {
  it('says where it looked when there is none', async () => {
    const looked = SOURCES.map((source) => ({ source, why: 'not running there' }));
    expect(await find({})).toEqual({
      token: undefined,
      looked: [...looked, { source: 'SIGSTORE_ID_TOKEN', why: 'not set' }],
    });
  });

  it.each([undefined, '', '0', 'false', 'False'])(
    'does not take an environment for present whose variable is %o',
    async (off) => {
      const env = { GITHUB_ACTIONS: off, GITLAB_CI: off, BUILDKITE: off, CIRCLECI: off };
      expect(await find({ ...env, K_SERVICE: off, CLOUD_RUN_JOB: off })).toMatchObject({
        looked: expect.arrayContaining([{ source: 'CircleCI', why: 'not running there' }]),
      });
    },
  );

  it('takes SIGSTORE_ID_TOKEN without the white space around it', async () => {
    const source = 'SIGSTORE_ID_TOKEN';
    expect(await find({ SIGSTORE_ID_TOKEN: ' a.b.c\n' })).toEqual({ token: 'a.b.c', source });
  });

  it.each(['', ' \n'])('takes %o as SIGSTORE_ID_TOKEN for none', async (empty) => {
    expect(await find({ SIGSTORE_ID_TOKEN: empty })).toMatchObject({ token: undefined });
  });

  it.each([
    ['GitHub Actions', { GITHUB_ACTIONS: 'true' }],
    ['Google Cloud', { CLOUD_RUN_JOB: 'job' }],
    ['Buildkite', { BUILDKITE: 'true', PATH: '/nowhere' }],
    ['CircleCI', { CIRCLECI: 'true', PATH: '/nowhere' }],
  ])('fails when %s fails, unless SIGSTORE_ID_TOKEN is set', async (name, env) => {
    const error = await refused(env);
    expect(error.summary).toBe(`no identity token from ${name}`);
    expect(error.hint).toBeDefined();
    expect(await find({ ...env, SIGSTORE_ID_TOKEN: 'a.b.c' })).toEqual({
      token: 'a.b.c',
      source: 'SIGSTORE_ID_TOKEN',
    });
  });

  it('asks the environments in their order, and the variable last', async () => {
    const token = makeToken();
    const url = await serve((_, response) => {
      response.end(JSON.stringify({ value: token }));
    });
    const github = {
      GITHUB_ACTIONS: 'true',
      ACTIONS_ID_TOKEN_REQUEST_URL: url,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: REQUEST_TOKEN,
    };
    const others = { GITLAB_CI: 'true', SIGSTORE_ID_TOKEN: 'a.b.c', CLOUD_RUN_JOB: 'job' };
    expect(await find({ ...others, ...github })).toEqual({ token, source: 'GitHub Actions' });
    expect(await find({ ...others, BUILDKITE: 'true' })).toMatchObject({ source: 'GitLab CI' });
    const clouds = { CLOUD_RUN_JOB: 'job', BUILDKITE: 'true', CIRCLECI: 'true' };
    expect((await refused(clouds)).summary).toContain('Google Cloud');
    expect((await refused({ BUILDKITE: 'true', CIRCLECI: 'true' })).summary).toContain('Buildkite');
  });

  it('can be cancelled, whatever is set', async () => {
    const env = { SIGSTORE_ID_TOKEN: 'a.b.c' };
    await failure(() => find(env, { signal: AbortSignal.abort() }), 'ABORTED');

    const url = await serve(() => {});
    const end = new AbortController();
    const github = {
      GITHUB_ACTIONS: 'true',
      ACTIONS_ID_TOKEN_REQUEST_URL: url,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: REQUEST_TOKEN,
    };
    const found = find({ ...env, ...github }, { signal: end.signal });
    setTimeout(() => end.abort(), 50);
    await failure(() => found, 'ABORTED', [REQUEST_TOKEN]);
  });
});

describe('a job of GitLab CI', () => {
  it('has its token in the variable named after the audience', async () => {
    const env = {
      GITLAB_CI: 'true',
      SIGSTORE_ID_TOKEN: 'a.b.c',
      HTTPS___MY_EXAMPLE_ID_TOKEN: 'd.e.f',
      _ST_ID_TOKEN: 'g.h.i',
    };
    const source = 'GitLab CI';
    expect(await find(env)).toEqual({ token: 'a.b.c', source });
    const audience = 'https://my.example';
    expect(await find(env, { audience })).toEqual({ token: 'd.e.f', source });
    expect(await find(env, { audience: '1st' })).toEqual({ token: 'g.h.i', source });
  });

  it('is told what to declare when the variable is not there', async () => {
    for (const value of [undefined, '', ' ']) {
      const error = await refused({ GITLAB_CI: 'true', SIGSTORE_ID_TOKEN: value });
      expect(error.found).toBe('SIGSTORE_ID_TOKEN is not set');
      expect(error.hint).toBe('declare "id_tokens: SIGSTORE_ID_TOKEN: aud: sigstore" in the job');
    }
  });

  it('may use SIGSTORE_ID_TOKEN for another audience', async () => {
    const env = { GITLAB_CI: 'true', SIGSTORE_ID_TOKEN: 'a.b.c' };
    const source = 'SIGSTORE_ID_TOKEN';
    expect(await find(env, { audience: 'other' })).toEqual({ token: 'a.b.c', source });
  });
});

describe('a machine that is nowhere in particular', () => {
  it('is not asked for its metadata', async () => {
    let calls = 0;
    const url = await serve((_, response) => {
      calls++;
      response.end(makeToken());
    });
    const found = await findAmbientToken({
      env: {},
      audience: 'sigstore',
      googleProductFile: temporaryDirectory(),
      googleMetadataUrl: url,
    });
    expect(found.token).toBeUndefined();
    expect(calls).toBe(0);
  });
});
