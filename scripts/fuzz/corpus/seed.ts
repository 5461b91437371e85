import type { KeyObject } from 'node:crypto';
import type { Bundle, Method, Policy, VerifyOptions } from '../../../src/index.ts';
import type { Issued } from '../../../test/helpers/pki.ts';
import type { SctOptions } from '../../../test/helpers/sigstore/ct-log.ts';
import type { LeafOptions } from '../../../test/helpers/sigstore/authority.ts';
import type { EntryOptions } from '../../../test/helpers/sigstore/rekor.ts';
import type { TimestampOptions } from '../../../test/helpers/sigstore/tsa.ts';
import type { Random } from '../base/random.ts';
import type { Ledger } from './ledger.ts';
import type { Model } from './model.ts';
import type { Encoding } from './pae.ts';
import type { Serialization, Style } from './statement.ts';

/** A bundle that verifies, with all that is needed to make another like it. */
export interface Seed {
  readonly name: string;
  readonly method: Method;
  readonly model: Model;
  readonly serialization: Serialization;
  readonly style: Style;
  readonly statement: Buffer;
  /** Name of the signature file inside the model, if it lies there. */
  readonly signature: string | undefined;
  readonly policy: Policy;
  readonly options: Options;
  readonly trust: Trust;
  /** Signs a statement and puts it into a bundle, as this seed was made. */
  readonly seal: (statement: Buffer, sealing: Sealing) => Sealed;
  /** Who may be asked for more: the certificate's issuer, where its key is known. */
  readonly authority?: Authority | undefined;
}

/** What decides which files count. */
export type Options = Pick<
  VerifyOptions,
  'ignorePaths' | 'ignoreGitPaths' | 'allowSymlinks' | 'ignoreUnsignedFiles' | 'forbidIgnoredFiles'
>;

/** What a policy means, without the code that reads it. */
export type Trust =
  | { readonly method: 'key'; readonly key: TrustedKey; readonly clock?: ClockTrust | undefined }
  | {
      readonly method: 'certificate';
      /** DER */
      readonly anchors: readonly Buffer[];
      readonly time: Date | undefined;
      readonly clock?: ClockTrust | undefined;
    }
  | {
      readonly method: 'sigstore';
      readonly root: unknown;
      /** Whether the policy means this name; of the issuer and the claims, exactly these. */
      readonly isMeant: (name: { readonly kind: string; readonly value: string }) => boolean;
      readonly issuer: string;
      readonly claims: Readonly<Record<string, string>>;
      readonly thresholds: { readonly logs: number; readonly times: number };
    };

/** A key, as the ledger calls it, and as bundles do (§4.1, `hint`). */
export interface TrustedKey {
  readonly id: string;
  readonly fingerprint: string;
}

/** Whose timestamps count, with the methods *key* and *certificate*. */
export interface ClockTrust {
  /** DER */
  readonly anchors: readonly Buffer[];
  readonly isRequired: boolean;
}

/** Who issues certificates for signers. */
export interface Authority {
  readonly issuer: Issued;
  readonly leaf: Issued;
}

/** How a bundle is to be made; what is absent is made as it should be. */
export interface Sealing {
  readonly random: Random;
  readonly signedWith?: KeyObject | undefined;
  readonly hash?: string | undefined;
  readonly encoding?: Encoding | undefined;
  /** Makes the signature into another one that is as good. */
  readonly malleate?: boolean | undefined;
  /** A certificate in place of the signer's, for the signer's key. */
  readonly leaf?: Buffer | undefined;
  /** Certificates in place of those between the signer's and the anchor. */
  readonly others?: readonly Buffer[] | undefined;
  readonly leafOptions?: LeafOptions | undefined;
  readonly scts?: readonly SctOptions[] | undefined;
  readonly entries?: readonly Lying<EntryOptions>[] | undefined;
  readonly stamps?: readonly Lying<TimestampOptions>[] | undefined;
}

/** How an attestation is to differ, and whether it is then still true. */
export interface Lying<T> {
  readonly options: T;
  readonly isTrue: boolean;
}

export interface Sealed {
  readonly bundle: Bundle;
  readonly ledger: Ledger;
}
