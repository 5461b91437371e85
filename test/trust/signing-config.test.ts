import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../src/format/json.ts';
import { parseSigningConfig, type SigningConfig } from '../../src/trust/signing-config.ts';
import { edited } from '../helpers/edited.ts';
import { failure } from './helpers.ts';

const MEDIA_TYPE = 'application/vnd.dev.sigstore.signingconfig.v0.2+json';

const good: JsonObject = {
  mediaType: MEDIA_TYPE,
  caUrls: [
    {
      url: 'https://fulcio.example.com',
      majorApiVersion: 1,
      validFor: { start: '2024-01-01T00:00:00Z', end: '2030-01-01T00:00:00Z' },
      operator: 'example.com',
    },
  ],
  oidcUrls: [{ url: 'https://login.example.com/auth', majorApiVersion: 1 }],
  rekorTlogUrls: [
    { url: 'https://log.example.com', majorApiVersion: 2, operator: 'example.com' },
    { url: 'https://rekor.example.net', majorApiVersion: 1, operator: 'example.net' },
  ],
  rekorTlogConfig: { selector: 'EXACT', count: 2 },
  tsaUrls: [{ url: 'https://tsa.example.com/api/v1/timestamp', majorApiVersion: 1 }],
  tsaConfig: { selector: 'ANY' },
};

/** The lists of services, and what they are called once they are read. */
const LISTS = [
  ['caUrls', 'certificateAuthorities'],
  ['oidcUrls', 'identityProviders'],
  ['rekorTlogUrls', 'logs'],
  ['tsaUrls', 'timestampAuthorities'],
] as const;

const SELECTIONS = [
  ['rekorTlogConfig', 'logSelection'],
  ['tsaConfig', 'timestampSelection'],
] as const;

const readWith = (path: string, value: JsonValue | undefined): SigningConfig =>
  parseSigningConfig(edited(good, path, value));

const unusable = (part: string | RegExp): unknown => failure('TRUST_UNUSABLE', part);

describe('a signing configuration', () => {
  it('names services with their versions, windows and operators', () => {
    const ALWAYS = { start: undefined, end: undefined };
    expect(parseSigningConfig(good)).toEqual({
      certificateAuthorities: [
        {
          url: 'https://fulcio.example.com',
          apiVersion: 1,
          validity: {
            start: new Date('2024-01-01T00:00:00Z'),
            end: new Date('2030-01-01T00:00:00Z'),
          },
          operator: 'example.com',
        },
      ],
      identityProviders: [
        {
          url: 'https://login.example.com/auth',
          apiVersion: 1,
          validity: ALWAYS,
          operator: '',
        },
      ],
      logs: [
        {
          url: 'https://log.example.com',
          apiVersion: 2,
          validity: ALWAYS,
          operator: 'example.com',
        },
        {
          url: 'https://rekor.example.net',
          apiVersion: 1,
          validity: ALWAYS,
          operator: 'example.net',
        },
      ],
      logSelection: { selector: 'EXACT', count: 2 },
      timestampAuthorities: [
        {
          url: 'https://tsa.example.com/api/v1/timestamp',
          apiVersion: 1,
          validity: ALWAYS,
          operator: '',
        },
      ],
      timestampSelection: { selector: 'ANY' },
    });
  });

  it('has the URL of a timestamp authority as it stands, and of others the base', () => {
    const slashed = 'https://a.example.com/x//';
    expect(readWith('tsaUrls.0.url', slashed).timestampAuthorities[0]?.url).toBe(slashed);
    const base = 'https://a.example.com/x';
    expect(readWith('caUrls.0.url', slashed).certificateAuthorities[0]?.url).toBe(base);
    expect(readWith('oidcUrls.0.url', slashed).identityProviders[0]?.url).toBe(base);
    expect(readWith('rekorTlogUrls.0.url', slashed).logs[0]?.url).toBe(base);
  });

  it('may be text or bytes', () => {
    const text = JSON.stringify(good);
    expect(parseSigningConfig(text)).toEqual(parseSigningConfig(good));
    expect(parseSigningConfig(Buffer.from(text))).toEqual(parseSigningConfig(good));
    expect(() => parseSigningConfig('')).toThrow(unusable('the signing configuration is not JSON'));
  });

  it.each<JsonValue | undefined>([
    undefined,
    null,
    '',
    2,
    'application/json',
    'application/vnd.dev.sigstore.signingconfig.v0.1+json',
    'application/vnd.dev.sigstore.signingconfig.v0.3+json',
    `${MEDIA_TYPE};charset=utf-8`,
    'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  ])('may not be %j', (mediaType) => {
    expect(() => readWith('mediaType', mediaType)).toThrow(unusable('not valid: mediaType'));
  });

  it.each([
    'extra',
    'caUrls.0.extra',
    'caUrls.0.validFor.extra',
    'rekorTlogUrls.1.extra',
    'rekorTlogConfig.extra',
  ])('may have a member that this version does not know: %s', (path) => {
    expect(readWith(path, { of: ['the', 'future'] })).toEqual(parseSigningConfig(good));
  });
});

