import { type KeyObject, sign } from 'node:crypto';
import type { JsonObject } from '../../../src/format/json.ts';
import { makeKey, spkiOf } from '../pki.ts';
import { b64, canonicalJson, sha256 } from './bytes.ts';
import { type Kind, logBody, nameOf, type Signed, versionOf } from './log-body.ts';
import { leafHash, pathTo, rootOf } from './merkle.ts';
import { after, SIGNED_AT, secondsOf } from './times.ts';

/** A transparency log, as Rekor's first and second version are. */
export interface Rekor {
  readonly version: 1 | 2;
  readonly baseUrl: string;
  /** The name of its key in checkpoints. */
  readonly name: string;
  /** The first line of its checkpoints. */
  readonly origin: string;
  readonly key: KeyObject;
  /** 32 bytes; the first four stand before its signatures of checkpoints. */
  readonly logId: Buffer;
  /** Position of the tree's first entry in the whole log. */
  readonly firstIndex: number;
}

/** What Rekor v1 signs when it promises to log an entry. */
export interface Promised {
  readonly body: string;
  readonly integratedTime: number;
  readonly logIndex: number;
  /** hex */
  readonly logID: string;
}

/** How an entry is to differ from a right one. What is changed here is then logged and signed. */
export interface EntryOptions {
  /** The log that makes it; the instance's own by default. */
  readonly log?: Rekor;
  readonly kind?: Kind;
  /** What the entry is about, where that is not what is signed. */
  readonly signed?: Partial<Signed>;
  readonly body?: (right: JsonObject) => JsonObject;
  /** The body's text in canonical form. */
  readonly text?: (right: string) => string;
  /** When Rekor v1 says it took the entry. */
  readonly time?: Date;
  /** How many entries there are before it in the tree, and after. */
  readonly before?: number;
  readonly after?: number;
  /** The checkpoint without its signatures: origin, size, root hash, further lines. */
  readonly note?: (right: string) => string;
  /** Name, key id (four bytes) and key of the checkpoint's signature. */
  readonly noteName?: string;
  readonly noteKeyId?: Buffer;
  readonly noteKey?: KeyObject;
  /** The lines of the checkpoint's signatures. */
  readonly noteSignatures?: (right: string) => string;
  /** What is promised; `null` for no promise. Rekor v2 makes none by itself. */
  readonly promise?: ((right: Promised) => Promised) | null;
  readonly promiseKey?: KeyObject;
  /** Leaves the proof and its checkpoint out. */
  readonly proofless?: boolean;
}

export interface RekorOptions {
  readonly version: 1 | 2;
  readonly host?: string;
  /** ECDSA on P-256 or Ed25519, by the log's version if absent. */
  readonly key?: 'P-256' | 'Ed25519';
}

export function makeRekor({ version, host, key: kind }: RekorOptions): Rekor {
  const name = host ?? (version === 1 ? 'rekor.example' : 'log2025.rekor.example');
  const key = makeKey(kind ?? (version === 1 ? 'P-256' : 'Ed25519'));
  const spki = spkiOf(key);
  return {
    version,
    baseUrl: `https://${name}`,
    name,
    origin: version === 1 ? `${name} - 1234` : name,
    key,
    // C2SP signed-note for Ed25519; for ECDSA the hash of the key, as Rekor has it.
    logId:
      key.asymmetricKeyType === 'ed25519'
        ? sha256(Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(1), spki.subarray(-32)]))
        : sha256(spki),
    firstIndex: version === 1 ? 121_904_262 : 0,
  };
}

/** An entry as it stands in a bundle. */
export function logEntry(own: Rekor, right: Signed, options: EntryOptions = {}): JsonObject {
  const log = options.log ?? own;
  const kind = options.kind ?? (log.version === 1 ? 'dsse 0.0.1' : 'hashedrekord 0.0.2');
  const json = logBody(kind, { ...right, ...options.signed });
  const text = canonicalJson(options.body?.(json) ?? json);
  const body = b64(options.text?.(text) ?? text);
  const { before = 5 } = options;
  const integratedTime =
    log.version === 1 ? secondsOf(options.time ?? after(SIGNED_AT, 2)) : secondsOf(new Date(0));
  const promised: Promised = {
    body,
    integratedTime,
    logIndex: log.firstIndex + before,
    logID: log.logId.toString('hex'),
  };
  return {
    logIndex: String(promised.logIndex),
    logId: { keyId: b64(log.logId) },
    kindVersion: { kind: nameOf(kind), version: versionOf(kind) },
    integratedTime: String(integratedTime),
    ...promiseOf(log, promised, options),
    ...(options.proofless === true ? {} : { inclusionProof: proofOf(log, body, options) }),
    canonicalizedBody: body,
  };
}

function promiseOf(log: Rekor, right: Promised, options: EntryOptions): JsonObject {
  const { promise = log.version === 1 ? (same: Promised) => same : null } = options;
  if (promise === null) return {};
  const text = canonicalJson({ ...promise(right) });
  const signature = signWith(options.promiseKey ?? log.key, Buffer.from(text));
  return { inclusionPromise: { signedEntryTimestamp: b64(signature) } };
}

function proofOf(log: Rekor, body: string, options: EntryOptions): JsonObject {
  const { before: index = 5, after: behind = 7 } = options;
  const others = Array.from({ length: index + behind }, (_, at) =>
    leafHash(Buffer.from(`entry ${at} of somebody else`)),
  );
  const leaves = others.toSpliced(index, 0, leafHash(Buffer.from(body, 'base64')));
  const root = rootOf(leaves);
  return {
    logIndex: String(index),
    rootHash: b64(root),
    treeSize: String(leaves.length),
    hashes: pathTo(index, leaves).map(b64),
    checkpoint: { envelope: checkpointOf(log, leaves.length, root, options) },
  };
}

function checkpointOf(log: Rekor, size: number, root: Buffer, options: EntryOptions): string {
  const right = `${log.origin}\n${size}\n${b64(root)}\n`;
  const note = options.note?.(right) ?? right;
  const keyId = options.noteKeyId ?? log.logId.subarray(0, 4);
  const signature = signWith(options.noteKey ?? log.key, Buffer.from(note));
  const line = noteSignature(options.noteName ?? log.name, keyId, signature);
  return `${note}\n${options.noteSignatures?.(line) ?? line}`;
}

/** A line of a signed note (C2SP signed-note). */
export function noteSignature(name: string, keyId: Buffer, signature: Buffer): string {
  return `— ${name} ${b64(Buffer.concat([keyId, signature]))}\n`;
}

function signWith(key: KeyObject, data: Buffer): Buffer {
  return sign(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', data, key);
}
