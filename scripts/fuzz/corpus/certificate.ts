import type { KeyObject } from 'node:crypto';
import type { JsonObject } from '../../../src/format/json.ts';
import type { Issued } from '../../../test/helpers/pki.ts';
import type { Tsa } from '../../../test/helpers/sigstore/tsa.ts';
import { repeatably } from '../base/chance.ts';
import { stampsOver } from './clock.ts';
import { bundleOf, type KeyId, signStatement } from './key.ts';
import { together } from './ledger.ts';
import type { Lying, Seed, Sealed } from './seed.ts';

export interface CertificateSealing {
  readonly key: KeyObject;
  readonly leaf: Buffer;
  readonly others: readonly Buffer[];
  /** Who stamps the signature, if somebody does. */
  readonly clock?: Tsa;
  /** The Go client's form for a leaf alone. */
  readonly single?: boolean;
  readonly encoding?: 'dsse' | 'legacy';
  readonly keyid?: KeyId;
  readonly more?: JsonObject;
}

const TRUE: readonly Lying<object>[] = [{ options: {}, isTrue: true }];

/** Signs with a key and a certificate for it. */
export function sealWithCertificate(own: CertificateSealing): Seed['seal'] {
  return (statement, sealing): Sealed =>
    repeatably(sealing.random, () => {
      const { encoding = own.encoding ?? 'dsse' } = sealing;
      const { bytes, ledger } = signStatement(statement, own.key, { ...sealing, encoding });
      const plans = own.clock === undefined ? [] : (sealing.stamps ?? TRUE);
      const stamps = own.clock === undefined ? undefined : stampsOver(bytes, own.clock, plans);
      const chain = [sealing.leaf ?? own.leaf, ...(sealing.others ?? own.others)].map(rawBytesOf);
      const [leaf] = chain;
      const certificates =
        own.single === true && leaf !== undefined
          ? { certificate: leaf }
          : { x509CertificateChain: { certificates: chain } };
      const material: JsonObject = { ...certificates, ...stamps?.material, ...own.more };
      return {
        bundle: bundleOf(statement, bytes, material, own.keyid),
        ledger: stamps === undefined ? ledger : together(ledger, stamps.ledger),
      };
    });
}

function rawBytesOf(der: Buffer): JsonObject {
  return { rawBytes: der.toString('base64') };
}

export function derOf({ der }: Issued): Buffer {
  return der;
}
