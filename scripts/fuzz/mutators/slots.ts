import { type Node, placesIn } from '../json/tree.ts';

/** What a text in a bundle holds. */
export type Content = 'json' | 'der' | 'pem' | 'bytes' | 'note' | 'number';

/** A text of a bundle that is something else inside. */
export interface Slot {
  readonly path: string;
  readonly content: Content;
  readonly node: Extract<Node, { type: 'string' }>;
}

/** By the last keys on the way to it. */
const KINDS: readonly (readonly [RegExp, Content])[] = [
  [/dsseEnvelope\.payload$/, 'json'],
  [/canonicalizedBody$/, 'json'],
  [/signatures\.\d+\.sig$/, 'der'],
  [/publicKey\.rawBytes$/, 'pem'],
  [/rawBytes$/, 'der'],
  [/signedTimestamp$/, 'der'],
  [/signedEntryTimestamp$/, 'der'],
  [/rootHash$|hashes\.\d+$|keyId$/, 'bytes'],
  [/checkpoint\.envelope$/, 'note'],
  [/logIndex$|treeSize$|integratedTime$/, 'number'],
];

export function slotsIn(bundle: Node): readonly Slot[] {
  return placesIn(bundle, () => {}).flatMap(({ path, node }) => {
    const at = path.join('.');
    const content = KINDS.find(([pattern]) => pattern.test(at))?.[1];
    return content === undefined || node.type !== 'string' ? [] : [{ path: at, content, node }];
  });
}

export function bytesIn({ node }: Slot): Buffer {
  return Buffer.from(node.text, 'base64');
}

/** The kind of place, whatever its position in lists. */
export function kindOf({ path }: Slot): string {
  return path.replace(/\d+/g, '*');
}
