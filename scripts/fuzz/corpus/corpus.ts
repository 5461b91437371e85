import { makeInstance } from '../../../test/helpers/sigstore/instance.ts';
import { repeatably } from '../base/chance.ts';
import { Random } from '../base/random.ts';
import { certificateSeeds } from './certificate-seeds.ts';
import { fixtureSeeds } from './fixture-seeds.ts';
import { keySeeds } from './key-seeds.ts';
import { certified, type Ledger, NOTHING, together } from './ledger.ts';
import { makeParties, type Parties } from './pki.ts';
import type { Seed } from './seed.ts';
import { sigstoreSeeds } from './sigstore-seeds.ts';
import type { Instance } from '../../../test/helpers/sigstore/instance.ts';

/** What all inputs of the fuzzer are made from. The same each time. */
export interface Corpus {
  readonly seeds: readonly Seed[];
  readonly parties: Parties;
  readonly instance: Instance;
  /** What was done before any bundle was made. */
  readonly ledger: Ledger;
}

export function makeCorpus(): Corpus {
  const parties = makeParties();
  const instance = repeatably(new Random('instance'), makeInstance);
  const { root, intermediate } = instance.authority;
  const fixtures = fixtureSeeds();
  const certificates = [
    certified(root.der, root.privateKey),
    certified(intermediate.der, root.privateKey),
    certified(instance.tsa.root.der, instance.tsa.root.privateKey),
    certified(instance.tsa.leaf.der, instance.tsa.root.privateKey),
  ];
  return {
    seeds: [
      ...keySeeds(parties),
      ...certificateSeeds(parties),
      ...sigstoreSeeds(instance),
      ...fixtures.seeds,
    ],
    parties,
    instance,
    ledger: together(parties.ledger, fixtures.ledger, { ...NOTHING, certificates }),
  };
}
