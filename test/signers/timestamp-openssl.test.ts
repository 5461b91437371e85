import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parseBundle } from '../../src/format/bundle.ts';
import { keySigner } from '../../src/signers/key.ts';
import { timestamp } from '../../src/signers/timestamp.ts';
import { parseCertificate } from '../../src/trust/certificate.ts';
import { type Stamp, verifyStamps } from '../../src/trust/stamp.ts';
import { readToken } from '../../src/trust/timestamp-token.ts';
import { authenticate } from '../../src/verifiers/verifier.ts';
import { CA, type Issued, type IssueOptions, issue, makeKey, SERVER_AUTH } from '../helpers/pki.ts';
import { refusal } from '../helpers/refusal.ts';
import { contentOf } from '../helpers/sigstore/der.ts';
import { ERA } from '../helpers/sigstore/times.ts';
import { makeTsa, TIME_STAMPING, timestamp as forged } from '../helpers/sigstore/tsa.ts';
import { serveStamps, type StampServer } from '../helpers/stamp-server.ts';

const version = spawnSync('openssl', ['version'], { encoding: 'utf8' }).stdout ?? '';
const isThere = /^OpenSSL [3-9]/.test(version);
const title = isThere ? version.split(' (')[0] : 'OpenSSL (skipped: it needs OpenSSL 3 or later)';

const CONFIG = `
[ tsa ]
default_tsa = ours
[ ours ]
serial = serial
certs = chain.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
other_policies = 1.2.3.4.9.9
digests = sha256, sha384, sha512
accuracy = secs:1, millisecs:500, microsecs:100
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
clock_precision_digits = 3
`;

const signature = Buffer.from('a signature');

