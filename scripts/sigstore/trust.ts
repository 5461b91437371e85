import { createHash } from 'node:crypto';
import type { Authority } from './authority.ts';
import type { LogService } from './ct-log.ts';
import type { RekorService } from './rekor.ts';
import type { Service } from './server.ts';
import type { TimestampService } from './timestamp-authority.ts';

/** The services that a client is to know. */
export interface Services {
  readonly authority: Authority;
  readonly fulcio: Service;
  readonly ctLog: LogService;
  readonly rekor: RekorService;
  readonly timestamp: TimestampService;
  /** Where identity tokens come from. */
  readonly issuer: string;
}

/** Any JSON object, to be changed by tests. */
export type Json = Record<string, unknown>;

/** All that was made for a run is valid from an hour before on. */
const VALID_FOR = { start: new Date(Date.now() - 3_600_000).toISOString() };
const OPERATOR = 'oms.test';

/** Sigstore `TrustedRoot` v0.1. */
export function trustedRoot({ authority, fulcio, ctLog, rekor, timestamp }: Services): Json {
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [log(rekor.url, rekor.publicKey, 'PKIX_ED25519', rekor.logId)],
    certificateAuthorities: [
      certificates(fulcio.url, authority.intermediate.subject, [
        authority.intermediate.der,
        authority.root.der,
      ]),
    ],
    ctlogs: [log(ctLog.url, ctLog.publicKey, 'PKIX_ECDSA_P256_SHA_256', sha256(ctLog.publicKey))],
    timestampAuthorities: [certificates(timestamp.url, 'sigstore-tsa', timestamp.chain)],
  };
}

/** Sigstore `SigningConfig` v0.2. */
export function signingConfig({ fulcio, rekor, timestamp, issuer }: Services): Json {
  return {
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    caUrls: [service(fulcio.url, 1)],
    oidcUrls: [service(issuer, 1)],
    rekorTlogUrls: [service(rekor.url, 2)],
    rekorTlogConfig: { selector: 'ANY' },
    tsaUrls: [service(new URL('/api/v1/timestamp', timestamp.url).href, 1)],
    tsaConfig: { selector: 'ANY' },
  };
}

/** Sigstore `ClientTrustConfig` v0.1. */
export function trustConfig(root: Json, config: Json): Json {
  return {
    mediaType: 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json',
    trustedRoot: root,
    signingConfig: config,
  };
}

/** A transparency log of a trusted root. */
export function log(url: string, publicKey: Buffer, keyDetails: string, logId: Buffer): Json {
  return {
    baseUrl: withoutSlash(url),
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: publicKey.toString('base64'), keyDetails, validFor: VALID_FOR },
    logId: { keyId: logId.toString('base64') },
    operator: OPERATOR,
  };
}

/** A service of a signing configuration. */
export function service(url: string, majorApiVersion: number): Json {
  return { url: withoutSlash(url), majorApiVersion, validFor: VALID_FOR, operator: OPERATOR };
}

function certificates(url: string, commonName: string, chain: readonly Buffer[]): Json {
  return {
    subject: { organization: OPERATOR, commonName },
    uri: withoutSlash(url),
    certChain: { certificates: chain.map((der) => ({ rawBytes: der.toString('base64') })) },
    validFor: VALID_FOR,
    operator: OPERATOR,
  };
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, '');
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
