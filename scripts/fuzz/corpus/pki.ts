import type { KeyObject } from 'node:crypto';
import { CA, type Issued, type IssueOptions, issue, SIGNER } from '../../../test/helpers/pki.ts';
import { makeTsa, type Tsa } from '../../../test/helpers/sigstore/tsa.ts';
import { repeatably } from '../base/chance.ts';
import { makeEcKey } from '../base/ecdsa.ts';
import { Random } from '../base/random.ts';
import { certified, type Ledger, NOTHING } from './ledger.ts';

/** Whoever signs and issues here, with keys that are the same each time and protect nothing. */
export interface Parties {
  readonly keys: Readonly<Record<Signer, KeyObject>>;
  readonly root: Issued;
  readonly intermediate: Issued;
  /** Certifies the intermediate's key as well. */
  readonly crossing: Issued;
  readonly otherRoot: Issued;
  readonly stranger: Issued;
  readonly leaves: Readonly<Record<'P-256' | 'P-384' | 'P-521', Issued>>;
  /** Valid for a day, around the time at which the forge stamps. */
  readonly expired: Issued;
  /** All with the intermediate's name and key, each issued by itself and by all others. */
  readonly tangle: readonly Issued[];
  /** From the root down, four certificates between it and the leaf. */
  readonly long: readonly Issued[];
  readonly tsa: Tsa;
  readonly ledger: Ledger;
}

export type Signer = 'P-256' | 'P-384' | 'P-521' | 'other' | 'secp256k1';

const LIFE = {
  notBefore: new Date('2026-01-01T00:00:00Z'),
  notAfter: new Date('2126-01-01T00:00:00Z'),
} as const;

const ONE_DAY = {
  notBefore: new Date('2025-11-03T00:00:00Z'),
  notAfter: new Date('2025-11-04T00:00:00Z'),
} as const;

const ERA = {
  notBefore: new Date('2021-01-01T00:00:00Z'),
  notAfter: new Date('2126-01-01T00:00:00Z'),
} as const;

export function makeParties(): Parties {
  const random = new Random('parties');
  return repeatably(random, () => {
    const issued: { readonly certificate: Issued; readonly by: KeyObject }[] = [];
    const make = (options: IssueOptions): Issued => {
      const certificate = issue({ ...LIFE, ...options });
      const by = options.signedWith ?? options.issuer?.privateKey ?? certificate.privateKey;
      issued.push({ certificate, by });
      return certificate;
    };
    const root = make({ subject: 'Fuzz Root', key: 'P-384', hash: 'sha384', ...CA, ...ERA });
    const otherRoot = make({ subject: 'Fuzz Other Root', ...CA, ...ERA });
    const intermediate = make({ subject: 'Fuzz CA', issuer: root, pathLength: 0, ...CA, ...ERA });
    const { privateKey } = intermediate;
    const crossing = make({
      subject: 'Fuzz CA',
      issuer: otherRoot,
      key: privateKey,
      ...CA,
      ...ERA,
    });
    const leafOf = (key: 'P-256' | 'P-384' | 'P-521', life: Partial<IssueOptions> = {}): Issued =>
      make({
        subject: `Fuzz ${key}`,
        issuer: intermediate,
        key,
        ...SIGNER,
        ...life,
      });
    const long = [root];
    for (let depth = 1; depth <= 4; depth++) {
      const above = long.at(-1) ?? root;
      long.push(make({ subject: `Fuzz Level ${depth}`, issuer: above, ...CA }));
    }
    long.push(make({ subject: 'Fuzz Deep', issuer: long.at(-1) ?? root, ...SIGNER }));
    const tangle = Array.from({ length: 20 }, (_, serial) =>
      make({ subject: 'Fuzz CA', key: privateKey, serial: serial + 1, ...CA, ...ERA }),
    );
    const tsa = makeTsa();
    issued.push({ certificate: tsa.root, by: tsa.root.privateKey });
    issued.push({ certificate: tsa.leaf, by: tsa.root.privateKey });
    return {
      keys: {
        'P-256': makeEcKey('P-256', random),
        'P-384': makeEcKey('P-384', random),
        'P-521': makeEcKey('P-521', random),
        other: makeEcKey('P-256', random),
        secp256k1: makeEcKey('secp256k1', random),
      },
      root,
      intermediate,
      crossing,
      otherRoot,
      stranger: make({ subject: 'Fuzz Root', key: 'P-384', hash: 'sha384', ...CA, ...ERA }),
      leaves: { 'P-256': leafOf('P-256'), 'P-384': leafOf('P-384'), 'P-521': leafOf('P-521') },
      expired: leafOf('P-256', ONE_DAY),
      tangle,
      long,
      tsa,
      ledger: {
        ...NOTHING,
        certificates: issued.map(({ certificate, by }) => certified(certificate.der, by)),
      },
    };
  });
}
