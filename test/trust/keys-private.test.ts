import {
  createPublicKey,
  createSecretKey,
  type KeyExportOptions,
  type KeyObject,
} from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { OmsError } from '../../src/errors.ts';
import { isEncrypted, loadPrivateKey } from '../../src/trust/keys.ts';
import { issue, makeKey, pemOf, sequence } from '../helpers/pki.ts';
import { failure } from './helpers.ts';

const key = makeKey('P-256');
const passphrase = 'correct horse';

/** The named curve alone, as `openssl ecparam -genkey` writes it before the key. */
const EC_PARAMETERS =
  '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
const sec1 = { type: 'sec1', format: 'pem' } as const;
const encrypted = { cipher: 'aes-256-cbc', passphrase } as const;
const FORMS = {
  'PKCS #8': text(pkcs8),
  'SEC 1': text(sec1),
  'SEC 1 behind its parameters': EC_PARAMETERS + text(sec1),
  'text around, CR LF': `key:\n${text(pkcs8)}`.replaceAll('\n', '\r\n'),
};
const ENCRYPTED = {
  'PKCS #8': text({ ...pkcs8, ...encrypted }),
  'SEC 1': text({ ...sec1, ...encrypted }),
  'SEC 1 behind its parameters': EC_PARAMETERS + text({ ...sec1, ...encrypted }),
};

function text(form: KeyExportOptions<'pem'>): string {
  return key.export(form) as string;
}

function unusable(part: string | RegExp): unknown {
  return failure('KEY_UNUSABLE', part);
}

describe.each(Object.entries(FORMS))('a private key in the form %s', (_, pem) => {
  it('is read from text and from bytes', () => {
    expect(loadPrivateKey(pem).equals(key)).toBe(true);
    expect(loadPrivateKey(Buffer.from(pem)).equals(key)).toBe(true);
  });

  it('is read whatever password is given', () => {
    expect(isEncrypted(pem)).toBe(false);
    expect(loadPrivateKey(pem, 'superfluous').equals(key)).toBe(true);
  });
});

describe.each(Object.entries(ENCRYPTED))('an encrypted private key in the form %s', (_, pem) => {
  it('is read with its password', () => {
    expect(isEncrypted(pem)).toBe(true);
    expect(isEncrypted(Buffer.from(pem))).toBe(true);
    expect(loadPrivateKey(pem, passphrase).equals(key)).toBe(true);
    expect(loadPrivateKey(pem.replaceAll('\n', '\r\n'), passphrase).equals(key)).toBe(true);
  });

  it('is not read without one, and the reader is told how to give it', () => {
    expect(() => loadPrivateKey(pem)).toThrow(unusable('the private key is encrypted'));
    expect(() => loadPrivateKey(pem)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('--password') }),
    );
  });

  it.each(['wrong', '', 'correct horse '])('is not read with the wrong password %j', (wrong) => {
    expect(() => loadPrivateKey(pem, wrong)).toThrow(
      unusable('the private key cannot be decrypted with this password'),
    );
  });
});