/** A second implementation of RFC 3161: what one of the two says, the other understands. */
describe.skipIf(!isThere)(`with ${title}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'oms-ts-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const root = issue({ subject: 'Root', ...CA, ...ERA });
  const middle = issue({ subject: 'Middle', issuer: root, ...CA, ...ERA });

  /** An authority's certificate. */
  function authority(differences: Partial<IssueOptions> = {}): Issued {
    return issue({
      subject: 'OpenSSL TSA',
      issuer: middle,
      keyUsage: ['digitalSignature'],
      extendedKeyUsage: [TIME_STAMPING],
      criticalExtendedKeyUsage: true,
      ...ERA,
      ...differences,
    });
  }

  function write(name: string, content: string | Uint8Array): string {
    writeFileSync(join(directory, name), content);
    return name;
  }

  function openssl(...words: readonly string[]): string {
    return execFileSync('openssl', words, { cwd: directory, encoding: 'utf8', stdio: 'pipe' });
  }

  /** Whether openssl takes a response for one over these bytes. */
  function isVerified(response: Uint8Array, data: Uint8Array, anchors: readonly Issued[]): boolean {
    write('verified.tsr', response);
    write('verified.data', data);
    write('anchors.pem', anchors.map(({ pem }) => pem).join(''));
    const words = ['ts', '-verify', '-in', 'verified.tsr', '-data', 'verified.data'];
    const { status, stdout } = spawnSync('openssl', [...words, '-CAfile', 'anchors.pem'], {
      cwd: directory,
      encoding: 'utf8',
    });
    return status === 0 && stdout.includes('Verification: OK');
  }

  /** Has openssl answer a query. */
  function reply(query: Buffer, by: Issued, config = CONFIG): Buffer {
    write('tsa.cnf', config);
    write('signer.pem', by.pem);
    write('key.pem', by.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    write('query.tsq', query);
    const files = ['-queryfile', 'query.tsq', '-signer', 'signer.pem', '-inkey', 'key.pem'];
    openssl('ts', '-reply', '-config', 'tsa.cnf', ...files, '-out', 'reply.tsr');
    return readFileSync(join(directory, 'reply.tsr'));
  }

  async function serve(by: Issued, config = CONFIG): Promise<StampServer> {
    const server = await serveStamps(makeTsa(), {
      with: (response, query) => response.end(reply(query.der, by, config)),
    });
    onTestFinished(() => server.close());
    return server;
  }

  const options = { timeout: 10_000, signal: undefined, secrets: [], configuredBy: 'the URL' };

  function stamps(response: Uint8Array, anchors: readonly Issued[] = [root]): readonly Stamp[] {
    const trusted = anchors.map(({ der }) => parseCertificate(der, 'the anchor'));
    return verifyStamps([response], signature, trusted);
  }

  beforeAll(() => {
    write('serial', '01\n');
    write('chain.pem', middle.pem);
    write('data', signature);
  });

  it('our request is understood, and what it asks for is read in it', async () => {
    let query: Buffer = Buffer.alloc(0);
    const server = await serveStamps(makeTsa(), {
      with: (response, asked, right) => {
        query = asked.der;
        response.end(right);
      },
    });
    onTestFinished(() => server.close());
    await timestamp(signature, server.url, options, '1.2.3.4.9.9');
    write('ours.tsq', query);
    const text = openssl('ts', '-query', '-in', 'ours.tsq', '-text');
    expect(text).toContain('Version: 1');
    expect(text).toContain('Hash Algorithm: sha256');
    expect(text).toContain('Policy OID: 1.2.3.4.9.9');
    expect(text).toMatch(/Nonce: 0x[0-9A-F]{16}\n/);
    expect(text).toContain('Certificate required: yes');
    expect(text).toContain('Extensions:');
    const lines = text.matchAll(/^ {4}[0-9a-f]{4} - ((?:[0-9a-f]{2}[ -]){16})/gm);
    const printed = Array.from(lines, ([, hex = '']) => hex.replaceAll(/[ -]/g, '')).join('');
    expect(printed).toBe(createHash('sha256').update(signature).digest('hex'));
  });

  it.each<[string, Partial<IssueOptions>]>([
    ['P-256', { key: 'P-256' }],
    ['P-384', { key: 'P-384' }],
    ['P-521', { key: 'P-521' }],
    ['RSA', { key: 'RSA-2048' }],
  ])('our request is answered, and the answer verified by both: %s', async (_, differences) => {
    const by = authority(differences);
    const { url } = await serve(by);
    const response = await timestamp(signature, url, options, '1.2.3.4.9.9');
    const [stamp] = stamps(response);
    expect(stamp).toMatchObject({
      accuracy: 1500.1,
      policy: '1.2.3.4.9.9',
      authority: { subject: 'CN=OpenSSL TSA' },
      anchor: { subject: 'CN=Root' },
    });
    expect(Math.abs((stamp?.at.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(isVerified(response, signature, [root])).toBe(true);
    expect(isVerified(response, Buffer.from('other'), [root])).toBe(false);
  });

  it.each(['sha1', 'sha256', 'sha384', 'sha512'])(
    'a certificate may be named with %s, but for the oldest way that has SHA-1 alone',
    async (algorithm) => {
      const config = CONFIG.replace('ess_cert_id_alg = sha256', `ess_cert_id_alg = ${algorithm}`);
      const { url } = await serve(authority(), config);
      expect(stamps(await timestamp(signature, url, options))).toHaveLength(1);
    },
  );

  it.each(['sha256', 'sha384', 'sha512'])('its own tokens are verified: %s', (algorithm) => {
    openssl('ts', '-query', '-data', 'data', `-${algorithm}`, '-cert', '-out', 'theirs.tsq');
    const query = readFileSync(join(directory, 'theirs.tsq'));
    const config = CONFIG.replace('signer_digest = sha256', `signer_digest = ${algorithm}`);
    for (const kind of ['P-256', 'RSA-2048'] as const) {
      const response = reply(query, authority({ key: kind }), config);
      expect(readToken(response).imprint.algorithm).toBe(algorithm);
      expect(stamps(response)).toHaveLength(1);
    }
  });

  it('its tokens without a certificate are verified with one that is given', () => {
    openssl('ts', '-query', '-data', 'data', '-sha256', '-no_nonce', '-out', 'bare.tsq');
    const by = authority();
    const response = reply(readFileSync(join(directory, 'bare.tsq')), by);
    const token = readToken(response);
    expect(token.certificates).toEqual([]);
    expect(token.nonce).toBeUndefined();
    expect(() => stamps(response)).toThrow('the certificate of timestamp 1 is missing');
    expect(stamps(response, [by])).toHaveLength(1);
    expect(stamps(response, [root, middle, by])).toHaveLength(1);
  });

  it('its tokens over weak hashes are not verified', () => {
    openssl('ts', '-query', '-data', 'data', '-sha1', '-cert', '-out', 'weak.tsq');
    const config = CONFIG.replace('digests = sha256', 'digests = sha1');
    const response = reply(readFileSync(join(directory, 'weak.tsq')), authority(), config);
    expect(readToken.bind(undefined, response)).toThrow('a hash is weaker than SHA-256');
    expect(isVerified(response, signature, [root])).toBe(true);
  });

  it('its refusals are understood as such', async () => {
    const { url } = await serve(authority());
    const call = (): unknown => timestamp(signature, url, options, '1.9.9.9');
    await refusal(call, 'SERVICE_FAILED');
  });

  it('tokens over our signatures are verified by both', async () => {
    const { url } = await serve(authority());
    const privateKey = makeKey('P-256');
    const bundle = await keySigner({ privateKey, timestampUrl: url })(Buffer.from('{}'));
    const { envelope, timestamps } = parseBundle(bundle);
    const { signer } = authenticate(parseBundle(bundle), {
      method: 'key',
      publicKey: createPublicKey(privateKey),
      timestampAnchors: [root.pem],
      requireTimestamp: true,
    });
    expect(signer).toMatchObject({ timestamps: [{ accuracy: 1500.1 }] });
    const [token = Buffer.alloc(0)] = timestamps;
    expect(isVerified(token, envelope.signature, [root])).toBe(true);
    expect(isVerified(token, Buffer.from('{}'), [root])).toBe(false);
  });

  it('both are of one mind about whom to believe', () => {
    openssl('ts', '-query', '-data', 'data', '-sha256', '-cert', '-out', 'theirs.tsq');
    const right = reply(readFileSync(join(directory, 'theirs.tsq')), authority());
    const stranger = issue({ subject: 'Root', ...CA, ...ERA });
    const isOurs = (response: Buffer, anchors: readonly Issued[]): boolean => {
      try {
        return stamps(response, anchors).length === 1;
      } catch {
        return false;
      }
    };
    const cases: readonly (readonly [Buffer, readonly Issued[], boolean])[] = [
      [right, [root], true],
      [right, [stranger, root], true],
      [right, [stranger], false],
      [right.subarray(0, -1), [root], false],
      [flipped(right, -1), [root], false],
      [flipped(right, contentOf(right, [1, 1, 0, 2, 1, 0, 0, 4])[1] - 2), [root], false],
    ];
    for (const [number, [response, anchors, expected]] of cases.entries()) {
      expect(isOurs(response, anchors), `ours ${number}`).toBe(expected);
      expect(isVerified(response, signature, anchors), `theirs ${number}`).toBe(expected);
    }
  });

  it('our forged tokens are what they seem to be', () => {
    const forge = (leaf: Partial<IssueOptions>): [boolean, boolean] => {
      const tsa = makeTsa('Forge', { leaf });
      const response = forged(tsa, signature, { time: new Date() });
      let isOurs = true;
      try {
        stamps(response, [tsa.root]);
      } catch {
        isOurs = false;
      }
      return [isOurs, isVerified(response, signature, [tsa.root])];
    };
    expect(forge({})).toEqual([true, true]);
    expect(forge({ key: 'RSA-2048' })).toEqual([true, true]);
    expect(forge({ extendedKeyUsage: [SERVER_AUTH] })).toEqual([false, false]);
    expect(forge({ extendedKeyUsage: [TIME_STAMPING, SERVER_AUTH] })).toEqual([false, false]);
    expect(forge({ criticalExtendedKeyUsage: false })).toEqual([false, false]);
    expect(forge({ signedWith: makeKey('P-384') })).toEqual([false, false]);
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const other = Buffer.from(bytes);
  const index = (other.length + at) % other.length;
  other.writeUInt8(other.readUInt8(index) ^ 1, index);
  return other;
}
