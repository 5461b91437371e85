import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { CA, issue } from '../test/helpers/pki.ts';
import { ERA } from '../test/helpers/sigstore/times.ts';
import { Job } from './helpers/job.ts';
import { expectFailure, expectSuccess } from './helpers/judge.ts';
import { oms, type Run } from './helpers/oms.ts';

interface Bundle {
  readonly dsseEnvelope: { readonly signatures: readonly [{ readonly sig: string }] };
  readonly verificationMaterial: {
    readonly timestampVerificationData: {
      readonly rfc3161Timestamps: readonly [{ readonly signedTimestamp: string }];
    };
  };
}

const { timestampUrl } = inject('instance');
const job = new Job();
const privateKey = join(job.home, 'key.pem');
const publicKey = join(job.home, 'key.pub');
const chain = join(job.home, 'tsa.pem');

function run(command: 'sign' | 'verify', ...words: readonly string[]): Promise<Run> {
  return oms([command, 'key', job.model, '--signature', job.signature, ...words], job.home);
}

function readBundle(): Bundle {
  return JSON.parse(readFileSync(job.signature, 'utf8')) as Bundle;
}

beforeAll(async () => {
  const served = await fetch(`${timestampUrl}/certchain`);
  writeFileSync(chain, await served.text());
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(privateKey, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(publicKey, pair.publicKey.export({ type: 'spki', format: 'pem' }));
});

describe('a signature with a key, stamped by a real timestamp authority', () => {
  beforeAll(async () => {
    expectSuccess(await run('sign', '--private-key', privateKey, '--tsa-url', timestampUrl));
  });

  it('verifies, and says when it was made', async () => {
    const words = ['--tsa-certificate-chain', chain, '--require-timestamp', '--json'];
    const verified = await run('verify', '--public-key', publicKey, ...words);
    expectSuccess(verified);
    const { verification } = JSON.parse(verified.stdout) as {
      readonly verification: { readonly signer: { readonly timestamps: readonly object[] } };
    };
    const [stamp, ...others] = verification.signer.timestamps as readonly { readonly at: string }[];
    expect(others).toEqual([]);
    const age = Date.now() - new Date(stamp?.at ?? '').getTime();
    expect(Math.abs(age)).toBeLessThan(3_600_000);
  });

  it('is believed by openssl, too', () => {
    const { dsseEnvelope, verificationMaterial } = readBundle();
    const [{ signedTimestamp }] = verificationMaterial.timestampVerificationData.rfc3161Timestamps;
    const signature = join(job.home, 'signature');
    const response = join(job.home, 'response');
    writeFileSync(signature, Buffer.from(dsseEnvelope.signatures[0].sig, 'base64'));
    writeFileSync(response, Buffer.from(signedTimestamp, 'base64'));
    const words = ['ts', '-verify', '-data', signature, '-in', response, '-CAfile', chain];
    expect(execFileSync('openssl', words, { stdio: 'pipe' }).toString()).toContain('OK');
  });

  it('is refused on the word of nobody else', async () => {
    const stranger = issue({ subject: 'Stranger', ...CA, ...ERA });
    const other = job.file('other.pem', stranger.pem);
    const words = ['--public-key', publicKey, '--tsa-certificate-chain', other];
    expectFailure(await run('verify', ...words), 1, /timestamp 1: .* does not lead to/);
  });

  it('is refused when the timestamp is moved to another signature', async () => {
    const stamped = readBundle();
    expectSuccess(await run('sign', '--private-key', privateKey));
    const moved = {
      ...readBundle(),
      verificationMaterial: {
        ...readBundle().verificationMaterial,
        timestampVerificationData: stamped.verificationMaterial.timestampVerificationData,
      },
    };
    writeFileSync(job.signature, JSON.stringify(moved));
    const words = ['--public-key', publicKey, '--tsa-certificate-chain', chain];
    expectFailure(await run('verify', ...words), 1, /timestamp 1 is of another signature/);
  });

  it('is not made under a policy that the authority does not have', async () => {
    const words = ['--tsa-url', timestampUrl, '--tsa-policy', '1.2.3.4.5'];
    expectFailure(await run('sign', '--private-key', privateKey, ...words), 3, /no timestamp from/);
  });
});
