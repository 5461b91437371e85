import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { OmsError } from '../errors.ts';
import { type Bundle, parseBundle } from '../format/bundle.ts';
import type { JsonObject } from '../format/json.ts';
import { type IdentityToken, parseIdentityToken } from '../identity/token.ts';
import { aborted } from '../pace.ts';
import { quoted } from '../printable.ts';
import { parseCertificate } from '../trust/certificate.ts';
import { readFulcioIdentity } from '../trust/fulcio.ts';
import { checkIssued } from '../trust/issuers.ts';
import { signPayload } from '../trust/keys.ts';
import { checkCertificateLogs } from '../trust/sct.ts';
import {
  parseSigningConfig,
  type SelectedServices,
  type Service,
  type SigningConfig,
  selectServices,
} from '../trust/signing-config.ts';
import { parseTrustConfig } from '../trust/trust-config.ts';
import type { TrustSource } from '../trust/trust-source.ts';
import { parseTrustedRoot, type TrustedRoot } from '../trust/trusted-root.ts';
import { checkLeaf, openKeyless, type SigstoreSignerIdentity } from '../verifiers/sigstore.ts';
import { certify } from './fulcio.ts';
import { type CertifiedSignature, log } from './rekor.ts';
import { type CallOptions, statusOf } from './service-call.ts';
import { assembleBundle, base64, type Signer } from './signer.ts';
import { timestamp } from './timestamp.ts';

/** A Sigstore instance: whom to trust there, and which services to use. */
export type SigstoreInstance =
  /** Sigstore's `ClientTrustConfig` in JSON, which holds both. */
  | {
      readonly trustConfig: TrustSource;
      readonly trustedRoot?: undefined;
      readonly signingConfig?: undefined;
    }
  /** Sigstore's `TrustedRoot` and `SigningConfig` in JSON. */
  | {
      readonly trustedRoot: TrustSource;
      readonly signingConfig: TrustSource;
      readonly trustConfig?: undefined;
    };

/** Where the identity token comes from. */
export type TokenSource =
  | { readonly identityToken: string; readonly identityProvider?: undefined }
  /**
   * Asked when the statement is ready to be signed, which for a large model is long after the
   * signer was made: tokens are good for minutes.
   */
  | {
      readonly identityProvider: (signal?: AbortSignal) => Promise<string>;
      readonly identityToken?: undefined;
    };

export type SigstoreSignerOptions = SigstoreInstance &
  TokenSource & {
    /** Whom the token is for: the client id by which the CA knows its users. `sigstore` by default. */
    readonly audience?: string;
    readonly signal?: AbortSignal;
    /** How long one attempt at one service may take, in milliseconds; 30 seconds by default. */
    readonly timeout?: number;
    /** Told before each service is asked. */
    readonly onStep?: (step: SigningStep) => void;
    /** Told who signed, by which issuer, under which log index, once the bundle is verified. */
    readonly onSigned?: (signer: SigstoreSignerIdentity) => void;
  };

export interface SigningStep {
  readonly what: 'certificate' | 'log' | 'timestamp';
  /** Of the service. */
  readonly url: string;
}

/** The protocol of Rekor v2 asks for 20 seconds at least: an entry waits for the next checkpoint. */
const TIMEOUT = 30_000;

/**
 * Signs with a key that is made for one signature and thrown away, certified by a Sigstore instance
 * for the owner of an identity token (§4.1, method *sigstore*). The identity and the signature are
 * written to a public log, for good. The bundle is verified before it is returned.
 *
 * @throws {OmsError} at once: `USAGE`, `TRUST_UNUSABLE`; later: `TOKEN_UNUSABLE`, `SERVICE_FAILED`,
 *   `ABORTED`, and what a verifier says of a bundle that a service has spoilt.
 */
