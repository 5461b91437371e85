import type { Mutator } from '../base/mutator.ts';

/** Signatures by others, over other texts, or with other hashes. */
export const signingMutators: readonly Mutator[] = [
  {
    name: 'signing.by another key',
    phase: 'statement',
    weight: 4,
    apply: (draft) => {
      const { random, corpus } = draft;
      const { keys } = corpus.parties;
      const signedWith = random.pick([keys.other, keys['P-384'], keys['P-521'], keys.secp256k1]);
      draft.sealing = { ...draft.sealing, signedWith };
      draft.open();
    },
  },
  {
    name: 'signing.not again',
    phase: 'statement',
    weight: 4,
    apply: (draft) => {
      draft.keepsSignature = true;
      draft.open();
    },
  },
  {
    name: 'signing.other encoding',
    phase: 'statement',
    weight: 3,
    apply: (draft) => {
      const encoding = draft.seed.style === 'legacy' ? 'dsse' : 'legacy';
      draft.sealing = { ...draft.sealing, encoding };
      draft.open();
    },
  },
  {
    name: 'signing.other hash',
    phase: 'statement',
    weight: 2,
    apply: (draft) => {
      const hash = draft.random.pick(['sha1', 'sha256', 'sha384', 'sha512', 'sha224']);
      draft.sealing = { ...draft.sealing, hash };
      draft.open();
    },
  },
  {
    // ECDSA has two signatures for each; nobody who lacks the key can sign anything else with it.
    name: 'signing.the other signature',
    phase: 'statement',
    weight: 2,
    apply: (draft) => {
      draft.sealing = { ...draft.sealing, malleate: true };
    },
  },
];
