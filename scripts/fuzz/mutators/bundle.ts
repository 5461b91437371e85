import type { Draft } from '../base/draft.ts';
import type { Mutator } from '../base/mutator.ts';
import type { Random } from '../base/random.ts';
import { editTree } from '../json/edits.ts';
import { memberOf, type Node, nodeAt, nodeOf } from '../json/tree.ts';
import { editContent, respell } from './content.ts';
import { editChain, editLists, grow } from './lists.ts';
import { otherBundle, otherSlots } from './others.ts';
import { kindOf, type Slot, slotsIn } from './slots.ts';

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
  { name: 'bundle.large', phase: 'bundle', weight: 3, apply: grow },
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

function editSlot(draft: Draft, edit: (slot: Slot, random: Random) => string): void {
  const { random } = draft;
  const slots = slotsIn(draft.bundle);
  // The payload is changed before it is signed; here it is one slot of many.
  const slot = slots.length === 0 ? undefined : random.pick(slots);
  if (slot !== undefined) slot.node.text = edit(slot, random);
  draft.open();
}

function shuffleMembers(node: Node, random: Random): void {
  if (node.type === 'object') {
    node.members = random.shuffled(node.members);
    for (const { value } of node.members) shuffleMembers(value, random);
  } else if (node.type === 'array') {
    for (const item of node.items) shuffleMembers(item, random);
  }
}
