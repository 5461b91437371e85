import { describe, expect, it } from 'vitest';
import type { Bundle } from '../../src/format/bundle.ts';
import type { JsonObject, JsonValue } from '../../src/format/json.ts';
import { pemOf } from '../helpers/pki.ts';
import {
  adding,
  type BodyChange,
  changingList,
  changingText,
  setting,
} from '../helpers/sigstore/body-edit.ts';
import { b64, sha256 } from '../helpers/sigstore/bytes.ts';
import { BODY, ENTRY, withBit, withText, withValue } from '../helpers/sigstore/edit.ts';
import { certify } from '../helpers/sigstore/instance.ts';
import type { Kind } from '../helpers/sigstore/log-body.ts';
import type { EntryOptions } from '../helpers/sigstore/rekor.ts';
import { check, expectRefusal, instance, signed } from './helpers.ts';

const code = 'LOG_ENTRY_INVALID';
const OTHER_HEX = sha256('something else').toString('hex');
const OTHER = b64(sha256('something else'));

/** The kinds that a keyless OMS bundle may have, and the version of the log that writes each. */
const KINDS = [
  ['dsse 0.0.1', 1],
  ['dsse 0.0.2', 2],
  ['hashedrekord 0.0.2', 2],
] as const;

const signer = certify(instance);

function withEntry(kind: Kind, rekor: 1 | 2, entry: EntryOptions = {}): Bundle {
  return signed({ rekor, signer, entries: [{ kind, ...entry }], timestamps: [{}] });
}

const inLines = (base64: string): string => base64.replace(/(.{40})/, '$1\n');
const asHex = (base64: string): string => Buffer.from(base64, 'base64').toString('hex');
const unpadded = (base64: string): string => base64.replace(/=*$/, '');
const twice = (list: readonly JsonValue[]): JsonValue => [...list, ...list];
const recoded = (change: (text: string) => string) => (base64: string) =>
  b64(change(Buffer.from(base64, 'base64').toString()));

const stranger = certify(instance);

