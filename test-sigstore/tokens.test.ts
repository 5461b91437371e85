import { describe, expect, inject, it } from 'vitest';
import { type Proxy, startProxy } from '../scripts/sigstore/misbehave.ts';
import { makeIssuerKey, mintToken } from '../scripts/sigstore/token.ts';
import { pointedAt, withTrustConfig } from './helpers/instance.ts';
import { Job } from './helpers/job.ts';
import { expectNotSigned } from './helpers/judge.ts';

/** All services behind servers that count requests. */
async function counted(
  job: Job,
): Promise<{ readonly words: string[]; requests(): number; end(): Promise<unknown> }> {
  const { fulcioUrl, rekorUrl, timestampUrl } = inject('instance');
  const pass = { kind: 'late', seconds: 0 } as const;
  const proxies: readonly Proxy[] = await Promise.all(
    [fulcioUrl, rekorUrl, timestampUrl].map((url) => startProxy(url, pass)),
  );
  const [fulcio = '', rekor = '', timestamp = ''] = proxies.map(({ url }) => url);
  return {
    words: pointedAt(job, { fulcio, rekor, timestamp }),
    requests: () => proxies.reduce((sum, proxy) => sum + proxy.spoilt(), 0),
    end: () => Promise.all(proxies.map((proxy) => proxy.close())),
  };
}

function unsecured(token: string): string {
  const header = Buffer.from('{"alg":"none"}').toString('base64url');
  return `${header}.${token.split('.')[1]}.AAAA`;
}

describe.concurrent('a token that is not good', () => {
  const { issuer } = inject('instance');
  const now = Math.floor(Date.now() / 1000);

  it.each([
    ['has expired', () => mintToken(issuer, { expiresIn: -300 }), /expire/],
    [
      'is for another audience',
      () => mintToken(issuer, { claims: { aud: 'kubernetes' } }),
      /aud|meant for/,
    ],
    [
      'is for several others',
      () => mintToken(issuer, { claims: { aud: ['a', 'b'] } }),
      /aud|meant for/,
    ],
    [
      'is for later',
      () => mintToken(issuer, { claims: { nbf: now + 3600, iat: now + 3600 } }),
      /valid|issued|clock|future|before/,
    ],
    ['has no subject', () => mintToken(issuer, { claims: { sub: undefined } }), /subject/],
    [
      'is of an address that is not verified',
      () => mintToken(issuer, { claims: { email_verified: false } }),
      /verified/,
    ],
    ['is not signed', async () => unsecured(await mintToken(issuer)), /sign|alg/],
    ['is no token', () => Promise.resolve('hunter2-hunter2'), /part|form/],
    ['lacks a part', async () => (await mintToken(issuer)).replace(/\.[^.]*$/, ''), /part|form/],
    ['is empty', () => Promise.resolve(''), /token/],
  ] as const)('because it %s is seen before anybody is asked', async (_, mint, says) => {
    const job = new Job();
    const token = await mint();
    const services = await counted(job);
    const file = job.file('token', `${token}\n`);
    const words = [...services.words, '--yes'];
    const expected = { exitCode: 3, says, secrets: [token] } as const;
    await expectNotSigned(job, [...words, '--identity-token-file', file], expected);
    if (token !== '') await expectNotSigned(job, [...words, '--identity-token', token], expected);
    expect(services.requests()).toBe(0);
    await services.end();
  });

  it.each([
    ['of an issuer that the CA does not know', () => mintToken(inject('instance').strangeIssuer)],
    ['signed by somebody else', async () => mintToken(issuer, { key: await makeIssuerKey() })],
  ] as const)('%s is refused by the CA, and nothing is logged', async (_, mint) => {
    const job = new Job();
    const token = await mint();
    const services = await counted(job);
    const file = job.file('token', token);
    await expectNotSigned(job, [...services.words, '--identity-token-file', file, '--yes'], {
      exitCode: 3,
      says: /certificate/,
      secrets: [token],
    });
    // The CA was asked, once: asking again would not help.
    expect(services.requests()).toBe(1);
    await services.end();
  });

  it('in the environment is not passed over', async () => {
    const job = new Job();
    const token = await mintToken(issuer, { expiresIn: -300 });
    const before = job.listing();
    const run = await job.sign([...withTrustConfig(), '--yes'], {
      env: { SIGSTORE_ID_TOKEN: token },
    });
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toContain('SIGSTORE_ID_TOKEN');
    expect(token.split('.').some((part) => run.stderr.includes(part))).toBe(false);
    expect(job.listing()).toEqual(before);
  });

  it('that is missing altogether: the line says where it was looked for', async () => {
    const job = new Job();
    const run = await expectNotSigned(job, [...withTrustConfig(), '--yes'], {
      exitCode: 3,
      says: /GitHub.*GitLab.*SIGSTORE_ID_TOKEN|SIGSTORE_ID_TOKEN.*GitHub/i,
    });
    expect(run.stderr).toMatch(/terminal/);
  });

  it('that is missing in GitHub Actions for want of a permission: the line says which', async () => {
    const job = new Job();
    const run = await job.sign([...withTrustConfig(), '--yes'], {
      env: { GITHUB_ACTIONS: 'true', CI: 'true' },
    });
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toContain('id-token: write');
  });
});
