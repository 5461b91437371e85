import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/format/json.ts';
import { parseTrustedRoot, type TrustedRoot } from '../../src/trust/trusted-root.ts';
import { edited } from '../helpers/edited.ts';
import { spkiOf } from '../helpers/pki.ts';
import {
  anchor,
  base64Of,
  ctKey,
  intermediate,
  leaf,
  log,
  logKey,
  ROOT_TYPE,
  trustedRoot,
} from '../helpers/trust.ts';
import { failure } from './helpers.ts';

const readWith = (path: string, value: JsonValue | undefined): TrustedRoot =>
  parseTrustedRoot(edited(trustedRoot, path, value));

const unusable = (part: string | RegExp): unknown => failure('TRUST_UNUSABLE', part);

describe('a trusted root', () => {
  it('names certificate authorities, each with its chain as it stands there', () => {
    const { certificateAuthorities } = parseTrustedRoot(trustedRoot);
    expect(certificateAuthorities).toMatchObject([
      {
        uri: 'https://fulcio.example.com',
        operator: 'example.com',
        validity: {
          start: new Date('2024-01-01T00:00:00Z'),
          end: new Date('2030-01-01T00:00:00Z'),
        },
      },
      { uri: 'https://old.example.com' },
    ]);
    expect(certificateAuthorities.map(({ chain }) => chain.map(({ der }) => der))).toEqual([
      [intermediate.der, anchor.der],
      [anchor.der],
    ]);
  });

  it('names timestamp authorities, beginning with the certificate that stamps', () => {
    const { timestampAuthorities } = parseTrustedRoot(trustedRoot);
    expect(timestampAuthorities.map(({ uri }) => uri)).toEqual(['https://tsa.example.com']);
    expect(timestampAuthorities[0]?.chain.map(({ subject }) => subject)).toEqual([
      'CN=Clock',
      'CN=Test Root',
    ]);
  });

  it('names logs of signatures and logs of certificates', () => {
    const { logs, ctLogs } = parseTrustedRoot(trustedRoot);
    expect(logs).toHaveLength(1);
    expect(logs[0]).toMatchObject({
      baseUrl: 'https://rekor.example.com',
      operator: 'example.net',
      ids: [Buffer.alloc(32, 1)],
      validity: { start: new Date('2024-02-01T00:00:00Z'), end: undefined },
    });
    expect(logs[0]?.key.export({ type: 'spki', format: 'der' })).toEqual(spkiOf(logKey));
    expect(ctLogs).toHaveLength(1);
    expect(ctLogs[0]).toMatchObject({ baseUrl: 'https://ct.example.com' });
    expect(ctLogs[0]?.ids).toEqual([Buffer.alloc(32, 2)]);
    expect(ctLogs[0]?.key.export({ type: 'spki', format: 'der' })).toEqual(spkiOf(ctKey));
  });

  it('keeps the order of its lists', () => {
    const urls = ['c', 'a', 'b'].map((name) => `https://${name}.example.com`);
    const key = spkiOf(logKey);
    const { logs } = readWith(
      'tlogs',
      urls.map((url) => log(url, key)),
    );
    expect(logs.map(({ baseUrl }) => baseUrl)).toEqual(urls);
  });

  it.each([
    ROOT_TYPE,
    'application/vnd.dev.sigstore.trustedroot.v0.1+json',
    'application/vnd.dev.sigstore.trustedroot.v0.2+json',
  ])('may be %s', (mediaType) => {
    expect(readWith('mediaType', mediaType).logs).toHaveLength(1);
  });

  it.each<JsonValue | undefined>([
    undefined,
    null,
    '',
    1,
    'application/json',
    'application/vnd.dev.sigstore.trustedroot.v0.3+json',
    `${ROOT_TYPE} `,
    'application/vnd.dev.sigstore.trustedroot+json;version=0.10',
    'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json',
  ])('may not be %j', (mediaType) => {
    expect(() => readWith('mediaType', mediaType)).toThrow(unusable('not valid: mediaType'));
  });

  it.each([
    ['certificateAuthorities', 'certificateAuthorities'],
    ['timestampAuthorities', 'timestampAuthorities'],
    ['tlogs', 'logs'],
    ['ctlogs', 'ctLogs'],
  ] as const)('may be without %s, and then trusts none', (path, list) => {
    for (const value of [undefined, null, []]) {
      const read = readWith(path, value);
      expect(read[list]).toEqual([]);
      const others = Object.values(read).filter((other) => other.length > 0);
      expect(others).toHaveLength(3);
    }
    for (const value of [{}, 'text', 1, true]) {
      expect(() => readWith(path, value)).toThrow(unusable(`${path}: expected an array`));
    }
    for (const value of [null, 'text', []]) {
      expect(() => readWith(`${path}.0`, value)).toThrow(
        unusable(`${path}[0]: expected an object`),
      );
    }
  });

  it.each([
    'extra',
    'tlogs.0.extra',
    'tlogs.0.publicKey.extra',
    'tlogs.0.publicKey.validFor.extra',
    'tlogs.0.logId.extra',
    'ctlogs.0.extra',
    'certificateAuthorities.0.extra',
    'certificateAuthorities.0.certChain.extra',
    'certificateAuthorities.0.certChain.certificates.0.extra',
    'timestampAuthorities.0.extra',
  ])('may have a member that this version does not know: %s', (path) => {
    expect(readWith(path, { of: ['the', 'future'] })).toEqual(parseTrustedRoot(trustedRoot));
  });
});

