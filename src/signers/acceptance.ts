import { createPublicKey, type KeyObject } from 'node:crypto';
import { OmsError } from '../errors.ts';
import { type Bundle, parseBundle } from '../format/bundle.ts';
import type { IdentityToken } from '../identity/token.ts';
import { quoted } from '../printable.ts';
import { parseCertificate } from '../trust/certificate.ts';
import { readFulcioIdentity } from '../trust/fulcio.ts';
import { checkIssued } from '../trust/issuers.ts';
import { ownsKey } from '../trust/rules.ts';
import { checkCertificateLogs } from '../trust/sct.ts';
import type { TrustedRoot } from '../trust/trusted-root.ts';
import { checkLeaf, openKeyless, type SigstoreSignerIdentity } from '../verifiers/sigstore.ts';

/**
 * Looks at what Fulcio has issued before anything is written to the log, where it stays: it must be
 * for this key, and for the address in the token, where there is one.
 *
 * @throws {OmsError} `CERTIFICATE_REFUSED`, `IDENTITY_MISMATCH`
 */
export function checkCertificate(
  der: Uint8Array,
  key: KeyObject,
  token: IdentityToken,
  root: TrustedRoot,
): void {
  const leaf = parseCertificate(der, 'the certificate of the certificate authority');
  if (!ownsKey(leaf, createPublicKey(key))) {
    throw new OmsError('CERTIFICATE_REFUSED', 'the certificate authority certified another key');
  }
  // By the CA's own clock: what no verifier would take must not go to the log either.
  blameServices('nothing was written', () => {
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

/**
 * Verifies the bundle that was made: everything but the question who signed, which the caller is
 * told and has to judge.
 *
 * @throws {OmsError} as a verifier does.
 */
export function openOwnBundle(bundle: Bundle, trustedRoot: TrustedRoot): SigstoreSignerIdentity {
  const parsed = parseBundle(bundle);
  const { material } = parsed;
  if (material.method !== 'sigstore') {
    throw new OmsError('LOG_ENTRY_INVALID', 'the bundle has no log entry');
  }
  return blameServices('no file was written, but the log has the entry, with your identity', () => {
    return openKeyless(parsed, material, trustedRoot).signer;
  });
}

/** Says of a refusal that it is the services that are at fault, and what they may have kept. */
function blameServices<T>(left: string, check: () => T): T {
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
