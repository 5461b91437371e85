import { decodeBase64 } from './base64.ts';
import { Fields } from './fields.ts';
import type { JsonValue } from './json.ts';
import {
  MAX_CHECKPOINT_LENGTH,
  MAX_LOG_BODY_BYTES,
  MAX_PROOF_HASHES,
  MAX_SIGNATURE_BYTES,
} from './limits.ts';
import { malformed } from './malformed.ts';

/** What a transparency log answered (Sigstore's `TransparencyLogEntry`). Nothing in it is verified. */
export interface LogEntry {
  /** Position in the whole log, over all its shards. */
  readonly logIndex: bigint;
  /** SHA-256 of the log's key, or the key id of its checkpoints. */
  readonly logId: Uint8Array;
  readonly kind: string;
  readonly version: string;
  /** Seconds since 1970; 0 where the log gives no time. */
  readonly integratedTime: bigint;
  /** The log's signature over the entry and its time. */
  readonly promise: Uint8Array | undefined;
  readonly proof: InclusionProof | undefined;
  /** JSON, as the log hashed it. */
  readonly body: Uint8Array;
}

/** A Merkle proof (RFC 6962 §2.1.1) with the signed tree head that it leads to. */
export interface InclusionProof {
  /** Position in the tree of the checkpoint. */
  readonly logIndex: bigint;
  readonly rootHash: Uint8Array;
  readonly treeSize: bigint;
  readonly hashes: readonly Uint8Array[];
  /** A signed note (C2SP tlog-checkpoint). */
  readonly checkpoint: string;
}

const CODE = 'BUNDLE_MALFORMED';

/** SHA-256, as all logs hash. */
const HASH_BYTES = 32;

/** What is longer is no hash of any kind, and not worth decoding. */
const MAX_HASH_BYTES = 64;

/** @throws {OmsError} `BUNDLE_MALFORMED` */
export function readLogEntry(value: JsonValue, where: string): LogEntry {
  const entry = new Fields(value, where, CODE).only(
    'logIndex',
    'logId',
    'kindVersion',
    'integratedTime',
    'inclusionPromise',
    'inclusionProof',
    'canonicalizedBody',
  );
  const kind = entry.object('kindVersion').only('kind', 'version');
  return {
    logIndex: integerOf(entry, 'logIndex'),
    logId: bytesOf(entry.object('logId').only('keyId'), 'keyId', `${where}.logId`, HASH_BYTES),
    kind: kind.string('kind'),
    version: kind.string('version'),
    integratedTime: integerOf(entry, 'integratedTime'),
    promise: readPromise(entry, where),
    proof: readProof(entry, where),
    body: bytesOf(entry, 'canonicalizedBody', where, MAX_LOG_BODY_BYTES),
  };
}

function readPromise(entry: Fields, where: string): Uint8Array | undefined {
  if (entry.optional('inclusionPromise') === undefined) return undefined;
  const promise = entry.object('inclusionPromise').only('signedEntryTimestamp');
  const path = `${where}.inclusionPromise`;
  return bytesOf(promise, 'signedEntryTimestamp', path, MAX_SIGNATURE_BYTES);
}

function readProof(entry: Fields, where: string): InclusionProof | undefined {
  if (entry.optional('inclusionProof') === undefined) return undefined;
  const proof = entry
    .object('inclusionProof')
    .only('logIndex', 'rootHash', 'treeSize', 'hashes', 'checkpoint');
  // A tree of one entry needs no hashes, and protobuf leaves empty lists out.
  const hashes = proof.optional('hashes') === undefined ? [] : proof.array('hashes');
  if (hashes.length > MAX_PROOF_HASHES) {
    throw proof.error('hashes', `at most ${MAX_PROOF_HASHES} hashes`);
  }
  const note = proof.object('checkpoint').only('envelope');
  const checkpoint = note.string('envelope');
  if (checkpoint.length > MAX_CHECKPOINT_LENGTH) {
    throw note.error('envelope', `at most ${MAX_CHECKPOINT_LENGTH} characters`);
  }
  return {
    logIndex: integerOf(proof, 'logIndex'),
    rootHash: hashOf(proof.string('rootHash'), `${where}.inclusionProof.rootHash`),
    treeSize: integerOf(proof, 'treeSize'),
    hashes: hashes.map((hash, index) => {
      if (typeof hash !== 'string') throw proof.error('hashes', 'an array of strings');
      return hashOf(hash, `${where}.inclusionProof.hashes[${index}]`);
    }),
    checkpoint,
  };
}

function hashOf(text: string, where: string): Uint8Array {
  const bytes = decodeBase64(text, where, CODE, MAX_HASH_BYTES);
  if (bytes.length !== HASH_BYTES) {
    throw malformed(CODE, where, {
      expected: `a hash of ${HASH_BYTES} bytes`,
      found: `${bytes.length} bytes`,
    });
  }
  return bytes;
}

function bytesOf(fields: Fields, key: string, where: string, most: number): Uint8Array {
  return decodeBase64(fields.string(key), `${where}.${key}`, CODE, most);
}

const MAX_INT64 = 2n ** 63n - 1n;

/**
 * A 64-bit integer, which protobuf JSON writes as a string, and reads as a number too. Absent is
 * zero there, as the first entry of a log has it. A number beyond 2^53 is refused: it was another
 * one in the text.
 */
function integerOf(fields: Fields, key: string): bigint {
  const value = fields.optional(key) ?? '0';
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== 'string' || !/^(?:0|[1-9][0-9]{0,18})$/.test(text)) {
    throw fields.error(key, 'a decimal number from 0');
  }
  const integer = BigInt(text);
  if (integer > MAX_INT64) throw fields.error(key, 'a number of 63 bits');
  return integer;
}
