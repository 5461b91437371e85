import { inspect } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../scripts/sigstore/ports.ts';
import type { ErrorCode, OmsError } from '../../src/errors.ts';
import { type Bundle, parseBundle } from '../../src/format/bundle.ts';
import { printable } from '../../src/printable.ts';
import { type SigstoreSignerOptions, sigstoreSigner } from '../../src/signers/sigstore.ts';
import type { SigningStep } from '../../src/signers/witnesses.ts';
import { authenticate } from '../../src/verifiers/verifier.ts';
import { pemOf } from '../helpers/pki.ts';
import { refusal } from '../helpers/refusal.ts';
import { IDENTITY, ISSUER, type LeafOptions } from '../helpers/sigstore/authority.ts';
import { changingText, setting } from '../helpers/sigstore/body-edit.ts';
import { makeCtLog } from '../helpers/sigstore/ct-log.ts';
import { certify, makeInstance, modelStatement } from '../helpers/sigstore/instance.ts';
import { type EntryOptions, makeRekor } from '../helpers/sigstore/rekor.ts';
import { after, SIGNED_AT } from '../helpers/sigstore/times.ts';
import { makeTsa } from '../helpers/sigstore/tsa.ts';
import type { ServiceName } from '../helpers/sigstore-desk.ts';
import {
  type Answer,
  type ConfigOptions,
  closeServices,
  ENTRY_ID,
  PATHS,
  type Services,
  type ServicesOptions,
  signingConfigOf,
  startServices,
} from '../helpers/sigstore-services.ts';
import { tokenOf } from '../helpers/sigstore-token.ts';

const instance = makeInstance();
const second = makeRekor({ version: 1, host: 'second.rekor.example' });
const trustedRoot = instance.trustedRoot({ logs: [instance.rekor1, second, instance.rekor2] });
const statement = modelStatement();

afterAll(closeServices);

const token = tokenOf();

interface Attempt extends ServicesOptions {
  readonly config?: ConfigOptions;
  readonly signer?: Partial<SigstoreSignerOptions> & object;
}

/** Services, and a signer that knows them. */
async function prepare(attempt: Attempt = {}): Promise<{
  readonly services: Services;
  readonly run: () => Promise<Bundle>;
}> {
  const services = await startServices(instance, { second, ...attempt });
  const options = {
    trustedRoot,
    signingConfig: signingConfigOf(services, attempt.config),
    timeout: 20_000,
    ...(attempt.signer !== undefined && 'identityProvider' in attempt.signer
      ? {}
      : { identityToken: token }),
    ...attempt.signer,
  } as SigstoreSignerOptions;
  const signer = sigstoreSigner(options);
  return { services, run: () => signer(statement) };
}

/** Holds that an attempt ends with an error that shows nothing of the token. */
async function expectFailure(
  attempt: Attempt,
  code: ErrorCode,
  says: RegExp,
): Promise<{ readonly error: OmsError; readonly asked: readonly ServiceName[] }> {
  const { services, run } = await prepare(attempt);
  const error = await refusal(run, code);
  expect(error.message).toMatch(says);
  expectSecret(error);
  return { error, asked: services.asked };
}

/** Not even a part of a part of it. */
function expectSecret(error: OmsError, secret = token): void {
  const shown = [inspect(error, { depth: 10 }), error.stack, JSON.stringify(error)].join('\n');
  const parts = Array.from({ length: secret.length - 15 }, (_, at) => secret.slice(at, at + 16));
  expect(parts.filter((one) => shown.includes(one))).toEqual([]);
}

function verified(bundle: Bundle): ReturnType<typeof authenticate> {
  return authenticate(parseBundle(bundle), {
    method: 'sigstore',
    identity: IDENTITY,
    issuer: ISSUER,
    trustedRoot,
  });
}

