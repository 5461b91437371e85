import { createRequire } from 'node:module';
import type { ASN1Obj } from '@sigstore/core';

/** Loaded when the first certificate is read: the key method must not wait for it. */
const require = createRequire(import.meta.url);

/** Parses DER, all of it. Throws what the parser throws; its callers say what it was about. */
export function parseDer(der: Uint8Array): ASN1Obj {
  const { ASN1Obj: parser } = require('@sigstore/core') as typeof import('@sigstore/core');
  return parser.parseBuffer(Buffer.from(der));
}
