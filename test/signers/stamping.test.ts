import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sign } from '../../src/api/sign.ts';
import { verify } from '../../src/api/verify.ts';
import { type Bundle, parseBundle } from '../../src/format/bundle.ts';
import { certificateSigner } from '../../src/signers/certificate.ts';
import { keySigner } from '../../src/signers/key.ts';
import type { Signer } from '../../src/signers/signer.ts';
import type { StampingOptions } from '../../src/signers/stamping.ts';
import { authenticate, type Policy } from '../../src/verifiers/verifier.ts';
import { makeModel } from '../helpers/model.ts';
import { CA, der, issue, makeKey, SIGNER, sequence } from '../helpers/pki.ts';
import { refusal } from '../helpers/refusal.ts';
import { makeTsa } from '../helpers/sigstore/tsa.ts';
import { type Answering, dotted, type StampServer, serveStamps } from '../helpers/stamp-server.ts';

const tsa = makeTsa();
const statement = Buffer.from('{"any":"bytes"}');
const root = issue({ subject: 'Root', ...CA });
const leaf = issue({ subject: 'Signer', issuer: root, ...SIGNER });
const key: KeyObject = makeKey('P-384');
const timestampAnchors = [tsa.root.pem];

const METHODS: Readonly<
  Record<'key' | 'certificate', { make: (options: StampingOptions) => Signer; policy: Policy }>
> = {
  key: {
    make: (options) => keySigner({ privateKey: key, ...options }),
    policy: { method: 'key', publicKey: createPublicKey(key), timestampAnchors },
  },
  certificate: {
    make: (options) =>
      certificateSigner({
        privateKey: leaf.privateKey,
        certificate: leaf.pem,
        chain: [root.pem],
        ...options,
      }),
    policy: { method: 'certificate', anchors: [root.pem], timestampAnchors },
  },
};

/** With the caller's own object, of which {@link METHODS} make a copy. */
const direct: Readonly<Record<'key' | 'certificate', (options: StampingOptions) => Signer>> = {
  key: (options) => keySigner(Object.assign(options, { privateKey: key })),
  certificate: (options) =>
    certificateSigner(
      Object.assign(options, {
        privateKey: leaf.privateKey,
        certificate: leaf.pem,
        chain: [root.pem],
      }),
    ),
};

const URLS_THAT_ARE_NONE: readonly string[] = [
  '',
  'tsa.example',
  '/tsr',
  'ftp://127.0.0.1/',
  'file:///etc',
  'http://ada:secret@127.0.0.1/',
  'http://secret@127.0.0.1/',
];

async function serve(answering?: Answering): Promise<StampServer> {
  const server = await serveStamps(tsa, answering);
  onTestFinished(() => server.close());
  return server;
}

function signatureOf(bundle: Bundle): Buffer {
  return Buffer.from(bundle.dsseEnvelope.signatures[0]?.sig ?? '', 'base64');
}