describe('a keyless signature', () => {
  it('is certified by Fulcio and logged by Rekor v1', async () => {
    const { services, run } = await prepare();
    const bundle = await run();
    expect(services.asked).toEqual(['fulcio', 'rekor1']);
    expect(Object.keys(bundle.verificationMaterial)).toEqual(['certificate', 'tlogEntries']);
    const { payload, signer } = verified(bundle);
    expect(Buffer.from(payload.bytes).equals(statement)).toBe(true);
    expect(signer).toMatchObject({
      identity: { kind: 'email', value: IDENTITY },
      logEntries: [{ log: 'https://rekor.example' }],
      times: [{ source: 'log' }],
    });
  });

  it('is logged by Rekor v2, and gets its time from a timestamp authority', async () => {
    const { services, run } = await prepare({ config: { logs: ['rekor2'] } });
    const { signer } = verified(await run());
    expect(services.asked.toSorted()).toEqual(['fulcio', 'rekor2', 'tsa']);
    expect(signer).toMatchObject({
      logEntries: [{ log: 'https://log2025.rekor.example' }],
      times: [{ source: 'timestamp-authority', at: after(SIGNED_AT, 1) }],
    });
  });

  it('may have a timestamp with Rekor v1 too', async () => {
    const { run } = await prepare({ config: { logs: ['rekor1'], tsas: ['tsa'] } });
    const { signer } = verified(await run());
    expect(signer).toMatchObject({ times: [{ source: 'timestamp-authority' }, { source: 'log' }] });
  });

  it('proves who signs by the subject where a token has no email', async () => {
    const uri = 'https://ci.example/workflow@main';
    const identityToken = tokenOf({ email: undefined, email_verified: undefined });
    const { run } = await prepare({ leaf: { names: [{ uri }] }, signer: { identityToken } });
    const { signer } = authenticate(parseBundle(await run()), {
      method: 'sigstore',
      identity: uri,
      issuer: ISSUER,
      trustedRoot: instance.trustedRoot(),
    });
    expect(signer).toMatchObject({ identity: { kind: 'uri', value: uri } });
  });

  it('is made with another key each time', async () => {
    const { services, run } = await prepare();
    const bundles = [await run(), await run()];
    const certificates = bundles.map((bundle) => JSON.stringify(bundle.verificationMaterial));
    expect(certificates[0]).not.toBe(certificates[1]);
    const keys = services.requests.filter((body) => body.includes('publicKeyRequest'));
    expect(new Set(keys).size).toBe(2);
  });

  it('takes a configuration of the whole instance', async () => {
    const services = await startServices(instance);
    const trustConfig = {
      mediaType: 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json',
      trustedRoot: instance.trustedRoot(),
      signingConfig: signingConfigOf(services),
    };
    for (const source of [trustConfig, JSON.stringify(trustConfig)]) {
      const signer = sigstoreSigner({ trustConfig: source, identityToken: token });
      expect(verified(await signer(statement))).toBeDefined();
    }
  });

  it('is told of: each service before it is asked, and who signed at the end', async () => {
    const told: string[] = [];
    const steps: SigningStep[] = [];
    const { services, run } = await prepare({
      config: { logs: ['rekor1', 'second'], tsas: ['tsa'] },
      onRequest: (service) => told.push(service),
      signer: {
        onStep: (step) => {
          steps.push(step);
          told.push(`${step.what} of ${new URL(step.url).pathname}`);
        },
        onSigned: ({ identity, issuer, logEntries }) => {
          told.push(`${identity.value} by ${issuer} in ${logEntries.length} logs`);
        },
      },
    });
    await run();
    expect(steps).toEqual([
      { what: 'certificate', url: services.url('fulcio') },
      // Before the logs, which keep what they get.
      { what: 'timestamp', url: services.url('tsa') },
      { what: 'log', url: services.url('rekor1') },
      { what: 'log', url: services.url('second') },
    ]);
    expect(told.slice(0, 2)).toEqual(['certificate of /fulcio', 'fulcio']);
    expect(told.indexOf('tsa')).toBeLessThan(told.indexOf('log of /rekor1'));
    expect(told.slice(-3, -1).toSorted()).toEqual(['rekor1', 'second']);
    expect(told.at(-1)).toBe(`${IDENTITY} by ${ISSUER} in 2 logs`);
  });

  it.each<[string, ConfigOptions, readonly string[]]>([
    ['one of ANY', { selector: { selector: 'ANY' } }, ['rekor.example']],
    ['ALL', { selector: { selector: 'ALL' } }, ['rekor.example', 'second.rekor.example']],
    [
      'EXACTly two',
      { selector: { selector: 'EXACT', count: 2 } },
      ['rekor.example', 'second.rekor.example'],
    ],
    ['EXACTly one', { selector: { selector: 'EXACT', count: 1 } }, ['rekor.example']],
    ['ALL of the newest version', { logs: ['rekor1', 'rekor2'] }, ['log2025.rekor.example']],
  ])('is logged by %s', async (_, config, expected) => {
    const { run } = await prepare({ config: { logs: ['rekor1', 'second'], ...config } });
    const { signer } = verified(await run());
    const logs = 'logEntries' in signer ? signer.logEntries : [];
    expect(logs.map(({ log }) => new URL(log).host)).toEqual(expected);
  });

  it('keeps nobody waiting for the others once one service has failed', async () => {
    const asked = Promise.withResolvers<Answer>();
    const closed = Promise.withResolvers<string>();
    const { run } = await prepare({
      config: { logs: ['rekor1', 'second'] },
      instead: {
        rekor1: () => asked.promise,
        second: () => {
          asked.resolve({ status: 400 });
          return 'silence';
        },
      },
      onClosed: closed.resolve,
      signer: { timeout: 20_000 },
    });
    await refusal(run, 'SERVICE_FAILED');
    expect(await closed.promise).toBe('second');
  });

  it('comes to nothing where one of ALL logs fails', async () => {
    const config: ConfigOptions = { logs: ['rekor1', 'second'] };
    const instead = { second: () => ({ status: 400 }) };
    const attempt = { config, instead, signer: { onSigned: () => expect.fail('signed') } };
    await expectFailure(attempt, 'SERVICE_FAILED', /^no log entry from .*second/);
  });

  it('is not begun where more logs are asked for than there are', async () => {
    const config: ConfigOptions = { selector: { selector: 'EXACT', count: 2 } };
    const { asked } = await expectFailure({ config }, 'TRUST_UNUSABLE', /too few services/);
    expect(asked).toEqual([]);
  });
});

