import { X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  certificateSigner,
  inspect,
  keySigner,
  type Policy,
  type Signer,
  type SignOptions,
  sign,
  verify,
} from '../../src/index.ts';
import { loadSchemas } from '../helpers/schemas.ts';
import type { Vectors } from '../helpers/vectors.ts';
import { publicRoot } from './client.ts';
import { SIGNER } from './refusals.ts';
import { describeWithVectors, payloadOf, readBundle, statementOf } from './suite.ts';

/** The keys that the specification's vectors were signed with, which are the suite's. */
const KEYS = 'keys/certificate';

describeWithVectors('specification, v1.0', (vectors) => {
  const schemas = loadSchemas(vectors.spec('schemas/v1.0'));
  const vector = (name: string): string => vectors.spec(`test-vectors/v1.0/${name}.bundle.json`);
  const keyPolicy: Policy = {
    method: 'key',
    publicKey: readFileSync(vectors.asset(`${KEYS}/signing-key-pub.pem`)),
  };
  const certificatePolicy: Policy = {
    method: 'certificate',
    anchors: [readFileSync(vectors.asset(`${KEYS}/ca-cert.pem`))],
  };
  const model = vectors.asset('models/simple');
  const verifyVector = (name: string, policy: Policy): ReturnType<typeof verify> =>
    verify(model, readFileSync(vector(name)), policy, { ignorePaths: ['ignore-me'] });

  describe('valid vectors', () => {
    it.each(['key', 'certificate', 'sigstore'])('%s is read as such, with its manifest', (name) => {
      const { unverified } = inspect(readFileSync(vector(`valid/${name}`)));
      expect(unverified.method).toBe(name);
      expect(unverified.logEntries).toHaveLength(name === 'sigstore' ? 1 : 0);
      const { statement } = unverified;
      expect(statement.form).toBe('v1.0');
      const paths = 'manifest' in statement && statement.manifest.resources.map(({ path }) => path);
      expect(paths).toEqual(['signme-1', 'signme-2']);
    });

    it('key verifies with its key', async () => {
      expect(await verifyVector('valid/key', keyPolicy)).toMatchObject({ files: 2 });
    });

    it('certificate verifies with its root', async () => {
      expect(await verifyVector('valid/certificate', certificatePolicy)).toMatchObject({
        files: 2,
      });
    });

    it('sigstore verifies with the root of the public instance', async () => {
      // It is of the model that the suite's keyless cases come with.
      const test = vectors.cases.find(({ name }) => name === 'historical-v1.1.0-sigstore');
      const bundle = readFileSync(vector('valid/sigstore'));
      const options = { ignorePaths: ['ignore-me'] };
      expect(await verify(test?.model ?? '', bundle, await keylessPolicy(), options)).toMatchObject(
        {
          files: 2,
          signer: { identity: { kind: 'email', value: SIGNER.identity } },
        },
      );
    });

    it('sigstore is refused by the other methods', async () => {
      for (const policy of [keyPolicy, certificatePolicy]) {
        await expect(verifyVector('valid/sigstore', policy)).rejects.toMatchObject({
          code: 'METHOD_MISMATCH',
        });
      }
    });
  });

  describe('invalid vectors', () => {
    it.each([
      ['empty', /is not JSON: .* found nothing/],
      ['missing-envelope', /dsseEnvelope: .* found nothing/],
      ['missing-verification-material', /verificationMaterial: .* found nothing/],
    ])('%s is no bundle', async (name, says) => {
      const refused = { code: 'BUNDLE_MALFORMED', message: expect.stringMatching(says) as string };
      const bundle = readFileSync(vector(`invalid/${name}`));
      expect(() => inspect(bundle)).toThrow(expect.objectContaining(refused));
      await expect(verify(model, bundle, keyPolicy)).rejects.toMatchObject(refused);
    });

    it('missing-tlog-entries, a keyless leaf without its log entry, is read as a bare certificate', () => {
      const { unverified } = inspect(readFileSync(vector('invalid/missing-tlog-entries')));
      expect(unverified).toMatchObject({
        method: 'certificate',
        logEntries: [],
        timestamps: [{ accuracy: 1000 }],
      });
    });

    it('missing-tlog-entries verifies with no key and no root of a private PKI', async () => {
      await expect(verifyVector('invalid/missing-tlog-entries', keyPolicy)).rejects.toMatchObject({
        code: 'METHOD_MISMATCH',
      });
      await expect(
        verifyVector('invalid/missing-tlog-entries', certificatePolicy),
      ).rejects.toMatchObject({ code: 'CERTIFICATE_REFUSED' });
    });

    it('missing-tlog-entries is no keyless bundle to who asks for one', async () => {
      const verified = verifyVector('invalid/missing-tlog-entries', await keylessPolicy());
      await expect(verified).rejects.toMatchObject({
        code: 'METHOD_MISMATCH',
        message: expect.stringContaining('expected sigstore, found certificate') as string,
      });
    });

    it('missing-tlog-entries is refused even to who trusts that leaf, for a time when it was valid', async () => {
      const bundle = readBundle(vector('invalid/missing-tlog-entries'));
      const { certificate: leaf } = bundle.verificationMaterial as {
        certificate: { rawBytes: string };
      };
      const policy: Policy = {
        method: 'certificate',
        anchors: [new X509Certificate(Buffer.from(leaf.rawBytes, 'base64')).toString()],
        verificationTime: new Date('2025-10-10T02:15:00Z'),
      };
      await expect(verify(model, bundle, policy)).rejects.toMatchObject({
        code: 'CERTIFICATE_REFUSED',
        message: expect.stringContaining('keyless') as string,
      });
    });

    it('wrong-predicate is a bundle with a statement that cannot be read', () => {
      const { unverified } = inspect(readFileSync(vector('invalid-payload/wrong-predicate')));
      expect(unverified.method).toBe('key');
      expect(unverified.statement).toMatchObject({
        form: 'unreadable',
        reason: expect.stringContaining('wrong-predicate/v1.0') as string,
      });
    });

    it('wrong-predicate is refused for its signature, and with a good one for its statement', async () => {
      const name = 'invalid-payload/wrong-predicate';
      await expect(verifyVector(name, keyPolicy)).rejects.toMatchObject({
        code: 'SIGNATURE_INVALID',
      });
      const signer = signerWith(vectors, `${KEYS}/signing-key.pem`);
      const bundle = await signer(payloadOf(readBundle(vector(name))));
      await expect(verify(model, bundle, keyPolicy)).rejects.toMatchObject({
        code: 'STATEMENT_MALFORMED',
      });
    });
  });

  describe('JSON Schemas', () => {
    it.each(['key', 'certificate', 'sigstore'])('accept the valid vector %s', (name) => {
      const bundle = readBundle(vector(`valid/${name}`));
      expect(schemas.bundle(bundle)).toEqual([]);
      expect(schemas.statement(statementOf(bundle))).toEqual([]);
    });

    it.each(['missing-envelope', 'missing-tlog-entries', 'missing-verification-material'])(
      'reject the invalid vector %s',
      (name) => {
        expect(schemas.bundle(readBundle(vector(`invalid/${name}`)))).not.toEqual([]);
      },
    );

    it('reject the statement of the invalid vector wrong-predicate, and only that', () => {
      const bundle = readBundle(vector('invalid-payload/wrong-predicate'));
      expect(schemas.bundle(bundle)).toEqual([]);
      expect(schemas.statement(statementOf(bundle))).toEqual([
        '/predicateType must be equal to constant',
      ]);
    });

    const p384 = 'keys/p384/signing-key.pem';
    const made: readonly (readonly [string, Signer, SignOptions])[] = [
      ['a P-256 key', signerWith(vectors, 'keys/wrong/wrong-key.pem'), {}],
      ['a P-384 key', signerWith(vectors, p384), {}],
      ['a P-521 key', signerWith(vectors, 'keys/p521/signing-key.pem'), {}],
      ['a certificate and its chain', certificate(vectors, ['int-ca-cert', 'ca-cert']), {}],
      ['a certificate without its chain', certificate(vectors, []), {}],
      ['BLAKE2b', signerWith(vectors, p384), { hashAlgorithm: 'blake2b' }],
      ['BLAKE3', signerWith(vectors, p384), { hashAlgorithm: 'blake3' }],
      ['shards', signerWith(vectors, p384), { shardSize: 10 }],
      ['shards of BLAKE3', signerWith(vectors, p384), { shardSize: 10, hashAlgorithm: 'blake3' }],
      ['ignored paths', signerWith(vectors, p384), { ignorePaths: ['sub/b', './c/'] }],
      ['nothing ignored', signerWith(vectors, p384), { ignoreGitPaths: false }],
      ['links', signerWith(vectors, p384), { allowSymlinks: true }],
    ];
    it.each(made)('accept what is signed with %s', async (_, signer, options) => {
      const directory = vectors.scratch();
      mkdirSync(join(directory, 'sub'));
      writeFileSync(join(directory, 'a'), 'more than two shards of ten');
      writeFileSync(join(directory, 'sub', 'b'), 'b');
      if (options.allowSymlinks === true) symlinkSync('a', join(directory, 'link'));
      const bundle = await sign(directory, signer, options);
      expect(schemas.bundle(bundle)).toEqual([]);
      expect(schemas.statement(statementOf(bundle))).toEqual([]);
    });

    it('accept what is signed of a single file', async () => {
      const file = vectors.asset('models/single-file/model.bin');
      const bundle = await sign(file, signerWith(vectors, 'keys/p384/signing-key.pem'));
      expect(schemas.bundle(bundle)).toEqual([]);
      expect(schemas.statement(statementOf(bundle))).toEqual([]);
    });
  });
});

async function keylessPolicy(): Promise<Policy> {
  const { identity, identityProvider: issuer } = SIGNER;
  return { method: 'sigstore', identity, issuer, trustedRoot: await publicRoot() };
}

function signerWith(vectors: Vectors, key: string): Signer {
  return keySigner({ privateKey: readFileSync(vectors.asset(key)) });
}

function certificate(vectors: Vectors, chain: readonly string[]): Signer {
  const read = (name: string): Buffer => readFileSync(vectors.asset(`${KEYS}/${name}.pem`));
  return certificateSigner({
    privateKey: read('signing-key'),
    certificate: read('signing-key-cert'),
    chain: chain.map(read),
  });
}
