import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { DSSEBundleBuilder, RekorWitness, type Signer } from '@sigstore/sign';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Entry } from '../../scripts/sigstore/rekor-v1-log.ts';
import { type RekorV1Service, startRekorV1 } from '../../scripts/sigstore/rekor-v1.ts';
import { log } from '../../scripts/sigstore/trust.ts';
import { makeKey } from '../helpers/pki.ts';
import { issueLeaf, makeAuthority } from '../helpers/sigstore/authority.ts';
import { b64, canonicalJson, pae, sha256 } from '../helpers/sigstore/bytes.ts';
import { trustedRootOf } from '../helpers/sigstore/trusted-root.ts';

const TYPE = 'application/vnd.in-toto+json';

const authority = makeAuthority();
const leaf = issueLeaf(authority, { notBefore: new Date(Date.now() - 60_000) });
let rekor: RekorV1Service;
let verifier: Verifier;
let count = 0;

beforeAll(async () => {
  rekor = await startRekorV1();
  const root = {
    ...trustedRootOf({ authorities: [authority], ctLogs: [], logs: [], tsas: [] }),
    tlogs: [log(rekor.url, rekor.publicKey, 'PKIX_ECDSA_P256_SHA_256', rekor.logId)],
  };
  verifier = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(root)), {
    tlogThreshold: 1,
    ctlogThreshold: 0,
    timestampThreshold: 1,
  });
});

afterAll(() => rekor.close());

/** An envelope over a payload that no other test uses. */
function envelope(key: KeyObject = leaf.privateKey, payload = `{"number":${count++}}`) {
  const bytes = Buffer.from(payload);
  return {
    payload: b64(bytes),
    payloadType: TYPE,
    signatures: [{ sig: b64(sign('sha256', pae(bytes), key)), keyid: '' }],
  };
}

function proposal(content: unknown, verifiers: readonly string[] = [leaf.pem]) {
  return {
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: {
      proposedContent: {
        envelope: typeof content === 'string' ? content : JSON.stringify(content),
        verifiers: verifiers.map((pem) => b64(pem)),
      },
    },
  };
}

