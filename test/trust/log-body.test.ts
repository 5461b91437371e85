import { describe, expect, it } from 'vitest';
import type { Envelope } from '../../src/format/dsse.ts';
import type { JsonObject } from '../../src/format/json.ts';
import type { LogEntry } from '../../src/format/log-entry.ts';
import { checkLogBody, loggedSignature } from '../../src/trust/log-body.ts';
import { chainOf, pemOf } from '../helpers/pki.ts';
import { adding, type BodyChange, setting } from '../helpers/sigstore/body-edit.ts';
import { b64, canonicalJson, pae, sha256 } from '../helpers/sigstore/bytes.ts';
import { type Kind, logBody, nameOf, versionOf } from '../helpers/sigstore/log-body.ts';
import { failure } from './helpers.ts';

const { leaf, root: stranger } = chainOf();
const envelope: Envelope = {
  payload: Buffer.from('{"a":"statement"}'),
  signature: Buffer.from('a signature'),
};
const signed = { ...envelope, certificate: leaf.der };
const KINDS = ['dsse 0.0.1', 'dsse 0.0.2', 'hashedrekord 0.0.2'] as const;

/** An entry whose body is as its log would write it, but for a change. */
function entry(kind: Kind, change: BodyChange = (body) => body, said: Kind = kind): LogEntry {
  return {
    logIndex: 5n,
    logId: Buffer.alloc(32),
    kind: nameOf(said),
    version: versionOf(said),
    integratedTime: 0n,
    promise: undefined,
    proof: undefined,
    body: Buffer.from(canonicalJson(change(logBody(kind, signed)))),
  };
}

function check(logged: LogEntry, parts: Partial<Envelope> = {}, certificate = leaf.der): void {
  checkLogBody(logged, loggedSignature({ ...envelope, ...parts }), certificate);
}

const refused = (what: string | RegExp): unknown => failure('LOG_ENTRY_INVALID', what);

/** Where the signature stands in the bodies of each kind. */
const SIGNATURES = {
  'dsse 0.0.1': ['spec', 'signatures', 0],
  'dsse 0.0.2': ['spec', 'dsseV002', 'signatures', 0],
  'hashedrekord 0.0.2': ['spec', 'hashedRekordV002', 'signature'],
} as const;

describe.each(KINDS)('a log entry of the kind %s', (kind) => {
  it('says where it is malformed', () => {
    const raw = (body: string): LogEntry => ({ ...entry(kind), body: Buffer.from(body) });
    expect(() => check(raw('x'))).toThrow(refused('the body of the log entry is not JSON'));
    expect(() => check(raw('[]'))).toThrow(refused('canonicalizedBody: expected an object'));
    expect(() => check(raw('{}'))).toThrow(refused('canonicalizedBody.kind: expected'));
    const text = entry(kind, setting(SIGNATURES[kind], 'x'));
    const place =
      kind === 'hashedrekord 0.0.2' ? '.signature: ' : 'canonicalizedBody.signatures[0]: ';
    expect(() => check(text)).toThrow(refused(`${place}expected an object`));
  });

  it('is about one payload, one signature and one certificate', () => {
    const logged = entry(kind);
    expect(() => check(logged)).not.toThrow();
    expect(() => check(logged, { payload: Buffer.from('{"a":"statement"} ') })).toThrow(
      refused('of another payload'),
    );
    expect(() => check(logged, { signature: Buffer.from('a signaturE') })).toThrow(
      refused('of another signature'),
    );
    expect(() => check(logged, {}, stranger.der)).toThrow(refused('of another certificate'));
    expect(() => check(logged, {}, leaf.der.subarray(0, -1))).toThrow(
      refused('of another certificate'),
    );
  });

  it('must not be in another form than it says', () => {
    const others = [...KINDS, 'hashedrekord 0.0.1', 'intoto 0.0.2'] as const;
    for (const other of others.filter((one) => one !== kind)) {
      expect(() => check(entry(other, undefined, kind))).toThrow(refused(''));
    }
  });

  it.each<[string, BodyChange]>([
    ['another kind', setting(['kind'], 'rekord')],
    ['a kind in capitals', setting(['kind'], nameOf(kind).toUpperCase())],
    ['another version', setting(['apiVersion'], '0.0.9')],
    ['a version that is a number', setting(['apiVersion'], 1)],
    ['no spec', setting(['spec'], null)],
    ['a list for a spec', setting(['spec'], [])],
    ['a member that nobody knows', (body) => ({ ...body, extra: 1 })],
    ['such a member in its spec', adding(['spec'], { extra: 1 })],
    ['such a member in its signature', adding(SIGNATURES[kind], { extra: 1 })],
    ['no verifier', setting([...SIGNATURES[kind], 'verifier'], null)],
    ['an empty verifier', setting([...SIGNATURES[kind], 'verifier'], '')],
  ])('must not have %s', (_, change) => {
    expect(() => check(entry(kind, change))).toThrow(refused(''));
  });

  it('must not be anything but JSON', () => {
    for (const text of ['', 'null', '[]', '{}', '{', '"dsse"', '{"kind":1,"kind":2}']) {
      expect(() => check({ ...entry(kind), body: Buffer.from(text) })).toThrow(refused(''));
    }
  });
});

