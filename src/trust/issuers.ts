import { OmsError } from '../errors.ts';
import { quoted } from '../printable.ts';
import type { Certificate } from './certificate.ts';
import { findChain } from './chain.ts';
import type { Authority } from './trusted-root.ts';
import { covers } from './validity.ts';

/**
 * Holds that a trusted authority issued a certificate, and that it, the certificate and all between
 * were good at each of the times, by the rules that certificates of every method have to meet.
 *
 * @throws {OmsError} `CERTIFICATE_REFUSED`
 */
export function checkIssued(
  leaf: Certificate,
  authorities: readonly Authority[],
  times: readonly Date[],
): void {
  for (const time of times) checkIssuedAt(leaf, authorities, time);
}

function checkIssuedAt(leaf: Certificate, authorities: readonly Authority[], time: Date): void {
  let flaw: OmsError | undefined;
  for (const { chain, validity } of authorities) {
    if (!covers(validity, time)) continue;
    try {
      // The last one is the anchor (Sigstore's `CertificateAuthority`).
      findChain(leaf, chain, chain.slice(-1), time);
      return;
    } catch (error) {
      if (!(error instanceof OmsError)) throw error;
      // Of several authorities, the one that has the issuer's name tells what is wrong.
      if (chain[0].subject === leaf.issuer) flaw ??= withoutHint(error);
    }
  }
  if (flaw !== undefined) throw flaw;
  const names = authorities.map(({ chain }) => quoted(chain[0].subject, 60));
  const summary = 'the signing certificate is not of an authority that was trusted at that time';
  throw new OmsError('CERTIFICATE_REFUSED', summary, {
    expected: `issued by ${names.join(' or ') || 'nobody'}`,
    found: `issued by ${quoted(leaf.issuer, 60)}, used on ${time.toISOString()}`,
    hint: 'check that the trusted root is of the Sigstore instance that the signer used',
  });
}

/** The hints are about options of another method. */
function withoutHint({ code, summary, expected, found, cause }: OmsError): OmsError {
  return new OmsError(code, summary, { expected, found, cause });
}
