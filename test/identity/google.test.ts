import { writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { googleCloud } from '../../src/identity/google.ts';
import type { AmbientOptions } from '../../src/identity/source.ts';
import type { OmsError } from '../../src/index.ts';
import { temporaryDirectory } from '../helpers/model.ts';
import { failure, makeToken, serve } from './helpers.ts';

const ACCESS_TOKEN = 'ya29.access-token-9k2';
const TOKEN = makeToken({ iss: 'https://accounts.google.com' });
const ACCOUNT = 'robot@project.iam.gserviceaccount.com';
const PATH = '/computeMetadata/v1/instance/service-accounts/default';

function productFile(name: string): string {
  const path = join(temporaryDirectory(), 'product_name');
  writeFileSync(path, `${name}\n`);
  return path;
}

function find(options: Partial<AmbientOptions>): Promise<unknown> {
  return googleCloud.find({
    env: {},
    audience: 'my audience',
    timeout: 1_000,
    pauses: [1],
    googleProductFile: '/nowhere',
    googleMetadataUrl: 'http://127.0.0.1:1',
    googleCredentialsUrl: 'http://127.0.0.1:1',
    ...options,
  });
}

async function refused(options: Partial<AmbientOptions>): Promise<OmsError> {
  const error = await failure(() => find(options), 'TOKEN_UNUSABLE', [ACCESS_TOKEN, TOKEN]);
  expect(error.summary).toBe('no identity token from Google Cloud');
  return error;
}

/** A metadata server that gives both kinds of token, and only to those who ask as they should. */
function serveMetadata(asked: string[] = []): Promise<string> {
  return serve((request, response) => {
    asked.push(request.url ?? '');
    if (request.headers['metadata-flavor'] !== 'Google') response.writeHead(403).end();
    else if (request.url?.includes('/identity?')) response.end(TOKEN);
    else response.end(JSON.stringify({ access_token: ACCESS_TOKEN, expires_in: 3599 }));
  });
}

describe('a machine on Google Cloud', () => {
  it.each(['Google', 'Google Compute Engine'])('is known by the name %o', async (name) => {
    const asked: string[] = [];
    const googleMetadataUrl = await serveMetadata(asked);
    const options = { googleProductFile: productFile(name), googleMetadataUrl };
    expect(await find(options)).toBe(TOKEN);
    expect(asked).toEqual([`${PATH}/identity?audience=my+audience&format=full`]);
  });

  it.each(['K_SERVICE', 'CLOUD_RUN_JOB'])('is known by the variable %s', async (name) => {
    const googleMetadataUrl = await serveMetadata();
    expect(await find({ env: { [name]: 'robot' }, googleMetadataUrl })).toBe(TOKEN);
  });

  it.each(['Standard PC', 'Googlebook', 'not Google', ''])(
    'is not known by the name %o',
    async (name) => {
      const asked: string[] = [];
      const googleMetadataUrl = await serveMetadata(asked);
      const options = { googleProductFile: productFile(name), googleMetadataUrl };
      expect(await find(options)).toEqual({ why: 'not running there' });
      expect(asked).toEqual([]);
    },
  );

  it('may have no service account, which is no fault', async () => {
    const googleMetadataUrl = await serve((_, response) => void response.writeHead(404).end());
    expect(await find({ env: { CLOUD_RUN_JOB: 'job' }, googleMetadataUrl })).toEqual({
      why: 'the machine has no service account',
    });
  });

  const answers: readonly (readonly [string, string, RequestListener])[] = [
    ['no token', 'its answer is not a token', (_, response) => void response.end('<html>')],
    ['nothing', 'its answer is not a token', (_, response) => void response.end()],
    ['HTTP 500', 'it answered HTTP 500', (_, response) => void response.writeHead(500).end(TOKEN)],
    ['HTTP 403', 'it answered HTTP 403', (_, response) => void response.writeHead(403).end(TOKEN)],
    ['nothing in time', 'it did not answer within 1 second', () => {}],
    [
      'too much',
      'it answered with more than 65536 bytes',
      (_, response) => void response.end(TOKEN.padEnd(2 ** 17)),
    ],
  ];

  it.each(answers)('says when the metadata server answers %s', async (_, found, handler) => {
    const googleMetadataUrl = await serve(handler);
    const error = await refused({ env: { CLOUD_RUN_JOB: 'job' }, googleMetadataUrl });
    expect(error.found).toBe(found);
    expect(error.hint).toMatch(/^check (that the metadata server|the service account)/);
  });
});

describe('a machine that acts for another Google service account', () => {
  const env = { GOOGLE_SERVICE_ACCOUNT_NAME: ACCOUNT };

  it('gets a token of that account, with its email', async () => {
    const asked: string[] = [];
    const googleMetadataUrl = await serveMetadata(asked);
    const said: unknown[] = [];
    const googleCredentialsUrl = await serve(async (request, response) => {
      const body = JSON.parse((await request.toArray()).join(''));
      said.push(request.method, request.url, request.headers.authorization, body);
      response.end(JSON.stringify({ token: TOKEN }));
    });
    expect(await find({ env, googleMetadataUrl, googleCredentialsUrl })).toBe(TOKEN);
    const scope = encodeURIComponent('https://www.googleapis.com/auth/cloud-platform');
    expect(asked).toEqual([`${PATH}/token?scopes=${scope}`]);
    const path = `/v1/projects/-/serviceAccounts/${encodeURIComponent(ACCOUNT)}:generateIdToken`;
    const body = { audience: 'my audience', includeEmail: true };
    expect(said).toEqual(['POST', path, `Bearer ${ACCESS_TOKEN}`, body]);
  });

  it('cannot be led to another path by the name', async () => {
    const googleMetadataUrl = await serveMetadata();
    let path: string | undefined;
    const googleCredentialsUrl = await serve((request, response) => {
      path = request.url;
      response.end(JSON.stringify({ token: TOKEN }));
    });
    const name = '../../x?y#z';
    const wild = { GOOGLE_SERVICE_ACCOUNT_NAME: name };
    await find({ env: wild, googleMetadataUrl, googleCredentialsUrl });
    expect(path).toBe(`/v1/projects/-/serviceAccounts/${encodeURIComponent(name)}:generateIdToken`);
  });

  it.each([
    ['HTTP 404', 404, '', 'it answered HTTP 404'],
    ['no JSON', 200, ACCESS_TOKEN, 'the metadata server gave no access token'],
    ['no token', 200, '{"token":"x"}', 'the metadata server gave no access token'],
  ])('says when the metadata server answers %s', async (_, status, body, found) => {
    const googleMetadataUrl = await serve((__, response) => {
      response.writeHead(status).end(body);
    });
    expect((await refused({ env, googleMetadataUrl })).found).toBe(found);
  });

  it.each([
    ['HTTP 403', 403, JSON.stringify({ token: TOKEN }), 'it answered HTTP 403'],
    ['no token', 200, JSON.stringify({ tokens: TOKEN }), 'its answer is not a token'],
    ['another text', 200, '{"token":"hello"}', 'its answer is not a token'],
  ])('says when the credentials service answers %s', async (_, status, body, found) => {
    const googleMetadataUrl = await serveMetadata();
    const googleCredentialsUrl = await serve((__, response) => {
      response.writeHead(status).end(body);
    });
    const error = await refused({ env, googleMetadataUrl, googleCredentialsUrl });
    expect(error.found).toBe(found);
    expect(error.hint).toContain('GOOGLE_SERVICE_ACCOUNT_NAME');
  });
});
