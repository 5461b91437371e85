import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keySigner, loadTrust, verify } from '../../src/index.ts';
import { prepareModel, type VectorCase, type Vectors } from '../helpers/vectors.ts';
import { library, verifyBundle } from './client.ts';
import { REFUSALS, SIGNER } from './refusals.ts';
import { declareCases, describeWithVectors, payloadOf, readBundle, statementOf } from './suite.ts';

/** Where the published keyless bundles stand in the public log. */
const INDICES: Readonly<Record<string, string>> = {
  'historical-v0.3.1-sigstore': '206342049',
  'historical-v1.0.0-sigstore': '206344181',
  'historical-v1.0.1-sigstore': '588939812',
  'historical-v1.1.0-sigstore': '598151086',
};

describeWithVectors('conformance suite, through the library', (vectors) => {
  declareCases(vectors, library);

  describe('the archive', () => {
    it('holds the cases that these tests were written for', () => {
      const counts: Partial<Record<VectorCase['group'], number>> = {};
      for (const { group } of vectors.cases) counts[group] = (counts[group] ?? 0) + 1;
      expect(counts).toEqual({ roundtrip: 28, positive: 7, negative: 23, historical: 13 });
    });

    it('has as cases that are to fail those in the table of refusals, and no others', () => {
      const failing = vectors.cases.filter(({ passes }) => !passes);
      expect(failing.map(({ name }) => name).toSorted()).toEqual(Object.keys(REFUSALS).toSorted());
    });
  });

  describe('refuses for no other reason', () => {
    for (const test of vectors.cases) {
      const { undo, mend, whenSigned } = REFUSALS[test.name] ?? {};
      if (undo !== undefined) {
        it(`${test.name} passes once the fault is undone`, () =>
          expectToPass(undo(test, vectors), vectors));
      }
      if (mend !== undefined) {
        it(`${test.name} passes once the bundle is mended`, async () => {
          const bundle = mend(readBundle(test.bundle));
          const model = prepareModel(test, vectors.scratch());
          const { manifest } = await verifyBundle(test, model, bundle);
          expect(manifest.resources.map(({ name }) => name)).toEqual(['signme-1', 'signme-2']);
        });
      }
      if (whenSigned !== undefined) {
        it(`${test.name} is refused for its statement once it has a good signature`, async () => {
          const key = vectors.asset('keys/certificate/signing-key.pem');
          const signer = keySigner({ privateKey: readFileSync(key) });
          const bundle = await signer(payloadOf(readBundle(test.bundle)));
          const model = prepareModel(test, vectors.scratch());
          await expect(verifyBundle(test, model, bundle)).rejects.toMatchObject({
            code: 'STATEMENT_MALFORMED',
            message: expect.stringMatching(whenSigned) as string,
          });
        });
      }
    }

    it('certificate-expired_fail can pass at no time: its leaf expired before its issuer began', async () => {
      const test = find(vectors, 'certificate-expired_fail');
      const anchors = test.anchors.map((path) => readFileSync(path));
      const verificationTime = new Date('2020-01-01T12:00:00Z');
      const verified = verify(test.model, readFileSync(test.bundle), {
        method: 'certificate',
        anchors,
        verificationTime,
      });
      await expect(verified).rejects.toMatchObject({
        code: 'CERTIFICATE_REFUSED',
        message: expect.stringMatching(/"CN=intermediate-ca" is not valid yet/) as string,
      });
    });
  });

  describe('keyless', () => {
    const bundles = vectors.cases.filter(
      ({ method, group }) => method === 'sigstore' && group === 'historical',
    );

    it('has a published bundle of each release that could sign so', () => {
      const releases = ['v0.3.1', 'v1.0.0', 'v1.0.1', 'v1.1.0'];
      expect(bundles.map(({ name }) => name)).toEqual(
        releases.map((release) => `historical-${release}-sigstore`),
      );
    });

    for (const test of bundles) {
      it(`${test.name} says who signed, by which log, and when`, async () => {
        const outcome = await library.verify(test, test.model, test.bundle);
        const signer = outcome.ok ? outcome.verification?.signer : undefined;
        const { identity: value, identityProvider: issuer } = SIGNER;
        expect(signer).toMatchObject({
          method: 'sigstore',
          curve: 'P-256',
          identity: { kind: 'email', value },
          issuer,
          certificate: { issuer: 'O=sigstore.dev, CN=sigstore-intermediate' },
          logEntries: [{ log: 'https://rekor.sigstore.dev', index: INDICES[test.name] }],
        });
      });

      it.each([
        ['another identity', { identity: `x${SIGNER.identity}` }, 'somebody else signed'],
        ['a part of the identity', { identity: 'ibm' }, 'somebody else signed'],
        ['the identity in capitals', { identity: 'STEFANB@us.ibm.com' }, 'somebody else signed'],
        ['another provider', { identityProvider: 'https://ibm.com' }, 'another identity provider'],
        [
          'the provider with a slash',
          { identityProvider: `${SIGNER.identityProvider}/` },
          'another identity provider',
        ],
      ])(`${test.name} is refused where %s is asked for`, async (_, difference, says) => {
        const outcome = await library.verify({ ...test, ...difference }, test.model, test.bundle);
        expect(outcome).toMatchObject({ ok: false, code: 'IDENTITY_MISMATCH' });
        expect(outcome.ok ? '' : outcome.message).toContain(says);
      });

      it(`${test.name} is refused where another instance is trusted`, async () => {
        const staging = await loadTrust({
          instance: 'staging',
          cacheDirectory: undefined,
          offline: true,
        });
        const { identity, identityProvider: issuer } = SIGNER;
        const verified = verify(test.model, readFileSync(test.bundle), {
          method: 'sigstore',
          identity,
          issuer,
          trustedRoot: staging.trustedRoot,
        });
        // Of the entry's log, or of the timestamp's authority, whichever is looked at first.
        const code = expect.stringMatching(/^(?:LOG_ENTRY|TIMESTAMP)_INVALID$/) as string;
        await expect(verified).rejects.toMatchObject({ code });
      });
    }
  });

  describe('says what it found', () => {
    const mismatches = {
      'key-simple-extra-file_fail': { changed: [], missing: [], extra: ['injected.bin'] },
      'key-simple-missing-file_fail': { changed: [], missing: ['signme-2'], extra: [] },
      'key-simple-tampered-content_fail': { changed: ['signme-1'], missing: [], extra: [] },
    };
    for (const [name, expected] of Object.entries(mismatches)) {
      it(`${name} names the file`, async () => {
        const test = find(vectors, name);
        const model = prepareModel(test, vectors.scratch());
        const outcome = await library.verify(test, model, test.bundle);
        const diff = outcome.ok ? undefined : outcome.diff;
        expect({
          changed: diff?.changed.map((difference) => difference.name),
          missing: diff?.missing.map((difference) => difference.name),
          extra: diff?.extra.map((difference) => difference.name),
        }).toEqual(expected);
      });
    }

    it('key-ignore-unsigned lists the file that was added, and what lies under an ignored path', async () => {
      const test = find(vectors, 'key-ignore-unsigned');
      const directory = vectors.scratch();
      const added = { ...test, modifications: { inject: { 'injected.bin': 'added' } } };
      const signature = join(directory, 'bundle.sig');
      await library.sign(test, test.model, signature);
      const outcome = await library.verify(added, prepareModel(added, directory), signature);
      expect(outcome).toMatchObject({
        ok: true,
        verification: { files: 2, unsigned: ['injected.bin'], ignored: ['ignore-me'] },
      });
    });

    it('key-default-ignores leaves out .git as well, which the published model does not have', async () => {
      const test = find(vectors, 'key-default-ignores');
      const directory = vectors.scratch();
      const model = prepareModel(test, directory);
      mkdirSync(join(model, '.git'));
      writeFileSync(join(model, '.git', 'HEAD'), 'ref: refs/heads/main\n');
      const signature = join(directory, 'bundle.sig');
      await library.sign(test, model, signature);
      const { predicate } = statementOf(readBundle(signature));
      expect(predicate.resources.map(({ name }) => name)).toEqual(test.signedFiles);
      expect(await library.verify(test, model, signature)).toMatchObject({
        ok: true,
        verification: { ignored: expect.arrayContaining(['.git/HEAD', '.gitignore']) as string[] },
      });
    });

    it('key-simple-ignore-unsigned-files passes without the option too: its extra file is signed', async () => {
      const test = find(vectors, 'key-simple-ignore-unsigned-files');
      await expectToPass({ ...test, ignoreUnsignedFiles: false }, vectors);
      const more = {
        ...test,
        modifications: { inject: { ...test.modifications.inject, 'more.bin': 'not signed' } },
      };
      const model = prepareModel(more, vectors.scratch());
      expect(await library.verify(more, model, test.bundle)).toMatchObject({
        ok: true,
        verification: { unsigned: ['more.bin'] },
      });
      const strict = { ...more, ignoreUnsignedFiles: false };
      expect(await library.verify(strict, model, test.bundle)).toMatchObject({
        ok: false,
        code: 'MODEL_MISMATCH',
      });
    });
  });
});

/** The case as it stands passes: it signs, if it is one that signs, and verifies. */
async function expectToPass(test: VectorCase, vectors: Vectors): Promise<void> {
  const directory = vectors.scratch();
  const model = prepareModel(test, directory);
  let { bundle } = test;
  if (test.group === 'roundtrip') {
    bundle = join(directory, 'bundle.sig');
    expect(await library.sign(test, model, bundle)).toEqual({ ok: true });
  }
  expect(await library.verify(test, model, bundle)).toMatchObject({ ok: true });
}

function find({ cases }: Vectors, name: string): VectorCase {
  const found = cases.find((test) => test.name === name);
  if (found === undefined) throw new Error(`the archive holds no case ${name}`);
  return found;
}