describe('a signer without a key', () => {
  it.each<[string, object]>([
    ['no source of a token', {}],
    ['two of them', { identityToken: token, identityProvider: () => Promise.resolve(token) }],
    ['a token that is no text', { identityToken: Buffer.from(token) }],
    ['a provider that cannot be asked', { identityProvider: token }],
  ])('must not have %s', async (_, source) => {
    const options = {
      trustedRoot: instance.trustedRoot(),
      signingConfig: signingConfigOf({ url: (name) => `https://${name}.example` }),
      ...source,
    };
    const error = await refusal(
      () => sigstoreSigner(options as unknown as SigstoreSignerOptions),
      'USAGE',
    );
    expect(error.message).toContain('exactly one of identityToken and identityProvider');
    expectSecret(error);
  });

  it('must not have two instances', async () => {
    const { url } = await startServices(instance);
    const signingConfig = signingConfigOf({ url });
    const mediaType = 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json';
    const options = {
      trustConfig: { mediaType, trustedRoot, signingConfig },
      trustedRoot: makeInstance().trustedRoot(),
      signingConfig,
      identityToken: token,
    } as unknown as SigstoreSignerOptions;
    await refusal(() => sigstoreSigner(options), 'USAGE');
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '5'])(
    'must not have the timeout %s',
    async (timeout) => {
      const { url } = await startServices(instance);
      const options = {
        trustedRoot,
        signingConfig: signingConfigOf({ url }),
        identityToken: token,
        timeout,
      } as unknown as SigstoreSignerOptions;
      await refusal(() => sigstoreSigner(options), 'USAGE');
    },
  );

  it.each<[string, object]>([
    ['no instance', {}],
    ['an instance of nothing', { trustConfig: undefined }],
    ['half an instance', { trustedRoot: instance.trustedRoot() }],
    ['the other half', { signingConfig: signingConfigOf({ url: () => 'https://a.example' }) }],
    ['another file as instance', { trustConfig: instance.trustedRoot() }],
    [
      'two files swapped',
      {
        trustedRoot: signingConfigOf({ url: () => 'https://a.example' }),
        signingConfig: instance.trustedRoot(),
      },
    ],
  ])('must not have %s', async (_, files) => {
    const options = { ...files, identityToken: token } as unknown as SigstoreSignerOptions;
    const error = await refusal(() => sigstoreSigner(options), 'TRUST_UNUSABLE');
    expectSecret(error);
  });

  it('asks for the token when there is a statement, and each time', async () => {
    let asked = 0;
    const { run } = await prepare({
      signer: {
        identityProvider: () => {
          asked++;
          return Promise.resolve(` ${token}\n`);
        },
      },
    });
    expect(asked).toBe(0);
    await run();
    expect(asked).toBe(1);
    await run();
    expect(asked).toBe(2);
  });

  it('hands on why no token could be had', async () => {
    const reason = new Error('no token today');
    const { services, run } = await prepare({
      signer: { identityProvider: () => Promise.reject(reason) },
    });
    await expect(run()).rejects.toBe(reason);
    expect(services.asked).toEqual([]);
  });

  it.each<[string, unknown, RegExp]>([
    ['that is empty', '', /found nothing/],
    ['that is none', 'token', /three parts/],
    ['that is no text', undefined, /found nothing/],
    ['of bytes', Buffer.from(token), /found nothing/],
    ['that expired', tokenOf({ exp: 1_000_000_000 }), /expired/],
    ['for somebody else', tokenOf({ aud: 'other' }), /audience \(aud\) "sigstore", found "other"/],
    ['of nobody', tokenOf({ iss: undefined }), /issuer/],
    ['with an address that nobody checked', tokenOf({ email_verified: false }), /verified/],
  ])('sends no token %s anywhere', async (_, given, says) => {
    const identityProvider = (): Promise<string> => Promise.resolve(given as string);
    const attempt = { signer: { identityProvider } };
    const { error, asked } = await expectFailure(attempt, 'TOKEN_UNUSABLE', says);
    expect(asked).toEqual([]);
    if (typeof given === 'string' && given.length > 20) expectSecret(error, given);
  });

  it('takes a token for the audience that it is told', async () => {
    const identityToken = tokenOf({ aud: 'our-client' });
    const { run } = await prepare({ signer: { identityToken, audience: 'our-client' } });
    expect(verified(await run())).toBeDefined();
    const attempt = { signer: { audience: 'our-client' } };
    const { asked } = await expectFailure(attempt, 'TOKEN_UNUSABLE', /audience/);
    expect(asked).toEqual([]);
  });
});

