import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CallOptions } from '../../src/signers/service-call.ts';
import { timestamp } from '../../src/signers/timestamp.ts';
import { readToken } from '../../src/trust/timestamp-token.ts';
import { der, type IssueOptions, integer, makeKey, SERVER_AUTH, sequence } from '../helpers/pki.ts';
import { refusal } from '../helpers/refusal.ts';
import { after } from '../helpers/sigstore/times.ts';
import { makeTsa, POLICY, TIME_STAMPING, type TimestampOptions } from '../helpers/sigstore/tsa.ts';
import {
  type Answering,
  answerTo,
  dotted,
  imprintOf,
  type StampQuery,
  type StampServer,
  serveStamps,
} from '../helpers/stamp-server.ts';

const tsa = makeTsa();
const signature = Buffer.from('a signature');
const digest = createHash('sha256').update(signature).digest();

async function serve(answering?: Answering, own = tsa): Promise<StampServer> {
  const server = await serveStamps(own, answering);
  onTestFinished(() => server.close());
  return server;
}

function options(differences: Partial<CallOptions> = {}): CallOptions {
  return {
    timeout: 2_000,
    signal: undefined,
    secrets: [],
    configuredBy: 'the URL',
    ...differences,
  };
}

/** One query, and what was made of its answer. */
async function ask(policy?: string, answering?: Answering): Promise<StampQuery> {
  const { url, queries } = await serve(answering);
  await timestamp(signature, url, options(), policy);
  expect(queries).toHaveLength(1);
  return queries[0] ?? expect.fail('nothing was asked');
}

const ELSE = 'it answered with no timestamp: ';

async function refuse(
  answering: Answering,
  found: string | RegExp = ELSE,
  own = tsa,
  policy?: string,
): Promise<void> {
  const { url } = await serve(answering, own);
  const error = await refusal(
    () => timestamp(signature, url, options({ timeout: 500 }), policy),
    'SERVICE_FAILED',
  );
  expect(error.found).toMatch(found);
  expect(error.summary).toBe(`no timestamp from "${url}"`);
  expect(error.hint).toContain('nothing was written');
}

describe('a request for a timestamp', () => {
  it('is posted as RFC 3161 has it, and asks for the certificate', async () => {
    expect(await ask()).toMatchObject({
      method: 'POST',
      path: '/tsr',
      contentType: 'application/timestamp-query',
      accept: 'application/timestamp-reply',
      digest,
      wantsCertificate: true,
      policy: undefined,
    });
  });

  it('has a nonce that is another each time, positive, and in DER', async () => {
    const seen = new Set<string>();
    const { url, queries } = await serve();
    for (let times = 0; times < 20; times++) await timestamp(signature, url, options());
    for (const { nonce } of queries) {
      expect(nonce).toHaveLength(8);
      const first = nonce?.[0] ?? 0;
      expect(first).toBeGreaterThanOrEqual(0x40);
      expect(first).toBeLessThan(0x80);
      seen.add(nonce?.toString('hex') ?? '');
    }
    expect(seen.size).toBe(20);
    // All bits but the first two vary.
    const all = queries.map(({ nonce }) => nonce?.readBigUInt64BE() ?? 0n);
    expect(all.reduce((a, b) => a | b)).toBe(2n ** 63n - 1n);
    expect(all.reduce((a, b) => a & b)).toBe(2n ** 62n);
  });

  it.each([
    '1.3.6.1.4.1.57264.2',
    '0.0',
    '0.39',
    '1.39.128',
    '1.2.127.128.16383.16384.999999999',
    '2.16.840.1.101',
    '2.5',
    `1.2${'.1'.repeat(14)}`,
    // Requests of 127, 128 and 129 bytes: from 128 on, DER writes the length in two.
    ...['1.1', '1.1.1', '200.1.1'].map((rest) => `1.2${'.999999999'.repeat(11)}.${rest}`),
  ])('may have a policy: %s', async (policy) => {
    const { policy: asked } = await ask(policy);
    expect(dotted(asked ?? Buffer.alloc(0))).toBe(policy);
  });

  it('may have a policy of the third arc that is beyond the second byte', async () => {
    const { policy } = await ask('2.999.3');
    expect(policy?.toString('hex')).toBe('883703');
  });

  it.each([
    '',
    '1',
    '1.',
    '.1',
    '3.1',
    '0.40',
    '1.40',
    '1.2.03',
    '1.2.',
    '1..2',
    '1.2.x',
    ' 1.2',
    '1.2\n',
    '1.2.1234567890',
    '1.2.-1',
    `1.2${'.1'.repeat(15)}`,
    'policy',
    `1.2${'.999999999'.repeat(14)}`,
    `1.2${'.999999999'.repeat(11)}.200.200.1`,
  ])('has no policy that is none: %j', async (policy) => {
    const { url, queries } = await serve();
    await refusal(() => timestamp(signature, url, options(), policy), 'USAGE');
    expect(queries).toEqual([]);
  });
});

