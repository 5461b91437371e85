import { generateKeyPairSync } from 'node:crypto';
import { OmsError } from '../errors.ts';
import { type IdentityToken, parseIdentityToken } from '../identity/token.ts';
import { throwIfAborted, unlessAborted } from '../pace.ts';
import { parseSigningConfig, type SigningConfig, selectServices } from '../trust/signing-config.ts';
import { parseTrustConfig } from '../trust/trust-config.ts';
import type { TrustSource } from '../trust/trust-source.ts';
import { parseTrustedRoot, type TrustedRoot } from '../trust/trusted-root.ts';
import type { SigstoreSignerIdentity } from '../verifiers/sigstore.ts';
import { checkCertificate, openOwnBundle } from './acceptance.ts';
import { certify } from './fulcio.ts';
import { type CallOptions, checkTimeout } from './service-call.ts';
import type { Signer } from './signer.ts';
import { attest, type SigningStep } from './witnesses.ts';

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
    throwIfAborted(signal);
    const services = selectServices(signingConfig, new Date());
    const token = await getToken(options);
    const call: CallOptions = {
      timeout,
      signal,
      secrets: [token.raw, ...token.raw.split('.')],
      configuredBy: 'the signing configuration',
    };
    const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

    const { certificateAuthority: authority } = services;
    onStep({ what: 'certificate', url: authority.url });
    const certificate = await certify(key, token, authority, call);
    checkCertificate(certificate, key, token, trustedRoot);
    const bundle = await attest(statement, key, certificate, services, call, onStep);
    const signer = openOwnBundle(bundle, trustedRoot);
    options.onSigned?.(signer);
    return bundle;
  };
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

function checkTokenSource({ identityToken, identityProvider }: TokenSource): void {
  if ((typeof identityToken === 'string') !== (typeof identityProvider === 'function')) return;
  throw new OmsError('USAGE', 'keyless signing needs an identity token, or a provider of one', {
    expected: 'exactly one of identityToken and identityProvider',
  });
}

async function getToken({
  identityToken: given,
  identityProvider,
  audience = 'sigstore',
  signal,
}: SigstoreSignerOptions): Promise<IdentityToken> {
  // A provider may be anybody's function, and wait for somebody who never comes.
  const raw = given ?? (await unlessAborted(signal, identityProvider(signal)));
  return parseIdentityToken(typeof raw === 'string' ? raw.trim() : '', { audience });
}
