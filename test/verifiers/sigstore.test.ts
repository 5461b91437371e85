import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/errors.ts';
import { type Bundle, type ParsedBundle, parseBundle } from '../../src/format/bundle.ts';
import { parseTrustedRoot } from '../../src/trust/trusted-root.ts';
import {
  type KeylessSignature,
  openKeyless,
  type SigstorePolicy,
  verifyWithSigstore,
} from '../../src/verifiers/sigstore.ts';
import { IDENTITY, ISSUER } from '../helpers/sigstore/authority.ts';
import { CERTIFICATE, PAYLOAD, TIMESTAMPS, withBit, withValue } from '../helpers/sigstore/edit.ts';
import {
  certify,
  makeInstance,
  modelStatement,
  type SignOptions,
  signModelStatement,
} from '../helpers/sigstore/instance.ts';
import { type EntryOptions, makeRekor } from '../helpers/sigstore/rekor.ts';
import { after, SIGNED_AT } from '../helpers/sigstore/times.ts';
import type { Trusted, Window } from '../helpers/sigstore/trusted-root.ts';
import { makeTsa } from '../helpers/sigstore/tsa.ts';
import { failure } from '../trust/helpers.ts';

const instance = makeInstance();
const trustedRoot = instance.trustedRoot();
const policy: SigstorePolicy = {
  method: 'sigstore',
  identity: IDENTITY,
  issuer: ISSUER,
  trustedRoot,
};

function signed(options: SignOptions = {}): Bundle {
  return signModelStatement(instance, options);
}

function opening(
  bundle: Bundle,
): readonly [ParsedBundle, { method: 'sigstore'; certificate: Uint8Array }] {
  const parsed = parseBundle(bundle);
  if (parsed.material.method !== 'sigstore') throw new Error('it is not keyless');
  return [parsed, parsed.material];
}

/** @param parts of the policy that differ, as a program without types may give them. */
function verify(bundle: Bundle, parts: object = {}): KeylessSignature {
  const whole: unknown = { ...policy, ...parts };
  return verifyWithSigstore(...opening(bundle), whole as SigstorePolicy);
}

type Windows = NonNullable<Trusted['windows']>;

const URLS = { log: 'https://rekor.example', log2: 'https://log2025.rekor.example' } as const;
const CLOCK = 'https://tsa.example/api/v1/timestamp';

describe('a keyless signature that is good', () => {
  it('tells all of its signer, and gives the payload', () => {
    const statement = modelStatement('another model');
    const claims = { 12: 'https://github.com/owner/repo', 20: 'push' };
    const { payload, signer } = verify(signed({ statement, leaf: { claims } }));
    expect(payload.encoding).toBe('dsse');
    expect(Buffer.from(payload.bytes).equals(statement)).toBe(true);
    expect(signer).toEqual({
      method: 'sigstore',
      curve: 'P-256',
      identity: { kind: 'email', value: IDENTITY },
      issuer: ISSUER,
      claims: { 'source-repository-uri': 'https://github.com/owner/repo', 'build-trigger': 'push' },
      certificate: {
        subject: '',
        issuer: 'CN=Example Fulcio Intermediate',
        serialNumber: expect.stringMatching(/^[0-9A-F]+$/) as string,
        notBefore: SIGNED_AT,
        notAfter: after(SIGNED_AT, 600),
        fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      },
      logEntries: [{ log: URLS.log, index: '121904267' }],
      times: [{ at: after(SIGNED_AT, 2), source: 'log', url: URLS.log }],
    });
  });

  it.each<[string, SignOptions, object]>([
    [
      'a promise and a timestamp',
      { timestamps: [{}] },
      {
        logEntries: [{ log: URLS.log, index: '121904267' }],
        times: [
          { at: after(SIGNED_AT, 1), source: 'timestamp-authority', url: CLOCK },
          { at: after(SIGNED_AT, 2), source: 'log', url: URLS.log },
        ],
      },
    ],
    [
      'a timestamp alone',
      { rekor: 2 },
      {
        logEntries: [{ log: URLS.log2, index: '5' }],
        times: [{ at: after(SIGNED_AT, 1), source: 'timestamp-authority', url: CLOCK }],
      },
    ],
    [
      'two timestamps',
      { rekor: 2, timestamps: [{ time: after(SIGNED_AT, 9) }, { time: after(SIGNED_AT, 3) }] },
      {
        times: [
          { at: after(SIGNED_AT, 9), source: 'timestamp-authority', url: CLOCK },
          { at: after(SIGNED_AT, 3), source: 'timestamp-authority', url: CLOCK },
        ],
      },
    ],
    [
      'no promise of Rekor v1, which leaves its place in the whole log open',
      { entries: [{ promise: null }], timestamps: [{}] },
      { logEntries: [{ log: URLS.log, index: '5' }], times: [{ url: CLOCK }] },
    ],
  ])('tells when it was made, on whose word, and where it is logged: with %s', (_, how, tells) => {
    expect(verify(signed(how)).signer).toMatchObject(tells);
  });

  it('tells each log, in the order of the bundle', () => {
    const entries = [{ log: instance.rekor2 }, {}];
    const { signer } = verify(signed({ entries, timestamps: [{}] }));
    expect(signer.logEntries.map(({ log }) => log)).toEqual([URLS.log2, URLS.log]);
  });
});