export function sigstoreSigner(options: SigstoreSignerOptions): Signer {
  const { trustedRoot, signingConfig } = readInstance(options);
  const { signal, onStep = () => {}, timeout = TIMEOUT } = options;
  checkTokenSource(options);
  checkTimeout(timeout);
  return async (statement) => {
    if (signal?.aborted === true) throw aborted(signal);
    const services = selectServices(signingConfig, new Date());
    const token = await getToken(options);
    const call: CallOptions = { timeout, signal, secrets: [token.raw, ...token.raw.split('.')] };
    const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

    const { certificateAuthority: authority } = services;
    onStep({ what: 'certificate', url: authority.url });
    const certificate = await certify(key, token, authority, call);
    checkCertificate(certificate, key, token, trustedRoot);
    const bundle = await again(() => attest(statement, key, certificate, services, call, onStep));
    const signer = openOwnBundle(bundle, trustedRoot);
    options.onSigned?.(signer);
    return bundle;
  };
}

/** Signs, and has logs and timestamp authorities say that they have seen the signature. */
async function attest(
  payload: Uint8Array,
  key: KeyObject,
  certificate: Uint8Array,
  { logs, timestampAuthorities }: SelectedServices,
  call: CallOptions,
  onStep: (step: SigningStep) => void,
): Promise<Bundle> {
  const signed: CertifiedSignature = { payload, signature: signPayload(payload, key), certificate };
  // Timestamps first: they leave nothing behind when one of them, or a log, cannot be had.
  const timestamps = await allOf(timestampAuthorities, call, (service, options) => {
    onStep({ what: 'timestamp', url: service.url });
    return timestamp(signed.signature, service.url, options);
  });
  const logEntries = await allOf(logs, call, (service, options) => {
    onStep({ what: 'log', url: service.url });
    return log(signed, service, options);
  });
  return assemble(signed, logEntries, timestamps);
}

/** Asks all at once. When one fails, nobody waits for the others, which would keep the program. */
async function allOf<T>(
  services: readonly Service[],
  call: CallOptions,
  ask: (service: Service, options: CallOptions) => Promise<T>,
): Promise<readonly T[]> {
  const end = new AbortController();
  const signals = call.signal === undefined ? [end.signal] : [end.signal, call.signal];
  const options = { ...call, signal: AbortSignal.any(signals) };
  try {
    return await Promise.all(services.map((service) => ask(service, options)));
  } finally {
    end.abort();
  }
}

/** How often it is signed anew. */
const RENEWALS = 2;

/** An entry that is there already (409), and one whose request was cut off in the log (499). */
const LOST: ReadonlySet<number | undefined> = new Set([409, 499]);

/**
 * A Rekor v2 log gives the proof of an entry once, in its answer; when that got lost, the same entry
 * is refused and cannot be asked for. Another signature makes another entry.
 */
async function again<T>(attempt: () => Promise<T>, left = RENEWALS): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (left === 0 || !LOST.has(statusOf(error))) throw error;
    return again(attempt, left - 1);
  }
}

function readInstance(options: SigstoreInstance): {
  readonly trustedRoot: TrustedRoot;
  readonly signingConfig: SigningConfig;
} {
  const { trustConfig, trustedRoot, signingConfig } = options;
  if (trustConfig !== undefined) {
    if (trustedRoot === undefined && signingConfig === undefined) {
      return parseTrustConfig(trustConfig);
    }
    throw new OmsError('USAGE', 'a signer is for one Sigstore instance', {
      expected: 'either a trust configuration, or its two parts',
    });
  }
  return {
    trustedRoot: parseTrustedRoot(trustedRoot),
    signingConfig: parseSigningConfig(signingConfig),
  };
}

/** Timers know no longer time, in milliseconds. */
const MAX_TIMEOUT = 2 ** 31 - 1;

function checkTimeout(timeout: number): void {
  if (Number.isFinite(timeout) && timeout > 0 && timeout <= MAX_TIMEOUT) return;
  throw new OmsError('USAGE', 'the time for a service must be a number of milliseconds', {
    expected: `from 1 to ${MAX_TIMEOUT}`,
    found: String(timeout),
  });
}

