import { describe, expect, it } from 'vitest';
import { type Bundle, parseBundle } from '../../src/format/bundle.ts';
import { MAX_ATTESTATIONS, MAX_TIMESTAMP_BYTES } from '../../src/format/limits.ts';
import { edited } from '../helpers/edited.ts';
import { Forger, statementWith } from '../helpers/forge.ts';
import { base64, logEntry } from '../helpers/log-entry.ts';
import { refusal } from '../helpers/refusal.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- taken apart at will
type Loose = any;

const forger = new Forger();

function bundle(change: (bundle: Loose) => void = () => {}): string {
  const good = structuredClone(forger.sign(statementWith({}))) as Loose;
  change(good);
  return JSON.stringify(good);
}

describe('parseBundle', () => {
  it('reads text, bytes and the object alike', () => {
    const text = bundle();
    const parsed = parseBundle(text);
    expect(parseBundle(Buffer.from(text))).toEqual(parsed);
    expect(parseBundle(JSON.parse(text) as Bundle)).toEqual(parsed);
    expect(parsed.material.method).toBe('key');
    expect(JSON.parse(Buffer.from(parsed.envelope.payload).toString())).toEqual(statementWith({}));
  });

  it.each([
    ['keyid absent', (b: Loose) => delete b.dsseEnvelope.signatures[0].keyid],
    ['keyid empty', (b: Loose) => (b.dsseEnvelope.signatures[0].keyid = '')],
    ['keyid null', (b: Loose) => (b.dsseEnvelope.signatures[0].keyid = null)],
    ['tlogEntries empty', (b: Loose) => (b.verificationMaterial.tlogEntries = [])],
    ['tlogEntries null', (b: Loose) => (b.verificationMaterial.tlogEntries = null)],
    ['timestamps empty', (b: Loose) => (b.verificationMaterial.timestampVerificationData = {})],
    ['timestamps null', (b: Loose) => (b.verificationMaterial.timestampVerificationData = null)],
    [
      'timestamp list empty',
      (b: Loose) => (b.verificationMaterial.timestampVerificationData = { rfc3161Timestamps: [] }),
    ],
    ['another kind null', (b: Loose) => (b.verificationMaterial.certificate = null)],
    [
      'the key as before 1.1.0',
      (b: Loose) =>
        (b.verificationMaterial.publicKey = { rawBytes: 'YQ==', keyDetails: 'PKIX_ECDSA_P256' }),
    ],
  ])('accepts %s (§4.1, §11.1)', (_, change) => {
    expect(parseBundle(bundle(change)).material.method).toBe('key');
  });

  it.each<[string, (b: Loose) => void, string]>([
    ['no media type', (b) => delete b['mediaType'], 'mediaType'],
    [
      'another version',
      (b) => (b['mediaType'] = 'application/vnd.dev.sigstore.bundle.v0.4+json'),
      'mediaType',
    ],
    ['junk after the media type', (b) => (b['mediaType'] += ' '), 'mediaType'],
    ['a number as media type', (b) => (b['mediaType'] = 3), 'mediaType'],
    ['no envelope', (b) => delete b['dsseEnvelope'], 'dsseEnvelope'],
    ['a message signature', (b) => (b['messageSignature'] = {}), 'messageSignature'],
    ['an unknown member', (b) => (b['extra'] = 1), '"extra"'],
    ['no material', (b) => delete b['verificationMaterial'], 'verificationMaterial'],
    ['an array as material', (b) => (b['verificationMaterial'] = []), 'verificationMaterial'],
    ['empty material', (b) => (b['verificationMaterial'] = {}), 'exactly one of'],
    [
      'unknown material',
      (b) => (b['verificationMaterial'] = { publicKey: { hint: 'a' }, other: {} }),
      '"other"',
    ],
    [
      'a key and a chain',
      (b) =>
        (b['verificationMaterial'].x509CertificateChain = { certificates: [{ rawBytes: 'YQ==' }] }),
      'publicKey and x509CertificateChain',
    ],
    [
      'a key and a certificate',
      (b) => (b['verificationMaterial'].certificate = { rawBytes: 'YQ==' }),
      'publicKey and certificate',
    ],
    ['a key without fingerprint', (b) => (b['verificationMaterial'].publicKey = {}), 'fingerprint'],
    ['a number as hint', (b) => (b['verificationMaterial'].publicKey = { hint: 1 }), 'hint'],
    [
      'a number as keyDetails',
      (b) => (b['verificationMaterial'].publicKey.keyDetails = 1),
      'keyDetails',
    ],
    [
      'a key of 10 kB',
      (b) =>
        (b['verificationMaterial'].publicKey = {
          rawBytes: Buffer.alloc(10_000).toString('base64'),
        }),
      'at most 8192 bytes',
    ],
    [
      'a long hint',
      (b) => (b['verificationMaterial'].publicKey = { hint: 'a'.repeat(300) }),
      'at most 256 characters',
    ],
    [
      'an unknown member of the key',
      (b) => (b['verificationMaterial'].publicKey.key = 'x'),
      '"key"',
    ],
    [
      'lenient base64 in rawBytes',
      (b) => (b['verificationMaterial'].publicKey = { rawBytes: 'YQ' }),
      'base64',
    ],
    [
      'an empty chain',
      (b) => (b['verificationMaterial'] = { x509CertificateChain: { certificates: [] } }),
      '1 to 32',
    ],
    [
      'a chain of 10,000 certificates',
      (b) =>
        (b['verificationMaterial'] = {
          x509CertificateChain: {
            certificates: Array.from({ length: 10_000 }, () => ({ rawBytes: 'YQ==' })),
          },
        }),
      '1 to 32',
    ],
    [
      'a certificate of 100 kB',
      (b) =>
        (b['verificationMaterial'] = {
          x509CertificateChain: {
            certificates: [{ rawBytes: Buffer.alloc(100_000).toString('base64') }],
          },
        }),
      'at most 16384 bytes',
    ],
    [
      'a certificate that is a string',
      (b) => (b['verificationMaterial'] = { x509CertificateChain: { certificates: ['YQ=='] } }),
      'an object',
    ],
    [
      '17 log entries',
      (b) => (b['verificationMaterial'].tlogEntries = Array.from({ length: 17 }, () => logEntry())),
      'at most 16',
    ],
    [
      'log entries that are no array',
      (b) => (b['verificationMaterial'].tlogEntries = logEntry()),
      'verificationMaterial.tlogEntries: expected an array',
    ],
    [
      'a log entry that is not an object',
      (b) => (b['verificationMaterial'].tlogEntries = ['x']),
      'verificationMaterial.tlogEntries[0]: expected an object',
    ],
    [
      'a log entry that is empty',
      (b) => (b['verificationMaterial'].tlogEntries = [{}]),
      'verificationMaterial.tlogEntries[0].kindVersion: expected an object',
    ],
    [
      'a second log entry with an unknown member',
      (b) => (b['verificationMaterial'].tlogEntries = [logEntry(), logEntry({ extra: 1 })]),
      'verificationMaterial.tlogEntries[1]: expected only',
    ],
    [
      'a log entry whose proof holds a hash of 31 bytes',
      (b) =>
        (b['verificationMaterial'].tlogEntries = [
          edited(logEntry(), 'inclusionProof.hashes.1', base64(31, 1)),
        ]),
      'a hash of 32 bytes',
    ],
    [
      'a log entry before the beginning',
      (b) => (b['verificationMaterial'].tlogEntries = [logEntry({ logIndex: '-1' })]),
      'verificationMaterial.tlogEntries[0].logIndex: expected a decimal number',
    ],
    [
      '10,000 timestamps',
      (b) =>
        (b['verificationMaterial'].timestampVerificationData = {
          rfc3161Timestamps: Array.from({ length: 10_000 }, () => ({ signedTimestamp: 'YQ==' })),
        }),
      'at most 16',
    ],
    [
      'a timestamp with lenient base64',
      (b) =>
        (b['verificationMaterial'].timestampVerificationData = {
          rfc3161Timestamps: [{ signedTimestamp: 'YQ' }],
        }),
      'base64',
    ],
    [
      'a timestamp that is a string',
      (b) =>
        (b['verificationMaterial'].timestampVerificationData = { rfc3161Timestamps: ['YQ=='] }),
      'timestampVerificationData.rfc3161Timestamps[0]: expected an object',
    ],
    [
      'a timestamp with an unknown member',
      (b) =>
        (b['verificationMaterial'].timestampVerificationData = {
          rfc3161Timestamps: [{ signedTimestamp: 'YQ==', extra: 1 }],
        }),
      '"extra"',
    ],
    [
      'timestamps of another kind',
      (b) => (b['verificationMaterial'].timestampVerificationData = { rfc9999Timestamps: [] }),
      '"rfc9999Timestamps"',
    ],
    [
      'a timestamp that is too large',
      (b) =>
        (b['verificationMaterial'].timestampVerificationData = {
          rfc3161Timestamps: [{ signedTimestamp: base64(MAX_TIMESTAMP_BYTES + 1, 0x30) }],
        }),
      `at most ${MAX_TIMESTAMP_BYTES} bytes`,
    ],
    ['no signature', (b) => (b['dsseEnvelope'].signatures = []), 'exactly one'],
    [
      'two signatures',
      (b) => b['dsseEnvelope'].signatures.push(b['dsseEnvelope'].signatures[0]),
      'exactly one',
    ],
    ['signatures that are no array', (b) => (b['dsseEnvelope'].signatures = {}), 'an array'],
    ['a number as keyid', (b) => (b['dsseEnvelope'].signatures[0].keyid = 1), 'keyid'],
    [
      'a certificate in the signature',
      (b) => (b['dsseEnvelope'].signatures[0].cert = 'x'),
      '"cert"',
    ],
    ['no bytes in the signature', (b) => (b['dsseEnvelope'].signatures[0].sig = ''), 'base64'],
    [
      'a signature of 10 kB',
      (b) => (b['dsseEnvelope'].signatures[0].sig = Buffer.alloc(10_000).toString('base64')),
      'at most 512 bytes',
    ],
    ['another payload type', (b) => (b['dsseEnvelope'].payloadType = 'text/plain'), 'payloadType'],
    [
      'a payload type in capitals',
      (b) => (b['dsseEnvelope'].payloadType = 'application/vnd.in-toto+JSON'),
      'payloadType',
    ],
    ['no payload', (b) => delete b['dsseEnvelope'].payload, 'payload'],
    ['an empty payload', (b) => (b['dsseEnvelope'].payload = ''), 'payload'],
    ['a line end in the payload', (b) => (b['dsseEnvelope'].payload += '\n'), 'base64'],
    [
      'an unknown member of the envelope',
      (b) => (b['dsseEnvelope'].payload_type = 'x'),
      '"payload_type"',
    ],
  ])('refuses %s', async (_, change, reason) => {
    const { message } = await refusal(() => parseBundle(bundle(change)), 'BUNDLE_MALFORMED');
    expect(message).toContain(reason);
  });

  it.each(['', '[]', 'null', '1', '"text"', '{}', '{', '\u0000'])(
    'refuses %j in place of a bundle',
    async (text) => {
      await refusal(() => parseBundle(text), 'BUNDLE_MALFORMED');
    },
  );

  it('takes a single certificate for method sigstore only with log entries', () => {
    const rawBytes = Buffer.from('not parsed here').toString('base64');
    const material = (entries: object[]): string =>
      bundle((b) => {
        b['verificationMaterial'] = { certificate: { rawBytes }, tlogEntries: entries };
      });
    expect(parseBundle(material([logEntry()])).material.method).toBe('sigstore');
    expect(parseBundle(material([])).material.method).toBe('certificate');
  });

  it('hands on log entries and timestamps in their order, up to the bound of each', () => {
    const indices = Array.from({ length: MAX_ATTESTATIONS }, (_, index) => index);
    const { logEntries, timestamps } = parseBundle(
      bundle((b) => {
        b['verificationMaterial'].tlogEntries = indices.map((index) =>
          logEntry({ logIndex: String(index) }),
        );
        b['verificationMaterial'].timestampVerificationData = {
          rfc3161Timestamps: indices.map((index) => ({
            signedTimestamp: base64(index === 0 ? MAX_TIMESTAMP_BYTES : 1, index),
          })),
        };
      }),
    );
    expect(logEntries.map(({ logIndex }) => logIndex)).toEqual(indices.map(BigInt));
    expect(timestamps.map(([first]) => first)).toEqual(indices);
  });

  it.each([
    ['absent', undefined],
    ['null', null],
  ])('has none of what is %s', (_, value) => {
    const parsed = parseBundle(
      bundle((b) => {
        b['verificationMaterial'].tlogEntries = value;
        b['verificationMaterial'].timestampVerificationData = value;
      }),
    );
    expect(parsed).toMatchObject({ logEntries: [], timestamps: [] });
    expect(parsed.logEntries).toHaveLength(0);
    expect(parsed.timestamps).toHaveLength(0);
    const inner = bundle((b) => {
      b['verificationMaterial'].timestampVerificationData = { rfc3161Timestamps: value };
    });
    expect(parseBundle(inner).timestamps).toHaveLength(0);
  });

  it('reads members by their own name only', async () => {
    const text = bundle().replace('"mediaType"', '"__proto__"');
    await refusal(() => parseBundle(text), 'BUNDLE_MALFORMED');
    const inherited = bundle((b) => {
      b['verificationMaterial'] = JSON.parse('{"__proto__":{"publicKey":{"hint":"a"}}}');
    });
    await refusal(() => parseBundle(inherited), 'BUNDLE_MALFORMED');
  });
});

