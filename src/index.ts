/**
 * Sign and verify machine-learning models with OpenSSF Model Signing (OMS).
 *
 * @packageDocumentation
 */
export { digest } from './api/digest.ts';
export { type InspectedCertificate, type Inspection, inspect } from './api/inspect.ts';
export { MismatchError } from './api/mismatch.ts';
export type {
  DigestOptions,
  ScopeOptions,
  SerializationOptions,
  SignOptions,
  VerifyOptions,
} from './api/options.ts';
export { sign } from './api/sign.ts';
export type { StreamedModel } from './api/streamed.ts';
export { type Verification, verify } from './api/verify.ts';
export { type ErrorCode, EXIT_CODES, OmsError, type Outcome } from './errors.ts';
export type { Bundle, Method } from './format/bundle.ts';
export type { Difference, ModelDiff } from './format/diff.ts';
export type { HashAlgorithm, Manifest, Resource, Serialization } from './format/manifest.ts';
export type { HashOptions } from './hashing/pool.ts';
export type { Progress } from './hashing/progress.ts';
export type { NamedStream } from './hashing/streams.ts';
export {
  type AmbientOptions,
  type AmbientToken,
  findAmbientToken,
  type Looked,
  type NoToken,
} from './identity/ambient.ts';
export { type LoginFlow, type LoginOptions, login } from './identity/login.ts';
export type { InstanceName, InstanceTrust } from './roots/instance.ts';
export { type LoadOptions, loadTrust } from './roots/tuf.ts';
export { type CertificateSignerOptions, certificateSigner } from './signers/certificate.ts';
export { type KeySignerOptions, keySigner } from './signers/key.ts';
export type { Signer } from './signers/signer.ts';
export type { StampingOptions } from './signers/stamping.ts';
export {
  type SigstoreInstance,
  type SigstoreSignerOptions,
  sigstoreSigner,
  type TokenSource,
} from './signers/sigstore.ts';
export type { SigningStep } from './signers/witnesses.ts';
export type { CertificateSummary } from './trust/certificate.ts';
export type { ClaimName, FulcioIdentity, IdentityName, NameKind } from './trust/fulcio.ts';
export type { Curve, PrivateKeySource, PublicKeySource } from './trust/keys.ts';
export type { Stamp, StampClaim } from './trust/stamp.ts';
export type { TrustSource } from './trust/trust-source.ts';
export type {
  CertificatePolicy,
  CertificateSignerIdentity,
} from './verifiers/certificate.ts';
export type { IdentityPolicy } from './verifiers/identity.ts';
export type { KeyPolicy, KeySignerIdentity } from './verifiers/key.ts';
export type { ProvenTime, SigstorePolicy, SigstoreSignerIdentity } from './verifiers/sigstore.ts';
export type { TimestampPolicy } from './verifiers/stamps.ts';
export type { Thresholds } from './verifiers/thresholds.ts';
export type { Policy, SignerIdentity } from './verifiers/verifier.ts';
