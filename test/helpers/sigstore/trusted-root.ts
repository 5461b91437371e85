import type { KeyObject } from 'node:crypto';
import type { JsonObject } from '../../../src/format/json.ts';
import { type Issued, spkiOf } from '../pki.ts';
import type { Authority } from './authority.ts';
import { b64 } from './bytes.ts';
import type { CtLog } from './ct-log.ts';
import type { Rekor } from './rekor.ts';
import { ERA } from './times.ts';
import type { Tsa } from './tsa.ts';

/** From when to when the trusted root vouches for something; without an end, for ever. */
export interface Window {
  readonly start?: Date;
  readonly end?: Date;
}

/** Whom a trusted root lists. Each kind has one window. */
export interface Trusted {
  readonly authorities: readonly Authority[];
  readonly ctLogs: readonly CtLog[];
  readonly logs: readonly Rekor[];
  readonly tsas: readonly Tsa[];
  readonly windows?: Partial<Record<'authorities' | 'ctLogs' | 'logs' | 'tsas', Window>>;
}

/** Sigstore's `TrustedRoot` as JSON. */
export function trustedRootOf({ authorities, ctLogs, logs, tsas, windows }: Trusted): JsonObject {
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: logs.map(({ baseUrl, key, logId }) => instance(baseUrl, key, logId, windows?.logs)),
    certificateAuthorities: authorities.map(({ root, intermediate }) =>
      chain('https://fulcio.example', [intermediate, root], windows?.authorities),
    ),
    ctlogs: ctLogs.map(({ baseUrl, key, id }) => instance(baseUrl, key, id, windows?.ctLogs)),
    timestampAuthorities: tsas.map(({ url, leaf, root }) =>
      chain(url, [leaf, root], windows?.tsas),
    ),
  };
}

function instance(
  baseUrl: string,
  key: KeyObject,
  id: Buffer,
  window: Window | undefined,
): JsonObject {
  const isEd25519 = key.asymmetricKeyType === 'ed25519';
  return {
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: b64(spkiOf(key)),
      keyDetails: isEd25519 ? 'PKIX_ED25519' : 'PKIX_ECDSA_P256_SHA_256',
      validFor: range(window),
    },
    logId: { keyId: b64(id) },
  };
}

function chain(
  uri: string,
  certificates: readonly Issued[],
  window: Window | undefined,
): JsonObject {
  return {
    subject: { organization: 'example', commonName: certificates.at(-1)?.subject ?? '' },
    uri,
    certChain: { certificates: certificates.map(({ der }) => ({ rawBytes: b64(der) })) },
    validFor: range(window),
  };
}

function range({ start = ERA.notBefore, end }: Window = {}): JsonObject {
  return {
    start: start.toISOString(),
    ...(end === undefined ? {} : { end: end.toISOString() }),
  };
}
