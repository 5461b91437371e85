import type { Random } from '../base/random.ts';
import { copyOf, memberOf, type Node, type Place, placesIn } from './tree.ts';
import { hostileNumber, hostileText, NAMES, nested, noJson, otherValue } from './values.ts';

/** A change at one place of a tree. Returns false where it has nothing to do. */
type Edit = (place: Place, all: readonly Place[], random: Random) => boolean;

const EDITS: Readonly<Record<string, Edit>> = {
  remove: ({ parent, at }) => {
    if (parent === undefined) return false;
    listOf(parent).splice(at, 1);
    return true;
  },
  double: ({ parent, at, node }, _, random) => {
    if (parent === undefined) return false;
    if (parent.type === 'array') {
      const copies = Array.from({ length: random.size(40) }, () => copyOf(node));
      parent.items.splice(at, 0, ...copies);
      return true;
    }
    const member = parent.members[at];
    if (member === undefined) return false;
    const value = random.oneIn(2) ? copyOf(node) : otherValue(node, random);
    parent.members.splice(random.below(parent.members.length + 1), 0, { key: member.key, value });
    return true;
  },
  rename: ({ parent, at }, _, random) => {
    const member = parent?.type === 'object' ? parent.members[at] : undefined;
    if (member?.key.type !== 'string') return false;
    const { text } = member.key;
    const names = [
      random.pick(NAMES),
      hostileText(random),
      text.toUpperCase(),
      `${text}\0`,
      ` ${text}`,
      text.normalize('NFKD').replace(/a/g, 'а'),
      text.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    ];
    member.key = { type: 'string', text: random.pick(names) };
    return true;
  },
  add: ({ node }, all, random) => {
    const value = random.oneIn(2) ? copyOf(random.pick(all).node) : otherValue(node, random);
    if (node.type === 'array') node.items.splice(random.below(node.items.length + 1), 0, value);
    else if (node.type === 'object') {
      const name = random.oneIn(3) ? hostileText(random) : random.pick(NAMES);
      node.members.splice(random.below(node.members.length + 1), 0, memberOf(name, value));
    } else return false;
    return true;
  },
  retype: ({ node, put }, _, random) => {
    put(otherValue(node, random));
    return true;
  },
  number: ({ put }, _, random) => {
    put(hostileNumber(random));
    return true;
  },
  text: ({ put }, _, random) => {
    put({ type: 'string', text: hostileText(random) });
    return true;
  },
  letter: ({ node }, _, random) => {
    if (node.type !== 'string' || node.text === '') return false;
    const at = random.below(node.text.length);
    const inserted = random.oneIn(2) ? hostileText(random).slice(0, 2) : '';
    node.text = node.text.slice(0, at) + inserted + node.text.slice(at + random.below(3));
    return true;
  },
  'no JSON': ({ put }, _, random) => {
    put(noJson(random));
    return true;
  },
  swap: ({ node, put }, all, random) => {
    const other = random.pick(all);
    if (other.parent === undefined || other.node === node) return false;
    put(copyOf(other.node));
    other.put(copyOf(node));
    return true;
  },
  many: ({ node, put }, _, random) => {
    const count = random.pick([50, 400, 1_200, 11_000]);
    const member = (at: number) => memberOf(`k${at}`, { type: 'raw', text: '0' });
    const made = Array.from({ length: count }, (_one, at) => member(at));
    if (node.type === 'object') node.members.push(...made);
    else put({ type: 'object', members: made });
    return true;
  },
  nest: ({ node, put }, _, random) => {
    put(nested(node, random.between(1, random.oneIn(4) ? 200 : 18), random));
    return true;
  },
};

export const EDIT_NAMES = Object.keys(EDITS);

/** Changes a tree at one place or at some. Returns the tree, which may have a new root. */
export function editTree(tree: Node, random: Random, edits = random.size(3)): Node {
  let root = tree;
  for (let made = 0; made < edits; ) {
    const all = placesIn(root, (node) => {
      root = node;
    });
    // The root is one of many, and what is near it is seldom deep enough to get far.
    const place = random.pick(all);
    const edit = EDITS[random.pick(EDIT_NAMES)];
    if (edit?.(place, all, random) === true) made++;
  }
  return root;
}

function listOf(parent: NonNullable<Place['parent']>): unknown[] {
  return parent.type === 'array' ? parent.items : parent.members;
}