describe('a bundle that is an object', () => {
  const text = bundle();
  const good: Loose = JSON.parse(text);
  const parsed = parseBundle(text);

  it('is read as its JSON text would be, whatever made it', () => {
    const bare: Loose = Object.assign(Object.create(null), good);
    const inherited: Loose = Object.assign(Object.create({ extra: 1 }), good);
    const inside = { ...good, dsseEnvelope: Object.assign(Object.create({}), good.dsseEnvelope) };
    for (const one of [bare, inherited, inside, Object.freeze({ ...good })]) {
      expect(parseBundle(one).envelope).toEqual(parsed.envelope);
    }
    const accessor = {
      ...good,
      get dsseEnvelope(): unknown {
        return good.dsseEnvelope;
      },
    };
    expect(parseBundle(accessor).envelope).toEqual(parsed.envelope);
  });

  it('is what it says that its JSON is', () => {
    const other: Loose = JSON.parse(bundle((b) => (b['dsseEnvelope'].payload = 'YQ==')));
    const outer = { ...good, toJSON: () => other };
    expect(parseBundle(outer).envelope.payload).toEqual(Buffer.from('a'));
    const envelope = { ...good.dsseEnvelope, toJSON: () => other.dsseEnvelope };
    expect(parseBundle({ ...good, dsseEnvelope: envelope }).envelope.payload).toEqual(
      Buffer.from('a'),
    );
  });

  it('does not have what its JSON does not show', async () => {
    for (const hide of ['payload', 'signatures']) {
      const envelope = { ...good.dsseEnvelope };
      Object.defineProperty(envelope, hide, { enumerable: false });
      const hidden = { ...good, dsseEnvelope: envelope };
      const { message } = await refusal(() => parseBundle(hidden), 'BUNDLE_MALFORMED');
      expect(message).toContain(`dsseEnvelope.${hide}`);
    }
    const envelope: Loose = Object.defineProperty({ ...good }, 'dsseEnvelope', {
      enumerable: false,
    });
    await refusal(() => parseBundle(envelope), 'BUNDLE_MALFORMED');
  });

  it('and its text with half of a surrogate pair are both refused', async () => {
    const odd: Loose = JSON.parse(bundle((b) => (b['dsseEnvelope'].signatures[0].keyid = 'K')));
    odd.dsseEnvelope.signatures[0].keyid = '\ud800';
    for (const source of [
      odd,
      bundle((b) => (b['dsseEnvelope'].signatures[0].keyid = 'K')).replace('"K"', '"\ud800"'),
    ]) {
      const { message } = await refusal(() => parseBundle(source), 'BUNDLE_MALFORMED');
      expect(message).toContain('half of a surrogate pair');
    }
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a number', 1],
    ['a function', () => {}],
    ['an empty object', {}],
    ['an array', [good]],
    ['one without envelope', { ...good, dsseEnvelope: undefined }],
    ['one whose envelope is null', { ...good, dsseEnvelope: null }],
    ['one whose envelope is a text', { ...good, dsseEnvelope: 'x' }],
    [
      'one without payload',
      { ...good, dsseEnvelope: { ...good.dsseEnvelope, payload: undefined } },
    ],
    [
      'one whose payload is null',
      { ...good, dsseEnvelope: { ...good.dsseEnvelope, payload: null } },
    ],
    [
      'one whose payload is bytes',
      { ...good, dsseEnvelope: { ...good.dsseEnvelope, payload: [1] } },
    ],
  ])('is refused when it is %s', async (_, value) => {
    await refusal(() => parseBundle(value as Bundle), 'BUNDLE_MALFORMED');
  });

  it('is refused when it has no JSON', async () => {
    const round: Loose = { ...good };
    round['self'] = round;
    for (const value of [round, { ...good, extra: 1n }]) {
      const { message } = await refusal(() => parseBundle(value), 'BUNDLE_MALFORMED');
      expect(message).toBe('the bundle is not plain JSON');
    }
    const { message } = await refusal(() => parseBundle('x'), 'BUNDLE_MALFORMED');
    expect(message).toContain('the signature file is not JSON');
  });
});
