import { createHash } from 'node:crypto';
import type { Setting } from './draft.ts';
import type { Family, Made } from './family.ts';
import { anchors } from './families/anchors.ts';
import { bundles } from './families/bundles.ts';
import { choices } from './families/choices.ts';
import { constraints } from './families/constraints.ts';
import { encoding } from './families/encoding.ts';
import { extensions } from './families/extensions.ts';
import { keyUsages } from './families/key-usage.ts';
import { keys } from './families/keys.ts';
import { limits } from './families/limits.ts';
import { names } from './families/names.ts';
import { purposes } from './families/purpose.ts';
import { signatures } from './families/signatures.ts';
import { validity } from './families/validity.ts';

/** A chain with a name of its own, and what we have to say of it. */
export interface Case extends Made {
  /** `group: what is unusual, where; purpose, keys, length`. */
  readonly name: string;
  readonly purpose: Setting['purpose'];
}

const GROUPS: Readonly<Record<string, readonly Family[]>> = {
  validity,
  constraints,
  'key usage': keyUsages,
  purpose: purposes,
  extension: extensions,
  limit: limits,
  name: names,
  signature: signatures,
  encoding,
  key: keys,
  anchor: anchors,
  bundle: bundles,
  choice: choices,
};

/** What issuers have where a family asks for nothing. */
const USUAL = ['P-256', 'P-384', 'P-521', 'RSA-2048', 'RSA-3072', 'RSA-4096'] as const;

/** All chains of a seed, always the same. */
export function generate(seed: string): readonly Case[] {
  const cases = Object.entries(GROUPS).flatMap(([group, families]) =>
    families.flatMap((one) =>
      settingsFor(one, `${seed} ${group}`).map((setting) => caseOf(group, one, setting)),
    ),
  );
  const different = new Set(cases.map(({ name }) => name));
  if (different.size !== cases.length) throw new Error('two chains have the same name');
  return cases;
}

/** Once for each purpose; where it is about kinds of keys, for code with each of them. */
function settingsFor(one: Family, seed: string): readonly Setting[] {
  const { purposes: chosen = ['codeSigning', 'timeStamping'], lengths } = one;
  const [least, most] = lengths;
  return chosen.flatMap((purpose) =>
    kindsFor(one, purpose, `${seed} ${one.name}`).map((kinds) => {
      const [first = 0, second = 0] = dice(`${seed} ${one.name} ${purpose} ${kinds.join()}`);
      return { purpose, kinds, length: least + (first % (most - least + 1)), dice: second };
    }),
  );
}

function kindsFor(
  { kinds = USUAL, order }: Family,
  purpose: Setting['purpose'],
  seed: string,
): readonly Setting['kinds'][] {
  if (order !== undefined) return [order];
  if (kinds !== USUAL && purpose === 'codeSigning') return kinds.map((kind) => [kind]);
  const [first = 0] = dice(`${seed} ${purpose}`);
  return [[kinds[first % kinds.length] ?? 'P-256']];
}

/** Numbers that are always the same for a text, and for each text others. */
function dice(text: string): readonly number[] {
  const digest = createHash('sha256').update(text).digest();
  return [0, 4].map((offset) => digest.readUInt32LE(offset));
}

function caseOf(group: string, one: Family, setting: Setting): Case {
  const { purpose, kinds, length } = setting;
  const name = `${group}: ${one.name}; ${purpose}, ${kinds.join('+')}, ${length}`;
  return { name, purpose, ...one.make(setting) };
}