describe('a certificate', () => {
  it.each<[string, ServicesOptions, ErrorCode, RegExp]>([
    ['for another key', { otherKey: true }, 'CERTIFICATE_REFUSED', /certified another key/],
    ['for another address', named('mallory@example.com'), 'IDENTITY_MISMATCH', OTHER()],
    ['for the address in capitals', named(IDENTITY.toUpperCase()), 'IDENTITY_MISMATCH', OTHER()],
    ['for a URI', { leaf: { names: [{ uri: IDENTITY }] } }, 'IDENTITY_MISMATCH', OTHER()],
    [
      'by another provider',
      { leaf: { oldIssuer: 'https://evil.example', newIssuer: 'https://evil.example' } },
      'IDENTITY_MISMATCH',
      /another identity provider/,
    ],
    ['for nobody', { leaf: { names: [] } }, 'IDENTITY_MISMATCH', /does not say clearly/],
    [
      'for two',
      { leaf: { names: [{ email: IDENTITY }, { email: 'mallory@example.com' }] } },
      'IDENTITY_MISMATCH',
      /does not say clearly/,
    ],
  ])('%s goes no further: nothing is logged', async (_, options, code, says) => {
    for (const log of ['rekor1', 'rekor2'] as const) {
      const { asked } = await expectFailure({ ...options, config: { logs: [log] } }, code, says);
      expect(asked).toEqual(['fulcio']);
    }
  });

  it.each(['RSA-2048', 'Ed25519'] as const)(
    'for a key of another kind (%s) goes no further',
    async (key) => {
      const { pem } = certify(instance, { certificate: { key } });
      const chain = { certificates: [pem] };
      const body = JSON.stringify({ signedCertificateEmbeddedSct: { chain } });
      const attempt: Attempt = { instead: { fulcio: () => ({ body }) } };
      const says = /certified another key/;
      const { asked } = await expectFailure(attempt, 'CERTIFICATE_REFUSED', says);
      expect(asked).toEqual(['fulcio']);
    },
  );

  it('that is none goes no further', async () => {
    const pem = pemOf('CERTIFICATE', Buffer.from('none'));
    const body = JSON.stringify({
      signedCertificateEmbeddedSct: { chain: { certificates: [pem] } },
    });
    const attempt: Attempt = { instead: { fulcio: () => ({ body }) } };
    const { asked } = await expectFailure(attempt, 'CERTIFICATE_REFUSED', /not a well-formed/);
    expect(asked).toEqual(['fulcio']);
  });

  it.each<[string, ServicesOptions, RegExp]>([
    ['without an SCT', { scts: [] }, /no timestamp of a certificate log/],
    ['with an SCT of an unknown log', { scts: [{ log: makeCtLog() }] }, /not in the trusted root/],
    ['for another purpose', usage(['1.3.6.1.5.5.7.3.1']), /1\.3\.6\.1\.5\.5\.7\.3\.1/],
  ])('%s goes no further: nothing is logged', async (_, options, says) => {
    const { error, asked } = await expectFailure(options, 'CERTIFICATE_REFUSED', says);
    expect(error.message).toContain('what the services answered is not good');
    expect(error.hint).toContain('nothing was written');
    expect(asked).toEqual(['fulcio']);
  });

  it.each<[string, ServicesOptions, RegExp]>([
    ['with an SCT of another certificate', { scts: [{ precertificate: reversed }] }, /SCT/],
    ['for no purpose', usage(undefined), /codeSigning/],
    ['of an authority', { leaf: { certificate: { ca: true } } }, /no CA certificate/],
    ['that expired', { leaf: { notBefore: after(SIGNED_AT, -3_600) } }, /expired/],
    ['that is not valid yet', { leaf: { notBefore: after(SIGNED_AT, 3_600) } }, /not valid yet/],
  ])('%s comes into no bundle', async (_, options, says) => {
    const { error } = await expectFailure(options, 'CERTIFICATE_REFUSED', says);
    expect(error.message).toContain('what the services answered is not good');
  });

  it('on the word of another provider goes no further, unless the token says that it is', async () => {
    const other = 'https://github.com/login/oauth';
    const leaf = { oldIssuer: other, newIssuer: other };
    const says = /names another identity provider: expected "https:\/\/accounts\.example\.com"/;
    const { asked } = await expectFailure({ leaf }, 'IDENTITY_MISMATCH', says);
    expect(asked).toEqual(['fulcio']);

    const identityToken = tokenOf({ federated_claims: { connector_id: other } });
    let signedBy = '';
    const onSigned = ({ issuer }: { readonly issuer: string }): void => {
      signedBy = issuer;
    };
    const { run } = await prepare({ leaf, signer: { identityToken, onSigned } });
    expect(await run()).toBeDefined();
    expect(signedBy).toBe(other);
  });

  it('of another instance comes into no bundle', async () => {
    const other = makeInstance();
    const services = await startServices(other);
    const signer = sigstoreSigner({
      trustedRoot: instance.trustedRoot(),
      signingConfig: signingConfigOf(services),
      identityToken: token,
    });
    const error = await refusal(() => signer(statement), 'CERTIFICATE_REFUSED');
    expect(error.hint).toContain('of the same instance');
    expectSecret(error);
  });
});