describe('a log entry of two signatures', () => {
  const twice = (path: readonly string[]): BodyChange => {
    return (body) => {
      const spec = path.reduce((node, step) => node[step] as JsonObject, body);
      const [first = null] = spec['signatures'] as readonly JsonObject[];
      return setting([...path, 'signatures'], [first, first])(body);
    };
  };

  it.each([
    ['dsse 0.0.1', ['spec']],
    ['dsse 0.0.2', ['spec', 'dsseV002']],
  ] as const)('is of no single one: %s', (kind, path) => {
    const none = setting([...path, 'signatures'], []);
    for (const change of [twice(path), none]) {
      expect(() => check(entry(kind, change))).toThrow(
        refused('signatures: expected exactly one signature'),
      );
    }
  });
});

describe('the digests of log entries', () => {
  it.each([
    ['dsse 0.0.2', ['spec', 'dsseV002', 'payloadHash'], pae(signed.payload)],
    ['hashedrekord 0.0.2', ['spec', 'hashedRekordV002', 'data'], signed.payload],
  ] as const)('are over what their kind says: %s', (kind, path, other) => {
    const change = setting([...path, 'digest'], b64(sha256(other)));
    expect(() => check(entry(kind, change))).toThrow(refused('of another payload'));
  });

  it.each([
    ['dsse 0.0.1', ['spec', 'payloadHash', 'algorithm'], 'sha512'],
    ['dsse 0.0.1', ['spec', 'payloadHash', 'algorithm'], 'SHA256'],
    ['dsse 0.0.2', ['spec', 'dsseV002', 'payloadHash', 'algorithm'], 'SHA2_512'],
    ['hashedrekord 0.0.2', ['spec', 'hashedRekordV002', 'data', 'algorithm'], 'SHA2_384'],
  ] as const)('are those of SHA-256: %s %s %s', (kind, path, algorithm) => {
    expect(() => check(entry(kind, setting(path, algorithm)))).toThrow(refused('algorithm'));
  });

  it('are in the form of their kind', () => {
    const digest = sha256(signed.payload);
    const path = ['spec', 'payloadHash', 'value'];
    for (const value of [digest.toString('hex').toUpperCase(), b64(digest), '']) {
      expect(() => check(entry('dsse 0.0.1', setting(path, value)))).toThrow(
        refused('of another payload'),
      );
    }
  });
});

describe('the certificate in a log entry', () => {
  const pem = (text: string): LogEntry =>
    entry('dsse 0.0.1', setting([...SIGNATURES['dsse 0.0.1'], 'verifier'], b64(text)));

  it.each([
    ['two', leaf.pem + leaf.pem],
    ['two, the other one first', stranger.pem + leaf.pem],
    ['two, the other one behind', leaf.pem + stranger.pem],
    ['a public key', pemOf('PUBLIC KEY', leaf.der)],
    ['a trusted one', pemOf('TRUSTED CERTIFICATE', leaf.der)],
    ['DER', leaf.der.toString('latin1')],
    ['garbage', 'garbage'],
  ])('of Rekor v1 must not be %s', (_, text) => {
    expect(() => check(pem(leaf.pem))).not.toThrow();
    expect(() => check(pem(text))).toThrow(refused('of another certificate'));
  });

  it.each(['dsse 0.0.2', 'hashedrekord 0.0.2'] as const)('must stand alone: %s', (kind) => {
    const verifier = [...SIGNATURES[kind], 'verifier'];
    const changes = [
      adding(verifier, { publicKey: { rawBytes: 'YQ==' } }),
      adding([...verifier, 'x509Certificate'], { extra: 'YQ==' }),
      setting([...verifier, 'x509Certificate'], b64(leaf.der)),
      setting([...verifier, 'x509Certificate', 'rawBytes'], leaf.pem),
    ];
    for (const change of changes) {
      expect(() => check(entry(kind, change))).toThrow(refused(/canonicalizedBody|verifier/));
    }
  });
});

describe('a log entry of another kind', () => {
  it.each(['intoto 0.0.2', 'hashedrekord 0.0.1'] as const)('says nothing: %s', (kind) => {
    expect(() => check(entry(kind))).toThrow(
      refused('expected dsse 0.0.1, dsse 0.0.2, hashedrekord 0.0.2, found'),
    );
  });
});