describe('an answer with a timestamp', () => {
  it('is returned as it is', async () => {
    let right: Buffer = Buffer.alloc(0);
    const { url } = await serve({
      with: (response, _, answer) => response.writeHead(201).end((right = answer)),
    });
    expect(Buffer.from(await timestamp(signature, url, options()))).toEqual(right);
    const token = readToken(right);
    expect(token.imprint.digest).toEqual(digest);
  });

  it('may have more than what was asked for', async () => {
    await ask(undefined, ({ nonce = Buffer.of(0) }) => ({
      optional: [sequence(integer(1)), der(0x01, Buffer.of(0xff)), der(0x02, nonce)],
      embedded: [tsa.root.der, tsa.leaf.der],
      policy: '1.2.3',
      status: 1,
    }));
  });

  it('is the answer to this request, by its nonce', async () => {
    const why = 'the answer to another request, by its nonce';
    await refuse(() => ({ optional: [] }), why);
    await refuse(() => ({ optional: [integer(990_001)] }), why);
    await refuse(
      ({ nonce = Buffer.of(0) }) => ({
        optional: [der(0x02, Buffer.concat([nonce, Buffer.of(0)]))],
      }),
      why,
    );
    await refuse(({ nonce = Buffer.of(0) }) => {
      const other = Buffer.from(nonce);
      other.writeUInt8(other.readUInt8(7) ^ 1, 7);
      return { optional: [der(0x02, other)] };
    }, why);
    // In place of the nonce, where numbers may stand too.
    await refuse(
      ({ nonce = Buffer.of(0) }) => ({ optional: [sequence(der(0x02, nonce))] }),
      'its accuracy is malformed',
    );
  });

  it('is no old one, sent again', async () => {
    let first: Buffer | undefined;
    const { url } = await serve({
      with: (response, _, right) => response.end((first ??= right)),
    });
    await timestamp(signature, url, options());
    await refusal(() => timestamp(signature, url, options()), 'SERVICE_FAILED');
  });

  it('is over this signature', async () => {
    const why = 'a timestamp of another signature';
    const other = createHash('sha256').update('another').digest();
    await refuse(() => ({ imprint: imprintOf(other) }), why);
    await refuse(() => ({ imprint: imprintOf(signature) }), why);
    await refuse(() => ({ imprint: imprintOf(digest.subarray(1)) }), why);
    await refuse(() => ({ imprint: imprintOf(Buffer.alloc(0)) }), why);
    const sha1 = createHash('sha1').update(signature).digest();
    await refuse(() => ({ imprint: imprintOf(sha1, '1.3.14.3.2.26') }), 'weaker than SHA-256');
  });

  it('is under the policy that was asked for', async () => {
    await refuse(() => ({ policy: POLICY }), `under the policy ${POLICY}`, tsa, '1.2.3.4');
    await refuse(() => ({ policy: '1.2.3.4' }), 'under the policy 1.2.3.4', tsa, POLICY);
    await refuse(() => ({ policy: `${POLICY}.1` }), `under the policy ${POLICY}.1`, tsa, POLICY);
  });

  it('has the certificate that was asked for', async () => {
    const why = 'a timestamp without the certificate of its authority';
    await refuse(() => ({ certificates: false }), why);
    await refuse(() => ({ embedded: [] }), why);
    await refuse(() => ({ embedded: [tsa.root.der] }), why);
    await refuse(() => ({ namedCertificate: tsa.root }), why);
    await refuse(() => ({ attributes: (right) => right.slice(0, 2) }), why);
    await refuse(() => ({ embedded: [der(0x30)] }), why);
  });

  it('is signed by that certificate', async () => {
    const why = 'a timestamp whose signature is wrong';
    await refuse(() => ({ signedWith: makeKey('P-384') }), why);
    await refuse(() => ({ signedWith: tsa.root.privateKey }), why);
    await refuse(
      () => ({ namedCertificate: tsa.root, embedded: [tsa.root.der, tsa.leaf.der] }),
      'Root" may not be used for this',
    );
    await refuse(() => ({ digest: 'sha1' }), 'a hash is weaker than SHA-256');
    await refuse(
      () => ({ messageDigest: () => Buffer.alloc(32) }),
      'what is signed is something else',
    );
  });

  it.each<[string, Partial<IssueOptions>]>([
    ['for code', { extendedKeyUsage: ['1.3.6.1.5.5.7.3.3'] }],
    ['for more', { extendedKeyUsage: [TIME_STAMPING, SERVER_AUTH] }],
    ['not critically', { criticalExtendedKeyUsage: false }],
    ['for anything', { extendedKeyUsage: undefined }],
    ['not for signatures', { keyUsage: ['keyEncipherment'] }],
    ['expired', { notAfter: after(new Date(), -60) }],
    ['not valid yet', { notBefore: after(new Date(), 3600) }],
    ['of a weak key', { key: 'RSA-1024' }],
    ['of an unusual key', { key: 'secp256k1' }],
  ])('is signed by a certificate that verifiers can believe, and none that is %s', (_, leaf) =>
    refuse(
      () => ({}),
      /the certificate "CN=Odd" (may not be used for this|expired|is not valid yet)/,
      makeTsa('Odd', { leaf }),
    ),
  );

  it.each<[string, Partial<IssueOptions>, TimestampOptions]>([
    ['RSA', { key: 'RSA-2048' }, {}],
    ['RSASSA-PSS', { key: 'RSA-2048' }, { pss: true }],
    ['P-256', { key: 'P-256' }, { digest: 'sha512' }],
  ])('may be signed with %s', async (_, leaf, differences) => {
    const own = makeTsa('Other', { leaf });
    const { url } = await serve(() => differences, own);
    expect(await timestamp(signature, url, options())).toBeDefined();
  });
});

