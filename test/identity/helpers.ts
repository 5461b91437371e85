import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { inspect } from 'node:util';
import { expect, onTestFinished } from 'vitest';
import type { ErrorCode, OmsError } from '../../src/index.ts';
import { refusal } from '../helpers/refusal.ts';

/** Seconds since 1970, in this many seconds. */
export function inSeconds(count: number): number {
  return Math.floor(Date.now() / 1000) + count;
}

export const CLAIMS = {
  iss: 'https://issuer.example.com',
  sub: 'subject-7f3a',
  aud: 'sigstore',
  iat: inSeconds(-10),
  exp: inSeconds(600),
};

export function encoded(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return Buffer.from(text).toString('base64url');
}

export const SIGNATURE = encoded('a signature that nobody has checked, of sixty-four bytes or so');

/** A token with these claims over the usual ones; `undefined` takes one away. */
export function makeToken(claims: object = {}, header: object = { alg: 'RS256' }): string {
  return `${encoded(header)}.${encoded({ ...CLAIMS, ...claims })}.${SIGNATURE}`;
}

/** Everything that a program could show of an error. */
function shownOf(error: OmsError): string {
  const { message, hint = '', expected = '', found = '', summary, stack = '' } = error;
  const inspected = inspect(error, { depth: 10, showHidden: true, maxStringLength: Infinity });
  return [message, hint, expected, found, summary, stack, inspected].join('\n');
}

/** Expects that no secret is in an error, and of a token none of its parts. */
export function expectHidden(error: OmsError, secrets: readonly string[]): void {
  const shown = shownOf(error);
  for (const secret of secrets.flatMap((one) => [one, ...one.split('.')])) {
    if (secret.length > 3) expect(shown).not.toContain(secret);
  }
}

/** Expects a call to fail, and its error to keep these secrets. */
export async function failure(
  call: () => unknown,
  code: ErrorCode,
  secrets: readonly string[] = [],
): Promise<OmsError> {
  const error = await refusal(call, code);
  expectHidden(error, secrets);
  return error;
}

/** A web server that goes away with the test, and its address without a final slash. */
export async function serve(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  return `http://127.0.0.1:${await listen(server)}`;
}

export async function listen(server: Server, host = '127.0.0.1', port = 0): Promise<number> {
  const listening = once(server, 'listening');
  server.listen(port, host);
  await listening;
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
