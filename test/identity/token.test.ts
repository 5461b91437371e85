import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasTokenForm, parseIdentityToken, type TokenOptions } from '../../src/identity/token.ts';
import type { OmsError } from '../../src/index.ts';
import { CLAIMS, encoded, failure, inSeconds, makeToken, SIGNATURE } from './helpers.ts';

const OPTIONS: TokenOptions = { audience: 'sigstore' };
const HEADER = encoded({ alg: 'RS256' });

function parse(claims: object = {}, options: Partial<TokenOptions> = {}): unknown {
  return parseIdentityToken(makeToken(claims), { ...OPTIONS, ...options });
}

/** The error for a raw token. It holds none of its parts. */
function refused(raw: string, options: Partial<TokenOptions> = {}): Promise<OmsError> {
  const call = (): unknown => parseIdentityToken(raw, { ...OPTIONS, ...options });
  return failure(call, 'TOKEN_UNUSABLE', [raw]);
}

function refusedClaims(claims: object): Promise<OmsError> {
  return refused(makeToken({ jti: 'unique-4711', email: 'someone@example.com', ...claims }));
}

describe('a good identity token', () => {
  it('is read into who it is for and by whom', () => {
    const raw = makeToken();
    const { exp, iss, sub } = CLAIMS;
    expect(parseIdentityToken(raw, OPTIONS)).toEqual({
      raw,
      issuer: iss,
      subject: sub,
      email: undefined,
      proofSubject: sub,
      expiresAt: new Date(exp * 1000),
      isFederated: false,
    });
  });

  it('tells when its issuer passes on the word of another', () => {
    expect(parse({ federated_claims: { connector_id: 'https://accounts.example' } })).toMatchObject(
      { isFederated: true },
    );
  });

  it.each([true, 'true', 'True'])('has its email proven when email_verified is %o', (verified) => {
    const email = 'someone@example.com';
    const token = parse({ email, email_verified: verified });
    expect(token).toMatchObject({ email, proofSubject: email, subject: CLAIMS.sub });
  });

  it.each(['', null])('has no email when it is %o', (email) => {
    expect(parse({ email })).toMatchObject({ email: undefined, proofSubject: CLAIMS.sub });
  });

  it('may be for several audiences', () => {
    expect(parse({ aud: ['other', 'sigstore'] })).toMatchObject({ subject: CLAIMS.sub });
  });

  it('may be for another audience when that is asked for', () => {
    expect(parse({ aud: 'mine' }, { audience: 'mine' })).toMatchObject({ subject: CLAIMS.sub });
  });

  it.each(['http://localhost:8080', 'http://127.0.0.1/auth', 'http://[::1]:1/'])(
    'may come from the issuer %s on this machine',
    (iss) => {
      expect(parse({ iss })).toMatchObject({ issuer: iss });
    },
  );

  it('may have times with fractions', () => {
    const exp = inSeconds(60) + 0.5;
    expect(parse({ exp })).toMatchObject({ expiresAt: new Date(exp * 1000) });
  });

  it('may have been issued by a clock that is a minute fast', () => {
    const now = new Date(1_700_000_000_000);
    const exp = 1_700_000_600;
    const claims = { iat: 1_700_000_060, nbf: 1_700_000_060, exp };
    expect(parse(claims, { now })).toMatchObject({ expiresAt: new Date(exp * 1000) });
  });

  it('may leave out when it was issued', () => {
    expect(parse({ iat: undefined })).toMatchObject({ subject: CLAIMS.sub });
  });

  it.each(['ES256', 'EdDSA', 'PS512'])('may be signed with %s', (alg) => {
    expect(parseIdentityToken(makeToken({}, { alg }), OPTIONS).subject).toBe(CLAIMS.sub);
  });
});

