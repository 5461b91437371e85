import { certify } from '../../../test/helpers/sigstore/instance.ts';
import type { EntryOptions } from '../../../test/helpers/sigstore/rekor.ts';
import { repeatably } from '../base/chance.ts';
import type { Draft } from '../base/draft.ts';
import type { Mutator } from '../base/mutator.ts';
import { certified } from '../corpus/ledger.ts';
import type { Lying } from '../corpus/seed.ts';
import { editedCertificate } from './certificate.ts';
import { stampOptions } from './clock-lies.ts';
import { otherLeaf, sctOptions } from './leaf-lies.ts';
import { entryOptions } from './log-lies.ts';
import { editedScts, signedByLogs } from './scts.ts';

const isKeyless = ({ seed }: Draft): boolean => seed.method === 'sigstore';

/** Papers that those who are trusted made wrong: a CA, a log or a clock that lies. */
export const paperMutators: readonly Mutator[] = [
  {
    name: 'papers.log',
    phase: 'papers',
    weight: 14,
    fits: isKeyless,
    apply: (draft) => {
      const { random, corpus, seed } = draft;
      const { rekor1, rekor2 } = corpus.instance;
      const log = random.pick([rekor1, rekor2]);
      const entries = Array.from({ length: random.size(3) }, (): Lying<EntryOptions> => {
        const { isTrue, options } = repeatably(random, () => entryOptions(random));
        return { isTrue, options: { log, ...options } };
      });
      const stamps = random.oneIn(2) || seed.name.includes('v2') ? TRUE : undefined;
      draft.sealing = { ...draft.sealing, entries, ...(stamps === undefined ? {} : { stamps }) };
      draft.open();
    },
  },
  {
    name: 'papers.clock',
    phase: 'papers',
    weight: 12,
    fits: (draft) => isKeyless(draft) || draft.seed.name.includes('stamped'),
    apply: (draft) => {
      const { random, corpus, seed } = draft;
      const { tsa } = seed.method === 'sigstore' ? corpus.instance : corpus.parties;
      const stamps = Array.from({ length: random.size(3) }, () =>
        repeatably(random, () => stampOptions(random, tsa)),
      );
      draft.sealing = { ...draft.sealing, stamps };
      draft.open();
    },
  },
  {
    name: 'papers.leaf',
    phase: 'papers',
    weight: 8,
    fits: isKeyless,
    apply: (draft) => {
      const { random } = draft;
      const leafOptions = repeatably(random, () => otherLeaf(random));
      draft.sealing = { ...draft.sealing, leafOptions };
      draft.open();
    },
  },
  {
    name: 'papers.certificate log',
    phase: 'papers',
    weight: 5,
    fits: isKeyless,
    apply: (draft) => {
      const { random } = draft;
      const { instance } = draft.corpus;
      const scts = repeatably(random, () => sctOptions(random));
      const issued = repeatably(random, () => certify(instance, {}, scts));
      const { privateKey } = instance.authority.intermediate;
      draft.record({ certificates: [{ ...certified(issued.der, privateKey), isLogged: false }] });
      draft.sealing = { ...draft.sealing, leaf: issued.der, signedWith: issued.privateKey };
      draft.open();
    },
  },
  {
    name: 'papers.der of the leaf',
    phase: 'papers',
    weight: 10,
    fits: isKeyless,
    apply: (draft) => {
      const { random } = draft;
      const { instance } = draft.corpus;
      const issued = repeatably(random, () => certify(instance));
      const { privateKey } = instance.authority.intermediate;
      const leaf = random.oneIn(2)
        ? editedCertificate(issued.der, privateKey, random)
        : editedScts(issued.der, privateKey, random);
      const isSame = signedByLogs(leaf) === signedByLogs(issued.der);
      const seen = isSame ? {} : { isLogged: false };
      draft.record({ certificates: [{ ...certified(leaf, privateKey), ...seen }] });
      draft.sealing = { ...draft.sealing, leaf, signedWith: issued.privateKey };
      draft.open();
    },
  },
];

const TRUE: readonly Lying<object>[] = [{ options: {}, isTrue: true }];
