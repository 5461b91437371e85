import type { Draft } from '../base/draft.ts';
import type { Mutator } from '../base/mutator.ts';
import type { Random } from '../base/random.ts';
import { editDer } from '../asn1/edits.ts';
import { parseOne, write } from '../asn1/tree.ts';
import { editTree } from '../json/edits.ts';
import { copyOf, memberOf, type Node, nodeAt, nodeOf, textOf } from '../json/tree.ts';
import { hostileText } from '../json/values.ts';
import { editBytes } from './bytes.ts';
import { editNote } from './notes.ts';
import { bytesIn, kindOf, type Slot, slotsIn } from './slots.ts';

/** Bundles that are changed after they were signed. */
export const bundleMutators: readonly Mutator[] = [
  {
    name: 'bundle.tree',
    phase: 'bundle',
    weight: 12,
    apply: (draft) => {
      draft.bundle = editTree(draft.bundle, draft.random);
      draft.open();
    },
  },
  {
    name: 'bundle.content',
    phase: 'bundle',
    weight: 16,
    apply: (draft) => editSlot(draft, editContent),
  },
  { name: 'bundle.base64', phase: 'bundle', weight: 6, apply: (draft) => editSlot(draft, respell) },
  {
    name: 'bundle.of another',
    phase: 'bundle',
    weight: 8,
    apply: (draft) => {
      const { random } = draft;
      const slots = slotsIn(draft.bundle);
      draft.open();
      if (slots.length === 0) return;
      const slot = random.pick(slots);
      const others = otherSlots(draft).filter((other) => kindOf(other) === kindOf(slot));
      if (others.length > 0) slot.node.text = random.pick(others).node.text;
    },
  },
  {
    name: 'bundle.part of another',
    phase: 'bundle',
    weight: 6,
    apply: (draft) => {
      const { random } = draft;
      const paths = [
        ['verificationMaterial'],
        ['verificationMaterial', 'tlogEntries'],
        ['verificationMaterial', 'tlogEntries', '0', 'inclusionProof'],
        ['verificationMaterial', 'tlogEntries', '0', 'inclusionPromise'],
        ['verificationMaterial', 'timestampVerificationData'],
        ['verificationMaterial', 'certificate'],
        ['verificationMaterial', 'publicKey'],
        ['dsseEnvelope'],
        ['dsseEnvelope', 'signatures'],
      ];
      const path = random.pick(paths);
      const part = nodeAt(otherBundle(draft), path);
      const parent = nodeAt(draft.bundle, path.slice(0, -1));
      const key = path.at(-1) ?? '';
      if (part !== undefined && parent?.type === 'object') {
        const kept = random.oneIn(4)
          ? parent.members
          : parent.members.filter(({ key: one }) => one.type !== 'string' || one.text !== key);
        parent.members = [...kept, memberOf(key, part)];
      }
      draft.open();
    },
  },
  {
    name: 'bundle.chain',
    phase: 'bundle',
    weight: 8,
    fits: ({ seed }) => seed.method === 'certificate',
    apply: editChain,
  },
  {
    name: 'bundle.lists',
    phase: 'bundle',
    weight: 5,
    fits: ({ seed }) => seed.method === 'sigstore',
    apply: editLists,
  },
  {
    // Protobuf's JSON takes null for absent, and members come in any order.
    name: 'bundle.order',
    phase: 'bundle',
    weight: 4,
    apply: ({ bundle, random }) => shuffleMembers(bundle, random),
  },
  {
    name: 'bundle.key id',
    phase: 'bundle',
    weight: 2,
    apply: ({ bundle, random }) => {
      const signature = nodeAt(bundle, ['dsseEnvelope', 'signatures', 0]);
      if (signature?.type !== 'object') return;
      const texts = ['', null, 'key', 'n'.repeat(500)];
      const keyid = memberOf('keyid', nodeOf(random.pick(texts)));
      const others = signature.members.filter(
        ({ key }) => key.type !== 'string' || key.text !== 'keyid',
      );
      signature.members = [keyid, ...others];
    },
  },
];

