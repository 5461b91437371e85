import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { startProxy } from '../scripts/sigstore/misbehave.ts';
import {
  asSigner,
  IDENTITY,
  pointedAt,
  withTrustConfig,
  withTrustedRoot,
} from './helpers/instance.ts';
import { Job } from './helpers/job.ts';
import { expectFailure, expectNotSigned, expectSuccess } from './helpers/judge.ts';

interface Material {
  readonly verificationMaterial: {
    readonly tlogEntries: readonly { readonly logIndex: string }[];
    readonly timestampVerificationData: { readonly rfc3161Timestamps: readonly unknown[] };
  };
}

describe.concurrent('a signature with a token', () => {
  it('is made with a token from a file, and verifies', async () => {
    const job = new Job();
    const { token, file } = await job.token();
    const signed = await job.sign([...withTrustConfig(), '--identity-token-file', file, '--yes']);
    expectSuccess(signed, [token]);
    const { verificationMaterial } = JSON.parse(readFileSync(job.signature, 'utf8')) as Material;
    expect(verificationMaterial.tlogEntries).toHaveLength(1);
    expect(verificationMaterial.timestampVerificationData.rfc3161Timestamps).toHaveLength(1);
    // The identity is public for ever: who signs is to see it.
    expect(signed.stdout).toContain(IDENTITY);
    expect(signed.stdout).toContain(inject('instance').issuer.url);
    const [entry] = verificationMaterial.tlogEntries;
    expect(signed.stdout).toMatch(new RegExp(`\\b${entry?.logIndex}\\b`));
    const verified = await job.verify([...withTrustConfig(), ...asSigner()]);
    expectSuccess(verified);
    expect(verified.stdout).toContain(IDENTITY);
  });

  it('is made with a token as a word, and with one from the environment', async () => {
    const word = new Job();
    const { token } = await word.token();
    expectSuccess(await word.sign([...withTrustConfig(), '--identity-token', token, '--yes']), [
      token,
    ]);
    expectSuccess(await word.verify([...withTrustConfig(), ...asSigner()]));
    const ambient = new Job();
    const env = { SIGSTORE_ID_TOKEN: token };
    expectSuccess(await ambient.sign([...withTrustConfig(), '--yes'], { env }), [token]);
    expectSuccess(await ambient.verify([...withTrustConfig(), ...asSigner()]));
  });

  it('is not asked about where nobody sits at a terminal', async () => {
    const job = new Job();
    const { token, file } = await job.token();
    expectSuccess(await job.sign([...withTrustConfig(), '--identity-token-file', file]), [token]);
  });

  it('replaces an older one', async () => {
    const job = new Job();
    const { file } = await job.token();
    const words = [...withTrustConfig(), '--identity-token-file', file, '--yes'];
    expectSuccess(await job.sign(words));
    const first = readFileSync(job.signature, 'utf8');
    writeFileSync(join(job.model, 'config.json'), '{"layers": 3}\n');
    expectSuccess(await job.sign(words));
    expect(readFileSync(job.signature, 'utf8')).not.toBe(first);
    expectSuccess(await job.verify([...withTrustedRoot(), ...asSigner()]));
  });

  it('is verified with no network at all', async () => {
    const job = new Job();
    const { file } = await job.token();
    expectSuccess(await job.sign([...withTrustConfig(), '--identity-token-file', file, '--yes']));
    const trap = trapFor(job);
    expectSuccess(await job.verify([...withTrustedRoot(), ...asSigner()], trap.options));
    expectSuccess(await job.verify([...withTrustConfig(), ...asSigner()], trap.options));
    expect(trap.caught()).toBe('');
    // The trap catches, or it would prove nothing.
    const { file: again } = await job.token();
    const words = [...withTrustConfig(), '--identity-token-file', again, '--yes'];
    expect((await job.sign(words, trap.options)).exitCode).toBe(3);
    expect(trap.caught()).not.toBe('');
  });

  it('is the same as before when a new one cannot be made', async () => {
    const job = new Job();
    const { file } = await job.token();
    const words = ['--identity-token-file', file, '--yes'];
    expectSuccess(await job.sign([...withTrustConfig(), ...words]));
    const proxy = await startProxy(inject('instance').fulcioUrl, { kind: 'html' });
    const elsewhere = pointedAt(job, { fulcio: proxy.url });
    await expectNotSigned(job, [...elsewhere, ...words], { exitCode: 3, says: /certificate/ });
    await proxy.close();
    expectSuccess(await job.verify([...withTrustedRoot(), ...asSigner()]));
  });

  it('waits for a service that answers late', async () => {
    const job = new Job();
    const { token, file } = await job.token();
    const { fulcioUrl, rekorUrl, timestampUrl } = inject('instance');
    const late = { kind: 'late', seconds: 4 } as const;
    const proxies = await Promise.all(
      [fulcioUrl, rekorUrl, timestampUrl].map((url) => startProxy(url, late)),
    );
    const [fulcio = '', rekor = '', timestamp = ''] = proxies.map(({ url }) => url);
    const words = ['--identity-token-file', file, '--yes'];
    const signed = await job.sign([...pointedAt(job, { fulcio, rekor, timestamp }), ...words]);
    // A check that no service was asked twice: each would have logged the same again.
    expect(proxies.map((proxy) => proxy.spoilt())).toEqual([1, 1, 1]);
    await Promise.all(proxies.map((proxy) => proxy.close()));
    expectSuccess(signed, [token]);
    expect(signed.seconds).toBeGreaterThan(8);
    expectSuccess(await job.verify([...withTrustConfig(), ...asSigner()]));
  });

  it('is of a workflow, with what the issuer claims about it', async () => {
    const job = new Job();
    const { workflowIssuer } = inject('instance');
    const { token, file } = await job.token({ claims: WORKFLOW }, workflowIssuer);
    const signed = await job.sign([...withTrustConfig(), '--identity-token-file', file, '--yes']);
    expectSuccess(signed, [token]);
    const signer = asSigner(WORKFLOW_IDENTITY, workflowIssuer.url);
    expectSuccess(await job.verify([...withTrustedRoot(), ...signer]));
    expectSuccess(
      await job.verify([
        ...withTrustedRoot(),
        ...signer,
        ...claim('source-repository-ref=refs/heads/main'),
        ...claim('build-trigger=push'),
      ]),
    );
    expectFailure(
      await job.verify([...withTrustedRoot(), ...signer, ...claim('build-trigger=schedule')]),
      1,
      /build-trigger|trigger/,
    );
  });
});