describe('an authority', () => {
  it('that refuses is none that answers', async () => {
    await refuse(() => ({ status: 2 }), 'no timestamp: it was not granted');
    await refuse(() => ({ status: 2, tokenless: true }), 'no timestamp: it was not granted');
    await refuse(() => ({ tokenless: true }), 'no timestamp: a member is missing');
  });

  it('that talks of something else is understood as such', async () => {
    for (const text of ['', '<html>Welcome</html>', '{}', '\u0000']) {
      await refuse({ with: (response) => response.end(text) });
    }
    await refuse({ with: (response, _, right) => response.end(right.subarray(0, -1)) });
    await refuse({
      with: (response, _, right) => response.end(Buffer.concat([right, Buffer.of(0)])),
    });
    await refuse({ with: (response) => response.writeHead(204).end() });
    await refuse({ with: (response, query) => response.end(query.der) });
  });

  it('that fails says so', async () => {
    await refuse({ with: (response) => response.writeHead(400).end('no') }, /status 400/);
    const elsewhere = { location: 'http://127.0.0.1:9/' };
    await refuse({ with: (response) => response.writeHead(302, elsewhere).end() }, /status 302/);
  });

  it('is named without the query of its URL, which may hold a key', async () => {
    const { url } = await serve({ with: (response) => response.writeHead(403).end() });
    for (const query of ['?key=hidden', '?a=b?key=hidden', '?']) {
      const call = (): Promise<Uint8Array> => timestamp(signature, url + query, options());
      const { message } = await refusal(call, 'SERVICE_FAILED');
      expect(message).toContain(`no timestamp from "${url}?…": it answered with status 403`);
      expect(message).not.toContain('hidden');
    }
  });

  it('that is troubled is asked again', async () => {
    let times = 0;
    const { url, queries } = await serve({
      with: (response, _, right) =>
        ++times < 3 ? response.writeHead(503).end() : response.end(right),
    });
    expect(await timestamp(signature, url, options())).toBeDefined();
    expect(queries).toHaveLength(3);
  });

  it('that hangs is not waited for', { timeout: 20_000 }, async () => {
    const drip = {
      with: (response, _, right) => {
        response.writeHead(200).write(right.subarray(0, 100));
      },
    } satisfies Answering;
    const late = 'it did not answer within 0.5 seconds';
    await Promise.all([refuse({ with: () => undefined }, late), refuse(drip, late)]);
  });

  it('that dies is noticed', { timeout: 20_000 }, async () => {
    const cut = { with: (response) => response.socket?.destroy() } satisfies Answering;
    const half = {
      with: (response, _, right) => {
        response.writeHead(200, { 'content-length': right.length });
        response.write(right.subarray(0, 100), () => response.socket?.destroy());
      },
    } satisfies Answering;
    await Promise.all([cut, half].map((one) => refuse(one, /the connection/)));
  });

  it('that is not there is noticed', async () => {
    const { url, close } = await serve();
    close();
    const error = await refusal(() => timestamp(signature, url, options()), 'SERVICE_FAILED');
    expect(error.found).toContain('ECONNREFUSED');
  });

  it('that speaks another language is noticed', async () => {
    const server = createServer((socket) => socket.on('error', () => {}).end('220 mail ready\r\n'));
    await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const url = `http://127.0.0.1:${port}/`;
    await refusal(() => timestamp(signature, url, options()), 'SERVICE_FAILED');
  });

  it('that never ends is not listened to', async () => {
    const endless = {
      with: (response) => {
        const more = (): void => {
          while (response.writable && response.write(Buffer.alloc(65_536, 0x30)));
          response.once('drain', more);
        };
        more();
      },
    } satisfies Answering;
    await refuse(endless, /more than 262144 bytes/);
  });

  it('is not waited for once nobody wants it', async () => {
    const control = new AbortController();
    const { url, asked } = await serve({ with: () => undefined });
    const { signal } = control;
    const waiting = timestamp(signature, url, options({ signal, timeout: 60_000 }));
    void asked.then(() => control.abort());
    await refusal(() => waiting, 'ABORTED');
    await refusal(() => timestamp(signature, url, options({ signal })), 'ABORTED');
  });

  it('is asked with whatever signature there is', async () => {
    const { url, queries } = await serve();
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(512, 1)]) {
      const answer = await timestamp(bytes, url, options());
      const stamped = createHash('sha256').update(bytes).digest();
      expect(readToken(answer).imprint.digest).toEqual(stamped);
      const query = queries.at(-1) ?? expect.fail('nothing was asked');
      expect(answerTo(tsa, query).length).toBeGreaterThan(0);
    }
  });
});
