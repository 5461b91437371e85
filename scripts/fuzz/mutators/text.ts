import type { Draft } from '../base/draft.ts';
import type { Mutator } from '../base/mutator.ts';
import type { Random } from '../base/random.ts';
import { type Layout, textOf } from '../json/tree.ts';
import { editBytes } from './bytes.ts';

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** The text of a bundle, as bytes and as JSON. */
export const textMutators: readonly Mutator[] = [
  {
    name: 'text.bytes',
    phase: 'text',
    weight: 8,
    apply: (draft) => {
      draft.text = editBytes(draft.text, draft.random);
      draft.open();
    },
  },
  {
    name: 'text.splice',
    phase: 'text',
    weight: 3,
    apply: (draft) => {
      const { corpus, random } = draft;
      const other = random.pick(corpus.seeds);
      const { bundle, ledger } = other.seal(other.statement, { random: random.fork('other') });
      draft.record(ledger);
      draft.text = editBytes(draft.text, random, Buffer.from(JSON.stringify(bundle)));
      draft.open();
    },
  },
  {
    // RFC 8259 §2: none of it means anything, so the verifier must take it.
    name: 'text.space',
    phase: 'layout',
    weight: 4,
    apply: (draft) => {
      const { random } = draft;
      const space = (): string => random.pick(['', '', ' ', '\n', '\t', '\r\n', ' \n  ']);
      draft.text = Buffer.from(space() + written(draft, { space, spell: plain }) + space());
    },
  },
  {
    // RFC 8259 §7: the same strings.
    name: 'text.escapes',
    phase: 'layout',
    weight: 4,
    apply: (draft) => {
      const { random } = draft;
      const spell = (text: string): string => escaped(text, random);
      draft.text = Buffer.from(written(draft, { space: () => '', spell }));
    },
  },
  {
    name: 'text.edges',
    phase: 'text',
    weight: 3,
    apply: (draft) => {
      const { random, text } = draft;
      const around: readonly Buffer[] = [
        Buffer.concat([BOM, text]),
        Buffer.concat([text, text]),
        Buffer.concat([text, Buffer.of(0)]),
        Buffer.concat([text, Buffer.from('\n{}')]),
        Buffer.concat([text, Buffer.from('//')]),
        Buffer.concat([Buffer.from(")]}'\n"), text]),
        Buffer.from(text.toString(), 'utf16le'),
        Buffer.from(text.toString('base64')),
        Buffer.from(`[${text.toString()}]`),
        Buffer.from(JSON.stringify(text.toString())),
        Buffer.from(text.toString().replaceAll(',', ',,')),
        Buffer.from(text.toString().replaceAll('}', ',}')),
        Buffer.from(text.toString().replaceAll('"', "'")),
        Buffer.of(),
      ];
      draft.text = random.pick(around);
      draft.open();
    },
  },
  {
    name: 'text.large',
    phase: 'text',
    weight: 1,
    fits: ({ random }) => random.oneIn(6),
    apply: (draft) => {
      const { random, text } = draft;
      const open = random.pick(['[', '{"a":', '"', '[[],', '{"a":{},', ' ', '1,', '\\u0000']);
      const many = Buffer.from(open.repeat(random.pick([1_000, 20_000, 200_000])));
      const at = random.pick([0, text.length, random.below(text.length)]);
      draft.text = Buffer.concat([text.subarray(0, at), many, text.subarray(at)]);
      draft.open();
    },
  },
];

function plain(text: string): string {
  return JSON.stringify(text);
}

function written(draft: Draft, layout: Layout): string {
  return textOf(draft.bundle, layout);
}

/** A string with some of its characters escaped that need not be. */
export function escaped(text: string, random: Random): string {
  const often = random.between(2, 40);
  const inner = JSON.stringify(text).slice(1, -1);
  const spelled = inner.replace(/\\u[0-9a-f]{4}|\\.|[^\\]/gsu, (part) => {
    if (part.startsWith('\\') || !random.oneIn(often)) return part;
    return part === '/'
      ? '\\/'
      : part
          .split('')
          .map((unit) => hexOf(unit, random))
          .join('');
  });
  return `"${spelled}"`;
}

function hexOf(unit: string, random: Random): string {
  const hex = unit.charCodeAt(0).toString(16).padStart(4, '0');
  return `\\u${random.oneIn(2) ? hex.toUpperCase() : hex}`;
}