describe('opening a keyless bundle', () => {
  const root = parseTrustedRoot(trustedRoot);

  it('asks for everything but the name', () => {
    const bundle = signed({ leaf: { names: [{ email: 'anybody@example.org' }] } });
    const { signer } = openKeyless(...opening(bundle), root);
    expect(signer.identity.value).toBe('anybody@example.org');
    expect(() => verify(bundle)).toThrow(failure('IDENTITY_MISMATCH', 'somebody else signed'));
    const bad = withBit(bundle, PAYLOAD, 30);
    expect(() => openKeyless(...opening(bad), root)).toThrow(
      failure('LOG_ENTRY_INVALID', 'of another payload'),
    );
  });

  it('asks for as many logs and times as it is told', () => {
    const both = signed({ entries: [{}, { log: instance.rekor2 }], timestamps: [{}] });
    const named = {
      ...root,
      logs: root.logs.map((log, at) => ({ ...log, operator: `${at}` })),
    };
    expect(openKeyless(...opening(both), named, { logs: 2, times: 2 })).toBeDefined();
    expect(() => openKeyless(...opening(both), named, { logs: 3 })).toThrow(
      failure('LOG_ENTRY_INVALID', 'expected entries of 3 operators, found 2'),
    );
    expect(() => openKeyless(...opening(both), named, { times: 3 })).toThrow(
      failure('TIMESTAMP_INVALID', 'expected times of 3 operators, found 2'),
    );
  });

  it('refuses a certificate that is none', () => {
    const none = withValue(signed(), CERTIFICATE, Buffer.from('no').toString('base64'));
    expect(() => openKeyless(...opening(none), root)).toThrow(
      expect.objectContaining({ name: 'OmsError', outcome: 'refused' }),
    );
    expect(() => openKeyless(...opening(none), root)).toThrow(
      failure('CERTIFICATE_REFUSED', 'the signing certificate is not a well-formed certificate'),
    );
  });

  it('names who issued a certificate that may not sign', () => {
    const ca = signed({ leaf: { certificate: { ca: true } } });
    expect(() => openKeyless(...opening(ca), root)).toThrow(
      failure(
        'CERTIFICATE_REFUSED',
        /^the signing certificate issued by "CN=[^"]+" may not sign this: expected no CA certificate/,
      ),
    );
  });
});

describe('a policy', () => {
  const bad = withBit(signed(), PAYLOAD, 30);

  it.each<[string, object, 'USAGE' | 'TRUST_UNUSABLE']>([
    ['an identity that is empty', { identity: '' }, 'USAGE'],
    ['an issuer that is empty', { issuer: '' }, 'USAGE'],
    ['a pattern that cannot be used', { identity: undefined, identityRegExp: '(' }, 'USAGE'],
    ['a claim that is not known', { claims: { trigger: 'push' } }, 'USAGE'],
    ['a threshold of nothing', { thresholds: { times: 0 } }, 'USAGE'],
    ['a member that is not known', { threshold: 2 }, 'USAGE'],
    ['no trusted root', { trustedRoot: undefined }, 'TRUST_UNUSABLE'],
    ['a trusted root that is none', { trustedRoot: '{}' }, 'TRUST_UNUSABLE'],
  ])('with %s is noticed before anything is verified', (_, parts, code) => {
    expect(() => verify(bad, parts)).toThrow(failure(code, ''));
  });

  it('is called so where it has a member that is not known', () => {
    expect(() => verify(bad, { threshold: 2 })).toThrow(
      failure('USAGE', 'the policy cannot have "threshold"'),
    );
  });

  it('is looked at in full: nobody else signed, and nobody else vouched', () => {
    const bundle = signed();
    const pattern = { identity: undefined, identityRegExp: '.*@example\\.com' };
    expect(verify(bundle, pattern)).toBeDefined();
    const others: readonly object[] = [
      { identity: 'mallory@example.com' },
      { issuer: 'https://issuer.example' },
      { identity: undefined, identityRegExp: 'signer' },
      { claims: { 'build-trigger': 'push' } },
    ];
    for (const other of others) {
      expect(() => verify(bundle, other)).toThrow(failure('IDENTITY_MISMATCH', ''));
    }
  });

  it('trusts nobody who is not in its trusted root', () => {
    const nobody = { authorities: [], ctLogs: [], logs: [], tsas: [] };
    expect(() => verify(signed(), { trustedRoot: instance.trustedRoot(nobody) })).toThrow(
      failure('LOG_ENTRY_INVALID', 'expected no log at all'),
    );
    const both = signed({ timestamps: [{}] });
    const codes = {
      authorities: 'CERTIFICATE_REFUSED',
      ctLogs: 'CERTIFICATE_REFUSED',
      logs: 'LOG_ENTRY_INVALID',
      tsas: 'TIMESTAMP_INVALID',
    } as const;
    for (const [kind, code] of Object.entries(codes)) {
      const without = instance.trustedRoot({ [kind]: [] });
      expect(() => verify(both, { trustedRoot: without })).toThrow(failure(code, ''));
    }
  });
});

