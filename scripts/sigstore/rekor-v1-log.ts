import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { b64, canonicalJson, sha256 } from '../../test/helpers/sigstore/bytes.ts';
import { leafHash, pathTo, rootOf } from '../../test/helpers/sigstore/merkle.ts';
import { noteSignature } from '../../test/helpers/sigstore/rekor.ts';

/** An entry as Rekor v1 answers with it, by its UUID. */
export type Answer = Readonly<Record<string, Entry>>;

export interface Entry {
  readonly body: string;
  readonly integratedTime: number;
  readonly logID: string;
  readonly logIndex: number;
  readonly verification: {
    readonly inclusionProof: {
      readonly checkpoint: string;
      readonly hashes: readonly string[];
      readonly logIndex: number;
      readonly rootHash: string;
      readonly treeSize: number;
    };
    readonly signedEntryTimestamp: string;
  };
}

/** The name in checkpoints; a verifier looks for it in the log's URL. */
const HOSTNAME = 'localhost';
const TREE_ID = 0x10_8e_9186_e8c5n;

/** Entries of older shards. An entry's index is counted over all shards, its proof's is not. */
const OLDER = 1_000;

/** The log behind Rekor v1, in memory. */
export class RekorV1Log {
  readonly #key: KeyObject;
  readonly #logId: Buffer;
  readonly #entries: { readonly body: string; readonly time: number; readonly hash: Buffer }[] = [];
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;

  constructor() {
    this.#key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    this.publicKey = createPublicKey(this.#key).export({ type: 'spki', format: 'der' });
    this.#logId = sha256(this.publicKey);
  }

  get logId(): Buffer {
    return this.#logId;
  }

  /** Appends a body that is not in the log yet, and returns its UUID. */
  add(body: string): { readonly uuid: string; readonly isNew: boolean } {
    const hash = leafHash(Buffer.from(body));
    const isNew = !this.#entries.some((entry) => entry.hash.equals(hash));
    if (isNew) this.#entries.push({ body, time: Math.floor(Date.now() / 1000), hash });
    return { uuid: uuidOf(hash), isNew };
  }

  /** The entry, with a proof for the log as it is now. */
  get(uuid: string): Answer | undefined {
    // The identifier of the tree may be left out.
    const index = this.#entries.findIndex(({ hash }) => uuidOf(hash).endsWith(uuid));
    const entry = this.#entries[index];
    if (entry === undefined) return undefined;
    const leaves = this.#entries.map(({ hash }) => hash);
    const root = rootOf(leaves);
    const promised = {
      body: b64(entry.body),
      integratedTime: entry.time,
      logID: this.#logId.toString('hex'),
      logIndex: OLDER + index,
    };
    return {
      [uuidOf(entry.hash)]: {
        ...promised,
        verification: {
          inclusionProof: {
            checkpoint: this.#checkpoint(leaves.length, root),
            hashes: pathTo(index, leaves).map((hash) => hash.toString('hex')),
            logIndex: index,
            rootHash: root.toString('hex'),
            treeSize: leaves.length,
          },
          signedEntryTimestamp: b64(this.#sign(canonicalJson(promised))),
        },
      },
    };
  }

  /** C2SP tlog-checkpoint, with an ECDSA signature and Rekor's identifier of the key. */
  #checkpoint(size: number, root: Buffer): string {
    const note = `${HOSTNAME} - ${TREE_ID}\n${size}\n${b64(root)}\n`;
    const line = noteSignature(HOSTNAME, this.#logId.subarray(0, 4), this.#sign(note));
    return `${note}\n${line}`;
  }

  #sign(text: string): Buffer {
    return sign('sha256', Buffer.from(text), this.#key);
  }
}

function uuidOf(hash: Buffer): string {
  return TREE_ID.toString(16).padStart(16, '0') + hash.toString('hex');
}
