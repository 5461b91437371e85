import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { childAt, parseOne, write } from '../asn1/tree.ts';
import type { Encoding } from './pae.ts';

/**
 * What those who are trusted have really done, kept while it is done. Whatever a verifier accepts
 * must be in here; nothing is learnt from the bundle.
 */
export interface Ledger {
  readonly payloads: readonly SignedPayload[];
  readonly certificates: readonly Certified[];
  readonly entries: readonly Logged[];
  readonly stamps: readonly Stamped[];
}

/** A payload that a key has signed. */
export interface SignedPayload {
  readonly key: string;
  readonly payload: Buffer;
  readonly encoding: Encoding;
}

/** The signed part of a certificate, and the key that signed it. */
export interface Certified {
  readonly tbs: string;
  readonly by: string;
  /** Whether a log of certificates has seen it, as its timestamps (SCT) say. */
  readonly isLogged?: boolean;
}

/** What a log says that it has. */
export interface Logged {
  readonly log: string;
  readonly index: number;
  readonly indexInTree: number;
  /** Seconds since 1970, where the log promises a time. */
  readonly promised: number | undefined;
  readonly signature: Buffer;
  /** What it has of the signature, as `kind version` says. */
  readonly kind: string;
  readonly body: Buffer;
  /** Whether it is in the log's tree, and promised so. */
  readonly isTrue: boolean;
}

/** What a timestamp authority says of a signature. */
export interface Stamped {
  /** The authority's certificate, DER. */
  readonly authority: Buffer;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly accuracy: number;
  readonly policy: string;
  readonly signature: Buffer;
  readonly isTrue: boolean;
}

export const NOTHING: Ledger = { payloads: [], certificates: [], entries: [], stamps: [] };

export function together(...ledgers: readonly Ledger[]): Ledger {
  return {
    payloads: ledgers.flatMap(({ payloads }) => payloads),
    certificates: ledgers.flatMap(({ certificates }) => certificates),
    entries: ledgers.flatMap(({ entries }) => entries),
    stamps: ledgers.flatMap(({ stamps }) => stamps),
  };
}

/** What a key is called here, its own half or the public one. */
export function idOf(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return sha256(publicKey.export({ type: 'spki', format: 'der' }));
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function certified(der: Buffer, signedWith: KeyObject): Certified {
  return { tbs: tbsOf(der), by: idOf(signedWith) };
}

/** The signed part of a certificate, by its hash. */
export function tbsOf(der: Buffer): string {
  const tbs = childAt(parseOne(der), 0);
  // What is not DER has no parts; as a whole it is like no other.
  return sha256(tbs === undefined ? der : write(tbs));
}