/** Bodies that say something wrong, or say it in a way that others would read differently. */
const WRONG: Readonly<Record<Kind, Readonly<Record<string, BodyChange>>>> = {
  'dsse 0.0.1': {
    'another payload': setting(['spec', 'payloadHash', 'value'], OTHER_HEX),
    'the payload in upper case': changingText(['spec', 'payloadHash', 'value'], (value) =>
      value.toUpperCase(),
    ),
    'half of the payload hash': changingText(['spec', 'payloadHash', 'value'], (value) =>
      value.slice(0, 32),
    ),
    'the payload hash and more': changingText(
      ['spec', 'payloadHash', 'value'],
      (value) => `${value}zz`,
    ),
    'a payload by another algorithm': setting(['spec', 'payloadHash', 'algorithm'], 'sha512'),
    'no payload': setting(['spec', 'payloadHash'], null),
    'another signature': setting(['spec', 'signatures', 0, 'signature'], OTHER),
    'the signature in hex': changingText(['spec', 'signatures', 0, 'signature'], asHex),
    'the signature in lines': changingText(['spec', 'signatures', 0, 'signature'], inLines),
    'two signatures': changingList(['spec', 'signatures'], twice),
    'a second signature by somebody else': changingList(['spec', 'signatures'], (list) => [
      ...list,
      { signature: OTHER, verifier: b64(stranger.pem) },
    ]),
    'a first signature by somebody else': changingList(['spec', 'signatures'], (list) => [
      { signature: OTHER, verifier: b64(stranger.pem) },
      ...list,
    ]),
    'no signature': setting(['spec', 'signatures'], []),
    'another verifier': setting(['spec', 'signatures', 0, 'verifier'], b64(stranger.pem)),
    'a garbage verifier': setting(['spec', 'signatures', 0, 'verifier'], b64('garbage')),
    'an empty verifier': setting(['spec', 'signatures', 0, 'verifier'], ''),
    'a public key for a verifier': setting(
      ['spec', 'signatures', 0, 'verifier'],
      b64(pemOf('PUBLIC KEY', signer.der)),
    ),
    'two verifiers in one': changingText(
      ['spec', 'signatures', 0, 'verifier'],
      recoded((pem) => pem + stranger.pem),
    ),
    'two verifiers in one, the other first': changingText(
      ['spec', 'signatures', 0, 'verifier'],
      recoded((pem) => stranger.pem + pem),
    ),
    'a further member in the signature': adding(['spec', 'signatures', 0], { verifiers: [] }),
    'a further member': adding(['spec'], { dsseV002: {} }),
  },
  'dsse 0.0.2': {
    'another payload': setting(['spec', 'dsseV002', 'payloadHash', 'digest'], OTHER),
    'a payload by another algorithm': setting(
      ['spec', 'dsseV002', 'payloadHash', 'algorithm'],
      'SHA2_512',
    ),
    'no payload': setting(['spec', 'dsseV002', 'payloadHash'], null),
    'another signature': setting(['spec', 'dsseV002', 'signatures', 0, 'content'], OTHER),
    'the signature in lines': changingText(
      ['spec', 'dsseV002', 'signatures', 0, 'content'],
      inLines,
    ),
    'two signatures': changingList(['spec', 'dsseV002', 'signatures'], twice),
    'no signature': setting(['spec', 'dsseV002', 'signatures'], []),
    'another verifier': setting(
      ['spec', 'dsseV002', 'signatures', 0, 'verifier', 'x509Certificate', 'rawBytes'],
      b64(stranger.der),
    ),
    'no verifier': setting(['spec', 'dsseV002', 'signatures', 0, 'verifier'], null),
    'a verifier of two kinds': adding(['spec', 'dsseV002', 'signatures', 0, 'verifier'], {
      publicKey: { rawBytes: OTHER },
    }),
    'a further kind': adding(['spec'], { hashedRekordV002: {} }),
    'a further member': adding(['spec', 'dsseV002'], { more: 1 }),
  },
  'hashedrekord 0.0.2': {
    'other data': setting(['spec', 'hashedRekordV002', 'data', 'digest'], OTHER),
    'the digest without padding': changingText(
      ['spec', 'hashedRekordV002', 'data', 'digest'],
      unpadded,
    ),
    'data by another algorithm': setting(
      ['spec', 'hashedRekordV002', 'data', 'algorithm'],
      'SHA2_512',
    ),
    'data by a number': setting(['spec', 'hashedRekordV002', 'data', 'algorithm'], 1),
    'no data': setting(['spec', 'hashedRekordV002', 'data'], null),
    'another signature': setting(['spec', 'hashedRekordV002', 'signature', 'content'], OTHER),
    'the signature in lines': changingText(
      ['spec', 'hashedRekordV002', 'signature', 'content'],
      inLines,
    ),
    'no signature': setting(['spec', 'hashedRekordV002', 'signature', 'content'], ''),
    'another verifier': setting(
      ['spec', 'hashedRekordV002', 'signature', 'verifier', 'x509Certificate', 'rawBytes'],
      b64(stranger.der),
    ),
    'a garbage verifier': setting(
      ['spec', 'hashedRekordV002', 'signature', 'verifier', 'x509Certificate', 'rawBytes'],
      b64('garbage'),
    ),
    'no verifier': setting(['spec', 'hashedRekordV002', 'signature', 'verifier'], {}),
    'a public key for a verifier': setting(['spec', 'hashedRekordV002', 'signature', 'verifier'], {
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      publicKey: { rawBytes: OTHER },
    }),
    'a verifier of two kinds': adding(['spec', 'hashedRekordV002', 'signature', 'verifier'], {
      publicKey: { rawBytes: OTHER },
    }),
    'two verifiers': adding(['spec', 'hashedRekordV002', 'signature'], {
      verifiers: [{ x509Certificate: { rawBytes: b64(stranger.der) } }],
    }),
    'a further kind': adding(['spec'], { dsseV002: {} }),
    'a further member': adding(['spec', 'hashedRekordV002'], { more: 1 }),
  },
  'hashedrekord 0.0.1': {},
  'intoto 0.0.2': {},
};

