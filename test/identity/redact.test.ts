import { describe, expect, it } from 'vitest';
import { quotedWithout } from '../../src/network/redact.ts';
import { makeToken } from './helpers.ts';

describe('the words of a server or program in a message', () => {
  it('are shown when there is nothing secret in them', () => {
    const text = 'unsupported_response_type: the client may not, see RFC 6749';
    expect(quotedWithout(['s3cret'], text)).toBe(`"${text}"`);
  });

  it('lose each secret, wherever and in whatever spelling of a URL it stands', () => {
    const text = 'code a/b+c is bad, a%2Fb%2Bc is used, xa/b+cx';
    expect(quotedWithout(['a/b+c', undefined, ''], text)).toBe('"code … is bad, … is used, x…x"');
  });

  it('lose the whole of a secret that has another in it', () => {
    expect(quotedWithout(['abc', 'abcdef', 'abcdefgh'], 'abcdefgh abcdef abc')).toBe('"… … …"');
  });

  it('lose what looks like a token', () => {
    const token = makeToken();
    const shown = quotedWithout(
      [],
      `here: ${token}, or ${token.split('.')[1]} (abcdefghijklmnopqrstuvw1)`,
    );
    expect(shown).toBe('"here: …, or … (…)"');
  });

  it('are made safe to print, and cut', () => {
    expect(quotedWithout([], ' \u001b[2J ')).toBe('"\\x1b[2J"');
    expect(quotedWithout([], 'word '.repeat(1000)).length).toBeLessThan(250);
  });
});
