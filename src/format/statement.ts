import { OmsError } from '../errors.ts';
import type { SignedPayload } from './dsse.ts';
import { Fields } from './fields.ts';
import { readJson } from './json.ts';
import { LEGACY_PREDICATE_TYPE, readLegacyManifest } from './legacy.ts';
import { STATEMENT_LIMITS } from './limits.ts';
import { MAX_NAME_LENGTH } from '../model/names.ts';
import { type Manifest, type Resource, rootDigestOf } from './manifest.ts';
import { readResources, readSerialization } from './predicate.ts';

/** in-toto Statement v1 (§6.6). */
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';

/** §5.1 */
export const PREDICATE_TYPE = 'https://model_signing/signature/v1.0';

const CODE = 'STATEMENT_MALFORMED';

/** Resources that become one piece of text. */
const PIECE = 256;

/**
 * Writes the statement of a manifest (§6.6) as the UTF-8 bytes to be signed.
 *
 * The text is made in pieces: as a whole it would be needed twice, as a string and as bytes, and
 * V8's strings end at 512 MiB.
 *
 * @throws {OmsError} `MODEL_UNSIGNABLE` for one that no verifier would read.
 */
export function encodeStatement(manifest: Manifest): Uint8Array {
  const { resources, serialization } = manifest;
  const [head, tail] = frameOf(manifest);
  const lines = resources.reduce((sum, resource) => sum + longest(resource), 0);
  // Memory that is not written to is not used, so the upper bound costs nothing.
  const bytes = Buffer.allocUnsafeSlow((head.length + tail.length) * 3 + lines);
  let end = bytes.write(head);
  for (let at = 0; at < resources.length; at += PIECE) {
    const piece = resources.slice(at, at + PIECE).map(({ name, digest }) => {
      return JSON.stringify({ name, digest, algorithm: serialization.hashAlgorithm });
    });
    end += bytes.write((at === 0 ? '' : ',') + piece.join(','), end);
  }
  end += bytes.write(tail, end);
  if (end > STATEMENT_LIMITS.bytes) {
    throw new OmsError('MODEL_UNSIGNABLE', 'the manifest of the model is too large', {
      expected: `at most ${STATEMENT_LIMITS.bytes} bytes`,
      found: `${end} bytes`,
      hint: 'sign with fewer, larger shards, or the parts of the model each by itself',
    });
  }
  return bytes.subarray(0, end);
}

/** Bytes of a resource's text at the most: JSON makes six of one character. */
function longest({ name, digest }: Resource): number {
  return name.length * 6 + digest.length + 64;
}

/** What stands before and behind the resources. */
function frameOf(manifest: Manifest): [head: string, tail: string] {
  const { hashAlgorithm, shardSize, allowSymlinks, ignorePaths } = manifest.serialization;
  const text = JSON.stringify({
    _type: STATEMENT_TYPE,
    subject: [{ name: manifest.name, digest: { sha256: manifest.rootDigest } }],
    predicateType: PREDICATE_TYPE,
    predicate: {
      resources: [],
      serialization: {
        method: shardSize === undefined ? 'files' : 'shards',
        hash_type: hashAlgorithm,
        ...(shardSize === undefined ? {} : { shard_size: shardSize }),
        allow_symlinks: allowSymlinks,
        ...(ignorePaths.length === 0 ? {} : { ignore_paths: ignorePaths }),
      },
    },
  });
  // In the model's name, quotation marks stand escaped.
  const resources = '"resources":[';
  const cut = text.indexOf(resources) + resources.length;
  return [text.slice(0, cut), text.slice(cut)];
}

/**
 * Reads a statement whose signature has been accepted (§8.3) into the manifest that it vouches for.
 *
 * @throws {OmsError} `STATEMENT_MALFORMED`
 */
export function parseStatement({ bytes, encoding }: SignedPayload): Manifest {
  return readStatement(bytes, encoding).manifest;
}

/** A statement, and which of the two forms it has. */
export interface ReadStatement {
  readonly encoding: SignedPayload['encoding'];
  readonly manifest: Manifest;
}

/**
 * Reads a statement of the form that is expected, or of the one that it says it has: that is for
 * looking at it only.
 *
 * @throws {OmsError} `STATEMENT_MALFORMED`
 */
export function readStatement(
  bytes: Uint8Array,
  expected?: SignedPayload['encoding'],
): ReadStatement {
  const json = readJson(bytes, STATEMENT_LIMITS, 'the signed statement', CODE);
  const root = new Fields(json, '', CODE);
  root.only('_type', 'subject', 'predicateType', 'predicate');
  root.constant('_type', STATEMENT_TYPE);
  const isLegacy = root.string('predicateType') === LEGACY_PREDICATE_TYPE;
  const encoding = expected ?? (isLegacy ? 'legacy' : 'dsse');
  const legacy = encoding === 'legacy';
  root.constant('predicateType', legacy ? LEGACY_PREDICATE_TYPE : PREDICATE_TYPE);
  return { encoding, manifest: legacy ? readLegacyManifest(root) : readManifest(root) };
}

/** A member `predicateType` of one of our types. Within a string, its quotes would be escaped. */
const ABOUT_MODEL = new RegExp(
  `(?<!\\\\)"predicateType"\\s*:\\s*"(?:${PREDICATE_TYPE}|${LEGACY_PREDICATE_TYPE})"`,
);

/**
 * Whether a payload, trusted or not, is or means to be a statement about a model. It is searched
 * and not parsed: to learn this of a statement of millions of resources should cost little.
 */
export function isAboutModel(payload: Uint8Array): boolean {
  return ABOUT_MODEL.test(
    Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('latin1'),
  );
}

function readManifest(root: Fields): Manifest {
  const subject = readSubject(root);
  const predicate = root.object('predicate').only('resources', 'serialization');
  const serialization = readSerialization(predicate.object('serialization'));
  const resources = readResources(predicate, serialization);
  const rootDigest = rootDigestOf(resources);
  if (rootDigest !== subject.digest) {
    throw new OmsError(CODE, 'the root digest does not belong to the resources', {
      expected: `sha256:${rootDigest}`,
      found: `sha256:${subject.digest}`,
    });
  }
  return { name: subject.name, serialization, resources, rootDigest };
}

/** §6.5: exactly one subject; its name is informative, its digest is the root digest. */
function readSubject(root: Fields): { name: string; digest: string } {
  const subjects = root.array('subject');
  if (subjects.length !== 1) throw root.error('subject', 'exactly one subject');
  const subject = new Fields(subjects[0], 'subject[0]', CODE);
  const name = subject.string('name');
  if (name === '' || name.length > MAX_NAME_LENGTH) {
    throw subject.error('name', `the name of the model, of at most ${MAX_NAME_LENGTH} characters`);
  }
  const digest = subject.object('digest').string('sha256');
  return { name, digest };
}
