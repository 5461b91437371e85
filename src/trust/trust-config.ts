import { Fields } from '../format/fields.ts';
import { readSigningConfig, type SigningConfig } from './signing-config.ts';
import { readTrustSource, type TrustSource } from './trust-source.ts';
import { readTrustedRoot, type TrustedRoot } from './trusted-root.ts';

/** All that a client has to know of a Sigstore instance (protobuf `ClientTrustConfig`). */
export interface TrustConfig {
  readonly trustedRoot: TrustedRoot;
  readonly signingConfig: SigningConfig;
}

const MEDIA_TYPE = 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json';

/**
 * Reads the file that Sigstore's clients take as `--trust-config`.
 *
 * @throws {OmsError} `TRUST_UNUSABLE`
 */
export function parseTrustConfig(source: TrustSource): TrustConfig {
  const value = readTrustSource(source, 'the trust configuration');
  const config = new Fields(value, '', 'TRUST_UNUSABLE');
  config.constant('mediaType', MEDIA_TYPE);
  return {
    trustedRoot: readTrustedRoot(config.optional('trustedRoot'), 'trustedRoot'),
    signingConfig: readSigningConfig(config.optional('signingConfig'), 'signingConfig'),
  };
}
