import type { Bundle, ErrorCode } from '../../src/index.ts';
import type { VectorCase, Vectors } from '../helpers/vectors.ts';

/** Why a case that is to fail has to fail. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly says: RegExp;
  /**
   * Undoes the one thing that is wrong. Then the case must pass: this shows that it was refused for
   * that, and would not have been refused anyway.
   */
  readonly undo?: (test: VectorCase, vectors: Vectors) => VectorCase;
  /** The same for a fault in the text of the bundle. */
  readonly mend?: (bundle: Bundle) => Bundle;
  /**
   * The statement is at fault, but its signature is not good either, and is looked at first. This is
   * what is said (code `STATEMENT_MALFORMED`) when the same bytes come with a good signature.
   */
  readonly whenSigned?: RegExp;
}

const intact = (test: VectorCase): VectorCase => ({ ...test, modifications: {} });

/** Who signed the published keyless bundles, and who vouches for it. */
export const SIGNER = {
  identity: 'stefanb@us.ibm.com',
  identityProvider: 'https://sigstore.verify.ibm.com/oauth2',
} as const;

/** Every case that is to fail. */
export const REFUSALS: Readonly<Record<string, Refusal>> = {
  'key-empty-model-rejected': { code: 'MODEL_EMPTY', says: /holds no file to sign/ },
  'key-symlink-cycle': {
    code: 'MODEL_UNSIGNABLE',
    says: /"cycle-link" cannot be signed: .* found a symbolic link/,
    undo: intact,
  },
  'key-symlink-default-rejected': {
    code: 'MODEL_UNSIGNABLE',
    says: /"link-to-signme" cannot be signed: .* found a symbolic link/,
    undo: intact,
  },
  'key-symlink-outside-root': {
    code: 'MODEL_UNSIGNABLE',
    says: /"outside-link" cannot be signed: .* found a symbolic link/,
    undo: intact,
  },

  'certificate-expired_fail': {
    code: 'CERTIFICATE_REFUSED',
    says: /"CN=expired-signer" expired: .* to 2020-01-02/,
  },
  'certificate-simple-wrong-ca_fail': {
    code: 'CERTIFICATE_REFUSED',
    says: /does not lead to a trusted certificate: expected a chain to "CN=Wrong CA/,
    undo: (test, vectors) => ({
      ...test,
      anchors: [vectors.asset('keys/certificate/ca-cert.pem')],
    }),
  },
  'key-simple-corrupted-bundle_fail': { code: 'BUNDLE_MALFORMED', says: /is not JSON/ },
  'key-simple-extra-file_fail': {
    code: 'MODEL_MISMATCH',
    says: /0 changed, 0 missing, 1 extra/,
    undo: intact,
  },
  'key-simple-missing-file_fail': {
    code: 'MODEL_MISMATCH',
    says: /0 changed, 1 missing, 0 extra/,
    undo: intact,
  },
  'key-simple-no-signature_fail': {
    code: 'BUNDLE_MALFORMED',
    says: /expected exactly one signature, found 0/,
  },
  'key-simple-tampered-content_fail': {
    code: 'MODEL_MISMATCH',
    says: /1 changed, 0 missing, 0 extra/,
    undo: intact,
  },
  'key-simple-truncated-bundle_fail': { code: 'BUNDLE_MALFORMED', says: /is not JSON/ },
  'key-simple-wrong-key_fail': {
    code: 'KEY_MISMATCH',
    says: /signed with another key/,
    undo: (test, vectors) => ({
      ...test,
      publicKey: vectors.asset('keys/certificate/signing-key-pub.pem'),
    }),
  },
  'key-simple-wrong-mediatype_fail': {
    code: 'BUNDLE_MALFORMED',
    says: /mediaType: .* found "application\/json"/,
    mend: (bundle) => ({
      ...bundle,
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    }),
  },
  'key-verify-as-certificate_fail': {
    code: 'METHOD_MISMATCH',
    says: /expected certificate, found key/,
    undo: (test, vectors) => ({
      ...test,
      method: 'key',
      publicKey: vectors.asset('keys/certificate/signing-key-pub.pem'),
    }),
  },
  'malformed-empty-bundle_fail': {
    code: 'BUNDLE_MALFORMED',
    says: /is not JSON: .* found nothing/,
  },
  'malformed-empty-resources_fail': {
    code: 'SIGNATURE_INVALID',
    says: /not by this key/,
    whenSigned: /predicate\.resources: expected at least one resource/,
  },
  'malformed-missing-envelope_fail': {
    code: 'BUNDLE_MALFORMED',
    says: /dsseEnvelope: .* found nothing/,
  },
  'malformed-no-predicate_fail': {
    code: 'SIGNATURE_INVALID',
    says: /not by this key/,
    whenSigned: /predicate: expected an object, found nothing/,
  },
  'malformed-no-subject_fail': {
    code: 'SIGNATURE_INVALID',
    says: /not by this key/,
    whenSigned: /subject: expected exactly one subject/,
  },
  'malformed-wrong-payload-type_fail': {
    code: 'BUNDLE_MALFORMED',
    says: /payloadType: .* found "application\/json"/,
    mend: (bundle) => ({
      ...bundle,
      dsseEnvelope: { ...bundle.dsseEnvelope, payloadType: 'application/vnd.in-toto+json' },
    }),
  },
  'malformed-wrong-predicate_fail': {
    code: 'SIGNATURE_INVALID',
    says: /not by this key/,
    whenSigned: /predicateType: .* found "https:\/\/example\.com\/wrong-predicate\/v1\.0"/,
  },
  'malformed-wrong-statement-type_fail': {
    code: 'SIGNATURE_INVALID',
    says: /not by this key/,
    whenSigned: /_type: .* found "https:\/\/in-toto\.io\/Statement\/v0\.1"/,
  },
  'sigstore-tampered-content_fail': {
    code: 'MODEL_MISMATCH',
    says: /1 changed, 0 missing, 0 extra/,
    undo: intact,
  },
  'sigstore-verify-as-key_fail': {
    code: 'METHOD_MISMATCH',
    says: /expected key, found sigstore/,
    undo: (test) => ({ ...test, method: 'sigstore', ...SIGNER }),
  },
  'sigstore-wrong-identity_fail': {
    code: 'IDENTITY_MISMATCH',
    says: /another identity provider vouches .* found "https:\/\/sigstore\.verify\.ibm\.com\/oauth2"/,
    undo: (test) => ({ ...test, ...SIGNER }),
  },
  'sigstore-wrong-issuer_fail': {
    code: 'IDENTITY_MISMATCH',
    says: /another identity provider vouches .* expected "https:\/\/wrong-issuer\.example\.com"/,
    undo: (test) => ({ ...test, ...SIGNER }),
  },
};
