import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { mintToken } from '../scripts/sigstore/token.ts';
import { asSigner, IDENTITY, withTrustConfig, withTrustedRoot } from './helpers/instance.ts';
import { Job } from './helpers/job.ts';
import { expectFailure, expectSuccess } from './helpers/judge.ts';
import { reference, verifyWithPython } from './helpers/python.ts';
import { verifyWithStock } from './helpers/stock.ts';

interface Bundle {
  readonly dsseEnvelope: { readonly payload: string; readonly payloadType: string };
}

/** As the reference wants them: with underscores. */
const { trustConfigFile, issuer } = inject('instance');
const TRUST = ['--trust_config', trustConfigFile];
const SIGNER = ['--identity', IDENTITY, '--identity_provider', issuer.url];

describe("a bundle of oms in others' hands", () => {
  const job = new Job();
  let bundle: Bundle;

  beforeAll(async () => {
    const { file } = await job.token();
    expectSuccess(await job.sign([...withTrustConfig(), '--identity-token-file', file, '--yes']));
    bundle = JSON.parse(readFileSync(job.signature, 'utf8')) as Bundle;
  });

  it('is accepted by the stock client of npm', () => {
    expect(verifyWithStock(bundle).identity).toMatchObject({
      subjectAlternativeName: IDENTITY,
      extensions: { issuer: issuer.url },
    });
  });

  it('is refused by it when the payload is another', () => {
    const payload = Buffer.from('{"other": true}').toString('base64');
    const altered = { ...bundle, dsseEnvelope: { ...bundle.dsseEnvelope, payload } };
    expect(() => verifyWithStock(altered)).toThrow(/digest mismatch/);
  });

  it('is accepted by sigstore-python', async () => {
    expect(await verifyWithPython(job.signature)).toEqual({
      accepted: true,
      payloadType: bundle.dsseEnvelope.payloadType,
      payload: bundle.dsseEnvelope.payload,
    });
  });

  it('is refused by it for another signer', async () => {
    const root = inject('instance').trustedRootFile;
    const verdict = await verifyWithPython(job.signature, root, 'somebody@example.com');
    expect(verdict).toMatchObject({ accepted: false });
    expect(verdict.reason).toMatch(/somebody@example\.com/);
  });

  it('verifies with the reference implementation, which refuses a changed model', async () => {
    const words = ['verify', 'sigstore', job.model, '--signature', job.signature];
    const verified = await reference([...words, ...TRUST, ...SIGNER]);
    expect(verified, verified.output).toMatchObject({ exitCode: 0 });
    const path = join(job.model, 'config.json');
    const before = readFileSync(path);
    writeFileSync(path, '{"layers": 9}\n');
    const refused = await reference([...words, ...TRUST, ...SIGNER]);
    writeFileSync(path, before);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.output).toMatch(/mismatch/i);
  });
});

describe('a bundle of the reference implementation', () => {
  it('verifies with oms, which refuses another signer', async () => {
    const job = new Job();
    const words = ['sign', 'sigstore', job.model, '--signature', job.signature];
    const token = ['--identity_token', await mintToken(issuer)];
    const signed = await reference([...words, ...TRUST, ...token]);
    expect(signed, signed.output).toMatchObject({ exitCode: 0 });
    expectSuccess(await job.verify([...withTrustedRoot(), ...asSigner()]));
    expectFailure(
      await job.verify([...withTrustedRoot(), ...asSigner('somebody@example.com')]),
      1,
      /somebody else signed/,
    );
  });
});
