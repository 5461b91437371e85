import { createHash, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sign } from '../../src/api/sign.ts';
import { verify } from '../../src/api/verify.ts';
import { keySigner } from '../../src/signers/key.ts';
import { verifyPayload } from '../../src/trust/keys.ts';
import { makeModel } from '../helpers/model.ts';
import { makeKey } from '../helpers/pki.ts';
import { failure } from '../trust/helpers.ts';

const statement = Buffer.from('{"any":"bytes"}');

describe('a signer with a key', () => {
  it.each(['P-256', 'P-384', 'P-521'] as const)(
    'on %s makes a bundle of this form',
    async (curve) => {
      const privateKey = makeKey(curve);
      const publicKey = createPublicKey(privateKey);
      const bundle = await keySigner({ privateKey })(statement);
      const pem = publicKey.export({ type: 'spki', format: 'pem' });
      const sig = bundle.dsseEnvelope.signatures[0]?.sig ?? '';
      expect(JSON.parse(JSON.stringify(bundle))).toStrictEqual({
        mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
        verificationMaterial: {
          publicKey: { hint: createHash('sha256').update(pem).digest('hex') },
        },
        dsseEnvelope: {
          payload: statement.toString('base64'),
          payloadType: 'application/vnd.in-toto+json',
          signatures: [{ sig }],
        },
      });
      expect(verifyPayload(statement, Buffer.from(sig, 'base64'), publicKey)).toBe(true);
    },
  );

  it('signs exactly the bytes that it is given, also a part of a larger buffer', async () => {
    const larger = Buffer.from('before{"a":1}after');
    const bundle = await keySigner({ privateKey: makeKey('P-256') })(larger.subarray(6, 13));
    expect(Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString()).toBe('{"a":1}');
  });

  it('takes an encrypted key with its password', async () => {
    const key = makeKey('P-256');
    const privateKey = key.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'secret',
    });
    const model = makeModel({ a: 'x' });
    const bundle = await sign(model, keySigner({ privateKey, password: 'secret' }));
    const policy = { method: 'key', publicKey: createPublicKey(key) } as const;
    expect((await verify(model, bundle, policy)).files).toBe(1);
  });

  it('refuses a key that it cannot use before there is anything to sign', () => {
    expect(() => keySigner({ privateKey: makeKey('secp256k1') })).toThrow(
      failure('KEY_UNUSABLE', 'expected ECDSA on P-256, P-384 or P-521, found EC secp256k1'),
    );
    expect(() => keySigner({ privateKey: createPublicKey(makeKey('P-256')) })).toThrow(
      failure('KEY_UNUSABLE', 'expected a private key, found a public key'),
    );
    expect(() => keySigner({ privateKey: '' })).toThrow(
      failure('KEY_UNUSABLE', 'found no PEM block'),
    );
  });
});
