/** The instances of Sigstore that are known by name. */
export type InstanceName = 'production' | 'staging';

export interface Instance {
  /** As messages call it. */
  readonly title: string;
  /** Where its TUF repository is, without a slash at the end. */
  readonly repository: string;
}

export const INSTANCES: Readonly<Record<InstanceName, Instance>> = {
  production: {
    title: 'the public Sigstore instance',
    repository: 'https://tuf-repo-cdn.sigstore.dev',
  },
  staging: {
    title: "Sigstore's staging instance",
    repository: 'https://tuf-repo-cdn.sigstage.dev',
  },
};

/** Whom an instance asks to be trusted, and which services it offers, as of some time. */
export interface InstanceTrust {
  readonly instance: InstanceName;
  /** `tuf`: its repository was asked just now; `cache`: earlier; `embedded`: came with oms. */
  readonly source: 'tuf' | 'cache' | 'embedded';
  /** When the repository last said so. */
  readonly asOf: Date;
  /** JSON, for `parseTrustedRoot`. */
  readonly trustedRoot: Uint8Array;
  /** JSON, for `parseSigningConfig`. */
  readonly signingConfig: Uint8Array;
  /** The file in which this copy is kept for the next time, if it is. */
  readonly keptIn: string | undefined;
  /** What did not go as it should, and was no reason to fail. Not made safe to print. */
  readonly notes: readonly string[];
}