function named(email: string): ServicesOptions {
  return { leaf: { names: [{ email }] } };
}

function usage(extendedKeyUsage: readonly string[] | undefined): { readonly leaf: LeafOptions } {
  return { leaf: { certificate: { extendedKeyUsage } } };
}

function reversed(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.toReversed());
}

function OTHER(): RegExp {
  return /certified another identity: expected "signer@example\.com"/;
}

describe('what a log answers', () => {
  const otherHash = setting(['spec', 'payloadHash', 'value'], 'ab'.repeat(32));
  const otherSignature = changingText(['spec', 'signatures', 0, 'signature'], (right) =>
    reversed(Buffer.from(right, 'base64')).toString('base64'),
  );

  it.each<[string, EntryOptions]>([
    ['is an entry of another payload', { signed: { payload: Buffer.from('other') } }],
    ['is an entry of another hash', { body: otherHash }],
    ['is an entry of another signature', { body: otherSignature }],
    ['is an entry of another log', { log: makeRekor({ version: 1 }) }],
    ['is signed with another key', { promiseKey: makeRekor({ version: 1 }).key }],
    ['has a checkpoint by another key', { noteKey: makeRekor({ version: 1 }).key }],
    ['has a checkpoint by another name', { noteName: 'other.example' }],
  ])('must be about this signature, and comes into no bundle if it %s', async (_, entry) => {
    const attempt = { entry, signer: { onSigned: () => expect.fail('signed') } };
    await expectFailure(attempt, 'LOG_ENTRY_INVALID', /what the services answered is not good/);
  });

  it.each<[string, EntryOptions]>([
    ['another digest', { body: setting(['spec', 'hashedRekordV002', 'data', 'digest'], 'AAAA') }],
    ['another kind', { kind: 'dsse 0.0.2' }],
    ['another position', { body: (right) => ({ ...right, spec: {} }) }],
  ])('must be about this signature for Rekor v2 too, and not have %s', async (_, entry) => {
    const attempt: Attempt = { entry, config: { logs: ['rekor2'] } };
    const { run } = await prepare(attempt);
    const error = await run().then(
      () => expect.fail('signed'),
      (reason: OmsError) => reason,
    );
    expect(error.code).toMatch(/^(?:LOG_ENTRY_INVALID|SERVICE_FAILED)$/);
    expectSecret(error);
  });

  it('must hold a proof', async () => {
    const entry = { proofless: true };
    await expectFailure({ entry }, 'SERVICE_FAILED', /it answered something else/);
    const attempt: Attempt = { entry, config: { logs: ['rekor2'] } };
    await expectFailure(attempt, 'LOG_ENTRY_INVALID', /no inclusion proof/);
  });

  it('must hold a promise, if it is of Rekor v1', async () => {
    const entry = { promise: null };
    await expectFailure({ entry }, 'SERVICE_FAILED', /it answered something else/);
  });

  it('must be of the time of the certificate', async () => {
    for (const time of [after(SIGNED_AT, -1), after(SIGNED_AT, 601)]) {
      await expectFailure({ entry: { time } }, 'CERTIFICATE_REFUSED', /not good/);
    }
  });
});

