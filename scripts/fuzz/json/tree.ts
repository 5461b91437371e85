/**
 * JSON as a tree that can hold what a JavaScript value cannot: the same key twice, literals in any
 * spelling, members in any order.
 */
export type Node =
  | { readonly type: 'object'; members: Member[] }
  | { readonly type: 'array'; items: Node[] }
  | { readonly type: 'string'; text: string }
  /** A literal as it stands: a number, a constant, or what is neither. */
  | { readonly type: 'raw'; text: string };

export interface Member {
  key: Node;
  value: Node;
}

export type ObjectNode = Extract<Node, { type: 'object' }>;

export function nodeOf(value: unknown): Node {
  if (typeof value === 'string') return { type: 'string', text: value };
  if (Array.isArray(value)) return { type: 'array', items: value.map(nodeOf) };
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([key, member]) => memberOf(key, nodeOf(member)));
    return { type: 'object', members };
  }
  return { type: 'raw', text: JSON.stringify(value) };
}

export function memberOf(key: string, value: Node): Member {
  return { key: { type: 'string', text: key }, value };
}

export function copyOf(node: Node): Node {
  return structuredClone(node);
}

/** How text is laid out between the tokens, and how strings are spelled. */
export interface Layout {
  readonly space: () => string;
  readonly spell: (text: string) => string;
}

const COMPACT: Layout = { space: () => '', spell: (text) => JSON.stringify(text) };

export function textOf(node: Node, layout: Layout = COMPACT): string {
  const { space, spell } = layout;
  const join = (parts: readonly string[]): string =>
    parts.map((part) => `${space()}${part}${space()}`).join(',') || space();
  switch (node.type) {
    case 'raw':
      return node.text;
    case 'string':
      return spell(node.text);
    case 'array':
      return `[${join(node.items.map((item) => textOf(item, layout)))}]`;
    case 'object':
      return `{${join(
        node.members.map(
          ({ key, value }) => `${textOf(key, layout)}${space()}:${space()}${textOf(value, layout)}`,
        ),
      )}}`;
  }
}

/** A place in a tree, and how to put something else there. */
export interface Place {
  /** Keys and positions from the root on. */
  readonly path: readonly string[];
  readonly node: Node;
  readonly put: (node: Node) => void;
  /** The object or array that it stands in, and where. */
  readonly parent: Extract<Node, { type: 'object' | 'array' }> | undefined;
  readonly at: number;
}

/** All places of a tree, the root first. */
export function placesIn(root: Node, put: (node: Node) => void): Place[] {
  const places: Place[] = [{ path: [], node: root, put, parent: undefined, at: 0 }];
  for (let next = 0; next < places.length; next++) {
    const { node, path } = places[next] as Place;
    if (node.type === 'array') {
      for (const [at, item] of node.items.entries()) {
        const replace = (other: Node): void => void (node.items[at] = other);
        places.push({ path: [...path, String(at)], node: item, put: replace, parent: node, at });
      }
    } else if (node.type === 'object') {
      for (const [at, member] of node.members.entries()) {
        const key = member.key.type === 'string' ? member.key.text : '?';
        const replace = (other: Node): void => void (member.value = other);
        places.push({ path: [...path, key], node: member.value, put: replace, parent: node, at });
      }
    }
  }
  return places;
}

/** What stands at a path of keys and positions, the first where a key is there twice. */
export function nodeAt(root: Node, path: readonly (string | number)[]): Node | undefined {
  let node: Node | undefined = root;
  for (const step of path) {
    if (node?.type === 'array') node = node.items[Number(step)];
    else if (node?.type === 'object') {
      node = node.members.find(({ key }) => key.type === 'string' && key.text === step)?.value;
    } else return undefined;
  }
  return node;
}