describe.each(LISTS)('the services in %s', (key, list) => {
  const first = (value: JsonObject): SigningConfig => readWith(key, [value]);
  const place = `not valid: ${key}[0]`;
  const url = 'https://example.com';

  it('may be none', () => {
    for (const value of [undefined, null, []]) expect(readWith(key, value)[list]).toEqual([]);
  });

  it.each<JsonValue>([{}, url, 1, true])('are an array of objects, not %j', (value) => {
    expect(() => readWith(key, value)).toThrow(unusable(`not valid: ${key}: expected an array`));
  });

  it.each<JsonValue>([null, url, 1, []])('are objects, not %j', (value) => {
    expect(() => readWith(key, [value])).toThrow(unusable(`${place}: expected an object`));
  });

  it('have a URL', () => {
    for (const value of [{}, { url: null }, { url: 1 }]) {
      expect(() => first(value)).toThrow(unusable(`${place}.url: expected a string`));
    }
  });

  it('have version 0, which nobody speaks, when they name none', () => {
    for (const value of [{ url }, { url, majorApiVersion: null }]) {
      expect(first(value)[list][0]?.apiVersion).toBe(0);
    }
    expect(first({ url, majorApiVersion: 7 })[list][0]?.apiVersion).toBe(7);
  });

  it.each<JsonValue>([-1, 1.5, 2 ** 53, '1', '', true, [1]])(
    'have a whole number as version, not %j',
    (majorApiVersion) => {
      expect(() => first({ url, majorApiVersion })).toThrow(
        unusable(`${place}.majorApiVersion: expected a whole number`),
      );
    },
  );

  it('may say who runs them, and until when', () => {
    const validFor = { end: '2030-01-01T00:00:00Z' };
    expect(first({ url, operator: 'example.org', validFor })[list][0]).toMatchObject({
      operator: 'example.org',
      validity: { start: undefined, end: new Date(validFor.end) },
    });
    expect(first({ url, operator: null, validFor: null })[list][0]?.operator).toBe('');
    expect(() => first({ url, operator: 1 })).toThrow(unusable(`${place}.operator`));
    expect(() => first({ url, validFor: { end: 'never' } })).toThrow(
      unusable(`${place}.validFor.end: expected a time`),
    );
    expect(() => first({ url, validFor: 'always' })).toThrow(
      unusable(`${place}.validFor: expected an object`),
    );
  });
});

