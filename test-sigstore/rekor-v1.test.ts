import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Misbehaviour, startProxy } from '../scripts/sigstore/misbehave.ts';
import { type RekorV1Service, startRekorV1 } from '../scripts/sigstore/rekor-v1.ts';
import { type Json, log, service, trustConfig } from '../scripts/sigstore/trust.ts';
import { asSigner, withTrustConfig, withTrustedRoot } from './helpers/instance.ts';
import { Job } from './helpers/job.ts';
import { expectFailure, expectNotSigned, expectSuccess } from './helpers/judge.ts';
import { verifyWithPython } from './helpers/python.ts';
import { verifyWithStock } from './helpers/stock.ts';

interface Bundle {
  readonly verificationMaterial: {
    readonly tlogEntries: readonly {
      readonly kindVersion: { readonly kind: string; readonly version: string };
    }[];
    readonly timestampVerificationData?: unknown;
  };
}

let rekor: RekorV1Service;
/** Of another operator. */
let other: RekorV1Service;

beforeAll(async () => {
  [rekor, other] = await Promise.all([startRekorV1(), startRekorV1()]);
});

afterAll(() => Promise.all([rekor.close(), other.close()]));

/** The instance's trusted root, with these logs besides its own. */
function trustedRoot(): Json {
  const root = inject('instance').trustedRoot;
  const own = [rekor, other].map(({ url, publicKey, logId }) =>
    log(url, publicKey, 'PKIX_ECDSA_P256_SHA_256', logId),
  );
  return { ...root, tlogs: [...(root['tlogs'] as readonly Json[]), ...own] };
}

/** Writes a trusted root, and one with a signing configuration that has these differences. */
function files(job: Job, differences: Json) {
  const { signingConfig } = inject('instance');
  const root = trustedRoot();
  const config = trustConfig(root, { ...signingConfig, ...differences });
  return {
    root: job.file('root.json', JSON.stringify(root)),
    config: job.file('config.json', JSON.stringify(config)),
  };
}

function v1(url = rekor.url): Json {
  return { rekorTlogUrls: [service(url, 1)], tsaUrls: [], tsaConfig: undefined };
}

async function sign(job: Job, config: string): Promise<Bundle> {
  const { token, file } = await job.token();
  const words = [...withTrustConfig(config), '--identity-token-file', file, '--yes'];
  expectSuccess(await job.sign(words), [token]);
  return JSON.parse(readFileSync(job.signature, 'utf8')) as Bundle;
}

function kindsIn({ verificationMaterial }: Bundle): string[] {
  return verificationMaterial.tlogEntries
    .map(({ kindVersion: { kind, version } }) => `${kind} ${version}`)
    .toSorted();
}

describe.concurrent('a signature in Rekor v1', () => {
  it('needs no timestamp authority, and others accept it as well', async () => {
    const job = new Job();
    const { root, config } = files(job, v1());
    const bundle = await sign(job, config);
    expect(kindsIn(bundle)).toEqual(['dsse 0.0.1']);
    expect(bundle.verificationMaterial.timestampVerificationData).toBeUndefined();
    expectSuccess(await job.verify([...withTrustedRoot(root), ...asSigner()]));
    expect(verifyWithStock(bundle, trustedRoot())).toBeDefined();
    expect(await verifyWithPython(job.signature, root)).toMatchObject({ accepted: true });
    // A root without this log.
    expectFailure(await job.verify([...withTrustedRoot(), ...asSigner()]), 1, /log/);
  });

  it('has a timestamp where there is an authority', async () => {
    const job = new Job();
    const { root, config } = files(job, { rekorTlogUrls: [service(rekor.url, 1)] });
    const bundle = await sign(job, config);
    expect(kindsIn(bundle)).toEqual(['dsse 0.0.1']);
    expect(bundle.verificationMaterial.timestampVerificationData).toBeDefined();
    expectSuccess(await job.verify([...withTrustedRoot(root), ...asSigner()]));
    expect(verifyWithStock(bundle, trustedRoot())).toBeDefined();
  });

  it('is in Rekor v2 instead, where the operator has both', async () => {
    const job = new Job();
    const { rekorUrl } = inject('instance');
    const both = { rekorTlogUrls: [service(rekor.url, 1), service(rekorUrl, 2)] };
    expect(kindsIn(await sign(job, files(job, both).config))).toEqual(['hashedrekord 0.0.2']);
  });

  it('is in the logs of all operators, where all are asked', async () => {
    const job = new Job();
    const { root, config } = files(job, {
      ...v1(),
      rekorTlogUrls: [service(rekor.url, 1), { ...service(other.url, 1), operator: 'other.test' }],
      rekorTlogConfig: { selector: 'ALL' },
    });
    const bundle = await sign(job, config);
    expect(kindsIn(bundle)).toEqual(['dsse 0.0.1', 'dsse 0.0.1']);
    expectSuccess(await job.verify([...withTrustedRoot(root), ...asSigner()]));
    expect(verifyWithStock(bundle, trustedRoot())).toBeDefined();
  });

  it.each<readonly [string, Misbehaviour]>([
    ['is down', { kind: 'down' }],
    ['answers with a page of HTML', { kind: 'html' }],
    ['answers with an empty object', { kind: 'shape', body: '{}' }],
    ['answers with an entry of nothing', { kind: 'shape', body: '{"00":{}}' }],
    ['answers with half an answer', { kind: 'truncated' }],
    ['cuts the connection half-way', { kind: 'cut' }],
    ['answers 429', { kind: 'status', status: 429 }],
    ['answers 503', { kind: 'status', status: 503 }],
    ['answers without an end', { kind: 'endless' }],
  ])('fails with one line when the log %s', async (_, misbehaviour) => {
    const job = new Job();
    const { token, file } = await job.token();
    const proxy = await startProxy(rekor.url, misbehaviour);
    const { config } = files(job, v1(proxy.url));
    const words = ['--identity-token-file', file, '--yes'];
    await expectNotSigned(job, [...withTrustConfig(config), ...words], {
      exitCode: 3,
      says: new RegExp(new URL(proxy.url).host),
      secrets: [token],
    });
    await proxy.close();
  });

  it('goes on when the answer to a first attempt was lost', async () => {
    const job = new Job();
    const { token, file } = await job.token();
    // The log has the entry, and says so the second time.
    const proxy = await startProxy(rekor.url, { kind: 'lost' }, undefined, 1);
    const { root, config } = files(job, v1(proxy.url));
    const words = ['--identity-token-file', file, '--yes'];
    expectSuccess(await job.sign([...withTrustConfig(config), ...words]), [token]);
    await proxy.close();
    expectSuccess(await job.verify([...withTrustedRoot(root), ...asSigner()]));
  });
});
