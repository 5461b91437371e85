import type { KeyObject } from 'node:crypto';
import { sequence } from '../../../test/helpers/pki.ts';
import { editDer } from '../asn1/edits.ts';
import { allOf, childAt, childrenOf, parseOne, valueOf, write } from '../asn1/tree.ts';
import type { Random } from '../base/random.ts';
import { editBytes } from './bytes.ts';
import { signatureOver } from './certificate.ts';

/** The OID of the extension, in DER (RFC 6962 §3.3). */
const SCT_LIST = '060a2b06010401d679020402';

/** What the SCTs of a certificate are over: its signed part without them (RFC 6962 §3.2). */
export function signedByLogs(certificate: Buffer): string | undefined {
  const tbs = childAt(parseOne(certificate), 0);
  if (tbs === undefined) return undefined;
  for (const { content } of allOf(tbs)) {
    if (content.kind !== 'children') continue;
    content.children = content.children.filter((one) => {
      const [oid] = childrenOf(one);
      return oid === undefined || write(oid).toString('hex') !== SCT_LIST;
    });
  }
  return write(tbs).toString('hex');
}

/** Changes the list of SCTs, which they themselves do not cover, and has the CA sign it. */
export function editedScts(certificate: Buffer, issuer: KeyObject, random: Random): Buffer {
  const root = parseOne(certificate);
  const tbs = childAt(root, 0);
  const algorithm = childAt(root, 1);
  if (root === undefined || tbs === undefined || algorithm === undefined) return certificate;
  const list = allOf(tbs).find((one) => {
    const [oid] = childrenOf(one);
    return oid !== undefined && write(oid).toString('hex') === SCT_LIST;
  });
  const value = list && childrenOf(list).at(-1);
  if (value === undefined) return certificate;
  if (random.oneIn(2)) editDer(value, random);
  else value.content = { kind: 'bytes', bytes: editBytes(valueOf(value), random) };
  const bytes = write(tbs);
  return sequence(bytes, write(algorithm), signatureOver(bytes, issuer, algorithm, random));
}
