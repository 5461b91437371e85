import { bundleToJSON } from '@sigstore/bundle';
import { describe, expect, inject, it } from 'vitest';
import { browse } from '../scripts/sigstore/browser.ts';
import { mintToken } from '../scripts/sigstore/token.ts';
import { IDENTITY } from './helpers/instance.ts';
import { Job } from './helpers/job.ts';
import { verifyWithPython } from './helpers/python.ts';
import { signWithStock, verifyWithStock } from './helpers/stock.ts';

const TYPE = 'application/vnd.in-toto+json';
const STATEMENT = Buffer.from(
  JSON.stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'a', digest: { sha256: '00'.repeat(32) } }],
    predicateType: 'https://example.com/nothing',
    predicate: {},
  }),
);

describe('the instance that oms is tested against', () => {
  const { issuer } = inject('instance');

  it("signs and verifies with others' clients alone", async () => {
    // Bundles with the first entry of a log are written in a form that sigstore-python refuses.
    await signWithStock(await mintToken(issuer), TYPE, STATEMENT);
    const bundle = bundleToJSON(await signWithStock(await mintToken(issuer), TYPE, STATEMENT));
    expect(verifyWithStock(bundle).identity).toMatchObject({
      subjectAlternativeName: IDENTITY,
      extensions: { issuer: issuer.url },
    });
    const verdict = await verifyWithPython(new Job().file('bundle.json', JSON.stringify(bundle)));
    expect(verdict).toEqual({
      accepted: true,
      payloadType: TYPE,
      payload: STATEMENT.toString('base64'),
    });
  });

  it('refuses tokens that are not for it', async () => {
    const { strangeIssuer } = inject('instance');
    const tokens = [
      await mintToken(issuer, { expiresIn: -60 }),
      await mintToken(issuer, { claims: { aud: 'other' } }),
      await mintToken(issuer, { key: strangeIssuer.key }),
      await mintToken(strangeIssuer),
    ];
    for (const token of tokens) {
      await expect(signWithStock(token, TYPE, STATEMENT)).rejects.toThrow(/signing certificate/);
    }
  });

  it('logs somebody in who keeps cookies, and shows the code', async () => {
    const url = new URL('/auth', issuer.url);
    const parameters = {
      client_id: issuer.clientId,
      response_type: 'code',
      redirect_uri: 'urn:ietf:wg:oauth:2.0:oob',
      scope: 'openid email',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    const page = await browse(url.href);
    expect(page.status).toBe(200);
    expect(page.text).toMatch(/^[\w-]{20,}$/);
    url.searchParams.delete('code_challenge');
    expect((await browse(url.href)).text).toMatch(/^no code: error=invalid_request/);
  });
});
