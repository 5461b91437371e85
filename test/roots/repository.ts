import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { canonicalize } from '@tufjs/canonical-json';

/** A time at which nothing of a repository made here has expired, unless a test says otherwise. */
export const NOW = new Date('2030-03-01T12:00:00Z');

/** Later than {@link NOW}, and than the clock by which tuf-js judges. */
const FAR = '2098-01-01T00:00:00Z';

export type Role = 'root' | 'timestamp' | 'snapshot' | 'targets';

interface Key {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly json: object;
}

function newKey(): Key {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const json = {
    keytype: 'ed25519',
    scheme: 'ed25519',
    keyval: { public: raw.toString('hex') },
  };
  return { id: createHash('sha256').update(canonicalize(json)).digest('hex'), privateKey, json };
}

/** What a test may choose of one publication. */
export interface Publication {
  readonly targets?: Readonly<Record<string, string>>;
  /** When each role expires; all else much later. */
  readonly expires?: Partial<Record<Role, string>>;
  /** Versions other than one more than before. */
  readonly versions?: Partial<Record<Role, number>>;
  /** Roles that are signed with keys that nobody knows. */
  readonly forged?: readonly Role[];
  /** Changes what the targets metadata says of a target. */
  readonly describe?: (entry: TargetEntry, text: string) => TargetEntry;
}

export interface TargetEntry {
  readonly length: number;
  readonly hashes: Readonly<Record<string, string>>;
}

/** A TUF repository with keys of its own: files by path, as a server gives them. */
export class TestRepository {
  readonly files = new Map<string, Buffer>();
  #keys: Record<Role, readonly Key[]> = {
    root: [newKey(), newKey()],
    timestamp: [newKey()],
    snapshot: [newKey()],
    targets: [newKey()],
  };
  #versions: Record<Role, number> = { root: 0, timestamp: 0, snapshot: 0, targets: 0 };

  constructor(publication: Publication = {}) {
    this.publishRoot();
    this.publish(publication);
  }

  /** The first root, which clients know beforehand. */
  get root(): Buffer {
    return this.#file('1.root.json');
  }

  /** The next version of all but the root. */
  publish(publication: Publication = {}): void {
    const { targets = TARGETS, describe = (entry) => entry } = publication;
    const entries = Object.entries(targets).map(([name, text]) => {
      const digest = (algorithm: string): string =>
        createHash(algorithm).update(text).digest('hex');
      const entry = {
        length: Buffer.byteLength(text),
        hashes: { sha256: digest('sha256'), sha512: digest('sha512') },
      };
      const described = describe(entry, text);
      // Where clients look for it: with the first hash, even if there is none.
      const prefix = String(Object.values(described.hashes)[0]);
      this.files.set(`targets/${prefix}.${name}`, Buffer.from(text));
      return [name, described] as const;
    });
    const version = this.#sign('targets', { targets: Object.fromEntries(entries) }, publication);
    const meta = { 'targets.json': { version } };
    const snapshot = this.#sign('snapshot', { meta }, publication);
    this.#sign('timestamp', { meta: { 'snapshot.json': { version: snapshot } } }, publication);
  }

  /** The next root, with the keys that there are now, signed by these and by those of before. */
  publishRoot(publication: Publication = {}, before: readonly Key[] = []): void {
    const all = Object.values(this.#keys).flat();
    const content = {
      consistent_snapshot: true,
      keys: Object.fromEntries(all.map(({ id, json }) => [id, json])),
      roles: Object.fromEntries(
        Object.entries(this.#keys).map(([role, keys]) => [
          role,
          { keyids: keys.map(({ id }) => id), threshold: keys.length },
        ]),
      ),
    };
    this.#sign('root', content, publication, before);
  }

  /**
   * Gives all roles new keys, and signs a root that says so.
   *
   * @param by whether the old keys of the root sign it too, as they have to.
   */
  rotate(publication: Publication = {}, by: 'old and new' | 'new' = 'old and new'): void {
    const before = this.#keys.root;
    this.#keys = {
      root: [newKey(), newKey()],
      timestamp: [newKey()],
      snapshot: [newKey()],
      targets: [newKey()],
    };
    this.publishRoot(publication, by === 'new' ? [] : before);
  }

  #sign(
    role: Role,
    content: object,
    { versions, expires, forged }: Publication,
    more: readonly Key[] = [],
  ): number {
    const version = versions?.[role] ?? this.#versions[role] + 1;
    this.#versions[role] = version;
    const signed = {
      _type: role,
      spec_version: '1.0.31',
      version,
      expires: expires?.[role] ?? FAR,
      ...content,
    };
    const bytes = Buffer.from(canonicalize(signed));
    const isForged = forged?.includes(role) === true;
    const signatures = [...this.#keys[role], ...more].map(({ id, privateKey }) => ({
      keyid: id,
      sig: sign(null, bytes, isForged ? newKey().privateKey : privateKey).toString('hex'),
    }));
    const name = role === 'timestamp' ? 'timestamp.json' : `${version}.${role}.json`;
    this.files.set(name, Buffer.from(JSON.stringify({ signatures, signed }, undefined, 1)));
    return version;
  }

  #file(name: string): Buffer {
    const bytes = this.files.get(name);
    if (bytes === undefined) throw new Error(`there is no ${name}`);
    return bytes;
  }
}

/** Targets that one can tell from others. */
export function targetsNamed(name: string): Record<string, string> {
  return {
    'trusted_root.json': `{"root":"${name}"}`,
    'signing_config.v0.2.json': `{"config":"${name}"}`,
  };
}

const TARGETS = targetsNamed('first');
