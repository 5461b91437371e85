import type { Draft, ObjectForm } from '../base/draft.ts';
import type { Mutator } from '../base/mutator.ts';
import type { Random } from '../base/random.ts';
import { type Entry, file, link } from '../corpus/model.ts';
import type { Options } from '../corpus/seed.ts';
import { hostileText } from '../json/values.ts';

/** What a bundle is judged against: the model on the disk, and what the caller asks for. */
export const aroundMutators: readonly Mutator[] = [
  {
    name: 'model.changed',
    phase: 'around',
    weight: 14,
    apply: (draft) => {
      const { model, random } = draft;
      draft.model = { ...model, entries: changedEntries(draft) };
      draft.touched.add('model');
      if (random.oneIn(4)) draft.signature = random.pick(['model.sig', 'a', 'part', 'x/model.sig']);
    },
  },
  {
    name: 'options.others',
    phase: 'around',
    weight: 8,
    apply: (draft) => {
      draft.options = otherOptions(draft);
      draft.touched.add('options');
    },
  },
  {
    name: 'bundle.as an object',
    phase: 'around',
    weight: 3,
    apply: (draft) => {
      const forms: readonly ObjectForm[] = [
        'plain',
        'plain',
        'null prototype',
        'class',
        'toJSON',
        'cycle',
        'bigint',
        'getter',
      ];
      draft.objectForm = draft.random.pick(forms);
      if (draft.objectForm !== 'plain') draft.open();
    },
  },
];

function changedEntries({ model, random }: Draft): readonly Entry[] {
  const { entries } = model;
  const at = random.below(entries.length);
  const entry = entries[at];
  if (entry === undefined) return [file('a', 'a')];
  const { name } = entry;
  const content = entry.kind === 'file' ? entry.content : Buffer.of();
  const instead = (...others: readonly Entry[]): readonly Entry[] =>
    entries.toSpliced(at, 1, ...others);
  if (model.shape === 'file') {
    const others: readonly Entry[] = [
      { name, kind: 'fifo' },
      { name, kind: 'directory' },
      link(String(name), 'nowhere'),
    ];
    const changed = file(name, changedBytes(content, random));
    return instead(random.oneIn(4) ? random.pick(others) : changed);
  }
  const text = String(name);
  switch (random.below(14)) {
    case 0:
    case 1:
      return instead(file(name, changedBytes(content, random)));
    case 2:
      return instead();
    case 3:
      return instead(file(`${text}~`, content));
    case 4:
      return [...entries, file(newName(text, random), random.bytes(random.size(10)))];
    case 5:
      return [...entries, file(newName(text, random), '')];
    case 6:
      return instead({ name, kind: 'directory' });
    case 7:
      return instead({ name, kind: 'fifo' });
    case 8:
      return [...entries, { name: newName(text, random), kind: 'fifo' }];
    case 9:
      return [...instead(link(text, 'moved')), file('moved', content)];
    case 10:
      return [...entries, link(newName(text, random), random.pick(LINKS(text)))];
    case 11:
      return [...entries, file(Buffer.concat([Buffer.from('x'), random.bytes(3)]), 'not UTF-8')];
    case 12:
      return [...entries, { name: newName(text, random), kind: 'directory' }];
    default:
      return swapped(entries, at, random);
  }
}

/** The contents of two files are each other's. */
function swapped(entries: readonly Entry[], at: number, random: Random): readonly Entry[] {
  const other = random.below(entries.length);
  const [one, two] = [entries[at], entries[other]];
  if (one?.kind !== 'file' || two?.kind !== 'file') return entries;
  return entries
    .with(at, { ...one, content: two.content })
    .with(other, { ...two, content: one.content });
}

function LINKS(name: string): readonly string[] {
  return [
    name,
    '.',
    '..',
    '../..',
    '/',
    '/etc/hostname',
    'nowhere',
    '/dev/zero',
    '/dev/stdin',
    'a',
  ];
}

function newName(name: string, random: Random): string {
  const names = [
    'added',
    `${name}2`,
    `d/${name}`,
    '.git/hooks/x',
    '.gitignore',
    '.github',
    '.gitattributes',
    'model.sig',
    '.GIT/x',
    'sub/.git/x',
    'logs/new.txt',
    name.toUpperCase(),
    name.normalize('NFD'),
    name.normalize('NFC'),
    `${name} `,
    `${name}.`,
    '\u001b[31m',
    'a\nb',
    hostileText(random),
  ];
  return random.pick(names);
}

function changedBytes(content: Buffer, random: Random): Buffer {
  if (content.length === 0) return Buffer.of(0);
  switch (random.below(4)) {
    case 0:
      return content.subarray(0, -1);
    case 1:
      return Buffer.concat([content, Buffer.of(random.below(256))]);
    case 2:
      return Buffer.of();
    default: {
      const copy = Buffer.from(content);
      const at = random.below(copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
      return copy;
    }
  }
}

function otherOptions({ options, model, random }: Draft): Options {
  const names = model.entries.map(({ name }) => String(name));
  const some = (): string => random.pick(names).split('/')[0] ?? 'a';
  const changes: readonly Options[] = [
    { ignoreUnsignedFiles: true },
    { forbidIgnoredFiles: true },
    { allowSymlinks: options.allowSymlinks !== true },
    { ignoreGitPaths: false },
    { ignorePaths: [some()] },
    { ignorePaths: [some(), `${some()}/`, `./${some()}`] },
    { ignorePaths: ['logs', 'added', '.gitmodules'] },
  ];
  const { ignoreUnsignedFiles, ...rest } = {
    ...options,
    ...random.pick(changes),
    ...random.pick(changes),
  };
  // Both together are a usage error.
  return ignoreUnsignedFiles === true && rest.forbidIgnoredFiles !== true
    ? { ...rest, ignoreUnsignedFiles }
    : rest;
}
