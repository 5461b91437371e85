import { OmsError, retold } from '../errors.ts';
import type { CertificateMaterial, ParsedBundle } from '../format/bundle.ts';
import type { Envelope, SignedPayload } from '../format/dsse.ts';
import { quoted } from '../printable.ts';
import {
  type Certificate,
  type CertificateSummary,
  loadAllCertificates,
  parseCertificate,
  summarise,
} from '../trust/certificate.ts';
import { type Chain, findChain } from '../trust/chain.ts';
import { type Curve, curveOf, verifyLegacyPayload, verifyPayload } from '../trust/keys.ts';
import { flawInLeaf } from '../trust/rules.ts';
import { boundsOf, type Stamp } from '../trust/stamp.ts';
import { checkMembers } from './members.ts';
import { stampsOf, TIMESTAMP_MEMBERS, type TimestampPolicy } from './stamps.ts';

/** Trust whoever has a code-signing certificate that leads to one of these anchors. */
export interface CertificatePolicy extends TimestampPolicy {
  readonly method: 'certificate';
  /**
   * PEM texts with at least one certificate in all: roots, intermediates, or a signer's certificate
   * itself. There is no default: the web's root certificates are not meant for this.
   */
  readonly anchors: readonly (string | Uint8Array)[];
  /** Judge all validity periods at this time instead of now: the caller's own word for it. */
  readonly verificationTime?: Date;
}

const MEMBERS = ['method', 'anchors', 'verificationTime', ...TIMESTAMP_MEMBERS];

/** Who signed, for the certificate method. */
export interface CertificateSignerIdentity {
  readonly method: 'certificate';
  readonly curve: Curve;
  /** From the signing certificate to the anchor. */
  readonly chain: readonly [CertificateSummary, ...CertificateSummary[]];
  /** At which time the validity periods were judged, and on whose word. */
  readonly time: { readonly at: Date; readonly source: 'now' | 'timestamp' | 'verification-time' };
  /** When it was signed, on the word of trusted authorities, if there are any; earliest first. */
  readonly timestamps?: readonly Stamp[];
}

/**
 * Verifies a bundle of the certificate method (§8.2): the chain first, then the signature with the
 * leaf's key. The bundle's own certificates help to build the chain and are trusted for nothing.
 *
 * @throws {OmsError} `USAGE`, `KEY_UNUSABLE`, `TIMESTAMP_INVALID`, `CERTIFICATE_REFUSED`,
 *   `SIGNATURE_INVALID`
 */
export function verifyWithCertificate(
  bundle: ParsedBundle,
  material: CertificateMaterial,
  policy: CertificatePolicy,
): { readonly signer: CertificateSignerIdentity; readonly payload: SignedPayload } {
  checkMembers(policy, MEMBERS, 'the policy');
  const anchors = loadAnchors(policy);
  const timestamps = stampsOf(bundle, policy);
  const [time, moments] = timeOf(policy, timestamps);
  const [leaf, ...others] = material.certificates.map((der, index) =>
    parseCertificate(der, `certificate ${index + 1} of the bundle`),
  );
  if (leaf === undefined) {
    throw new OmsError('BUNDLE_MALFORMED', 'the bundle holds no certificate');
  }
  refuseKeyless(leaf);
  const [chain = [leaf]] = moments.map((moment) => {
    try {
      return findChain(leaf, others, anchors, moment);
    } catch (error) {
      const hint = hintAt(moment, time.source, leaf, bundle);
      throw hint !== undefined && error instanceof OmsError ? retold(error, { hint }) : error;
    }
  });
  return {
    payload: acceptPayload(bundle.envelope, leaf),
    signer: {
      method: 'certificate',
      curve: curveOf(leaf.x509.publicKey),
      chain: summariseAll(chain),
      time,
      ...(timestamps.length === 0 ? {} : { timestamps }),
    },
  };
}

/**
 * Such a certificate is good for ten minutes, and only the transparency log can tell that the
 * signature was made in them. With its log entry taken out, a keyless bundle has the form of this
 * method; it must not pass for one.
 */
function refuseKeyless({ isKeyless, subject, issuer }: Certificate): void {
  if (!isKeyless) return;
  throw new OmsError('CERTIFICATE_REFUSED', 'the certificate is one of keyless signing', {
    expected: 'a long-lived certificate, or a keyless bundle with its log entry',
    found: `${quoted(subject, 80)} issued by ${quoted(issuer, 80)}`,
    hint: 'the log entry was removed from the bundle; ask for the original',
  });
}

function loadAnchors({ anchors }: CertificatePolicy): readonly Certificate[] {
  if (!Array.isArray(anchors) || anchors.length === 0) {
    throw new OmsError('USAGE', 'the certificate method needs at least one trusted certificate', {
      expected: 'an array of PEM texts as anchors',
    });
  }
  return loadAllCertificates(anchors, 'the trusted certificates');
}

/**
 * When to judge validity periods: at the caller's word, else when the earliest timestamp says that
 * the signature was there, else now. A timestamp's accuracy makes two moments of it.
 */
function timeOf(
  { verificationTime }: CertificatePolicy,
  [stamp]: readonly Stamp[],
): readonly [CertificateSignerIdentity['time'], readonly Date[]] {
  if (verificationTime === undefined && stamp !== undefined) {
    return [{ at: stamp.at, source: 'timestamp' }, boundsOf(stamp)];
  }
  const time = namedTime(verificationTime);
  return [time, [time.at]];
}

/** Why a certificate is not valid at a time that nobody sees, and what may help. */
function hintAt(
  moment: Date,
  source: CertificateSignerIdentity['time']['source'],
  leaf: Certificate,
  { timestamps }: ParsedBundle,
): string | undefined {
  if (moment >= leaf.notBefore && moment <= leaf.notAfter) return undefined;
  // It was no good at any time.
  if (flawInLeaf(leaf, leaf.notAfter, 'codeSigning') !== undefined) return undefined;
  if (source === 'timestamp') return 'the time is that of the earliest timestamp in the bundle';
  if (source !== 'now') return undefined;
  if (moment < leaf.notBefore) return 'check the clock of this machine';
  // It may have been valid when it signed, if that is known.
  return timestamps.length === 0
    ? 'ask its signer to sign anew, with a timestamp (oms sign --tsa-url)'
    : 'the bundle has a timestamp: with --tsa-certificate-chain it is judged at that time';
}

function namedTime(verificationTime: Date | undefined): CertificateSignerIdentity['time'] {
  if (verificationTime === undefined) return { at: new Date(), source: 'now' };
  if (!(verificationTime instanceof Date) || Number.isNaN(verificationTime.getTime())) {
    throw new OmsError('USAGE', 'the verification time is not a date');
  }
  return { at: verificationTime, source: 'verification-time' };
}

function acceptPayload({ payload, signature }: Envelope, leaf: Certificate): SignedPayload {
  const key = leaf.x509.publicKey;
  if (verifyPayload(payload, signature, key)) return { bytes: payload, encoding: 'dsse' };
  // Bundles of model_signing 0.2.0. The statement must then be of that version too.
  if (verifyLegacyPayload(payload, signature, key)) return { bytes: payload, encoding: 'legacy' };
  throw new OmsError('SIGNATURE_INVALID', 'the signature is not by the certificate in the bundle', {
    expected: `a signature by the key of ${quoted(leaf.subject, 80)}`,
    hint: 'the bundle was changed after signing',
  });
}

function summariseAll([leaf, ...rest]: Chain): CertificateSignerIdentity['chain'] {
  return [summarise(leaf), ...rest.map(summarise)];
}
