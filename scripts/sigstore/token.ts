import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';

/** Who issues tokens, with the key that signs them. Plain data, to be handed to other processes. */
export interface Issuer {
  readonly url: string;
  readonly clientId: string;
  /** The private key. */
  readonly key: JWK;
}

export interface TokenOptions {
  /** Replaces or adds claims; one that is undefined is left out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Seconds from now on; negative for a token that has expired. */
  readonly expiresIn?: number;
  /** Signs in place of the issuer's key. */
  readonly key?: JWK;
}

/** What tokens say unless told otherwise. */
export const EMAIL = 'signer@example.com';

const ALGORITHM = 'RS256';
const LIFETIME_S = 600;

export async function makeIssuerKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: randomUUID(), alg: ALGORITHM, use: 'sig' };
}

/** Signs an identity token, as the issuer does at the end of a login. */
export async function mintToken(issuer: Issuer, options: TokenOptions = {}): Promise<string> {
  const { claims = {}, expiresIn = LIFETIME_S, key = issuer.key } = options;
  const now = Math.floor(Date.now() / 1000);
  const payload: Record<string, unknown> = {
    iss: issuer.url,
    aud: issuer.clientId,
    sub: EMAIL,
    email: EMAIL,
    email_verified: true,
    iat: Math.min(now, now + expiresIn) - 5,
    exp: now + expiresIn,
    ...claims,
  };
  return new SignJWT(payload)
    .setProtectedHeader({
      alg: ALGORITHM,
      ...(issuer.key.kid === undefined ? {} : { kid: issuer.key.kid }),
    })
    .sign(await importJWK(key, ALGORITHM));
}
