import { IDENTITY, ISSUER } from './sigstore/authority.ts';

/**
 * An identity token as an OpenID provider makes it for the usual signer, good until the year 2255,
 * but not signed by anybody.
 *
 * @param claims in place of the usual ones; `undefined` leaves one out.
 */
export function tokenOf(claims: object = {}): string {
  const header = part({ alg: 'RS256', kid: 'the-key-of-the-provider' });
  const usual = {
    iss: ISSUER,
    aud: 'sigstore',
    sub: 'subject-of-the-token',
    email: IDENTITY,
    email_verified: true,
    exp: 9_000_000_000,
  };
  const signature = Buffer.from('the signature of the provider, which nobody may get to see');
  return `${header}.${part({ ...usual, ...claims })}.${signature.toString('base64url')}`;
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
