import type { ASN1Obj } from '@sigstore/core';
import { sigstoreCore } from './libraries.ts';

/** Parses DER, all of it. Throws when it is none; the callers say what it was about. */
export function parseDer(der: Uint8Array): ASN1Obj {
  const { ASN1Obj: parser } = sigstoreCore();
  try {
    const root = parser.parseBuffer(Buffer.from(der));
    checkForm(root);
    return root;
  } catch (cause) {
    throw new Error('it is not in DER', { cause });
  }
}

/** The universal types that hold others: SEQUENCE and SET. */
const CONSTRUCTED: ReadonlySet<number> = new Set([0x10, 0x11]);

/**
 * X.690 §10.2: strings are in one piece. The parser also takes them in several, of which readers
 * make different values.
 */
function checkForm({ tag, subs }: ASN1Obj): void {
  if (tag.isUniversal() && tag.constructed !== CONSTRUCTED.has(tag.number)) {
    throw new Error('a value is in a form that DER does not have');
  }
  // What stands in an OCTET STRING is parsed by chance: it may be anything.
  if (tag.constructed) subs.forEach(checkForm);
}

/** Real ones take a dozen bytes. */
const MAX_OID_BYTES = 64;

/** An object identifier. The parser takes time with the square of its length. */
export function oidOf(object: ASN1Obj): string {
  if (object.value.length > MAX_OID_BYTES) throw new Error('an object identifier is too long');
  return object.toOID();
}

/** An integer of at most so many bytes. The parser takes time with the square of their number. */
export function integerOf(object: ASN1Obj, most: number): bigint {
  if (object.value.length > most) throw new Error('an integer is too long');
  return object.toInteger();
}

/** A member of a member. Throws when there is none. */
export function childOf(parent: ASN1Obj, ...path: readonly number[]): ASN1Obj {
  return path.reduce((object, at) => {
    const found = object.subs[at];
    if (found === undefined) throw new Error('a member is missing');
    return found;
  }, parent);
}