function otherBundle(draft: Draft): Node {
  const { corpus, random, seed } = draft;
  const same = corpus.seeds.filter(({ method }) => method === seed.method);
  const other = random.pick(random.oneIn(4) ? corpus.seeds : same);
  const { bundle, ledger } = other.seal(other.statement, { random: random.fork('other') });
  draft.record(ledger);
  return nodeOf(bundle);
}

function otherSlots(draft: Draft): readonly Slot[] {
  return slotsIn(otherBundle(draft));
}

function editSlot(draft: Draft, edit: (slot: Slot, random: Random) => string): void {
  const { random } = draft;
  const slots = slotsIn(draft.bundle);
  // The payload is changed before it is signed; here it is one slot of many.
  const slot = slots.length === 0 ? undefined : random.pick(slots);
  if (slot !== undefined) slot.node.text = edit(slot, random);
  draft.open();
}

function editContent(slot: Slot, random: Random): string {
  const bytes = bytesIn(slot);
  switch (slot.content) {
    case 'json':
      return editJson(bytes, random).toString('base64');
    case 'der':
    case 'pem':
      return editDerBytes(bytes, random).toString('base64');
    case 'bytes':
      return editBytes(bytes, random).toString('base64');
    case 'note':
      return editNote(slot.node.text, random);
    case 'number':
      return otherNumber(slot.node.text, random);
  }
}

function editJson(bytes: Buffer, random: Random): Buffer {
  if (random.oneIn(4)) return editBytes(bytes, random);
  try {
    return Buffer.from(textOf(editTree(nodeOf(JSON.parse(bytes.toString())), random)));
  } catch {
    return editBytes(bytes, random);
  }
}

export function editDerBytes(bytes: Buffer, random: Random): Buffer {
  const tree = random.oneIn(6) ? undefined : parseOne(bytes);
  if (tree === undefined) return editBytes(bytes, random);
  editDer(tree, random);
  return write(tree);
}

function otherNumber(text: string, random: Random): string {
  const near = BigInt(/^[0-9]{1,30}$/.test(text) ? text : 0) + BigInt(random.between(-2, 2));
  const forms = [
    String(near),
    `-${text}`,
    `+${text}`,
    `0${text}`,
    `${text}.0`,
    `${text}e0`,
    ` ${text}`,
    '',
    '0',
    '9223372036854775807',
    '9223372036854775808',
    '18446744073709551615',
    `0x${text}`,
    `${text}n`,
    String(BigInt.asUintN(64, near << 32n)),
    `${text}\n`,
    hostileText(random),
  ];
  return random.pick(forms);
}

/** Other spellings of what decoders take for the same bytes, and near ones. */
function respell({ node: { text } }: Slot, random: Random): string {
  const at = random.below(text.length);
  const space = random.pick([' ', '\n', '\r\n', '\t', '\u00a0', '\0', '=', '-', '.', '*']);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const last = text.replace(/=+$/, '').length - 1;
  const bumped = alphabet[(alphabet.indexOf(text[last] ?? 'A') + 1) % 64] ?? 'A';
  const forms = [
    text.replaceAll('+', '-').replaceAll('/', '_'),
    text.replace(/=+$/, ''),
    `${text}=`,
    `${text}====`,
    `${text}AAAA`,
    `=${text}`,
    text.slice(0, at) + space + text.slice(at),
    `${text}\n`,
    text.replace(/.{76}/g, '$&\n'),
    text.slice(0, last) + bumped + text.slice(last + 1),
    text.slice(0, -1),
    text.toLowerCase(),
    Buffer.from(text).toString('base64'),
    `data:;base64,${text}`,
    `${text.slice(0, at & ~3)}=${text.slice(at & ~3)}`,
    '',
  ];
  return random.pick(forms);
}

function editChain(draft: Draft): void {
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
function editLists(draft: Draft): void {
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

function shuffleMembers(node: Node, random: Random): void {
  if (node.type === 'object') {
    node.members = random.shuffled(node.members);
    for (const { value } of node.members) shuffleMembers(value, random);
  } else if (node.type === 'array') {
    for (const item of node.items) shuffleMembers(item, random);
  }
}
