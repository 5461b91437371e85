import { createHash, type KeyObject, sign } from 'node:crypto';
import { der, makeKey, sequence, spkiOf } from './pki.ts';
import { issueLeaf, type LeafOptions } from './sigstore/authority.ts';
import { makeSct, type SctOptions, sctExtension } from './sigstore/ct-log.ts';
import { contentOf } from './sigstore/der.ts';
import type { Instance } from './sigstore/instance.ts';

/**
 * A leaf for a key of which only the public half is known: one for a key of the tests' own, in which
 * the key is replaced before the certificate log and then the authority sign it.
 */
export function certifyKey(
  { authority, ctLog }: Instance,
  publicKey: KeyObject,
  leaf: LeafOptions,
  scts: readonly SctOptions[],
): Buffer {
  const own = makeKey('P-256');
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const replace = (bytes: Buffer): Buffer =>
    swap(swap(bytes, spkiOf(own), spki), keyId(spkiOf(own)), keyId(spki));
  const issued = issueLeaf(
    authority,
    { ...leaf, certificate: { key: own, ...leaf.certificate } },
    (precertificate) => {
      const shown = replace(precertificate);
      const list = scts.map((sct) => makeSct(ctLog, shown, authority.intermediate, sct));
      return list.length === 0 ? [] : [sctExtension(list)];
    },
  );
  const tbs = replace(sequence(issued.der.subarray(...contentOf(issued.der, [0]))));
  const algorithm = sequence(issued.der.subarray(...contentOf(issued.der, [1])));
  const signature = sign('sha384', tbs, authority.intermediate.privateKey);
  return sequence(tbs, algorithm, der(0x03, Buffer.of(0), signature));
}

/** Puts bytes in the place of others that are as many. */
function swap(bytes: Buffer, from: Buffer, to: Buffer): Buffer {
  const at = bytes.indexOf(from);
  if (at === -1 || from.length !== to.length) throw new Error('the key cannot be replaced');
  return Buffer.concat([bytes.subarray(0, at), to, bytes.subarray(at + from.length)]);
}

function keyId(spki: Buffer): Buffer {
  return createHash('sha256').update(spki).digest().subarray(0, 20);
}
