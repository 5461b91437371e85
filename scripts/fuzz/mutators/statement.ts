import type { Draft } from '../base/draft.ts';
import type { Mutator } from '../base/mutator.ts';
import type { Random } from '../base/random.ts';
import { rootDigestOf, statementOf } from '../corpus/statement.ts';
import { editTree } from '../json/edits.ts';
import { memberOf, type Node, nodeAt, nodeOf, type ObjectNode, textOf } from '../json/tree.ts';
import { hostileText } from '../json/values.ts';

/** Statements that are not what they were, signed by whoever signs for the seed. */
export const statementMutators: readonly Mutator[] = [
  {
    name: 'statement.tree',
    phase: 'statement',
    weight: 12,
    apply: (draft) =>
      change(draft, (tree, random) => {
        const edited = editTree(tree, random);
        if (random.oneIn(2)) mendRoot(edited);
        return edited;
      }),
  },
  {
    name: 'statement.digest',
    phase: 'statement',
    weight: 4,
    apply: (draft) =>
      change(draft, (tree, random) => {
        const digest = nodeAt(randomResource(tree, random) ?? tree, ['digest']);
        if (digest?.type === 'string') digest.text = otherDigest(digest.text, random);
        if (!random.oneIn(3)) mendRoot(tree);
        return tree;
      }),
  },
  {
    name: 'statement.shards',
    phase: 'statement',
    weight: 5,
    fits: ({ seed }) => seed.serialization.shardSize !== undefined,
    apply: (draft) =>
      change(draft, (tree, random) => {
        const name = nodeAt(randomResource(tree, random) ?? tree, ['name']);
        if (name?.type === 'string') name.text = otherRange(name.text, random);
        mendRoot(tree);
        return tree;
      }),
  },
  {
    name: 'statement.order',
    phase: 'statement',
    weight: 5,
    apply: (draft) =>
      change(draft, (tree, random) => {
        const list = nodeAt(tree, ['predicate', 'resources']) ?? nodeAt(tree, ['subject']);
        if (list?.type === 'array') list.items = random.shuffled(list.items);
        mendRoot(tree);
        return tree;
      }),
  },
  {
    name: 'statement.unknown member of a resource',
    phase: 'statement',
    weight: 3,
    apply: (draft) =>
      change(draft, (tree, random) => {
        const one = randomResource(tree, random);
        const name = random.pick(['annotations', 'size', '__proto__', 'x', 'Name']);
        if (one?.type === 'object') one.members.push(memberOf(name, nodeOf(hostileText(random))));
        return tree;
      }),
  },
  {
    name: 'statement.of another',
    phase: 'statement',
    weight: 3,
    apply: (draft) => {
      draft.statement = draft.random.pick(draft.corpus.seeds).statement;
    },
  },
  {
    name: 'statement.other parameters',
    phase: 'statement',
    weight: 6,
    apply: (draft) => {
      const { random, seed } = draft;
      // What is signed so is what the model is, in other words: it has to verify.
      draft.statement = statementOf(
        draft.model,
        {
          hash: random.pick(['sha256', 'blake2b', 'blake3']),
          shardSize: random.oneIn(2) ? undefined : random.size(300),
          allowSymlinks: random.oneIn(2),
          ignorePaths: random.oneIn(2) ? seed.serialization.ignorePaths : randomPaths(draft),
        },
        random.pick(['own', 'reference', 'go']),
      );
    },
  },
  {
    name: 'statement.no statement',
    phase: 'statement',
    weight: 1,
    apply: (draft) => {
      const { random } = draft;
      const texts = ['null', '[]', '{}', '"text"', '0', ' ', random.bytes(random.size(60))];
      draft.statement = Buffer.from(random.pick(texts));
    },
  },
];

/** Signs a tree made of the statement in place of it. */
function change(draft: Draft, edit: (tree: Node, random: Random) => Node): void {
  const tree = treeOf(draft.statement);
  if (tree !== undefined) draft.statement = Buffer.from(textOf(edit(tree, draft.random)));
}

export function treeOf(statement: Buffer): Node | undefined {
  try {
    return nodeOf(JSON.parse(statement.toString()));
  } catch {
    return undefined;
  }
}

export function resourcesIn(tree: Node): readonly ObjectNode[] {
  const list = nodeAt(tree, ['predicate', 'resources']) ?? nodeAt(tree, ['subject']);
  return list?.type === 'array' ? list.items.filter((item) => item.type === 'object') : [];
}

function randomResource(tree: Node, random: Random): Node | undefined {
  const all = resourcesIn(tree);
  return all.length === 0 ? undefined : random.pick(all);
}

/** Makes the root digest right again, so that what else is wrong is looked at. */
export function mendRoot(tree: Node): void {
  const digests = resourcesIn(tree).map((one) => nodeAt(one, ['digest']));
  const texts = digests.map((digest) => (digest?.type === 'string' ? digest.text : ''));
  const root = nodeAt(tree, ['subject', 0, 'digest', 'sha256']);
  if (root?.type === 'string') root.text = rootDigestOf(texts);
}

function otherDigest(digest: string, random: Random): string {
  const forms = [
    digest.toUpperCase(),
    digest.slice(0, -1),
    digest.slice(2),
    `${digest}00`,
    `0x${digest}`,
    ` ${digest}`,
    `${digest}\n`,
    digest.replace(/./, (letter) => (letter === 'f' ? '0' : 'f')),
    '0'.repeat(digest.length),
    random.bytes(digest.length / 2).toString('hex'),
    digest.replace(/\d/, (digit) => String.fromCodePoint(0x660 + Number(digit))),
    hostileText(random),
  ];
  return random.pick(forms);
}

function otherRange(name: string, random: Random): string {
  const [, path = name, start = '0', end = '1'] = /^(.*):(\d+):(\d+)$/s.exec(name) ?? [];
  const near = random.between(-2, 2);
  const forms = [
    `${path}:${Number(start) + near}:${end}`,
    `${path}:${start}:${Number(end) + near}`,
    `${path}:${end}:${start}`,
    `${path}:0${start}:${end}`,
    `${path}:+${start}:${end}`,
    `${path}:${start}:${end}.0`,
    `${path}:${start}_0:${end}`,
    `${path}:${start}:${end}e0`,
    `${path}:-0:${end}`,
    `${path}:${start}:99999999999999999999`,
    `${path}:${start}:9007199254740993`,
    `${path}:${start}`,
    path,
    `${path}::${start}:${end}`,
    `:${start}:${end}`,
    `${path}: ${start}:${end}`,
    `${path}:${start}:${end}\n`,
  ];
  return random.pick(forms);
}

function randomPaths({ random, model }: Draft): string[] {
  const names = model.entries.map(({ name }) => String(name));
  const forms = (name: string): readonly string[] => [
    name,
    `${name}/`,
    `./${name}`,
    `/${name}`,
    `../${name}`,
    name.split('/')[0] ?? name,
    name.toUpperCase(),
    name.replaceAll('/', '//'),
    name.normalize('NFD'),
    random.pick(['*', '', '.', './', '//', '..', 'a/..', '.git', '\0', hostileText(random)]),
  ];
  return Array.from({ length: random.size(4) }, () => random.pick(forms(random.pick(names))));
}