describe('what a timestamp authority answers', () => {
  const config: ConfigOptions = { logs: ['rekor2'] };

  it.each<[string, ServicesOptions]>([
    ['over other data', { timestamp: { data: Buffer.from('other') } }],
    ['of another request', { otherNonce: true }],
    ['that was not granted', { timestamp: { status: 2 } }],
    ['without a token', { timestamp: { tokenless: true } }],
    ['of another type', { timestamp: { contentType: '1.2.840.113549.1.7.1' } }],
    ['by another key', { timestamp: { signedWith: makeTsa().leaf.privateKey } }],
  ])('is no timestamp if it is one %s', async (_, options) => {
    await expectFailure(
      { ...options, config },
      'SERVICE_FAILED',
      /it answered with (?:no timestamp: |a timestamp |the answer to another request)/,
    );
  });

  it('comes into no bundle if it is a timestamp of another authority', async () => {
    const timestamp = { tsa: makeTsa() };
    await expectFailure({ timestamp, config }, 'TIMESTAMP_INVALID', /not good/);
  });

  it('comes into no bundle if it is of another time than the certificate', async () => {
    const timestamp = { time: after(SIGNED_AT, 700) };
    await expectFailure({ timestamp, config }, 'CERTIFICATE_REFUSED', /expired/);
  });
});

/** For each service, the configuration in which it is asked, and what it is asked for. */
const ROLES: readonly (readonly [ServiceName, ConfigOptions, string])[] = [
  ['fulcio', {}, 'certificate'],
  ['rekor1', {}, 'log entry'],
  ['rekor2', { logs: ['rekor2'] }, 'log entry'],
  ['tsa', { logs: ['rekor2'] }, 'timestamp'],
];

/** The other services have to answer in that time, too. */
const LATE = /it did not answer within 0\.3 seconds$/;