describe('the form of an identity token', () => {
  const payload = encoded(CLAIMS);

  it.each([
    ['nothing', '', 'found nothing'],
    ['one part', 'opaque-access-token', 'found 1 part'],
    ['two parts', `${HEADER}.${payload}`, 'found 2 parts'],
    ['the five parts of an encrypted one', `${HEADER}.a.b.c.d`, 'found 5 parts'],
    ['an empty signature', `${HEADER}.${payload}.`, 'found a part in another form'],
    ['an empty header', `.${payload}.${SIGNATURE}`, 'found a part in another form'],
    ['white space before it', ` ${makeToken()}`, 'found a part in another form'],
    ['a line feed after it', `${makeToken()}\n`, 'found a part in another form'],
    ['padding', `${HEADER}.${payload}.YQ==`, 'found a part in another form'],
    ['the other alphabet', `${HEADER}.${payload}.+/+/`, 'found a part in another form'],
    ['stray bits', `${HEADER}.${payload}.YR`, 'found a part in another form'],
  ])('is not %s', async (_, raw, found) => {
    const error = await refused(raw);
    expect(error.message).toContain('expected three parts of base64url');
    expect(error.message).toContain(found);
    expect(error.hint).toContain('ID token itself');
    expect(hasTokenForm(raw)).toBe(false);
  });

  it('is bounded', async () => {
    const room = 16 * 1024 - makeToken({ pad: '' }).length;
    const pad = (length: number): string => 'x'.repeat(length);
    const most = makeToken({ pad: pad(Math.floor((room * 3) / 4) - 3) });
    expect(most.length).toBeGreaterThan(16 * 1024 - 8);
    expect(hasTokenForm(most)).toBe(true);
    expect(parseIdentityToken(most, OPTIONS).subject).toBe(CLAIMS.sub);

    const more = makeToken({ pad: pad(room) });
    expect(hasTokenForm(more)).toBe(false);
    const error = await refused(more);
    expect(error.message).toContain('expected at most 16384 characters');
  });

  it.each([
    ['is not JSON', 'secret words'],
    ['is not UTF-8', Buffer.from('{"sub":"\xff"}', 'latin1')],
    ['is an array', '["secret"]'],
    ['is null', 'null'],
    ['has a key twice', '{"iss":"https://secret.example","iss":"https://secret.example"}'],
    ['is nested too deep', `{"secret":${'['.repeat(20)}${']'.repeat(20)}}`],
    ['holds half a surrogate pair', '{"secret":"\\ud800"}'],
    ['goes on after its end', '{"sub":"secret"} {"sub":"secret"}'],
  ])('is refused when a part %s, without saying what is in it', async (_, content) => {
    const part = Buffer.from(content).toString('base64url');
    for (const raw of [`${part}.${payload}.${SIGNATURE}`, `${HEADER}.${part}.${SIGNATURE}`]) {
      const error = await refused(raw);
      const name = raw.startsWith(part) ? 'header' : 'payload';
      expect(error.message).toContain(`expected a ${name} that is one JSON object`);
      expect(error.cause).toBeUndefined();
      expect(error.message).not.toContain('secret');
    }
  });

  it.each([{}, { alg: null }, { alg: '' }, { alg: 'none' }, { alg: 'NoNe' }, { alg: 1 }])(
    'is not unsigned, as with the header %o',
    async (header) => {
      const error = await refused(makeToken({}, header));
      expect(error.message).toContain('without a signature algorithm');
    },
  );

  it('never shows in an error, whatever the text is', async () => {
    const text = fc.oneof(
      fc.string({ minLength: 8 }),
      fc
        .tuple(fc.json(), fc.json(), fc.base64String())
        .map((parts) => parts.map(encoded).join('.')),
    );
    const property = fc.asyncProperty(text, async (raw) => {
      await refused(raw);
    });
    await fc.assert(property, { numRuns: 50, seed: 4 });
  });
});

describe('the issuer of an identity token', () => {
  it.each([undefined, null, 5, ['https://a.example']])('is not %o', async (iss) => {
    const error = await refusedClaims({ iss });
    expect(error.message).toMatch(/expected an https URL.* as issuer \(iss\), found none$/);
  });

  it.each([
    'not a URL',
    'http://issuer.example.com',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'ftp://issuer.example.com',
    'https://issuer.example.com?a=b',
    'https://issuer.example.com#a',
  ])('is not %s', async (iss) => {
    const error = await refusedClaims({ iss });
    expect(error.found).toBe(`"${iss}"`);
  });

  it('has no password, and the error does not show one', async () => {
    const error = await refusedClaims({ iss: 'https://me:opensesame@issuer.example.com' });
    expect(error.found).toBe('a URL with a user name or password');
    expect(error.message).not.toContain('opensesame');
  });
});

