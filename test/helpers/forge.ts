import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Bundle } from '../../src/index.ts';
import { assembleBundle } from '../../src/signers/signer.ts';
import { fingerprintOf, signPayload } from '../../src/trust/keys.ts';

/**
 * A signer without scruples: puts a valid signature under whatever it is given. Verifiers must
 * refuse what is wrong in it for what it is, not because the signature is wrong too.
 */
export class Forger {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;

  constructor(namedCurve = 'P-256') {
    ({ privateKey: this.privateKey, publicKey: this.publicKey } = generateKeyPairSync('ec', {
      namedCurve,
    }));
  }

  get policy(): { readonly method: 'key'; readonly publicKey: KeyObject } {
    return { method: 'key', publicKey: this.publicKey };
  }

  /** A bundle of the key method over a statement: an object, or any text or bytes at all. */
  sign(statement: unknown): Bundle {
    const payload =
      statement instanceof Uint8Array
        ? statement
        : Buffer.from(typeof statement === 'string' ? statement : JSON.stringify(statement));
    return assembleBundle(payload, signPayload(payload, this.privateKey), {
      publicKey: { hint: fingerprintOf(this.publicKey) },
    });
  }
}

export interface StatementParts {
  readonly resources?: unknown;
  readonly serialization?: Readonly<Record<string, unknown>>;
  readonly subject?: unknown;
  readonly predicate?: Readonly<Record<string, unknown>>;
  readonly statement?: Readonly<Record<string, unknown>>;
}

/** A statement that is right but for the parts that are given. The root digest always fits. */
export function statementWith(parts: StatementParts): Record<string, unknown> {
  const resources = parts.resources ?? [resource('a', 'content of a')];
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: parts.subject ?? [{ name: 'model', digest: { sha256: rootOf(resources) } }],
    predicateType: 'https://model_signing/signature/v1.0',
    predicate: {
      resources,
      serialization: {
        method: 'files',
        hash_type: 'sha256',
        allow_symlinks: false,
        ...parts.serialization,
      },
      ...parts.predicate,
    },
    ...parts.statement,
  };
}

export interface RawResource {
  readonly name: string;
  readonly digest: string;
  readonly algorithm: string;
}

export function resource(
  name: string,
  content: string | Uint8Array,
  algorithm = 'sha256',
): RawResource {
  return { name, digest: hashOf(content, algorithm), algorithm };
}

export function hashOf(content: string | Uint8Array, algorithm = 'sha256'): string {
  const name = algorithm === 'blake2b' ? 'blake2b512' : 'sha256';
  return createHash(name).update(content).digest('hex');
}

/** Written here again on purpose: the tests must not trust the code under test for it. */
export function rootOf(resources: unknown): string {
  const digests = Array.isArray(resources)
    ? resources.map((entry: { digest?: string }) => entry.digest ?? '')
    : [];
  return createHash('sha256')
    .update(Buffer.from(digests.join(''), 'hex'))
    .digest('hex');
}
