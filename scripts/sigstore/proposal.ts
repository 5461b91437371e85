import { createPublicKey, type KeyObject, verify, X509Certificate } from 'node:crypto';
import { pemOf } from '../../test/helpers/pki.ts';
import { b64, canonicalJson, sha256 } from '../../test/helpers/sigstore/bytes.ts';

/** What Rekor answers in place of an entry. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Signature {
  /** Base64, as in the envelope. */
  readonly text: string;
  readonly bytes: Buffer;
}

interface Verifier {
  readonly key: KeyObject;
  /** Re-encoded, so that one certificate has one form. */
  readonly pem: string;
}

/**
 * Checks a proposed entry by the rules of Rekor v1 for kind `dsse` 0.0.1, and returns the body that
 * the log keeps.
 *
 * @throws {Refusal}
 */
export function bodyOf(text: string): string {
  const proposal = object(parse(text), 400, 'proposedEntry');
  const { kind, apiVersion, spec } = proposal;
  if (kind !== 'dsse') throw new Refusal(400, `invalid kind value: ${JSON.stringify(kind)}`);
  if (apiVersion !== '0.0.1')
    throw invalid(`the version ${JSON.stringify(apiVersion)} is not supported`);
  const { proposedContent, ...computed } = object(spec, 422, 'spec');
  if (proposedContent === undefined || Object.keys(computed).length > 0) {
    throw invalid(
      'either proposedContent or envelopeHash, payloadHash, and signatures must be present',
    );
  }
  const { envelope, verifiers } = object(proposedContent, 422, 'proposedContent');
  if (typeof envelope !== 'string') throw new Refusal(422, 'proposedContent.envelope is required');
  if (!Array.isArray(verifiers) || verifiers.length === 0) {
    throw new Refusal(422, 'proposedContent.verifiers should have at least 1 items');
  }
  const { payload, signed, signatures } = readEnvelope(envelope);
  const matches = matchAll(signed, signatures, verifiers.map(readVerifier));
  return canonicalJson({
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: {
      envelopeHash: { algorithm: 'sha256', value: hash(envelope) },
      payloadHash: { algorithm: 'sha256', value: hash(payload) },
      signatures: [...matches]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([signature, { pem }]) => ({
          signature,
          verifier: b64(pem),
        })),
    },
  });
}

/** Every verifier has to verify something, and every signature has to be verified. */
function matchAll(
  signed: Buffer,
  signatures: readonly Signature[],
  verifiers: readonly Verifier[],
): Map<string, Verifier> {
  const matches = new Map<string, Verifier>();
  for (const verifier of verifiers) {
    const accepted = signatures.filter(({ bytes }) => verifies(signed, bytes, verifier.key));
    if (accepted.length === 0)
      throw invalid('could not verify envelope: accepted signatures do not match threshold');
    for (const { text } of accepted) matches.set(text, verifier);
  }
  if (signatures.some(({ text }) => !matches.has(text))) {
    throw invalid('all signatures must have a key that verifies it');
  }
  return matches;
}

function verifies(signed: Buffer, signature: Buffer, key: KeyObject): boolean {
  return verify(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', signed, key, signature);
}

function readEnvelope(text: string): {
  readonly payload: Buffer;
  readonly signed: Buffer;
  readonly signatures: readonly Signature[];
} {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw invalid(String(error));
  }
  const { payload, payloadType, signatures } = object(content, 400, 'envelope');
  if (typeof payload !== 'string' || typeof payloadType !== 'string') {
    throw invalid('the envelope has no payload');
  }
  if (!Array.isArray(signatures) || signatures.length === 0) throw invalid('no signatures found');
  const bytes = base64(payload);
  const header = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${bytes.length} `;
  return {
    payload: bytes,
    signed: Buffer.concat([Buffer.from(header), bytes]),
    signatures: signatures.map((one) => {
      const { sig } = object(one, 400, 'signature');
      if (typeof sig !== 'string') throw invalid('the signature is not a text');
      return { text: sig, bytes: base64(sig) };
    }),
  };
}

function readVerifier(value: unknown): Verifier {
  if (typeof value !== 'string') throw new Refusal(400, 'a verifier is not a text');
  const pem = base64(value).toString();
  try {
    if (pem.includes('BEGIN CERTIFICATE')) {
      const certificate = new X509Certificate(pem);
      return { key: certificate.publicKey, pem: pemOf('CERTIFICATE', certificate.raw) };
    }
    const key = createPublicKey(pem);
    return { key, pem: key.export({ type: 'spki', format: 'pem' }).toString() };
  } catch (error) {
    throw invalid(`could not parse public key as x509: ${String(error)}`);
  }
}

function base64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw invalid('illegal base64 data');
  return bytes;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal(400, `parsing proposedEntry body from "" failed, because ${String(error)}`);
  }
}

function object(value: unknown, status: number, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Refusal(status, `${name} is not an object`);
  }
  return value as Readonly<Record<string, unknown>>;
}

function invalid(reason: string): Refusal {
  return new Refusal(400, `error processing entry: ${reason}`);
}

function hash(bytes: string | Buffer): string {
  return sha256(bytes).toString('hex');
}