function claim(text: string): string[] {
  return ['--certificate-claim', text];
}

const WORKFLOW_IDENTITY =
  'https://github.com/example/models/.github/workflows/sign.yml@refs/heads/main';

/** What GitHub says of a run of a workflow, without an address. */
const WORKFLOW = {
  sub: 'repo:example/models:ref:refs/heads/main',
  email: undefined,
  email_verified: undefined,
  job_workflow_ref: 'example/models/.github/workflows/sign.yml@refs/heads/main',
  job_workflow_sha: '1'.repeat(40),
  workflow_ref: 'example/models/.github/workflows/sign.yml@refs/heads/main',
  workflow_sha: '1'.repeat(40),
  sha: '2'.repeat(40),
  event_name: 'push',
  repository: 'example/models',
  repository_id: '11',
  repository_owner: 'example',
  repository_owner_id: '12',
  repository_visibility: 'public',
  workflow: 'Sign',
  ref: 'refs/heads/main',
  runner_environment: 'github-hosted',
  run_id: '13',
  run_attempt: '1',
};

/** Makes every connection of a process fail, and writes down that it was tried. */
function trapFor(job: Job) {
  const record = job.file('connections', '');
  const code = `
    const { appendFileSync } = require('node:fs');
    const { Socket } = require('node:net');
    Socket.prototype.connect = function () {
      appendFileSync(${JSON.stringify(record)}, new Error('a connection').stack + '\\n');
      process.nextTick(() => this.destroy(Object.assign(new Error('trapped'), { code: 'ENETUNREACH' })));
      return this;
    };
    require('node:dgram').createSocket = () => { throw new Error('trapped'); };
    const dns = require('node:dns');
    dns.lookup = () => { throw new Error('trapped'); };`;
  const file = job.file('trap.cjs', code);
  return {
    options: { env: { NODE_OPTIONS: `--require ${file}` } },
    caught: () => readFileSync(record, 'utf8'),
  };
}
