import type { SignerIdentity } from '../../../src/index.ts';
import type { Ledger } from '../corpus/ledger.ts';
import type { Encoding } from '../corpus/pae.ts';
import type { Trust } from '../corpus/seed.ts';
import type { NaiveBundle } from './envelope.ts';

/** What was claimed, and what is known to be true. */
export interface Claim<T extends SignerIdentity = SignerIdentity> {
  readonly signer: T;
  readonly bundle: NaiveBundle;
  readonly ledger: Ledger;
  /** Of the text that must have been signed, as the payload's own type says. */
  readonly encoding: Encoding;
}

export type SignerIn<M extends Trust['method']> = Extract<SignerIdentity, { readonly method: M }>;
export type TrustIn<M extends Trust['method']> = Extract<Trust, { readonly method: M }>;

/** Somebody who is trusted signed exactly this. */
export function judgePayload({ bundle, ledger, encoding }: Claim, key: string): string[] {
  const { payload } = bundle;
  const { payloads } = ledger;
  const isSigned = payloads.some(
    (one) => one.key === key && one.encoding === encoding && one.payload.equals(payload),
  );
  return isSigned ? [] : ['nobody who is trusted signed this payload'];
}