describe('a private key', () => {
  it.each(['P-256', 'P-384', 'P-521'] as const)('may be on %s, also as a key object', (curve) => {
    const one = makeKey(curve);
    expect(loadPrivateKey(one)).toBe(one);
    expect(isEncrypted(one)).toBe(false);
    expect(loadPrivateKey(one.export({ type: 'pkcs8', format: 'pem' })).equals(one)).toBe(true);
  });

  it.each([
    ['secp256k1', 'EC secp256k1'],
    ['Ed25519', 'ed25519'],
    ['RSA-2048', 'rsa'],
  ] as const)('may not be of the kind %s', (kind, found) => {
    const other = makeKey(kind);
    const message = `expected ECDSA on P-256, P-384 or P-521, found ${found}`;
    expect(() => loadPrivateKey(other)).toThrow(unusable(message));
    const pem = other.export({ type: 'pkcs8', format: 'pem' });
    expect(() => loadPrivateKey(pem)).toThrow(unusable(message));
  });

  it('is encrypted where its own headers say so, and nowhere else', () => {
    const old = ENCRYPTED['SEC 1'];
    expect(isEncrypted(old.replace('Proc-Type: 4', 'Proc-Type:4'))).toBe(true);
    expect(isEncrypted(`not Proc-Type: 4,ENCRYPTED\n${FORMS['PKCS #8']}`)).toBe(false);
  });

  it('is called so where it is no text', () => {
    const nothing = undefined as unknown as string;
    const called = unusable('the private key cannot be used');
    expect(() => loadPrivateKey(nothing)).toThrow(called);
    expect(() => isEncrypted(nothing)).toThrow(called);
  });

  it('is not the public one, and the reader is told so of that alone', () => {
    const hintOf = (pem: string): string | undefined => {
      try {
        loadPrivateKey(pem);
      } catch (error) {
        return (error as OmsError).hint;
      }
      return expect.fail('accepted');
    };
    expect(hintOf(publicPem())).toBe('this is the public key; sign with the private one');
    expect(hintOf(issue({ subject: 'x' }).pem)).toBeUndefined();
    expect(hintOf('')).toBe('check the path; openssl pkey, or openssl x509, makes PEM of DER');
  });

  it('may not be one of RSA in its own form', () => {
    const pem = makeKey('RSA-2048').export({ type: 'pkcs1', format: 'pem' });
    expect(() => loadPrivateKey(pem)).toThrow(unusable('found rsa'));
  });

  it('may not be a public or secret key object', () => {
    const objects: readonly [KeyObject, string][] = [
      [createPublicKey(key), 'found a public key'],
      [createSecretKey(Buffer.alloc(32)), 'found a secret key'],
    ];
    for (const [object, found] of objects) {
      expect(() => loadPrivateKey(object)).toThrow(unusable(found));
    }
  });

  it.each([
    ['nothing', '', 'found no PEM block'],
    ['two keys', FORMS['PKCS #8'] + FORMS['SEC 1'], 'found "PRIVATE KEY", "EC PRIVATE KEY"'],
    ['the public key', publicPem(), 'found "PUBLIC KEY"'],
    ['a certificate', issue({ subject: 'x' }).pem, 'found "CERTIFICATE"'],
    ['parameters alone', EC_PARAMETERS, 'found no PEM block'],
    ['DER', key.export({ type: 'pkcs8', format: 'der' }), 'found no PEM block'],
    ['garbage', pemOf('PRIVATE KEY', Buffer.from('garbage')), 'the private key cannot be read'],
    ['an empty sequence', pemOf('EC PRIVATE KEY', sequence()), 'the private key cannot be read'],
    ['one of OpenSSH', pemOf('OPENSSH PRIVATE KEY', Buffer.from('openssh-key-v1')), 'be read'],
  ])('may not be %s', (_, source, found) => {
    expect(() => loadPrivateKey(source)).toThrow(unusable(found));
  });

  it('never stands in the message that refuses it', () => {
    const secret = key.export({ format: 'jwk' }).d ?? '';
    expect(secret).not.toBe('');
    for (const pem of [FORMS['PKCS #8'] + FORMS['PKCS #8'], FORMS['PKCS #8'].replace('MI', 'MJ')]) {
      let message = 'nothing was thrown';
      try {
        loadPrivateKey(pem);
      } catch (error) {
        message = `${String(error)} ${String((error as Error).cause)}`;
      }
      expect(message).toMatch(/^OmsError: the private key cannot be/);
      const body = pem.split('\n')[1] ?? '';
      expect(message).not.toContain(body.slice(0, 16));
    }
  });

  function publicPem(): string {
    return createPublicKey(key).export({ type: 'spki', format: 'pem' }) as string;
  }
});
