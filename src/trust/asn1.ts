import type { ASN1Obj } from '@sigstore/core';
import { sigstoreCore } from './libraries.ts';

/** Parses DER, all of it. Throws what the parser throws; its callers say what it was about. */
export function parseDer(der: Uint8Array): ASN1Obj {
  return sigstoreCore().ASN1Obj.parseBuffer(Buffer.from(der));
}