describe('the URL of a service', () => {
  const urlOf = (url: string): string | undefined =>
    readWith('caUrls.0.url', url).certificateAuthorities[0]?.url;

  it.each([
    ['https://example.com', 'https://example.com'],
    ['https://example.com:8443', 'https://example.com:8443'],
    ['https://192.0.2.1/fulcio', 'https://192.0.2.1/fulcio'],
    ['https://[2001:db8::1]/fulcio', 'https://[2001:db8::1]/fulcio'],
    ['https://example.com/a/b', 'https://example.com/a/b'],
    ['http://localhost:5555', 'http://localhost:5555'],
    ['http://127.0.0.1:5555/x', 'http://127.0.0.1:5555/x'],
    ['http://127.255.255.254', 'http://127.255.255.254'],
    ['http://[::1]:5555', 'http://[::1]:5555'],
  ])('may be %s', (url, expected) => {
    expect(urlOf(url)).toBe(expected);
  });

  it.each([
    ['https://example.com/', 'https://example.com'],
    ['https://example.com///', 'https://example.com'],
    ['https://example.com/a/', 'https://example.com/a'],
    [' https://exam\nple.com ', 'https://example.com'],
    ['HTTPS://Example.COM:443/A', 'https://example.com/A'],
    ['https://@example.com', 'https://example.com'],
    ['http://localhost:5555/', 'http://localhost:5555'],
  ])('is given in its plain form: %j', (url, expected) => {
    expect(urlOf(url)).toBe(expected);
  });

  it.each([
    '',
    'example.com',
    '//example.com',
    '/fulcio',
    'https://',
    'https://exa mple.com',
    'https://example.com:99999',
    'ftp://example.com',
    'file:///etc/passwd',
    'data:text/plain,x',
    'javascript:0',
    'ws://localhost',
    'ftp://localhost',
    'blob:https://example.com/1',
  ])('is an https URL, not %j', (url) => {
    expect(() => urlOf(url)).toThrow(unusable('caUrls[0].url: expected an https URL'));
  });

  it.each([
    'http://example.com',
    'http://0.0.0.0',
    'http://10.0.0.1',
    'http://128.0.0.1',
    'http://localhost.example.com',
    'http://localhost.',
    'http://notlocalhost',
    'http://127.0.0.1.example.com',
    'http://example.127.0.0.1.com',
    'http://127.example.com',
    'http://[::2]',
    'http://[::ffff:7f00:1]',
    'http://localhost@example.com',
    'http://example.com#localhost',
  ])('leaves this machine encrypted only, not as %s', (url) => {
    expect(() => urlOf(url)).toThrow(unusable('caUrls[0].url: expected an https URL'));
  });

  it.each([
    'https://user@example.com',
    'https://user:secret@example.com',
    'https://:secret@example.com',
    'http://user:secret@localhost:5555',
    'https://example.com/?tenant=1',
    'https://example.com?tenant=1',
    'https://example.com/#top',
    'https://example.com/?',
    'https://example.com#',
  ])('has no credentials, query and fragment: %s', (url) => {
    expect(() => urlOf(url)).toThrow(
      unusable('caUrls[0].url: expected an https URL without user name and query'),
    );
  });

  it.each(['https://user:secret@example.com', 'ftp://:secret@example.com', 'https://a:secret@b c'])(
    'does not show its credentials in an error: %s',
    (url) => {
      expect(() => urlOf(url)).toThrow(unusable(/^(?!.*secret).*found a URL with a user name/));
    },
  );

  it.each(LISTS)('is checked in %s too', (key) => {
    expect(() => readWith(`${key}.0.url`, 'http://example.com')).toThrow(
      unusable(`${key}[0].url: expected an https URL`),
    );
  });
});

describe.each(SELECTIONS)('the selection in %s', (key, selection) => {
  it.each<[JsonValue | undefined, object]>([
    [undefined, { selector: 'ALL' }],
    [null, { selector: 'ALL' }],
    [{ selector: 'ALL' }, { selector: 'ALL' }],
    [{ selector: 'ANY' }, { selector: 'ANY' }],
    [{ selector: 'ANY', count: 3 }, { selector: 'ANY' }],
    [
      { selector: 'EXACT', count: 1 },
      { selector: 'EXACT', count: 1 },
    ],
    [
      { selector: 'EXACT', count: 3 },
      { selector: 'EXACT', count: 3 },
    ],
  ])('may be %j', (value, expected) => {
    expect(readWith(key, value)[selection]).toEqual(expected);
  });

  it.each<JsonValue>([
    {},
    { selector: null },
    { selector: 2 },
    { selector: ['ANY'] },
    { selector: {} },
    { count: 1 },
  ])('has a name, other than %j', (value) => {
    expect(() => readWith(key, value)).toThrow(unusable(`${key}.selector: expected`));
  });

  it.each(['', 'SERVICE_SELECTOR_UNDEFINED', 'any', 'ANY ', 'toString', 'ALL,ANY'])(
    'is ALL, ANY or EXACT, not %j',
    (selector) => {
      expect(() => readWith(key, { selector, count: 1 })).toThrow(
        unusable(`${key}.selector: expected ALL, ANY or EXACT`),
      );
    },
  );

  it.each<JsonValue>([[], 'ANY', 1, true])('is an object, not %j', (value) => {
    expect(() => readWith(key, value)).toThrow(unusable(`${key}: expected an object`));
  });

  it.each<JsonValue | undefined>([undefined, null, 0, -1, 1.5, '1', true])(
    'is not of exactly %j services',
    (count) => {
      const value = edited({ selector: 'EXACT', count: 1 }, 'count', count);
      expect(() => readWith(key, value)).toThrow(unusable(`${key}.count: expected a whole number`));
    },
  );
});
