import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Bundle } from '../../src/index.ts';
import { loadSchemas, type Schemas } from '../helpers/schemas.ts';
import {
  findArchive,
  prepareModel,
  unpackVectors,
  type VectorCase,
  type Vectors,
} from '../helpers/vectors.ts';
import type { Client, Outcome } from './client.ts';
import { REFUSALS } from './refusals.ts';

/** A statement as JSON, as far as the checks below read it. */
interface Statement {
  readonly _type: string;
  readonly subject: readonly {
    readonly name: string;
    readonly digest: { readonly sha256: string };
  }[];
  readonly predicateType: string;
  readonly predicate: {
    readonly resources: readonly { readonly name: string; readonly digest: string }[];
  };
}

/**
 * Declares tests that need the archive of published vectors; without it, one skipped block says
 * so. What is unpacked is removed when the tests of the file are over.
 */
export function describeWithVectors(title: string, declare: (vectors: Vectors) => void): void {
  const archive = findArchive();
  if (archive === undefined) {
    describe.skip(`${title} (no ../shared/vectors/oms-vectors.tar.gz, no OMS_VECTORS)`, () => {
      it.todo('needs the archive of published vectors');
    });
    return;
  }
  describe(title, () => {
    const vectors = unpackVectors(archive);
    afterAll(() => vectors.remove());
    declare(vectors);
  });
}

/** Whether the case signs without a key, which only the public services can do, for a known user. */
function needsToken({ method, group }: VectorCase): boolean {
  return method === 'sigstore' && group === 'roundtrip';
}

/** Declares one test for each case of the conformance suite, to be run through `client`. */
export function declareCases(vectors: Vectors, client: Client): void {
  const schemas = loadSchemas(vectors.spec('schemas/v1.0'));
  const { cases } = vectors;
  describe('signs and verifies again', () => {
    for (const test of cases.filter(({ group }) => group === 'roundtrip')) {
      const title = `${test.name}: ${test.description}`;
      if (needsToken(test)) it.skip(`${title} (needs an identity token of a CI, and the network)`);
      else it(title, () => runRoundtrip(test, vectors, client, schemas));
    }
  });
  for (const group of ['positive', 'negative', 'historical'] as const) {
    describe(`verifies a published bundle (${group})`, () => {
      for (const test of cases.filter((other) => other.group === group)) {
        it(`${test.name}: ${test.description}`, () => runVerify(test, vectors, client));
      }
    });
  }
}

async function runRoundtrip(
  test: VectorCase,
  vectors: Vectors,
  client: Client,
  schemas: Schemas,
): Promise<void> {
  const directory = vectors.scratch();
  const model = prepareModel(test, directory);
  const signature = join(test.signatureInside ? model : directory, 'bundle.sig');

  const signed = await client.sign(test, model, signature);
  if (!test.passes) {
    expectRefused(test, signed);
    return;
  }
  expect(signed).toEqual({ ok: true });
  const bundle = readBundle(signature);
  expectWellFormed(bundle, test, schemas);
  expect(namesIn(bundle)).not.toContain(basename(signature));

  if (test.ignoreUnsignedFiles && test.ignorePaths.length > 0) {
    writeFileSync(join(model, 'injected.bin'), 'injected after signing\n');
  }
  expect(await client.verify(test, model, signature)).toMatchObject({ ok: true });
  expectSignedFiles(test, signature);

  if (test.name.includes('deterministic')) {
    const second = join(directory, 'bundle2.sig');
    expect(await client.sign(test, model, second)).toEqual({ ok: true });
    expect(payloadOf(readBundle(second))).toEqual(payloadOf(bundle));
  }
}

async function runVerify(test: VectorCase, vectors: Vectors, client: Client): Promise<void> {
  const model = prepareModel(test, vectors.scratch());
  const outcome = await client.verify(test, model, test.bundle);
  if (test.passes) {
    expect(outcome).toMatchObject({ ok: true });
    expectSignedFiles(test, test.bundle);
  } else {
    expectRefused(test, outcome);
  }
}

function expectRefused(test: VectorCase, outcome: Outcome): void {
  const refusal = REFUSALS[test.name];
  expect(refusal, 'an entry in the table of refusals').toBeDefined();
  expect(outcome).toMatchObject({
    ok: false,
    code: refusal?.code,
    message: expect.stringMatching(refusal?.says ?? '') as string,
  });
}

/** What the suite asks of a bundle that was just made (§4, §5, §6.4, §6.5.1). */
function expectWellFormed(bundle: Bundle, test: VectorCase, schemas: Schemas): void {
  expect(schemas.bundle(bundle)).toEqual([]);
  expect(schemas.statement(statementOf(bundle))).toEqual([]);
  const material = test.method === 'key' ? 'publicKey' : 'x509CertificateChain';
  expect(Object.keys(bundle.verificationMaterial)).toEqual([material]);
  expect(bundle.dsseEnvelope.payloadType).toBe('application/vnd.in-toto+json');

  const { _type, predicateType, subject, predicate } = statementOf(bundle);
  expect(_type).toBe('https://in-toto.io/Statement/v1');
  expect(predicateType).toBe('https://model_signing/signature/v1.0');
  const names = predicate.resources.map(({ name }) => name);
  expect(names).toEqual(inByteOrder(names));
  const root = createHash('sha256');
  for (const { digest } of predicate.resources) root.update(Buffer.from(digest, 'hex'));
  expect(subject).toEqual([{ name: 'model', digest: { sha256: root.digest('hex') } }]);
}

function expectSignedFiles(test: VectorCase, bundle: string): void {
  if (test.signedFiles === undefined) return;
  expect(inByteOrder(namesIn(readBundle(bundle)))).toEqual(inByteOrder(test.signedFiles));
}

export function readBundle(path: string): Bundle {
  return JSON.parse(readFileSync(path, 'utf8')) as Bundle;
}

export function payloadOf(bundle: Bundle): Buffer {
  return Buffer.from(bundle.dsseEnvelope.payload, 'base64');
}

export function statementOf(bundle: Bundle): Statement {
  return JSON.parse(payloadOf(bundle).toString('utf8')) as Statement;
}

function namesIn(bundle: Bundle): readonly string[] {
  return statementOf(bundle).predicate.resources.map(({ name }) => name);
}

function inByteOrder(names: readonly string[]): readonly string[] {
  return names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
