import { describe, expect, it } from 'vitest';
import { nameOfService, readPlainUrl, readSecureUrl, shownUrl } from '../../src/format/url.ts';

describe('a URL for people', () => {
  it.each([
    ['https://tsa.example.com/tsr', 'https://tsa.example.com/tsr'],
    ['https://tsa.example.com/tsr?', 'https://tsa.example.com/tsr?…'],
    ['https://tsa.example.com/tsr?key=hidden', 'https://tsa.example.com/tsr?…'],
    ['https://tsa.example.com/?a=b?key=hidden', 'https://tsa.example.com/?…'],
  ])('that is %s is shown as %s, without a key that its query may hold', (url, shown) => {
    expect(nameOfService(url)).toBe(shown);
  });

  it('with a user name is not shown', () => {
    expect(shownUrl('https://user@example.com')).toBe('a URL with a user name or password');
    expect(shownUrl('https://example.com')).toBe('"https://example.com"');
  });
});

describe('a URL that is told secrets', () => {
  it.each([
    'http://x127.0.0.1',
    'http://a.127.0.0.1',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
  ])('is not of this machine: %s', (url) => {
    expect(readSecureUrl(url)).toBeUndefined();
    expect(readPlainUrl(url)).toBeUndefined();
  });

  it.each(['http://127.0.0.1', 'http://127.1.2.3:80/a', 'http://[::1]', 'http://localhost'])(
    'may be of this machine: %s',
    (url) => {
      expect(readSecureUrl(url)?.href).toContain('http://');
    },
  );
});
