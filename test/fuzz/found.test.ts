/** One test for every fault that fuzzing found in the product, under its name. */
import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { verify } from '../../src/index.ts';
import { parseDer } from '../../src/trust/asn1.ts';
import { pemBlocks } from '../../src/trust/pem.ts';
import { Forger, resource, statementWith } from '../helpers/forge.ts';
import { makeModel } from '../helpers/model.ts';
import { certificateBundle, chainOf, der, oid, sequence } from '../helpers/pki.ts';
import { refusal } from '../helpers/refusal.ts';
import { check, signed } from '../sigstore/helpers.ts';

describe('a timestamp of a keyless bundle', () => {
  it('was accepted although it named an algorithm that its signature is not of', () => {
    const algorithm = sequence(oid('1.2.840.113549.1.1.4'));
    const code = 'TIMESTAMP_INVALID';
    expect(() => check(signed({ rekor: 2, timestamps: [{ algorithm }] }))).toThrow(
      expect.objectContaining({ code }),
    );
    expect(check(signed({ rekor: 2, timestamps: [{}] }))).toBeDefined();
  });
});

describe('a certificate', () => {
  /** The extension's value, in one piece as it must be, or in pieces (X.690 §8.7.3). */
  const keyId = (tag: number, ...parts: readonly Buffer[]): Buffer =>
    sequence(oid('1.2.3.4'), der(tag, ...parts));

  it('was accepted with the value of an extension in pieces, which DER does not allow', async () => {
    const model = makeModel({ a: 'content of a' });
    const statement = Buffer.from(
      JSON.stringify(statementWith({ resources: [resource('a', 'content of a')] })),
    );
    const verified = (extension: Buffer) => {
      const { root, intermediate, leaf } = chainOf({ leaf: { extensions: [extension] } });
      const bundle = certificateBundle(statement, [leaf, intermediate]);
      return verify(model, bundle, { method: 'certificate', anchors: [root.pem] });
    };
    const piece = der(0x04, Buffer.of(5, 0));
    await expect(verified(keyId(0x04, piece))).resolves.toMatchObject({ files: 1 });
    await refusal(() => verified(keyId(0x24, piece)), 'CERTIFICATE_REFUSED');
  });

  it.each([
    ['an OCTET STRING in pieces', der(0x24, der(0x04, Buffer.of(1)))],
    ['a BOOLEAN that holds others', der(0x21, der(0x01, Buffer.of(0xff)))],
    ['a SEQUENCE in one piece', der(0x10, Buffer.of(5, 0))],
  ])('is not DER with %s', (_, value) => {
    expect(() => parseDer(sequence(value))).toThrow('it is not in DER');
  });
});

describe('a trusted certificate or key', () => {
  /** One letter of the text becomes something else. */
  const damaged = (pem: string, letter: string): string => pem.replace(/(?<=\n.{20})./, letter);
  const DAMAGE = ['\uFFFD', '_', '!', '='];

  it('was read from a file with something in it that is not base64, as another one', async () => {
    const model = makeModel({ a: 'content of a' });
    const { leaf, root, intermediate } = chainOf();
    const statement = Buffer.from(JSON.stringify(statementWith({})));
    const bundle = certificateBundle(statement, [leaf, intermediate]);
    const policyWith = (pem: string) => ({ method: 'certificate', anchors: [pem] }) as const;
    await expect(verify(model, bundle, policyWith(root.pem))).resolves.toMatchObject({ files: 1 });
    for (const letter of DAMAGE) {
      const policy = policyWith(damaged(root.pem, letter));
      await refusal(() => verify(model, bundle, policy), 'KEY_UNUSABLE');
    }
  });

  it.each(DAMAGE)('is refused with %j in its text, as OpenSSL does', (letter) => {
    const pem = String(new Forger().publicKey.export({ type: 'spki', format: 'pem' }));
    expect(pemBlocks(pem)[0]?.der.length).toBeGreaterThan(0);
    expect(pemBlocks(damaged(pem, letter))[0]?.der).toEqual(Buffer.alloc(0));
    expect(() => createPublicKey(damaged(pem, letter))).toThrow();
  });
});