/** What is wrong in every kind alike. */
const WRONG_IN_ALL: Readonly<Record<string, BodyChange>> = {
  'another kind inside': setting(['kind'], 'rekord'),
  'another version inside': setting(['apiVersion'], '9.9.9'),
  'no specification': setting(['spec'], {}),
  'a list for a specification': setting(['spec'], []),
  'a further member outside': (body) => ({ ...body, more: 1 }),
};

const WRONG_TEXTS: Readonly<Record<string, (text: string) => string>> = {
  'an opening of its own before': (text) => `{"kind":"x",${text.slice(1)}`,
  'a second kind': (text) => text.replace('"kind":', '"kind":"x","kind":'),
  'a second spec before': (text) => text.replace('"spec":', '"spec":{},"spec":'),
  'a second spec behind': (text) => text.replace(/\}$/, ',"spec":{}}'),
  'a second spelling of a key': (text) => text.replace('"kind":', '"\\u006bind":"x","kind":'),
  'text behind': (text) => `${text} {}`,
  'a byte-order mark': (text) => `\ufeff${text}`,
  'no text': () => '',
  'no JSON': () => 'body',
  'no object': () => 'null',
  'a list': (text) => `[${text}]`,
};

describe.each(KINDS)('the body of a %s entry', (kind, version) => {
  const good = withEntry(kind, version);
  const refuse = (bad: Bundle): void => expectRefusal({ good, bad, code });

  it.each(Object.entries({ ...WRONG[kind], ...WRONG_IN_ALL }))('must not have %s', (_, body) => {
    refuse(withEntry(kind, version, { body }));
  });

  it.each(Object.entries(WRONG_TEXTS))('must not have %s', (name, text) => {
    const bad = withEntry(kind, version, { text });
    // Nothing at all in a bundle's member is refused where bundles are read.
    expectRefusal({ good, bad, code: name === 'no text' ? 'BUNDLE_MALFORMED' : code });
  });

  it('must be the one that was logged', () => {
    for (const byte of [0, 20, 300]) refuse(withBit(good, BODY, byte, 5));
    refuse(withText(good, BODY, (body) => b64(`${Buffer.from(body, 'base64').toString()} `)));
    refuse(withText(good, BODY, () => b64('{}')));
  });

  it('must not be said to be of another kind or version', () => {
    for (const [other] of KINDS) {
      const [name = '', number = ''] = other.split(' ');
      if (other === kind) continue;
      refuse(withValue(good, [...ENTRY, 'kindVersion'], { kind: name, version: number }));
    }
    refuse(withValue(good, [...ENTRY, 'kindVersion', 'version'], ''));
    refuse(withValue(good, [...ENTRY, 'kindVersion', 'kind'], '__proto__'));
  });
});

describe('a log entry of a kind that keyless OMS bundles do not have', () => {
  const kinds: readonly Kind[] = ['intoto 0.0.2', 'hashedrekord 0.0.1'];

  it.each(kinds)('is refused: %s', (kind) => {
    expectRefusal({ good: withEntry('dsse 0.0.1', 1), bad: withEntry(kind, 1), code });
  });

  it.each([
    ['dsse', '0.0.3'],
    ['dsse', '0.0.2'],
    ['intoto', '0.0.1'],
    ['rekord', '0.0.1'],
    ['', ''],
  ])('is refused: "%s" "%s" over the members of dsse 0.0.1', (kind, version) => {
    const body = (right: JsonObject): JsonObject => ({ ...right, kind, apiVersion: version });
    const bad = withValue(withEntry('dsse 0.0.1', 1, { body }), [...ENTRY, 'kindVersion'], {
      kind,
      version,
    });
    expectRefusal({ good: withEntry('dsse 0.0.1', 1), bad, code });
  });
});

describe('the hash of the envelope in a dsse 0.0.1 entry', () => {
  it('decides nothing: nobody can know how the signer wrote its envelope as JSON', () => {
    const body = setting(['spec', 'envelopeHash', 'value'], OTHER_HEX);
    expect(check(withEntry('dsse 0.0.1', 1, { body }))).toBeDefined();
  });
});