function checkTokenSource({ identityToken, identityProvider }: TokenSource): void {
  if ((typeof identityToken === 'string') !== (typeof identityProvider === 'function')) return;
  throw new OmsError('USAGE', 'keyless signing needs an identity token, or a provider of one', {
    expected: 'exactly one of identityToken and identityProvider',
  });
}

async function getToken(options: SigstoreSignerOptions): Promise<IdentityToken> {
  const { identityToken, identityProvider, audience = 'sigstore' } = options;
  const raw = identityToken ?? (await unlessAborted(options.signal, identityProvider));
  return parseIdentityToken(typeof raw === 'string' ? raw.trim() : '', { audience });
}

/** A provider may be anybody's function, and wait for somebody who never comes. */
async function unlessAborted(
  signal: AbortSignal | undefined,
  provider: ((signal?: AbortSignal) => Promise<string>) | undefined,
): Promise<string | undefined> {
  if (signal === undefined) return provider?.();
  const settled = new AbortController();
  const end = new Promise<never>((_, reject) => {
    const onAbort = (): void => reject(aborted(signal));
    signal.addEventListener('abort', onAbort, { once: true, signal: settled.signal });
  });
  try {
    return await Promise.race([provider?.(signal), end]);
  } finally {
    settled.abort();
  }
}

/**
 * Looks at what Fulcio has issued before anything is written to the log, where it stays: it must be
 * for this key, and for the address in the token, where there is one.
 */
function checkCertificate(
  der: Uint8Array,
  key: KeyObject,
  token: IdentityToken,
  root: TrustedRoot,
): void {
  const leaf = parseCertificate(der, 'the certificate of the certificate authority');
  const isOwn = leaf.x509.publicKey.equals(createPublicKey(key));
  if (!isOwn) {
    throw new OmsError('CERTIFICATE_REFUSED', 'the certificate authority certified another key');
  }
  // By the CA's own clock: what no verifier would take must not go to the log either.
  good('nothing was written', () => {
    checkLeaf(leaf);
    checkIssued(leaf, root.certificateAuthorities, [leaf.notBefore]);
    checkCertificateLogs(leaf, root.ctLogs, [leaf.notBefore]);
  });
  const { name, issuer } = readFulcioIdentity(leaf);
  if (!token.isFederated && issuer !== token.issuer) {
    throw new OmsError('IDENTITY_MISMATCH', 'the certificate names another identity provider', {
      expected: quoted(token.issuer),
      found: quoted(issuer),
    });
  }
  if (token.email === undefined || (name.kind === 'email' && name.value === token.email)) return;
  throw new OmsError('IDENTITY_MISMATCH', 'the certificate authority certified another identity', {
    expected: quoted(token.email),
    found: quoted(name.value),
  });
}

function assemble(
  signed: CertifiedSignature,
  tlogEntries: readonly JsonObject[],
  timestamps: readonly Uint8Array[],
): Bundle {
  const rfc3161Timestamps = timestamps.map((der) => ({ signedTimestamp: base64(der) }));
  return assembleBundle(signed.payload, signed.signature, {
    certificate: { rawBytes: base64(signed.certificate) },
    tlogEntries,
    ...(timestamps.length === 0 ? {} : { timestampVerificationData: { rfc3161Timestamps } }),
  });
}

/** Everything but the question who signed, which the caller is told and has to judge. */
function openOwnBundle(bundle: Bundle, trustedRoot: TrustedRoot): SigstoreSignerIdentity {
  const parsed = parseBundle(bundle);
  const { material } = parsed;
  if (material.method !== 'sigstore') {
    throw new OmsError('LOG_ENTRY_INVALID', 'the bundle has no log entry');
  }
  return good('no file was written, but the log has the entry, with your identity', () => {
    return openKeyless(parsed, material, trustedRoot).signer;
  });
}

/** Says of a refusal that it is the services that are at fault, and what they may have kept. */
function good<T>(left: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof OmsError)) throw error;
    throw new OmsError(error.code, `what the services answered is not good: ${error.message}`, {
      hint: `${left}; are trusted root and signing configuration of the same instance?`,
      cause: error,
    });
  }
}
