import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sign } from '../../src/api/sign.ts';
import { verify } from '../../src/api/verify.ts';
import type { Bundle } from '../../src/format/bundle.ts';
import { keySigner } from '../../src/signers/key.ts';
import { assembleBundle, type Signer } from '../../src/signers/signer.ts';
import { fingerprintOf, signPayload } from '../../src/trust/keys.ts';
import { makeModel } from '../helpers/model.ts';
import { makeKey } from '../helpers/pki.ts';
import { failure } from '../trust/helpers.ts';

const privateKey = makeKey('P-256');
const policy = { method: 'key', publicKey: createPublicKey(privateKey) } as const;
const honest = keySigner({ privateKey });

/** The same bytes, with another name in them now. */
function renamed(statement: Uint8Array): Uint8Array {
  statement[Buffer.from(statement).indexOf('"name":"a"') + 8] = 0x7a;
  return statement;
}

describe('a signer that is anybody’s function', () => {
  it('is given the statement and may sign it in its own way', async () => {
    const model = makeModel({ a: 'x' });
    let given: Uint8Array = Buffer.alloc(0);
    const bundle = await sign(model, async (statement) => {
      given = statement;
      const signature = signPayload(statement, privateKey);
      return assembleBundle(statement, signature, {
        publicKey: { hint: fingerprintOf(privateKey) },
      });
    });
    expect(JSON.parse(Buffer.from(given).toString())).toMatchObject({
      predicate: { resources: [{ name: 'a' }] },
    });
    expect((await verify(model, bundle, policy)).files).toBe(1);
  });

  const liars: readonly [string, Signer][] = [
    ['another statement', async () => honest(Buffer.from('{}'))],
    [
      'the statement with a blank behind it',
      async (bytes) => honest(Buffer.concat([bytes, Buffer.from(' ')])),
    ],
    ['the statement written anew', async (bytes) => honest(reformatted(bytes))],
    [
      'the statement after changing the bytes it was given',
      async (bytes) => honest(renamed(bytes)),
    ],
    ['a part of the statement', async (bytes) => honest(bytes.subarray(0, -1))],
  ];
  it.each(liars)('is refused when it signs %s', async (_, signer) => {
    await expect(sign(makeModel({ a: 'x' }), signer)).rejects.toThrow(
      failure('BUNDLE_MALFORMED', 'the signer signed another statement than it was given'),
    );
  });

  it('is refused when it returns the bundle of another model', async () => {
    const other = await sign(makeModel({ a: 'y' }), honest);
    await expect(sign(makeModel({ a: 'x' }), async () => other)).rejects.toThrow(
      failure('BUNDLE_MALFORMED', 'the signer signed another statement than it was given'),
    );
  });

  const wrong: readonly [string, (bundle: Bundle) => Bundle, string][] = [
    ['another media type', (bundle) => ({ ...bundle, mediaType: 'text/plain' }), 'mediaType'],
    [
      'no material',
      (bundle) => ({ ...bundle, verificationMaterial: {} }),
      'exactly one of publicKey',
    ],
    [
      'two signatures',
      (bundle) => withSignatures(bundle, 2),
      'expected exactly one signature, found 2',
    ],
    [
      'no signature',
      (bundle) => withSignatures(bundle, 0),
      'expected exactly one signature, found 0',
    ],
  ];
  it.each(wrong)('is refused when its bundle has %s', async (_, change, part) => {
    const signer: Signer = async (statement) => change(await honest(statement));
    await expect(sign(makeModel({ a: 'x' }), signer)).rejects.toThrow(
      failure('BUNDLE_MALFORMED', part),
    );
  });

  it('has its own failure passed on', async () => {
    const removed = new Error('the token was removed');
    await expect(sign(makeModel({ a: 'x' }), () => Promise.reject(removed))).rejects.toBe(removed);
  });

  it('is refused when it returns nothing', async () => {
    const signer = (async () => undefined) as unknown as Signer;
    await expect(sign(makeModel({ a: 'x' }), signer)).rejects.toThrow(
      expect.objectContaining({ name: 'OmsError' }),
    );
  });
});

function reformatted(bytes: Uint8Array): Uint8Array {
  return Buffer.from(JSON.stringify(JSON.parse(Buffer.from(bytes).toString()), null, 2));
}

function withSignatures({ dsseEnvelope, ...rest }: Bundle, count: number): Bundle {
  const [signature] = dsseEnvelope.signatures;
  const signatures = Array.from({ length: count }, () => signature ?? { sig: '' });
  return { ...rest, dsseEnvelope: { ...dsseEnvelope, signatures } };
}