describe.each(['key', 'certificate'] as const)('a signer with a %s', (method) => {
  const { make, policy } = METHODS[method];

  it('has its signature stamped, and nothing else told', async () => {
    const { url, queries } = await serve();
    const bundle = await make({ timestampUrl: url })(statement);
    expect(queries).toHaveLength(1);
    const [query] = queries;
    expect(query?.digest).toEqual(createHash('sha256').update(signatureOf(bundle)).digest());
    expect(query?.policy).toBeUndefined();
    expect(query?.der.length).toBeLessThan(80);
  });

  it('puts the timestamp where a Sigstore bundle has it', async () => {
    let right: Buffer = Buffer.alloc(0);
    const { url } = await serve({ with: (response, _, answer) => response.end((right = answer)) });
    const before = Date.now();
    const bundle = await make({ timestampUrl: url })(statement);
    const plain = await make({})(statement);
    expect(bundle.verificationMaterial).toEqual({
      ...plain.verificationMaterial,
      timestampVerificationData: {
        rfc3161Timestamps: [{ signedTimestamp: right.toString('base64') }],
      },
    });
    expect(plain.verificationMaterial).not.toHaveProperty('timestampVerificationData');
    const { signer } = authenticate(parseBundle(bundle), policy);
    const [stamp] = signer.method === 'sigstore' ? [] : (signer.timestamps ?? []);
    expect(Math.abs((stamp?.at.getTime() ?? 0) - before)).toBeLessThan(60_000);
  });

  it('tells before it asks, and whom', async () => {
    const { url, queries } = await serve();
    const told: unknown[] = [];
    const onStep = (...step: unknown[]): void => void told.push(...step, queries.length);
    await make({ timestampUrl: url, onStep })(statement);
    expect(told).toEqual([url, 0]);
    await make({ onStep })(statement);
    expect(told).toHaveLength(2);
  });

  it('asks for a policy', async () => {
    const { url, queries } = await serve();
    await make({ timestampUrl: url, timestampPolicy: '1.2.3.4' })(statement);
    expect(dotted(queries[0]?.policy ?? Buffer.alloc(0))).toBe('1.2.3.4');
  });

  it('makes no bundle without the timestamp that it was to have', async () => {
    for (const [answering, options] of [
      [(): object => ({ data: Buffer.from('x'), status: 2 }), {}],
      [(): object => ({ policy: '1.2.3' }), { timestampPolicy: '1.2.4' }],
      [{ with: (response: { end: () => unknown }) => response.end() }, {}],
    ] as const) {
      const { url } = await serve(answering);
      await refusal(() => make({ timestampUrl: url, ...options })(statement), 'SERVICE_FAILED');
    }
  });

  it('is not kept waiting', { timeout: 20_000 }, async () => {
    const { url } = await serve({ with: () => undefined });
    const late = await refusal(
      () => make({ timestampUrl: url, timeout: 100 })(statement),
      'SERVICE_FAILED',
    );
    expect(late.found).toBe('it did not answer within 0.1 seconds');
    const { url: other, asked } = await serve({ with: () => undefined });
    const control = new AbortController();
    const waiting = make({ timestampUrl: other, signal: control.signal })(statement);
    void asked.then(() => control.abort());
    await refusal(() => waiting, 'ABORTED');
  });

  it('refuses a URL or a policy that is none before there is anything to sign', async () => {
    const { url } = await serve();
    for (const timestampUrl of URLS_THAT_ARE_NONE) {
      const error = await refusal(() => make({ timestampUrl }), 'USAGE');
      expect(error.message).toContain('timestamp');
      expect(error.message).not.toContain('secret');
    }
    await refusal(() => make({ timestampPolicy: '1.2.3' }), 'USAGE');
    for (const timestampPolicy of ['', 'x', '1', '3.1']) {
      await refusal(() => make({ timestampUrl: url, timestampPolicy }), 'USAGE');
    }
  });

  it('refuses a URL or a policy that is no text, as JavaScript may have it', async () => {
    const { url, queries } = await serve();
    for (const wrong of [
      { timestampUrl: new URL(url) },
      { timestampUrl: [url] },
      { timestampUrl: null },
      { timestampUrl: url, timestampPolicy: ['1.2.3'] },
      { timestampUrl: url, timestampPolicy: 1.2 },
    ]) {
      await refusal(() => make(wrong as unknown as StampingOptions), 'USAGE');
    }
    expect(queries).toEqual([]);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])(
    'refuses to wait for %d milliseconds before there is anything to sign',
    async (timeout) => {
      const { url } = await serve();
      const error = await refusal(() => make({ timestampUrl: url, timeout }), 'USAGE');
      expect(error.found).toBe(String(timeout));
    },
  );

  it('keeps to what was asked of it, whatever becomes of the options', async () => {
    const { url, queries } = await serve();
    const options = { timestampUrl: url, timestampPolicy: '1.2.3', timeout: 20_000 };
    const signer = direct[method](options);
    Object.assign(options, { timestampUrl: undefined, timestampPolicy: 'x', timeout: 0 });
    const { timestamps } = parseBundle(await signer(statement));
    expect(timestamps).toHaveLength(1);
    expect(queries.map(({ policy: asked }) => asked && dotted(asked))).toEqual(['1.2.3']);
  });

  it('makes no bundle that verifiers would find too large', async () => {
    const embedded = [tsa.leaf.der, ...Array<Buffer>(15).fill(issueLarge())];
    const { url } = await serve(() => ({ embedded }));
    const error = await refusal(() => make({ timestampUrl: url })(statement), 'SERVICE_FAILED');
    expect(error.message).toContain('no timestamp from');
  });

  it('signs a model that is then verified with its time', async () => {
    const { url } = await serve();
    const model = makeModel({ a: 'x' });
    const bundle = await sign(model, make({ timestampUrl: url }));
    expect(readdirSync(model)).toEqual(['a']);
    const { signer } = await verify(model, bundle, policy);
    expect(signer).toMatchObject({ method, timestamps: [{ policy: '1.3.6.1.4.1.57264.2' }] });
  });
});

function issueLarge(): Buffer {
  return issue({ subject: 'x'.repeat(2000) }).der;
}

describe('a signer with a certificate', () => {
  it('makes no bundle of a time at which its certificates are not valid', async () => {
    const now = Date.now();
    const before = new Date(now - 3_600_000);
    const until = new Date(now + 3_600_000);
    const young = issue({ subject: 'Young', issuer: root, ...SIGNER, notBefore: before });
    const old = issue({ subject: 'Old', issuer: root, ...SIGNER, notAfter: until });
    const twoHours = [sequence(der(0x02, Buffer.of(0x1c, 0x20)))];
    for (const [by, differences, why] of [
      [young, { time: new Date(now - 7_200_000) }, '"CN=Young" is not valid yet'],
      [old, { time: new Date(now + 7_200_000) }, '"CN=Old" expired'],
      [young, { accuracy: twoHours }, '"CN=Young" is not valid yet'],
      [old, { accuracy: twoHours }, '"CN=Old" expired'],
    ] as const) {
      const { url } = await serve(({ nonce = Buffer.of(0) }) => {
        const { accuracy = [], ...others } = { accuracy: undefined, ...differences };
        return { ...others, optional: [...accuracy, der(0x02, nonce)] };
      });
      const { privateKey, pem: certificate } = by;
      const signer = (timestampUrl?: string): Signer =>
        certificateSigner({ privateKey, certificate, chain: [root.pem], timestampUrl });
      const error = await refusal(() => signer(url)(statement), 'CERTIFICATE_REFUSED');
      expect(error.message).toContain(`at the time of its timestamp, the certificate ${why}`);
      expect(error.hint).toContain('check the clocks');
      expect(await signer()(statement)).toBeDefined();
    }
  });
});
