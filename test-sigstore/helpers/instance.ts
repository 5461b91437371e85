import { inject } from 'vitest';
import { service, trustConfig, type Json } from '../../scripts/sigstore/trust.ts';
import type { Job } from './job.ts';

export const IDENTITY = 'signer@example.com';

/** Options that verify what {@link IDENTITY} has signed. */
export function asSigner(identity = IDENTITY, issuer = inject('instance').issuer.url): string[] {
  return ['--identity', identity, '--identity-provider', issuer];
}

export function withTrustConfig(path = inject('instance').trustConfigFile): string[] {
  return ['--trust-config', path];
}

export function withTrustedRoot(path = inject('instance').trustedRootFile): string[] {
  return ['--trusted-root', path];
}

/** URLs in place of those of the instance. */
export interface Elsewhere {
  readonly fulcio?: string;
  readonly rekor?: string;
  readonly timestamp?: string;
  readonly issuer?: string;
}

/** Writes a trust configuration with services at other URLs, and returns the option for it. */
export function pointedAt(job: Job, elsewhere: Elsewhere): string[] {
  const { trustedRoot, signingConfig } = inject('instance');
  const { fulcio, rekor, timestamp, issuer } = elsewhere;
  const changed: Json = {
    ...signingConfig,
    ...(fulcio === undefined ? {} : { caUrls: [service(fulcio, 1)] }),
    ...(rekor === undefined ? {} : { rekorTlogUrls: [service(rekor, 2)] }),
    ...(timestamp === undefined ? {} : { tsaUrls: [service(timestamp, 1)] }),
    ...(issuer === undefined ? {} : { oidcUrls: [service(issuer, 1)] }),
  };
  const file = job.file('elsewhere.json', JSON.stringify(trustConfig(trustedRoot, changed)));
  return withTrustConfig(file);
}
