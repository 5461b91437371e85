import { OmsError } from '../errors.ts';
import type { SignedPayload } from './dsse.ts';
import { Fields } from './fields.ts';
import { readJson } from './json.ts';
import { LEGACY_PREDICATE_TYPE, readLegacyManifest } from './legacy.ts';
import { STATEMENT_LIMITS } from './limits.ts';
import { type Manifest, rootDigestOf } from './manifest.ts';
import { readResources, readSerialization } from './predicate.ts';

/** in-toto Statement v1 (§6.6). */
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';

/** §5.1 */
export const PREDICATE_TYPE = 'https://model_signing/signature/v1.0';

const CODE = 'STATEMENT_MALFORMED';

/** Writes the statement of a manifest (§6.6) as the UTF-8 bytes to be signed. */
export function encodeStatement(manifest: Manifest): Uint8Array {
  const { hashAlgorithm, shardSize, allowSymlinks, ignorePaths } = manifest.serialization;
  return Buffer.from(
    JSON.stringify({
      _type: STATEMENT_TYPE,
      subject: [{ name: manifest.name, digest: { sha256: manifest.rootDigest } }],
      predicateType: PREDICATE_TYPE,
      predicate: {
        resources: manifest.resources.map(({ name, digest }) => ({
          name,
          digest,
          algorithm: hashAlgorithm,
        })),
        serialization: {
          method: shardSize === undefined ? 'files' : 'shards',
          hash_type: hashAlgorithm,
          ...(shardSize === undefined ? {} : { shard_size: shardSize }),
          allow_symlinks: allowSymlinks,
          ...(ignorePaths.length === 0 ? {} : { ignore_paths: ignorePaths }),
        },
      },
    }),
  );
}

/**
 * Reads a statement whose signature has been accepted (§8.3) into the manifest that it vouches for.
 *
 * @throws {OmsError} `STATEMENT_MALFORMED`
 */
export function parseStatement(payload: SignedPayload): Manifest {
  const json = readJson(payload.bytes, STATEMENT_LIMITS, 'the signed statement', CODE);
  const fields = new Fields(json, 'the statement', CODE);
  fields.only('_type', 'subject', 'predicateType', 'predicate');
  const root = new Fields(json, '', CODE);
  root.constant('_type', STATEMENT_TYPE);
  if (payload.encoding === 'legacy') {
    root.constant('predicateType', LEGACY_PREDICATE_TYPE);
    return readLegacyManifest(root);
  }
  root.constant('predicateType', PREDICATE_TYPE);
  return readManifest(root);
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
  if (name === '') throw subject.error('name', 'the name of the model');
  const digest = subject.object('digest').string('sha256');
  return { name, digest };
}
