/** A folder of `src` whose mutants are tested, and the tests that must notice them. */
export interface Room {
  readonly name: string;
  /** Globs. The tests of the folder and those of the attacks on it, none that starts programs. */
  readonly tests: readonly string[];
  /** How many of a hundred must be noticed, where that is held. */
  readonly least?: number;
}

export const ROOMS: readonly Room[] = [
  {
    name: 'format',
    least: 90,
    tests: [
      'test/format/**/*.test.ts',
      'test/attacks/{ignore,shards,statement}.test.ts',
      'test/properties/{bundle,json}.test.ts',
      'test/verifiers/{key,legacy}.test.ts',
      'test/limits/{fields,names}.test.ts',
      'test/fixtures.test.ts',
    ],
  },
  {
    name: 'verifiers',
    least: 90,
    tests: [
      'test/verifiers/**/*.test.ts',
      'test/sigstore/attacks-{authority,body,certificate,issuer,log,sct,threshold,timestamp}.test.ts',
      'test/sigstore/{attacks-window,instance}.test.ts',
    ],
  },
  {
    name: 'trust',
    least: 90,
    tests: [
      'test/trust/**/*.test.ts',
      'test/verifiers/{certificate,legacy,sigstore}.test.ts',
      'test/sigstore/attacks-{authority,identity,issuer,log,sct,tsa,window}.test.ts',
      'test/properties/signing-config.test.ts',
      'test/chains/faults.test.ts',
    ],
  },
  {
    name: 'model',
    tests: [
      'test/model/**/*.test.ts',
      'test/attacks/**/*.test.ts',
      'test/limits/names.test.ts',
      'test/properties/tree.test.ts',
    ],
  },
  {
    name: 'signers',
    tests: ['test/signers/!(timestamp-openssl).test.ts', 'test/sigstore-stub/**/*.test.ts'],
  },
];

export function roomOf(name: string | undefined): Room {
  const room = ROOMS.find((one) => one.name === name);
  if (room === undefined) throw new Error(`there are no mutants of ${name}`);
  return room;
}
