import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import type { HashAlgorithm } from '../format/manifest.ts';

/** A running digest. */
export interface Hasher {
  update(data: Uint8Array): void;
  /** Lower-case hex. Ends the hasher's life. */
  digest(): string;
}

const require = createRequire(import.meta.url);

/** Starts a digest with the length that the algorithm registry gives it (§7). */
export function createHasher(algorithm: HashAlgorithm): Hasher {
  switch (algorithm) {
    case 'sha256':
      return nodeHasher('sha256');
    case 'blake2b':
      return nodeHasher('blake2b512');
    case 'blake3':
      return createBlake3();
  }
}

function nodeHasher(name: string): Hasher {
  const hash = createHash(name);
  return {
    update(data) {
      hash.update(data);
    },
    digest: () => hash.digest('hex'),
  };
}

type NativeBlake = typeof import('@napi-rs/blake-hash');
type PortableBlake = typeof import('@noble/hashes/blake3.js');

let native: NativeBlake | null | undefined;

/**
 * BLAKE3 is not in OpenSSL. The native module is an optional dependency with prebuilt binaries;
 * where there is none for the platform, JavaScript does it about a hundred times slower.
 */
export function isBlake3Native(): boolean {
  if (native === undefined) {
    try {
      native = require('@napi-rs/blake-hash') as NativeBlake;
    } catch {
      native = null;
    }
  }
  return native !== null;
}

function createBlake3(): Hasher {
  if (isBlake3Native() && native) {
    const hasher = new native.Blake3Hasher();
    return {
      update(data) {
        hasher.update(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
      },
      digest: () => hasher.digest('hex'),
    };
  }
  return createPortableBlake3();
}

/** @internal The JavaScript BLAKE3, also where the native one exists: for tests. */
export function createPortableBlake3(): Hasher {
  const { blake3 } = require('@noble/hashes/blake3.js') as PortableBlake;
  const hasher = blake3.create({});
  return {
    update(data) {
      hasher.update(data);
    },
    digest: () => Buffer.from(hasher.digest()).toString('hex'),
  };
}
