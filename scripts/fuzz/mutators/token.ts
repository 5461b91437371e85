import { createHash } from 'node:crypto';
import { signEcdsa } from '../base/ecdsa.ts';
import type { Draft } from '../base/draft.ts';
import type { Mutator } from '../base/mutator.ts';
import { editDer, PROPER_EDITS } from '../asn1/edits.ts';
import { bytesTlv, childAt, childrenOf, parseOne, type Tlv, valueOf, write } from '../asn1/tree.ts';
import { readStamp } from '../oracle/token.ts';
import type { Tsa } from '../../../test/helpers/sigstore/tsa.ts';
import { bytesIn, slotsIn } from './slots.ts';

/** Timestamps that are changed inside, and signed again by their authority (RFC 5652 §5.4). */
export const tokenMutators: readonly Mutator[] = [
  {
    name: 'token.signed again',
    phase: 'bundle',
    weight: 10,
    fits: ({ seed }) => /stamped|v2|both|without a promise/.test(seed.name),
    apply: (draft) => {
      const slot = slotsIn(draft.bundle).find(({ path }) => path.endsWith('signedTimestamp'));
      draft.open();
      if (slot === undefined) return;
      const response = parseOne(bytesIn(slot));
      if (response === undefined) return;
      resign(response, draft);
      const token = write(response);
      slot.node.text = token.toString('base64');
      remember(draft, token);
    },
  },
];

/** The authority has said this now, if it is something that can be said. */
function remember(draft: Draft, token: Buffer): void {
  const slot = slotsIn(draft.bundle).find(({ path }) => path.endsWith('sig'));
  const response = parseOne(token);
  if (slot === undefined || response === undefined) return;
  const signature = bytesIn(slot);
  const stamp = readStamp(response, signature);
  if (stamp === undefined) return;
  const authority = tsaOf(draft).leaf.der;
  draft.record({ stamps: [{ ...stamp, authority, signature, isTrue: true }] });
}

function tsaOf({ corpus, seed }: Draft): Tsa {
  return seed.method === 'sigstore' ? corpus.instance.tsa : corpus.parties.tsa;
}

const MESSAGE_DIGEST = '06092a864886f70d010904';

function resign(response: Tlv, draft: Draft): void {
  const { random } = draft;
  const signedData = childAt(response, 1, 1, 0);
  const content = childAt(signedData, 2, 1, 0);
  const signer = childAt(signedData, -1, 0);
  const attributes = signer && childrenOf(signer).find(({ tag }) => tag === 0xa0);
  const signature = signer && childrenOf(signer).at(-1);
  const info = childAt(content, 0);
  if (attributes === undefined || signature === undefined || info === undefined) return;
  const names = random.oneIn(3) ? undefined : PROPER_EDITS;
  editDer(random.pick([info, info, attributes]), random, names);
  if (content !== undefined) replaceDigest(attributes, valueOf(content));
  if (random.oneIn(3)) editDer(random.pick([response, signer ?? info]), random, PROPER_EDITS);
  const signed = write({ ...attributes, tag: 0x31 });
  const bytes = signEcdsa('sha256', signed, tsaOf(draft).leaf.privateKey, random);
  signature.content = bytesTlv(0x04, bytes).content;
}

/** Keeps the attribute right that holds the content's hash. */
function replaceDigest(attributes: Tlv, content: Buffer): void {
  const digest = createHash('sha256').update(content).digest();
  for (const attribute of childrenOf(attributes)) {
    const [type, values] = childrenOf(attribute);
    const value = values && childrenOf(values)[0];
    if (type === undefined || value === undefined) continue;
    if (write(type).toString('hex') === MESSAGE_DIGEST) {
      value.content = { kind: 'bytes', bytes: digest };
    }
  }
}