describe('several log entries', () => {
  const two = (second: EntryOptions): Bundle =>
    signed({ entries: [{}, { log: instance.rekor2, ...second }], timestamps: [{}] });

  it.each<[string, EntryOptions, string]>([
    ['payload', { signed: { payload: Buffer.from('other') } }, 'of another payload'],
    ['signature', { signed: { signature: Buffer.from('other') } }, 'of another signature'],
    ['certificate', { signed: { certificate: certify(instance).der } }, 'of another certificate'],
  ])('are each about this signature, not the second one of another %s', (_, second, says) => {
    expect(verify(two({})).signer.logEntries).toHaveLength(2);
    expect(() => verify(two(second))).toThrow(failure('LOG_ENTRY_INVALID', says));
  });
});

describe('several times', () => {
  // One at one second, and one at two.
  const bundle = signed({ timestamps: [{}] });

  it.each<[keyof Windows, ErrorCode]>([
    ['authorities', 'CERTIFICATE_REFUSED'],
    ['ctLogs', 'CERTIFICATE_REFUSED'],
    ['logs', 'LOG_ENTRY_INVALID'],
  ])('are each in the window of the %s in the trusted root', (kind, code) => {
    const within = (window: Window): KeylessSignature =>
      verify(bundle, { trustedRoot: instance.trustedRoot({ windows: { [kind]: window } }) });
    expect(within({ start: SIGNED_AT, end: after(SIGNED_AT, 2) })).toBeDefined();
    for (const window of [
      { end: after(SIGNED_AT, 1.5) },
      { start: after(SIGNED_AT, 1.5) },
      { end: SIGNED_AT },
      { start: after(SIGNED_AT, 3) },
    ]) {
      expect(() => within(window)).toThrow(failure(code, ''));
    }
  });
});

describe('times that contradict each other', () => {
  it('must each be in the life of the certificate', () => {
    const early = signed({ timestamps: [{ time: after(SIGNED_AT, -1) }] });
    const late = signed({ entries: [{ time: after(SIGNED_AT, 601) }], timestamps: [{}] });
    for (const bundle of [early, late]) {
      expect(() => verify(bundle)).toThrow(failure('CERTIFICATE_REFUSED', ''));
    }
    const limits = signed({
      entries: [{ time: after(SIGNED_AT, 600) }],
      timestamps: [{ time: SIGNED_AT }],
    });
    expect(verify(limits).signer.times).toHaveLength(2);
  });

  it('must each be good: one that is right makes up for none that is wrong', () => {
    const bundles = [
      signed({ timestamps: [{}, { tsa: makeTsa('Other TSA') }] }),
      signed({ timestamps: [{}, { data: Buffer.from('other') }] }),
      signed({ entries: [{ promiseKey: makeRekor({ version: 1 }).key }], timestamps: [{}] }),
    ];
    for (const bundle of bundles) {
      expect(() => verify(bundle)).toThrow(
        expect.objectContaining({ name: 'OmsError', outcome: 'refused' }),
      );
    }
  });

  it('are none in a bundle without any', () => {
    const bare = withValue(signed({ rekor: 2 }), TIMESTAMPS, []);
    expect(() => verify(bare)).toThrow(
      failure('TIMESTAMP_INVALID', 'nobody says when the signature was made'),
    );
  });
});
