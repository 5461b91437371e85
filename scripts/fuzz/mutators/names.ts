import type { Draft } from '../base/draft.ts';
import type { Mutator } from '../base/mutator.ts';
import type { Random } from '../base/random.ts';
import { digestOf, file } from '../corpus/model.ts';
import { nodeAt, nodeOf, textOf } from '../json/tree.ts';
import { hostileText } from '../json/values.ts';
import { mendRoot, resourcesIn, treeOf } from './statement.ts';

/** Names that lead out of a model, or that some reader takes for another one. */
function hostileNames(name: string, random: Random): readonly string[] {
  const base = name.slice(name.lastIndexOf('/') + 1);
  return [
    `../${base}`,
    `../../${base}`,
    `a/../../${base}`,
    `/${name}`,
    '/etc/passwd',
    `./${name}`,
    `${name}/`,
    `${name}/.`,
    `${name}/..`,
    `${name}//`,
    `a//${base}`,
    '',
    '.',
    '..',
    '/',
    '//',
    `${name}\0`,
    `${name}\0.txt`,
    `\0${name}`,
    `..\\${base}`,
    `a\\..\\${base}`,
    `C:\\${base}`,
    `C:${base}`,
    `\\\\server\\share\\${base}`,
    `${name}::$DATA`,
    `${name}.`,
    `${name} `,
    ` ${name}`,
    name.toUpperCase(),
    name.normalize('NFC'),
    name.normalize('NFD'),
    name.normalize('NFKC'),
    'CON',
    'nul.txt',
    'COM1',
    'aux/x',
    `${name}:0:1`,
    `${name}:5`,
    `:0:${name}`,
    '~',
    '-',
    '--help',
    '.git/config',
    '.gitignore',
    '.github/x',
    'model.sig',
    `${'d/'.repeat(random.size(500))}f`,
    'n'.repeat(random.between(250, 260)),
    'n'.repeat(random.size(5_000)),
    '%2e%2e%2fx',
    '..%00/',
    '\u2025/x',
    '．．/x',
    '\uff0e\uff0e\uff0fx',
    `a\u2215b`,
    '\u202e',
    '\ufeff',
    '\ud800',
    `${name}\n`,
    `${name}\r`,
    '\u001b[2J',
    'a\tb',
    'latest.bin/x',
    hostileText(random),
  ];
}

/** Hostile names in a manifest, alone or with a file to match on the disk. */
export const nameMutators: readonly Mutator[] = [
  {
    name: 'names.in the manifest',
    phase: 'statement',
    weight: 10,
    apply: (draft) => {
      const { random } = draft;
      rename(draft, (name) => random.pick(hostileNames(name, random)));
    },
  },
  {
    name: 'names.in both',
    phase: 'statement',
    weight: 6,
    fits: ({ model }) => model.shape === 'directory',
    apply: (draft) => {
      const { random, model } = draft;
      const entry = random.pick(model.entries);
      const old = String(entry.name);
      const next = random.pick(hostileNames(old, random));
      rename(draft, (name) => (name === old ? next : name), true);
      const content = entry.kind === 'file' ? entry.content : Buffer.of();
      const others = model.entries.filter((one) => one !== entry);
      draft.model = { ...model, entries: [...others, file(next, content)] };
      draft.touched.add('model');
    },
  },
  {
    name: 'names.twice',
    phase: 'statement',
    weight: 5,
    apply: (draft) => {
      const { random, model, seed } = draft;
      const tree = treeOf(draft.statement);
      const resources = tree === undefined ? [] : resourcesIn(tree);
      const list = tree && (nodeAt(tree, ['predicate', 'resources']) ?? nodeAt(tree, ['subject']));
      if (tree === undefined || list?.type !== 'array' || resources.length === 0) return;
      const name = nodeAt(random.pick(resources), ['name']);
      const text = name?.type === 'string' ? name.text : '';
      const aliases = [text, ...hostileNames(text, random).slice(5, 14), text.normalize('NFD')];
      const alias = random.pick(aliases);
      const content = random.bytes(3);
      const { hash: algorithm } = seed.serialization;
      const digest = digestOf(algorithm, content);
      const isLegacy = seed.style === 'legacy';
      list.items.push(
        nodeOf({ name: alias, digest: isLegacy ? { sha256: digest } : digest, algorithm }),
      );
      mendRoot(tree);
      draft.statement = Buffer.from(textOf(tree));
      if (random.oneIn(2) || model.shape === 'file') return;
      draft.model = { ...model, entries: [...model.entries, file(alias, content)] };
      draft.touched.add('model');
    },
  },
];

function rename(draft: Draft, change: (name: string) => string, all = false): void {
  const { random } = draft;
  const tree = treeOf(draft.statement);
  if (tree === undefined) return;
  const resources = resourcesIn(tree);
  const chosen = all || resources.length === 0 ? resources : [random.pick(resources)];
  for (const resource of chosen) {
    const name = nodeAt(resource, ['name']);
    if (name?.type !== 'string') continue;
    const [, path = name.text, range = ''] = /^(.*?)(:\d+:\d+)?$/s.exec(name.text) ?? [];
    name.text = change(path) + range;
  }
  draft.statement = Buffer.from(textOf(tree));
}