describe.each(['certificateAuthorities', 'timestampAuthorities'] as const)(
  'an authority of %s',
  (list) => {
    const path = `${list}.0`;

    it.each([
      ['certChain', 'certChain: expected an object'],
      ['certChain.certificates', 'certChain.certificates: expected an array'],
      [
        'certChain.certificates.0.rawBytes',
        'certChain.certificates[0].rawBytes: expected a string',
      ],
    ])('has to have %s', (member, reason) => {
      for (const value of [undefined, null]) {
        expect(() => readWith(`${path}.${member}`, value)).toThrow(
          unusable(`${list}[0].${reason}`),
        );
      }
    });

    it('has at least one certificate', () => {
      expect(() => readWith(`${path}.certChain.certificates`, [])).toThrow(
        unusable(`${list}[0].certChain: expected at least one certificate`),
      );
    });

    it('may have only one', () => {
      const { der } = anchor;
      const { [list]: authorities } = readWith(`${path}.certChain.certificates`, [
        { rawBytes: base64Of(der) },
      ]);
      expect(authorities[0]?.chain.map((one) => one.der)).toEqual([der]);
    });

    it.each([
      ['nothing', ''],
      ['not base64', '!'],
      ['base64 without padding', 'YQ'],
      ['in lines', base64Of(leaf.der).replace(/.{64}/, '$&\n')],
    ])('has no certificate that is %s', (_, rawBytes) => {
      expect(() => readWith(`${path}.certChain.certificates.1`, { rawBytes })).toThrow(
        unusable(`${list}[0].certChain.certificates[1]: expected canonical base64`),
      );
    });

    it.each<[string, () => Uint8Array]>([
      ['random bytes', () => Buffer.alloc(300, 7)],
      ['a key', () => spkiOf(logKey)],
      ['PEM text', () => Buffer.from(leaf.pem)],
      ['a certificate with something behind it', () => Buffer.concat([leaf.der, Buffer.of(0)])],
      ['half a certificate', () => leaf.der.subarray(0, leaf.der.length / 2)],
    ])('has no %s for a certificate', (_, make) => {
      const rawBytes = base64Of(make());
      expect(() => readWith(`${path}.certChain.certificates.1`, { rawBytes })).toThrow(
        unusable(
          `not valid: ${list}[0].certChain.certificates[1]: expected a well-formed certificate`,
        ),
      );
    });

    it('need not say where it is and who runs it', () => {
      for (const value of [undefined, null]) {
        expect(readWith(`${path}.uri`, value)[list][0]?.uri).toBe('');
        expect(readWith(`${path}.operator`, value)[list][0]?.operator).toBe('');
      }
      for (const member of ['uri', 'operator']) {
        expect(() => readWith(`${path}.${member}`, 1)).toThrow(
          unusable(`${list}[0].${member}: expected a string`),
        );
      }
    });

    it('is good for ever when it does not say how long', () => {
      expect(readWith(`${path}.validFor`, undefined)[list][0]?.validity).toEqual({
        start: undefined,
        end: undefined,
      });
      expect(() => readWith(`${path}.validFor.end`, '2030-01-01')).toThrow(
        unusable(`${list}[0].validFor.end: expected a time`),
      );
    });
  },
);
