import { createHash, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { verify } from '../../src/api/verify.ts';
import type { Bundle } from '../../src/format/bundle.ts';
import { assembleBundle } from '../../src/signers/signer.ts';
import { fingerprintOf, signPayload } from '../../src/trust/keys.ts';
import { resource, statementWith } from '../helpers/forge.ts';
import { makeModel } from '../helpers/model.ts';
import { certificateBundle, chainOf, type Issued, legacySignature } from '../helpers/pki.ts';
import { failure } from '../trust/helpers.ts';

/**
 * model_signing 0.2.0 put the Python text of the payload under its signature. That is accepted with
 * its own kind of statement and the certificate method, and with nothing else.
 */
const CONTENT = 'the weights';
const chain = chainOf();
const anchored = { method: 'certificate', anchors: [chain.root.pem] } as const;

/** With all that Python would not print as it is: quotes, backslashes, tabs, line feeds, UTF-8. */
function oldStatement(predicateType = 'https://model_signing/Digests/v0.1'): Buffer {
  const sha256 = createHash('sha256').update(CONTENT).digest('hex');
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: "it's the w\u00E9ights", digest: { sha256 } }],
    predicateType,
    predicate: { unused: 'Unused, "just" passed \\ due to API requirements' },
  };
  return Buffer.from(JSON.stringify(statement, null, '\t'));
}

/** The model that {@link oldStatement} describes. */
const FILES = { "it's the w\u00E9ights": CONTENT };

function newStatement(): Buffer {
  return Buffer.from(JSON.stringify(statementWith({ resources: [resource('a', CONTENT)] })));
}

function oldForm(statement: Buffer, { leaf, intermediate } = chain): Bundle {
  const certificates: readonly [Issued, Issued] = [leaf, intermediate];
  return certificateBundle(statement, certificates, legacySignature(statement, leaf.privateKey));
}

describe('the old signature with the old statement', () => {
  it('is accepted for the certificate method', async () => {
    const { signer, files } = await verify(makeModel(FILES), oldForm(oldStatement()), anchored);
    expect({ method: signer.method, files }).toEqual({ method: 'certificate', files: 1 });
  });

  it('is accepted from a key on P-384, with SHA-256 as it was then', async () => {
    const wide = chainOf({ leaf: { key: 'P-384' } });
    const policy = { method: 'certificate', anchors: [wide.root.pem] } as const;
    const { signer } = await verify(makeModel(FILES), oldForm(oldStatement(), wide), policy);
    expect(signer).toMatchObject({ curve: 'P-384' });
  });

  it('says no more than it says: another file is refused', async () => {
    const model = makeModel({ ...FILES, added: 'x' });
    await expect(verify(model, oldForm(oldStatement()), anchored)).rejects.toThrow(
      expect.objectContaining({ code: 'MODEL_MISMATCH' }),
    );
  });

  it('does not excuse a chain that is not good', async () => {
    const expired = chainOf({
      leaf: { notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') },
    });
    const policy = { method: 'certificate', anchors: [expired.root.pem] } as const;
    await expect(
      verify(makeModel(FILES), oldForm(oldStatement(), expired), policy),
    ).rejects.toThrow(failure('CERTIFICATE_REFUSED', '"CN=Test Signer" expired'));
  });

  it('is refused for the key method', async () => {
    const { privateKey } = chain.leaf;
    const statement = oldStatement();
    const bundle = assembleBundle(statement, legacySignature(statement, privateKey), {
      publicKey: { hint: fingerprintOf(privateKey) },
    });
    const policy = { method: 'key', publicKey: createPublicKey(privateKey) } as const;
    await expect(verify(makeModel(FILES), bundle, policy)).rejects.toThrow(
      failure('SIGNATURE_INVALID', 'the signature is not by this key'),
    );
  });

  it('is refused when the payload is changed where its text stays printable', async () => {
    const statement = oldStatement();
    const changed = Buffer.from(statement.toString('utf8').replace('Unused', 'unused'));
    const signature = legacySignature(statement, chain.leaf.privateKey);
    const bundle = certificateBundle(changed, [chain.leaf, chain.intermediate], signature);
    await expect(verify(makeModel(FILES), bundle, anchored)).rejects.toThrow(
      failure('SIGNATURE_INVALID', 'the signature is not by the certificate in the bundle'),
    );
  });
});

describe('the forms are not mixed:', () => {
  const wrongType = /: predicateType: expected "https:\/\/model_signing\/.*", found "https:/;

  it('the old signature with a new statement is refused', async () => {
    const model = makeModel({ a: CONTENT });
    await expect(verify(model, oldForm(newStatement()), anchored)).rejects.toThrow(
      failure('STATEMENT_MALFORMED', wrongType),
    );
    const good = certificateBundle(newStatement(), [chain.leaf, chain.intermediate]);
    expect((await verify(model, good, anchored)).files).toBe(1);
  });

  it('a new signature with the old statement is refused', async () => {
    const bundle = certificateBundle(oldStatement(), [chain.leaf, chain.intermediate]);
    await expect(verify(makeModel(FILES), bundle, anchored)).rejects.toThrow(
      failure('STATEMENT_MALFORMED', wrongType),
    );
  });

  it('a new signature with the old statement is refused for the key method too', async () => {
    const { privateKey } = chain.leaf;
    const bundle = assembleBundle(oldStatement(), signPayload(oldStatement(), privateKey), {
      publicKey: { hint: fingerprintOf(privateKey) },
    });
    const policy = { method: 'key', publicKey: createPublicKey(privateKey) } as const;
    await expect(verify(makeModel(FILES), bundle, policy)).rejects.toThrow(
      failure('STATEMENT_MALFORMED', wrongType),
    );
  });

  it('the old signature with a statement of a third type is refused', async () => {
    const bundle = oldForm(oldStatement('https://model_signing/Digests/v0.2'));
    await expect(verify(makeModel(FILES), bundle, anchored)).rejects.toThrow(
      failure('STATEMENT_MALFORMED', wrongType),
    );
  });
});
