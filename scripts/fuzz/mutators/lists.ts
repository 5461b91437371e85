import type { Draft } from '../base/draft.ts';
import { copyOf, nodeAt, nodeOf, placesIn } from '../json/tree.ts';
import { otherBundle } from './others.ts';

/** Certificates of strangers, too many, too few, or in another order. */
export function editChain(draft: Draft): void {
  const { bundle, corpus, random } = draft;
  const { parties } = corpus;
  const list = nodeAt(bundle, ['verificationMaterial', 'x509CertificateChain', 'certificates']);
  draft.open();
  if (list?.type !== 'array') return;
  const all = [
    parties.root,
    parties.intermediate,
    parties.crossing,
    parties.otherRoot,
    parties.stranger,
    parties.expired,
    parties.tsa.leaf,
    ...Object.values(parties.leaves),
    ...parties.long,
    corpus.instance.authority.root,
  ];
  const strangers = Array.from({ length: random.size(40) }, () =>
    nodeOf({ rawBytes: random.pick(all).der.toString('base64') }),
  );
  switch (random.below(5)) {
    case 0:
      list.items = random.shuffled(list.items);
      break;
    case 1:
      list.items.splice(random.below(list.items.length), 1);
      break;
    case 2:
      list.items.push(...strangers);
      break;
    case 3:
      list.items.splice(random.below(2), random.below(2), ...strangers.slice(0, 2));
      break;
    default:
      list.items.push(...list.items.map(copyOf));
  }
}

/** Log entries and timestamps, more than once, fewer, or of others. */
export function editLists(draft: Draft): void {
  const { bundle, random } = draft;
  draft.open();
  const paths = [
    ['verificationMaterial', 'tlogEntries'],
    ['verificationMaterial', 'timestampVerificationData', 'rfc3161Timestamps'],
  ];
  const path = random.pick(paths);
  const list = nodeAt(bundle, path);
  const other = nodeAt(otherBundle(draft), path);
  if (list?.type !== 'array') return;
  const items = [...list.items, ...(other?.type === 'array' ? other.items : [])].map(copyOf);
  list.items = Array.from({ length: random.size(random.oneIn(5) ? 80 : 4) }, () =>
    copyOf(random.pick(items.length === 0 ? [nodeOf({})] : items)),
  );
}

/** Around the bounds of what is read, and far beyond. */
const COUNTS = [17, 33, 65, 257, 3_000] as const;
const LENGTHS = [300, 513, 8_193, 16_385, 32_769, 65_537, 200_000] as const;

/** Makes a list or a text longer than any is. */
export function grow(draft: Draft): void {
  const { random } = draft;
  draft.open();
  const places = placesIn(draft.bundle, () => {}).filter(({ node }) => {
    return node.type === 'array' || node.type === 'string';
  });
  if (places.length === 0) return;
  const { node } = random.pick(places);
  if (node.type === 'array') {
    const one = node.items[0] ?? nodeOf({});
    node.items = Array.from({ length: random.pick(COUNTS) }, () => copyOf(one));
  } else if (node.type === 'string') {
    const length = random.pick(LENGTHS);
    const bytes = Buffer.alloc(length, random.pick(['\n', 'A', '\0', '-----BEGIN ']));
    node.text = random.oneIn(2) ? bytes.toString('base64') : bytes.toString('latin1');
  }
}
