import { describe, expect, it } from 'vitest';
import {
  chainOf,
  der,
  extension,
  type IssueOptions,
  makeKey,
  oid,
  SERVER_AUTH,
  sequence,
} from '../helpers/pki.ts';
import { find, refusal } from './helpers.ts';

const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';
const ANY = '2.5.29.37.0';
const FULL = ['Test Signer', 'Test Intermediate', 'Test Root'];

/** Judges a leaf that differs so from a good one. */
function judge(leaf: Partial<IssueOptions>): string[] {
  const chain = chainOf({ leaf });
  return find(chain.leaf, [chain.intermediate], [chain.root]);
}

/** The same leaf, named as an anchor by the verifier. */
function judgePinned(leaf: Partial<IssueOptions>): string[] {
  const chain = chainOf({ leaf });
  return find(chain.leaf, [], [chain.leaf]);
}

describe('the extended key usage of the leaf', () => {
  it('may be absent', () => {
    expect(judge({ extendedKeyUsage: undefined })).toEqual(FULL);
  });

  it('may be any', () => {
    expect(judge({ extendedKeyUsage: [ANY] })).toEqual(FULL);
  });

  it('may hold other purposes beside code signing', () => {
    expect(judge({ extendedKeyUsage: [SERVER_AUTH, CODE_SIGNING] })).toEqual(FULL);
  });

  it('refuses the certificate of a TLS server', () => {
    expect(() => judge({ extendedKeyUsage: [SERVER_AUTH] })).toThrow(
      refusal(/expected the extended key usage codeSigning, found only 1\.3\.6\.1\.5\.5\.7\.3\.1/),
    );
  });

  it('refuses the certificate of a TLS server even when it is the anchor', () => {
    expect(() => judgePinned({ extendedKeyUsage: [SERVER_AUTH] })).toThrow(
      refusal('expected the extended key usage codeSigning'),
    );
  });

  it('refuses purposes that begin or end like code signing', () => {
    for (const near of [`${CODE_SIGNING}.1`, '1.3.6.1.5.5.7.3', '1.3.6.1.5.5.7.3.131']) {
      expect(() => judge({ extendedKeyUsage: [near] })).toThrow(refusal(`found only ${near}`));
    }
  });

  it('refuses an empty list', () => {
    expect(() => judge({ extendedKeyUsage: [] })).toThrow(refusal('found only none'));
  });
});

describe('the key usage of the leaf', () => {
  it('may be absent', () => {
    expect(judge({ keyUsage: undefined })).toEqual(FULL);
  });

  it('may hold others beside digitalSignature', () => {
    expect(judge({ keyUsage: ['digitalSignature', 'keyEncipherment'] })).toEqual(FULL);
  });

  it.each([[['keyEncipherment']], [['keyCertSign', 'cRLSign']], [[]]] as const)(
    'refuses %j, which has no digitalSignature',
    (keyUsage) => {
      const message = 'expected the key usage digitalSignature, found a key usage without it';
      expect(() => judge({ keyUsage })).toThrow(refusal(message));
      expect(() => judgePinned({ keyUsage })).toThrow(refusal(message));
    },
  );
});

describe('the key of the leaf', () => {
  it.each(['P-256', 'P-384', 'P-521'] as const)('may be on %s', (key) => {
    expect(judge({ key })).toEqual(FULL);
  });

  it.each([
    ['secp256k1', 'ec secp256k1'],
    ['Ed25519', 'ed25519'],
    ['RSA-3072', 'rsa 3072'],
  ] as const)('may not be %s', (key, found) => {
    const message = `expected ECDSA on P-256, P-384 or P-521, the curve by name, found ${found}`;
    expect(() => judge({ key })).toThrow(refusal(message));
    expect(() => judgePinned({ key })).toThrow(refusal(message));
  });

  it.each(['P-256', 'P-384', 'P-521'] as const)(
    'may not describe %s by parameters in place of its name',
    (curve) => {
      const key = makeKey(curve, 'explicit');
      expect(() => judge({ key })).toThrow(refusal('expected ECDSA on P-256, P-384 or P-521'));
      expect(() => judgePinned({ key })).toThrow(refusal('expected ECDSA on P-256'));
    },
  );
});

describe('basic constraints of the leaf', () => {
  it.each([undefined, false, true])('decide nothing: %s', (ca) => {
    expect(judge({ ca })).toEqual(FULL);
  });
});

function criticalUsage(purpose: string): Buffer {
  return extension('2.5.29.37', true, sequence(oid(purpose)));
}

describe('an extension of the leaf', () => {
  const value = sequence(der(0x0c, Buffer.from('whatever it says')));

  it('that is unknown and critical refuses it', () => {
    const extensions = [extension('1.2.3.4.5', true, value)];
    const message = 'expected critical extensions that are understood, found 1.2.3.4.5';
    expect(() => judge({ extensions })).toThrow(refusal(message));
    expect(() => judgePinned({ extensions })).toThrow(refusal(message));
  });

  it('that is unknown and not critical is skipped', () => {
    expect(judge({ extensions: [extension('1.2.3.4.5', false, value)] })).toEqual(FULL);
  });

  it('that only names it otherwise may be critical', () => {
    const names = sequence(der(0x82, Buffer.from('models.example.org')));
    expect(judge({ extensions: [extension('2.5.29.17', true, names)] })).toEqual(FULL);
  });

  it('that is the extended key usage is read when it is critical too', () => {
    const options = { extendedKeyUsage: undefined };
    const good = criticalUsage(CODE_SIGNING);
    expect(judge({ ...options, extensions: [good] })).toEqual(FULL);
    const server = criticalUsage(SERVER_AUTH);
    expect(() => judge({ ...options, extensions: [server] })).toThrow(
      refusal('expected the extended key usage codeSigning'),
    );
  });
});
