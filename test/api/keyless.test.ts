import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type Bundle,
  inspect,
  MismatchError,
  type SigstorePolicy,
  type SigstoreSignerOptions,
  sign,
  sigstoreSigner,
  verify,
} from '../../src/index.ts';
import { makeModel } from '../helpers/model.ts';
import { refusal } from '../helpers/refusal.ts';
import { IDENTITY, ISSUER } from '../helpers/sigstore/authority.ts';
import { makeInstance } from '../helpers/sigstore/instance.ts';
import {
  closeServices,
  type Services,
  type ServicesOptions,
  signingConfigOf,
  startServices,
} from '../helpers/sigstore-services.ts';
import { tokenOf } from '../helpers/sigstore-token.ts';
import { watchNetwork } from '../vectors/network.ts';

const instance = makeInstance();
const trustedRoot = instance.trustedRoot();
const token = tokenOf();
const policy: SigstorePolicy = {
  method: 'sigstore',
  identity: IDENTITY,
  issuer: ISSUER,
  trustedRoot,
};

afterAll(closeServices);

/** Services, and a signer that asks them. */
async function prepare(
  more: Partial<SigstoreSignerOptions> & object = {},
  services: ServicesOptions = {},
): Promise<{
  readonly services: Services;
  readonly signer: ReturnType<typeof sigstoreSigner>;
}> {
  const started = await startServices(instance, services);
  const source = 'identityProvider' in more ? {} : { identityToken: token };
  const options = {
    trustedRoot,
    signingConfig: signingConfigOf(started, { logs: ['rekor2'] }),
    ...source,
    ...more,
  } as SigstoreSignerOptions;
  return { services: started, signer: sigstoreSigner(options) };
}

async function signed(model: string): Promise<Bundle> {
  const { signer } = await prepare();
  return sign(model, signer);
}

describe('a model that is signed without a key', () => {
  it('verifies, as an object, as text and as bytes, and says who signed', async () => {
    const model = makeModel({ a: 'content of a', 'b/c': 'c' });
    const bundle = await signed(model);
    const text = JSON.stringify(bundle);
    for (const source of [bundle, text, Buffer.from(text)]) {
      const { signer, files } = await verify(model, source, policy);
      expect(files).toBe(2);
      expect(signer).toMatchObject({
        method: 'sigstore',
        curve: 'P-256',
        identity: { kind: 'email', value: IDENTITY },
        issuer: ISSUER,
        logEntries: [{ log: 'https://log2025.rekor.example', index: '5' }],
      });
    }
  });

  it('verifies with a trusted root in each form', async () => {
    const model = makeModel({ a: 'content of a' });
    const bundle = await signed(model);
    const text = JSON.stringify(trustedRoot);
    for (const source of [trustedRoot, text, Buffer.from(text)]) {
      expect(await verify(model, bundle, { ...policy, trustedRoot: source })).toBeDefined();
    }
  });

  it('verifies without any network', async () => {
    const model = makeModel({ a: 'content of a' });
    const bundle = await signed(model);
    await closeServices();
    const watch = watchNetwork();
    await verify(model, bundle, policy);
    watch.end();
    expect(watch.attempts).toEqual([]);
  });

  it('may be a single file', async () => {
    const model = join(makeModel({ 'weights.bin': 'w' }), 'weights.bin');
    const bundle = await signed(model);
    expect((await verify(model, bundle, policy)).files).toBe(1);
    expect(inspect(bundle).unverified).toMatchObject({
      method: 'sigstore',
      timestamps: [{ accuracy: 0 }],
    });
  });

  it('must be what was signed: whoever it was is told with what differs', async () => {
    const model = makeModel({ a: 'content of a' });
    const bundle = await signed(model);
    writeFileSync(join(model, 'a'), 'content of b');
    const error = await refusal(() => verify(model, bundle, policy), 'MODEL_MISMATCH');
    expect(error).toBeInstanceOf(MismatchError);
    expect((error as MismatchError).signer).toMatchObject({ identity: { value: IDENTITY } });
  });

  it.each<[string, object]>([
    ['somebody else', { identity: 'mallory@example.com' }],
    ['somebody elsewhere', { issuer: 'https://issuer.example' }],
    ['a pattern for others', { identity: undefined, identityRegExp: '.*@example\\.org' }],
    ['another claim', { claims: { 'build-trigger': 'push' } }],
  ])('must be signed by whom the policy names, and not by %s', async (_, parts) => {
    const model = makeModel({ a: 'content of a' });
    const bundle = await signed(model);
    const other = { ...policy, ...parts } as SigstorePolicy;
    await refusal(() => verify(model, bundle, other), 'IDENTITY_MISMATCH');
  });

  it('is not looked at when the policy makes no sense', async () => {
    const model = makeModel({ a: 'content of a' });
    const bundle = await signed(model);
    for (const part of [
      { identity: '' },
      { issuer: '' },
      { thresholds: { logs: 0 } },
      { who: 1 },
    ]) {
      const wrong = { ...policy, ...part } as SigstorePolicy;
      await refusal(() => verify('/nonexistent', bundle, wrong), 'USAGE');
    }
    await refusal(() => verify(model, bundle, { ...policy, trustedRoot: '' }), 'TRUST_UNUSABLE');
  });

  it('is good for as many as the policy asks for, and no more', async () => {
    const model = makeModel({ a: 'content of a' });
    const bundle = await signed(model);
    const asking = (thresholds: object): Promise<unknown> =>
      verify(model, bundle, { ...policy, thresholds });
    expect(await asking({ logs: 1, times: 1 })).toBeDefined();
    await refusal(() => asking({ logs: 2 }), 'LOG_ENTRY_INVALID');
    await refusal(() => asking({ times: 2 }), 'TIMESTAMP_INVALID');
  });
});

describe('signing a model without a key', () => {
  it('asks for the identity when the whole model is hashed, and for services after that', async () => {
    const model = makeModel({ a: 'content of a', b: 'b' });
    const order: string[] = [];
    const { signer } = await prepare(
      {
        identityProvider: () => {
          order.push('token');
          return Promise.resolve(token);
        },
        onSigned: () => order.push('signed'),
      },
      { onRequest: (service) => order.push(service) },
    );
    await sign(model, signer, {
      onProgress: ({ bytes, totalBytes }) => order.push(`${bytes} of ${totalBytes} bytes`),
    });
    expect(order[0]).toBe('13 of 13 bytes');
    expect(order.slice(order.indexOf('token'), -3)).toEqual(['token', 'fulcio']);
    expect(order.slice(-3, -1).toSorted()).toEqual(['rekor2', 'tsa']);
    expect(order.at(-1)).toBe('signed');
  });

  it('asks nobody for a model that cannot be signed', async () => {
    const asked: string[] = [];
    const identityProvider = (): Promise<string> => {
      asked.push('token');
      return Promise.resolve(token);
    };
    const { services, signer } = await prepare({ identityProvider });
    await refusal(() => sign(makeModel({}), signer), 'MODEL_EMPTY');
    await refusal(() => sign('/nonexistent/model', signer), 'FILE_UNREADABLE');
    const signal = AbortSignal.abort();
    await refusal(() => sign(makeModel({ a: 'a' }), signer, { signal }), 'ABORTED');
    expect([...asked, ...services.asked]).toEqual([]);
  });

  it('takes one signer for many models', async () => {
    const { signer } = await prepare();
    for (const content of ['first', 'second']) {
      const model = makeModel({ a: content });
      expect(await verify(model, await sign(model, signer), policy)).toBeDefined();
    }
  });
});