function post(body: unknown, type = 'application/json'): Promise<Response> {
  return fetch(new URL('/api/v1/log/entries', rekor.url), {
    method: 'POST',
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

async function entryIn(response: Response): Promise<[uuid: string, entry: Entry]> {
  const [found, ...others] = Object.entries((await response.json()) as Record<string, Entry>);
  expect(others).toEqual([]);
  if (found === undefined) throw new Error('no entry');
  return found;
}

async function refusal(response: Response): Promise<string> {
  const { code, message } = (await response.json()) as { code: number; message: string };
  expect(code).toBe(response.status);
  return message;
}

describe('the stand-in for Rekor v1', () => {
  it('gives what the stock client makes a bundle of and the stock verifier accepts', async () => {
    const signer: Signer = {
      sign: (data) =>
        Promise.resolve({
          signature: sign('sha256', data, leaf.privateKey),
          key: { $case: 'x509Certificate', certificate: leaf.pem },
        }),
    };
    const witness = new RekorWitness({
      rekorBaseURL: rekor.url.replace(/\/$/, ''),
      entryType: 'dsse',
    });
    // More than one, so that there are proofs with something in them.
    for (const size of ['1', '2', '3', '4', '5'] as const) {
      const builder = new DSSEBundleBuilder({ signer, witnesses: [witness] });
      const bundle = await builder.create({ type: TYPE, data: Buffer.from(`"model ${size}"`) });
      const [entry] = bundle.verificationMaterial.tlogEntries;
      expect(entry?.inclusionProof?.treeSize).toBe(size);
      expect(verifier.verify(toSignedEntity(bundle))).toBeDefined();
    }
  });

  it('keeps the body that Rekor keeps, in its form', async () => {
    const content = envelope();
    const response = await post(proposal(content));
    expect(response.status).toBe(201);
    const [uuid, entry] = await entryIn(response);
    expect(response.headers.get('location')).toBe(`/api/v1/log/entries/${uuid}`);
    expect(Buffer.from(entry.body, 'base64').toString()).toBe(
      canonicalJson({
        apiVersion: '0.0.1',
        kind: 'dsse',
        spec: {
          envelopeHash: {
            algorithm: 'sha256',
            value: sha256(JSON.stringify(content)).toString('hex'),
          },
          payloadHash: {
            algorithm: 'sha256',
            value: sha256(Buffer.from(content.payload, 'base64')).toString('hex'),
          },
          signatures: [{ signature: content.signatures[0]?.sig ?? '', verifier: b64(leaf.pem) }],
        },
      }),
    );
    expect(entry.logID).toBe(sha256(rekor.publicKey).toString('hex'));
    expect(entry.logIndex).not.toBe(entry.verification.inclusionProof.logIndex);
    expect(Math.abs(entry.integratedTime - Date.now() / 1000)).toBeLessThan(5);
  });

  it('answers a repeated proposal with where the entry is', async () => {
    const body = proposal(envelope());
    const [uuid, first] = await entryIn(await post(body));
    const again = await post(body);
    expect(again.status).toBe(409);
    expect(await refusal(again)).toContain(
      `already exists in the transparency log with UUID ${uuid}`,
    );
    const location = again.headers.get('location') ?? '';
    const [sameUuid, same] = await entryIn(await fetch(new URL(location, rekor.url)));
    expect(sameUuid).toBe(uuid);
    expect(same.body).toBe(first.body);
    expect(same.logIndex).toBe(first.logIndex);
  });

  it('finds an entry also without the identifier of the tree', async () => {
    const [uuid] = await entryIn(await post(proposal(envelope())));
    const found = await fetch(new URL(`/api/v1/log/entries/${uuid.slice(16)}`, rekor.url));
    expect((await entryIn(found))[0]).toBe(uuid);
  });

  const stranger = makeKey('P-256');
  const strangerPem = createPublicKey(stranger).export({ type: 'spki', format: 'pem' }).toString();
  const altered = () => ({ ...envelope(), payload: b64('{"altered":true}') });
  const twice = () => {
    const one = envelope();
    const other = envelope(stranger, Buffer.from(one.payload, 'base64').toString());
    return { ...one, signatures: [...one.signatures, ...other.signatures] };
  };
  const cases: readonly (readonly [
    what: string,
    body: () => unknown,
    status: number,
    says: RegExp,
  ])[] = [
    ['a body that is not JSON', () => 'kind: dsse', 400, /^parsing proposedEntry body/],
    ['another kind', () => ({ ...proposal(envelope()), kind: 'intoto' }), 400, /kind/],
    ['another version', () => ({ ...proposal(envelope()), apiVersion: '0.0.2' }), 400, /version/],
    [
      'an entry with hashes of the proposer',
      () => ({ ...proposal(envelope()), spec: { envelopeHash: {} } }),
      400,
      /either proposedContent or/,
    ],
    ['no verifier', () => proposal(envelope(), []), 422, /verifiers/],
    ['a verifier that is no key', () => proposal(envelope(), ['hello']), 400, /x509/],
    ['an envelope that is not JSON', () => proposal('hello'), 400, /^error processing entry/],
    ['no signature', () => proposal({ ...envelope(), signatures: [] }), 400, /no signatures/],
    ['another payload', () => proposal(altered()), 400, /could not verify envelope/],
    ["a stranger's signature", () => proposal(envelope(stranger)), 400, /could not verify/],
    ['a signature without a verifier', () => proposal(twice()), 400, /all signatures must/],
    [
      'a verifier without a signature',
      () => proposal(envelope(), [leaf.pem, strangerPem]),
      400,
      /could not verify/,
    ],
    [
      'stray base64',
      () => proposal({ ...envelope(), payload: `${envelope().payload} ` }),
      400,
      /base64/,
    ],
  ];
  it.each(cases)('refuses %s', async (_, body, status, says) => {
    const response = await post(body());
    expect(response.status).toBe(status);
    expect(await refusal(response)).toMatch(says);
  });

  it('accepts two signatures by two verifiers, sorted', async () => {
    const response = await post(proposal(twice(), [leaf.pem, strangerPem]));
    const [, entry] = await entryIn(response);
    const body = JSON.parse(Buffer.from(entry.body, 'base64').toString()) as {
      spec: { signatures: { signature: string }[] };
    };
    const signatures = body.spec.signatures.map(({ signature }) => signature);
    expect(signatures).toHaveLength(2);
    expect(signatures.toSorted()).toEqual(signatures);
  });

  it('refuses other media types, methods, paths and identifiers', async () => {
    expect((await post(proposal(envelope()), 'text/plain')).status).toBe(415);
    const get = (path: string, method = 'GET') => fetch(new URL(path, rekor.url), { method });
    expect((await get('/api/v1/log/entries')).status).toBe(405);
    expect((await get('/api/v2/log/entries')).status).toBe(404);
    expect((await get('/api/v1/log/entries/xyz')).status).toBe(400);
    expect((await get(`/api/v1/log/entries/${'0'.repeat(64)}`)).status).toBe(404);
  });

  it('makes proofs that fail when anything is altered', async () => {
    const [, entry] = await entryIn(await post(proposal(envelope())));
    const { inclusionProof, signedEntryTimestamp } = entry.verification;
    expect(inclusionProof.checkpoint.split('\n').slice(1, 3)).toEqual([
      String(inclusionProof.treeSize),
      Buffer.from(inclusionProof.rootHash, 'hex').toString('base64'),
    ]);
    const { spec } = JSON.parse(Buffer.from(entry.body, 'base64').toString()) as {
      spec: { signatures: { signature: string }[] };
    };
    const verify = (logged: Entry) =>
      verifier.verify(
        toSignedEntity(
          bundleFromJSON({
            mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
            verificationMaterial: {
              certificate: { rawBytes: b64(leaf.der) },
              tlogEntries: [
                {
                  logIndex: String(logged.logIndex),
                  logId: { keyId: Buffer.from(logged.logID, 'hex').toString('base64') },
                  kindVersion: { kind: 'dsse', version: '0.0.1' },
                  integratedTime: String(logged.integratedTime),
                  inclusionPromise: { signedEntryTimestamp },
                  inclusionProof: {
                    logIndex: String(inclusionProof.logIndex),
                    rootHash: Buffer.from(inclusionProof.rootHash, 'hex').toString('base64'),
                    treeSize: String(inclusionProof.treeSize),
                    hashes: inclusionProof.hashes.map((hash) =>
                      Buffer.from(hash, 'hex').toString('base64'),
                    ),
                    checkpoint: { envelope: inclusionProof.checkpoint },
                  },
                  canonicalizedBody: logged.body,
                },
              ],
            },
            dsseEnvelope: {
              payload: b64(`{"number":${count - 1}}`),
              payloadType: TYPE,
              signatures: [{ sig: spec.signatures[0]?.signature ?? '', keyid: '' }],
            },
          }),
        ),
      );
    expect(verify(entry)).toBeDefined();
    expect(() => verify({ ...entry, logIndex: entry.logIndex + 1 })).toThrow(/inclusion promise/);
    expect(() => verify({ ...entry, integratedTime: entry.integratedTime + 1 })).toThrow(
      /inclusion promise/,
    );
  });
});
