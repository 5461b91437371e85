import { describe, expect, it } from 'vitest';
import {
  nameOfService,
  readPlainUrl,
  readSecureUrl,
  readWebUrl,
  shownUrl,
} from '../../src/format/url.ts';

describe('a URL that secrets may go to', () => {
  it.each([
    'https://a.example/x?y=z#w',
    'http://localhost:1/',
    'http://127.9.9.9',
    'http://127.10.200.30',
    'http://[::1]',
  ])('may be %s', (text) => {
    expect(readSecureUrl(text)?.href).toBe(new URL(text).href);
  });

  it.each([
    '',
    'a.example',
    '//a.example',
    'http://a.example',
    'http://127.0.0.1.example',
    'http://x127.0.0.1',
    'http://a.127.0.0.1',
    'http://localhost.example',
    'http://[::2]',
    'http://0.0.0.0',
    'http://126.0.0.1',
    'ws://localhost',
    'ftp://127.0.0.1',
    'file:///etc/passwd',
    'https://me@a.example',
    'https://:password@a.example',
  ])('is not %o', (text) => {
    expect(readSecureUrl(text)).toBeUndefined();
  });
});

describe('a URL that no secrets go to', () => {
  it.each(['https://a.example/x?y=z#w', 'http://a.example:1', 'http://[::2]/tsa'])(
    'may be %s',
    (text) => {
      expect(readWebUrl(text)?.href).toBe(new URL(text).href);
    },
  );

  it.each([
    '',
    'a.example',
    '//a.example',
    'ftp://a.example',
    'file:///etc/passwd',
    'wss://a.example',
    'https://me@a.example',
    'http://me@a.example',
    'https://:password@a.example',
  ])('is not %o', (text) => {
    expect(readWebUrl(text)).toBeUndefined();
  });
});

describe('the identifier of an issuer', () => {
  it('is a URL like these', () => {
    expect(readPlainUrl('https://a.example/auth')?.href).toBe('https://a.example/auth');
  });

  it.each([
    'https://a.example?',
    'https://a.example#',
    'https://a.example/?b=c',
    'http://a.example',
  ])('is not %s', (text) => {
    expect(readPlainUrl(text)).toBeUndefined();
  });
});

describe('a URL in a message', () => {
  it('is shown when it has no password', () => {
    expect(shownUrl('http://a.example')).toBe('"http://a.example"');
    expect(shownUrl('http://me:secret@a.example')).toBe('a URL with a user name or password');
  });
});

describe('the name of a service', () => {
  it.each([
    ['https://tsa.example.com/tsr', 'https://tsa.example.com/tsr'],
    ['https://tsa.example.com/tsr?', 'https://tsa.example.com/tsr?…'],
    ['https://tsa.example.com/tsr?key=hidden', 'https://tsa.example.com/tsr?…'],
    ['https://tsa.example.com/?a=b?key=hidden', 'https://tsa.example.com/?…'],
  ])('that is %s is shown as %s, without a key that its query may hold', (url, shown) => {
    expect(nameOfService(url)).toBe(shown);
  });
});