// Most of the time they wait.
describe.concurrent.each(ROLES)('%s', (service, config, what) => {
  const failing = (
    answer: Answer,
    says: RegExp,
    signer: Attempt['signer'] = {},
  ): ReturnType<typeof expectFailure> =>
    expectFailure(
      { config, instead: { [service]: () => answer }, signer },
      'SERVICE_FAILED',
      new RegExp(`^no ${what} from ".*/${service}.*": .*${says.source}`),
    );

  it.each<[string, Answer]>([
    ['nothing', {}],
    ['a page', { type: 'text/html', body: '<html>Log in here</html>' }],
    ['no JSON', { body: '{"' }],
    ['nothing in JSON', { body: '{}' }],
    ['null', { body: 'null' }],
    ['a list', { body: '[]' }],
    ['a text', { body: '"text"' }],
    ['other members', { body: '{"signedCertificateEmbeddedSct":{},"a":{"body":1}}' }],
    ['members of other types', { body: '{"logIndex":[],"logId":5,"a":{"body":{}}}' }],
  ])('that answers %s', async (_, how) => {
    await failing(how, service === 'tsa' ? /it answered with no timestamp: / : /something else$/);
  });

  it.each([400, 401, 403, 404, 413, 422])('that refuses with %i is asked once', async (status) => {
    const body = JSON.stringify({ code: 3, message: 'not today' });
    const { asked } = await failing({ status, body }, /not today/);
    expect(asked.filter((name) => name === service)).toHaveLength(1);
  });

  it('that says the token again shows no more of it than that it did', async () => {
    const [header, claims, signature] = token.split('.');
    const texts = [
      token,
      `Bearer ${token}`,
      claims,
      signature,
      `${header}.${claims}`,
      `"${token}"`,
    ];
    for (const message of texts) {
      await failing({ status: 400, body: JSON.stringify({ message }) }, /…/);
      await failing({ status: 400, type: 'text/plain', body: message ?? '' }, /status 400$/);
    }
    if (service !== 'tsa') {
      for (const body of [token, `{"a": ${token}`, `{"a":"${signature}" x`]) {
        await failing({ status: 200, body }, /it answered something else$/);
      }
    }
  });

  it('that says something for terminals is quoted safely', async () => {
    const body = JSON.stringify({ message: 'a\u001b[2Jb\r\nc' });
    const { error } = await failing({ status: 400, body }, /a\\x1b\[2Jb\\x0d\\x0ac/);
    expect(error.message).toBe(printable(error.message));
  });

  it('that breaks the connection', async () => {
    const cut = /the connection was cut$/;
    const ways = [failing('half', cut), failing('nothing', cut)];
    for (const { asked } of await Promise.all(ways)) {
      expect(asked.filter((name) => name === service)).toHaveLength(3);
    }
  });

  it('that fails leaves nothing in a log, unless it is one', async () => {
    const { asked } = await failing({ status: 400 }, /400/);
    const isLog = service.startsWith('rekor');
    expect(asked.filter((name) => name.startsWith('rekor'))).toEqual(isLog ? [service] : []);
  });

  it('that is overloaded once is asked again', async () => {
    const attempts = [500, 503, 429, 408].map(async (status) => {
      const instead = { [service]: (before: number) => (before === 0 ? { status } : undefined) };
      const { run } = await prepare({ config, instead });
      expect(verified(await run())).toBeDefined();
    });
    await Promise.all(attempts);
  });

  it('that is overloaded is asked no more than three times', async () => {
    const { asked } = await failing({ status: 503, body: '{"message":"later"}' }, /later/);
    expect(asked.filter((name) => name === service)).toHaveLength(3);
  });

  it('that never answers is given up', async () => {
    const { asked } = await failing('silence', LATE, { timeout: 300 });
    expect(asked.filter((name) => name === service)).toHaveLength(3);
  });

  it('that never comes to an end is given up', async () => {
    await failing('flood', /more than \d+ bytes/, { timeout: 20_000 });
    await failing('drops', LATE, { timeout: 300 });
  });

  it('that is not there', async () => {
    const { url } = await startServices(instance);
    // Only then: the services would take a port that is free.
    const [port = 0] = await freePorts(1);
    const elsewhere = (name: ServiceName): string =>
      name === service ? `http://127.0.0.1:${port}/${name}` : url(name);
    const signer = sigstoreSigner({
      trustedRoot,
      signingConfig: signingConfigOf({ url: elsewhere }, config),
      identityToken: token,
      timeout: 300,
    });
    const error = await refusal(() => signer(statement), 'SERVICE_FAILED');
    expect(error.message).toMatch(new RegExp(`^no ${what} from .*ECONNREFUSED`));
    expectSecret(error);
  });

  it.each([301, 302, 303, 307, 308])(
    'that points elsewhere with %i gives nobody the token there',
    async (status) => {
      const other = await startServices(makeInstance());
      const headers = {
        location: `${other.url(service)}${service === 'tsa' ? '' : PATHS[service]}`,
      };
      const { asked } = await failing({ status, headers }, new RegExp(String(status)));
      expect(asked.filter((name) => name === service)).toHaveLength(1);
      expect(other.asked).toEqual([]);
    },
  );

  it('that is asked when the signer is cancelled is given up at once', async () => {
    const controller = new AbortController();
    const { run } = await prepare({
      config,
      instead: { [service]: () => 'silence' as const },
      onRequest: (name) => {
        if (name === service) controller.abort(new Error('enough'));
      },
      signer: {
        signal: controller.signal,
        timeout: 20_000,
        onSigned: () => expect.fail('signed'),
      },
    });
    const error = await refusal(run, 'ABORTED');
    expect(error.cause).toEqual(new Error('enough'));
    expectSecret(error);
  });
});

describe('an entry of Rekor v1 that is there already', () => {
  const conflict =
    (location: string | undefined) =>
    (before: number): Answer | undefined =>
      before > 0
        ? undefined
        : { status: 409, body: '{}', headers: location === undefined ? {} : { location } };

  it.each([
    `/api/v1/log/entries/${ENTRY_ID}`,
    `https://elsewhere.example/api/v1/log/entries/${ENTRY_ID}`,
    `../${ENTRY_ID}?a#b`,
  ])('is asked for at the same log, be it said to be at %s', async (location) => {
    const { services, run } = await prepare({ instead: { rekor1: conflict(location) } });
    expect(verified(await run())).toBeDefined();
    expect(services.asked).toEqual(['fulcio', 'rekor1', 'rekor1']);
    expect(services.requests.at(-1)).toBe('');
  });

  it.each([undefined, '', '/', `/${ENTRY_ID}/..`, '/api/v1/log/entries/x', '/a/%2e%2e', 'http:'])(
    'is not looked for at %s',
    async (location) => {
      const attempt: Attempt = { instead: { rekor1: conflict(location) } };
      const { asked } = await expectFailure(attempt, 'SERVICE_FAILED', /^no log entry from/);
      expect(asked).toEqual(['fulcio', 'rekor1']);
    },
  );
});

describe('an entry of Rekor v2 whose proof got lost', () => {
  const signaturesIn = ({ requests }: Services): readonly string[] =>
    requests.filter((body) => body.includes('hashedRekordRequestV002'));

  it.each([409, 499])('(%i) is made again, for another signature', async (status) => {
    const instead = {
      rekor2: (before: number): Answer | undefined => (before < 2 ? { status } : undefined),
    };
    const { services, run } = await prepare({ config: { logs: ['rekor2'] }, instead });
    expect(verified(await run())).toBeDefined();
    const sent = signaturesIn(services);
    expect(sent).toHaveLength(3);
    expect(new Set(sent).size).toBe(3);
    expect(services.asked.filter((name) => name === 'fulcio')).toHaveLength(1);
  });

  it.each([409, 499])('(%i) is made no more than three times', async (status) => {
    const attempt = {
      config: { logs: ['rekor2' as const] },
      instead: { rekor2: () => ({ status }) },
    };
    const { asked } = await expectFailure(attempt, 'SERVICE_FAILED', /^no log entry from/);
    expect(asked.filter((name) => name === 'rekor2')).toHaveLength(3);
  });
});

describe('a signer that is cancelled', () => {
  it('before anything asks for no token', async () => {
    let asked = 0;
    const identityProvider = (): Promise<string> => {
      asked++;
      return Promise.resolve(token);
    };
    const signer = { signal: AbortSignal.abort(), identityProvider };
    await expectFailure({ signer }, 'ABORTED', /cancelled/);
    expect(asked).toBe(0);
  });

  it('before anything asks no service', async () => {
    const signal = AbortSignal.abort();
    const { asked } = await expectFailure({ signer: { signal } }, 'ABORTED', /cancelled/);
    expect(asked).toEqual([]);
  });

  it('while the token is got asks no service', async () => {
    const controller = new AbortController();
    const identityProvider = (): Promise<string> => {
      controller.abort();
      return Promise.resolve(token);
    };
    const signer = { signal: controller.signal, identityProvider };
    const { asked } = await expectFailure({ signer }, 'ABORTED', /cancelled/);
    expect(asked).toEqual([]);
  });

  it('when the certificate is there logs nothing', async () => {
    const controller = new AbortController();
    const onStep = ({ what }: SigningStep): void => {
      if (what === 'log') controller.abort();
    };
    const signer = { signal: controller.signal, onStep };
    const { asked } = await expectFailure({ signer }, 'ABORTED', /cancelled/);
    expect(asked).toEqual(['fulcio']);
  });
});
