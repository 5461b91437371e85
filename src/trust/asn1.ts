import type { ASN1Obj } from '@sigstore/core';
import { sigstoreCore } from './libraries.ts';

/** Parses DER, all of it. Throws when it is none; the callers say what it was about. */
export function parseDer(der: Uint8Array): ASN1Obj {
  const { ASN1Obj: parser } = sigstoreCore();
  try {
    return parser.parseBuffer(Buffer.from(der));
  } catch (cause) {
    throw new Error('it is not in DER', { cause });
  }
}

/** A member of a member. Throws when there is none. */
export function childOf(parent: ASN1Obj, ...path: readonly number[]): ASN1Obj {
  return path.reduce((object, at) => {
    const found = object.subs[at];
    if (found === undefined) throw new Error('a member is missing');
    return found;
  }, parent);
}