describe('the audience of an identity token', () => {
  it.each([
    ['another', 'other', '"other"'],
    ['longer', 'sigstore2', '"sigstore2"'],
    ['in other letters', 'Sigstore', '"Sigstore"'],
    ['none', undefined, 'none'],
    ['a number', 7, 'none'],
    ['an empty list', [], 'none'],
    ['a list of others', ['a', 'b', 'c', 'd'], '"a", "b", "c", …'],
    ['a list in a list', [['sigstore']], 'none'],
    ['an object', { sigstore: true }, 'none'],
  ])('is refused when it is %s', async (_, aud, found) => {
    const error = await refusedClaims({ aud });
    expect(error.expected).toBe('the audience (aud) "sigstore"');
    expect(error.found).toBe(found);
    expect(error.hint).toBe('ask the issuer for a token for the audience "sigstore"');
  });
});

describe('the times of an identity token', () => {
  const now = new Date('2026-03-04T05:06:07.000Z');
  const seconds = now.getTime() / 1000;

  function at(claims: object): Promise<OmsError> {
    return refused(makeToken({ exp: seconds + 1, iat: seconds, ...claims }), { now });
  }

  it('must be there for its end', async () => {
    expect((await at({ exp: undefined })).message).toContain('expected an expiry time (exp)');
  });

  it.each([
    [0, '0 seconds'],
    [1, '1 second'],
    [59, '59 seconds'],
    [300, '5 minutes'],
    [3600, '1 hour'],
    [200_000, '2 days'],
  ])('are over %d seconds after the end', async (ago, span) => {
    const error = await at({ exp: seconds - ago });
    const end = new Date(now.getTime() - ago * 1000).toISOString();
    expect(error.found).toBe(`one that expired ${span} ago (${end})`);
    expect(error.hint).toContain('get a new token');
  });

  it('are not over a second before the end', () => {
    const raw = makeToken({ exp: seconds + 1, iat: seconds });
    expect(parseIdentityToken(raw, { ...OPTIONS, now }).expiresAt.getTime()).toBe(
      now.getTime() + 1000,
    );
  });

  it.each(['nbf', 'iat'])('have not begun when %s is more than a minute away', async (name) => {
    const error = await at({ [name]: seconds + 61, exp: seconds + 600 });
    expect(error.found).toBe(`one of 2026-03-04T05:07:08.000Z, 1 minute from now (${name})`);
    expect(error.hint).toBe('check the clock of this machine');
  });

  it.each(['exp', 'nbf', 'iat'])('are numbers of seconds: %s', async (name) => {
    for (const value of [`${seconds}`, true, [seconds], 1e300]) {
      const error = await at({ [name]: value });
      expect(error.message).toContain(`expected a number of seconds since 1970 as ${name}`);
    }
  });

  it('are compared with the clock when no time is given', async () => {
    const error = await refused(makeToken({ exp: inSeconds(-120) }));
    expect(error.found).toContain('expired 2 minutes ago');
  });
});

describe('the person behind an identity token', () => {
  it.each([undefined, null, '', 5])('is not the subject %o', async (sub) => {
    expect((await refusedClaims({ sub, email: undefined })).message).toContain(
      'expected a subject (sub), found none',
    );
  });

  it.each([undefined, null, false, 'false', 'yes', 1])(
    'has no email when email_verified is %o',
    async (verified) => {
      const email = 'private@example.com';
      const error = await refusedClaims({ email, email_verified: verified });
      expect(error.message).toContain('expected an email that the issuer has verified');
      expect(error.message).not.toContain(email);
    },
  );

  it('has an email that is text', async () => {
    const error = await refusedClaims({ email: ['private@example.com'], email_verified: true });
    expect(error.message).toContain('expected an email that is text');
  });
});

describe('the message about an identity token', () => {
  it('says where the token came from', async () => {
    const error = await refused(makeToken({ aud: 'x' }), { source: 'GitHub Actions' });
    expect(error.summary).toBe('the identity token from GitHub Actions cannot be used');
  });

  it('is safe to print', async () => {
    const error = await refused(makeToken({ aud: '\u001b[2J\u202eevil' }));
    expect(error.message).toContain('\\x1b[2J\\u202eevil');
  });
});
