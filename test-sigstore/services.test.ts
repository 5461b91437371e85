import { describe, expect, inject, it } from 'vitest';
import { browse } from '../scripts/sigstore/browser.ts';
import { type Misbehaviour, startProxy } from '../scripts/sigstore/misbehave.ts';
import { startProvider } from '../scripts/sigstore/provider.ts';
import { CLIENT_ID } from '../scripts/sigstore/stack.ts';
import { asSigner, pointedAt, withTrustedRoot } from './helpers/instance.ts';
import { Job } from './helpers/job.ts';
import { expectNoLeak, expectNotSigned, expectSuccess } from './helpers/judge.ts';
import { ADDRESS, once, type Run, VERDICT } from './helpers/oms.ts';

const WAYS: readonly (readonly [how: string, Misbehaviour])[] = [
  ['is down', { kind: 'down' }],
  ['does not answer', { kind: 'silent' }],
  ['answers with a page of HTML', { kind: 'html' }],
  ['answers with an empty object', { kind: 'shape', body: '{}' }],
  ['answers with null', { kind: 'shape', body: 'null' }],
  ['answers with a list', { kind: 'shape', body: '[[[]]]' }],
  [
    'answers with JSON of another kind',
    { kind: 'shape', body: '{"logIndex":{"a":1},"signedCertificateEmbeddedSct":"x","chain":7}' },
  ],
  ['answers with half an answer', { kind: 'truncated' }],
  ['cuts the connection half-way', { kind: 'cut' }],
  ['answers 400', { kind: 'status', status: 400 }],
  ['answers 404', { kind: 'status', status: 404 }],
  ['answers 429', { kind: 'status', status: 429 }],
  ['answers 500', { kind: 'status', status: 500 }],
  ['answers 503', { kind: 'status', status: 503 }],
  ['answers without an end', { kind: 'endless' }],
];

const SERVICES = ['fulcio', 'rekor', 'timestamp'] as const;

/** Seconds; a service that does not answer is asked three times. */
const TIMEOUT = 8;
const MAX_SECONDS = 40;

/**
 * Passes on what Rekor is asked, and waits for its answer even where the client does not: Rekor v2
 * answers 499 to all who wait when one of them has gone away.
 */
const PATIENT = { kind: 'late', seconds: 0 } as const;

/** Signs with a service whose first answer is spoilt. */
async function signOnceSpoilt(
  target: string,
  service: string,
  misbehaviour: Misbehaviour,
): Promise<Run> {
  const job = new Job();
  const { token, file } = await job.token();
  const proxy = await startProxy(target, misbehaviour, undefined, 1);
  const words = [...pointedAt(job, { [service]: proxy.url }), '--identity-token-file', file];
  const run = await job.sign([...words, '--yes']);
  await proxy.close();
  expect(proxy.spoilt()).toBe(1);
  expectNoLeak(run, [token]);
  if (run.exitCode === 0) expectSuccess(await job.verify([...withTrustedRoot(), ...asSigner()]));
  return run;
}

describe.concurrent.each(SERVICES)('signing when %s', (service) => {
  const urls = inject('instance');
  const target = {
    fulcio: urls.fulcioUrl,
    rekor: urls.rekorUrl,
    timestamp: urls.timestampUrl,
  }[service];

  it('has to be asked again succeeds at the second attempt', async () => {
    const run = await signOnceSpoilt(target, service, { kind: 'status', status: 503 });
    expectSuccess(run);
  });

  // Rekor v2 takes an entry only once, and does not say where it is: then another is made.
  it('loses an answer gets another one', async () => {
    expectSuccess(await signOnceSpoilt(target, service, { kind: 'lost' }));
  });

  it.each(WAYS)('%s fails with one line that names it', async (_, misbehaviour) => {
    const job = new Job();
    const { token, file } = await job.token();
    const proxy = await startProxy(target, misbehaviour);
    const rekor = await startProxy(urls.rekorUrl, PATIENT);
    const words = [
      ...pointedAt(job, { rekor: rekor.url, [service]: proxy.url }),
      '--identity-token-file',
      file,
      '--service-timeout',
      String(TIMEOUT),
      '--yes',
    ];
    const { host } = new URL(proxy.url);
    try {
      const run = await expectNotSigned(job, words, {
        exitCode: 3,
        says: new RegExp(host.replaceAll('.', '\\.')),
        secrets: [token],
      });
      expect(run.seconds).toBeLessThan(MAX_SECONDS);
    } finally {
      await Promise.all([proxy.close(), rekor.close()]);
    }
  });
});

/** A provider that is reached through a server which spoils some answers. */
async function spoiltProvider(misbehaviour: Misbehaviour, path: RegExp) {
  const target = { url: '' };
  const proxy = await startProxy(() => target.url, misbehaviour, path);
  const url = proxy.url.replace(/\/$/, '');
  const provider = await startProvider({ clientId: CLIENT_ID, url });
  target.url = provider.url;
  return { url, close: () => Promise.all([proxy.close(), provider.close()]) };
}

describe.concurrent.each([
  ['says where its endpoints are', /well-known/],
  ['gives the token', /^\/token/],
])('a login when the provider, as it %s,', (_, path) => {
  // There is no option for how long the provider may take, so silence would cost minutes.
  it.each(WAYS.filter(([, { kind }]) => kind !== 'silent'))(
    '%s fails with one line',
    async (_how, misbehaviour) => {
      const job = new Job();
      const provider = await spoiltProvider(misbehaviour, path);
      const words = [...pointedAt(job, { issuer: provider.url }), '--oauth-force-oob', '--yes'];
      const before = job.listing();
      const onOutput = once(ADDRESS, async ([, url = '']) => `${(await browse(url)).text}\n`);
      const run = await job.sign(words, { onOutput });
      await provider.close();
      expect(run.exitCode, run.stderr).toBe(3);
      expect(run.stderr.match(VERDICT), run.stderr).toHaveLength(1);
      expect(run.stderr).not.toMatch(/eyJ|^\s+at /m);
      expect(job.listing()).toEqual(before);
    },
  );

  it('does nothing wrong succeeds, up to the CA that does not know it', async () => {
    const job = new Job();
    const provider = await spoiltProvider({ kind: 'late', seconds: 1 }, path);
    const words = [...pointedAt(job, { issuer: provider.url }), '--oauth-force-oob', '--yes'];
    const onOutput = once(ADDRESS, async ([, url = '']) => `${(await browse(url)).text}\n`);
    const run = await job.sign(words, { onOutput });
    await provider.close();
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toMatch(/Not signed: no certificate from/);
  });
});
