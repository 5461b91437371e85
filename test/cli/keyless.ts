import { randomBytes } from 'node:crypto';
import { digest } from '../../src/api/digest.ts';
import type { Bundle } from '../../src/format/bundle.ts';
import { encodeStatement } from '../../src/format/statement.ts';
import { IDENTITY, ISSUER, type LeafOptions, type Name } from '../helpers/sigstore/authority.ts';
import { type Instance, signModelStatement } from '../helpers/sigstore/instance.ts';

/** As scripts write them: `name=value`, or a name alone. */
type Options = Readonly<Record<string, string | undefined>>;

/** Numbers of some claims in Fulcio's extension table (oid-info.md). */
const CLAIMS: Readonly<Record<string, number>> = {
  'build-signer-uri': 9,
  'source-repository-uri': 12,
  'source-repository-digest': 13,
  'source-repository-ref': 14,
  'build-trigger': 20,
};

/**
 * A keyless signature of a model as it is. `email=`, `uri=` and `user=` say who signs, `issuer=` on
 * whose word, `rekor=2` in which log, and the names of claims what else the certificate says.
 */
export async function keylessBundle(
  forge: Instance,
  { model, signature }: { readonly model: string; readonly signature: string },
  { email, uri, user, issuer = ISSUER, rekor = '1', ...claims }: Options,
): Promise<Bundle> {
  const manifest = await digest(model, { signaturePath: signature });
  const leaf: LeafOptions = {
    names: [nameOf(email, uri, user)],
    oldIssuer: issuer,
    newIssuer: issuer,
    claims: Object.fromEntries(
      Object.entries(claims).map(([name, value = '']) => [numberOf(name), value]),
    ),
  };
  const statement = encodeStatement(manifest);
  return signModelStatement(forge, { statement, leaf, rekor: rekor === '2' ? 2 : 1 });
}

function nameOf(
  email: string | undefined,
  uri: string | undefined,
  user: string | undefined,
): Name {
  if (uri !== undefined) return { uri };
  return user === undefined ? { email: email ?? IDENTITY } : { otherName: user };
}

function numberOf(claim: string): number {
  const number = CLAIMS[claim];
  if (number === undefined) throw new Error(`nobody knows the claim ${claim}`);
  return number;
}

/**
 * A token of which nobody checks the signature. `email=`, `issuer=` and `audience=` say what is in
 * it, and `seconds=` how long it is good from now on.
 */
export function makeToken({
  email = IDENTITY,
  issuer = ISSUER,
  audience = 'sigstore',
  seconds = '600',
}: Options = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const times = { iat: now - 3600, exp: now + Number(seconds) };
  const claims = { iss: issuer, sub: 'subject', aud: audience, ...times };
  const parts = [
    { alg: 'RS256', typ: 'JWT' },
    { ...claims, email, email_verified: true },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  return [...parts, randomBytes(64).toString('base64url')].join('.');
}
