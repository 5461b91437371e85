import type { AsymmetricKeyDetails, KeyObject } from 'node:crypto';
import { type ErrorDetails, OmsError } from '../errors.ts';
import { quoted } from '../printable.ts';
import { type Certificate, OID } from './certificate.ts';
import { canonicalKey } from './keys.ts';

/** What the first certificate of a chain is used for. */
export type Purpose = 'codeSigning' | 'timeStamping';

/** Why a certificate may not be used for this at a time, or `undefined`. */
export function flawInLeaf(leaf: Certificate, time: Date, purpose: Purpose): OmsError | undefined {
  const flaw = purpose === 'codeSigning' ? flawInSigner(leaf) : flawInAuthority(leaf);
  return flaw ?? flawInAny(leaf, time);
}

const SIGNS = 'the key usage digitalSignature';

/** Who signs models has a key on one of the curves of §4.2. */
function flawInSigner(leaf: Certificate): OmsError | undefined {
  if (leaf.keyUsage?.digitalSignature === false) {
    return unfit(leaf, SIGNS, 'a key usage without it');
  }
  if (!allows(leaf, 'codeSigning')) {
    return unfit(leaf, 'the extended key usage codeSigning', usagesOf(leaf));
  }
  return flawInKeyOfLeaf(leaf);
}

/** RFC 3161 §2.3: one extended key usage, which is critical. RFC 5280 §4.2.1.12: with either bit. */
function flawInAuthority(leaf: Certificate): OmsError | undefined {
  const { extendedKeyUsage: usages, criticalExtensions, keyUsage } = leaf;
  if (keyUsage?.digitalSignature === false && !keyUsage.nonRepudiation) {
    return unfit(leaf, `${SIGNS} or nonRepudiation`, 'a key usage without either');
  }
  const isOnly = usages?.length === 1 && usages[0] === OID.timeStamping;
  const isCritical = criticalExtensions.includes(OID.extendedKeyUsage);
  if (!isOnly || !isCritical) {
    const expected = 'the extended key usage timeStamping alone, marked critical';
    return unfit(leaf, expected, isCritical ? usagesOf(leaf) : `${usagesOf(leaf)}, not critical`);
  }
  return flawInKeyOfIssuer(leaf);
}

const CURVES = 'ECDSA on P-256, P-384 or P-521, the curve by name';

function flawInKeyOfLeaf(leaf: Certificate): OmsError | undefined {
  return hasNamedCurve(leaf) ? undefined : unfit(leaf, CURVES, keyOf(leaf));
}

/** RFC 5480 §2.1.1: the curve stands there by name, not by its parameters, which take more room. */
function hasNamedCurve(certificate: Certificate): boolean {
  const key = publicKeyOf(certificate);
  if (key === undefined) return false;
  try {
    const asNamed = canonicalKey(key).export({ type: 'spki', format: 'der' });
    return key.export({ type: 'spki', format: 'der' }).length <= asNamed.length;
  } catch {
    return false;
  }
}

/** `undefined` for a key that OpenSSL cannot read. */
function publicKeyOf({ x509 }: Certificate): KeyObject | undefined {
  try {
    return x509.publicKey;
  } catch {
    return undefined;
  }
}

/** Whether a certificate is for this public key. */
export function ownsKey(certificate: Certificate, publicKey: KeyObject): boolean {
  const key = publicKeyOf(certificate);
  if (key === undefined) return false;
  try {
    return canonicalKey(key).equals(canonicalKey(publicKey));
  } catch {
    return false;
  }
}

function keyOf(certificate: Certificate): string {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = publicKeyOf(certificate) ?? {};
  if (type === undefined) return 'an unknown key';
  const size = details?.modulusLength ?? details?.namedCurve ?? '';
  return `${type} ${size}`.trim();
}

/** Why a certificate may not have issued the last one of a chain, or `undefined`. */
export function flawInIssuer(
  issuer: Certificate,
  below: readonly Certificate[],
  time: Date,
  purpose: Purpose,
): OmsError | undefined {
  const { basicConstraints, keyUsage, x509 } = issuer;
  if (basicConstraints?.ca !== true) return unfit(issuer, 'a CA certificate', 'one that is not');
  if (keyUsage?.keyCertSign === false || !x509.ca) {
    return unfit(issuer, 'the key usage keyCertSign', 'a key usage without it');
  }
  const between = below.slice(1).filter((certificate) => !certificate.isSelfIssued).length;
  if (basicConstraints.pathLength !== undefined && between > basicConstraints.pathLength) {
    const { pathLength } = basicConstraints;
    return unfit(issuer, `at most ${pathLength} CA certificates below it`, `${between}`);
  }
  if (!allows(issuer, purpose)) {
    return unfit(issuer, `the extended key usage ${purpose}, or none`, usagesOf(issuer));
  }
  const signed = below.at(-1) as Certificate;
  return flawInKeyOfIssuer(issuer) ?? flawInSignature(signed) ?? flawInAny(issuer, time);
}

const MIN_RSA_BITS = 2048;

/** What was found before: one search comes by the same certificate hundreds of times. */
const FLAWS_IN_KEYS = new WeakMap<Certificate, { readonly flaw: OmsError | undefined }>();

function flawInKeyOfIssuer(issuer: Certificate): OmsError | undefined {
  const found = FLAWS_IN_KEYS.get(issuer) ?? { flaw: findFlawInKey(issuer) };
  FLAWS_IN_KEYS.set(issuer, found);
  return found.flaw;
}

function findFlawInKey(issuer: Certificate): OmsError | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = publicKeyOf(issuer) ?? {};
  const isRsa = type === 'rsa' || type === 'rsa-pss';
  const isStrong = isRsa ? isUsableSize(details ?? {}) : hasNamedCurve(issuer);
  if (!isStrong) {
    return unfit(issuer, `RSA with at least ${MIN_RSA_BITS} bits, or ${CURVES}`, keyOf(issuer));
  }
  return isRsa ? flawInExponent(issuer, details?.publicExponent ?? 0n) : undefined;
}

/** Beyond 16384 bits a key only serves to make verifiers slow. */
function isUsableSize({ modulusLength = 0 }: AsymmetricKeyDetails): boolean {
  return modulusLength >= MIN_RSA_BITS && modulusLength <= 16_384;
}

/**
 * RFC 8017 §3.1. With the exponent 1, which OpenSSL takes, anybody can sign; a huge one only serves
 * to make verifiers slow.
 */
function flawInExponent(issuer: Certificate, exponent: bigint): OmsError | undefined {
  const isUsable = exponent >= 3n && exponent < 2n ** 32n && exponent % 2n === 1n;
  if (isUsable) return undefined;
  const found = exponent < 2n ** 32n ? `${exponent}` : 'a larger one';
  return unfit(issuer, 'an odd RSA exponent from 3 to 2^32', found);
}

/** ECDSA and RSA PKCS #1 v1.5 with SHA-256, SHA-384 and SHA-512 (RFC 5758, RFC 8017). */
const STRONG_SIGNATURES: ReadonlySet<string> = new Set([
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
]);

/** SHA-256, SHA-384 and SHA-512 (RFC 8017, appendix B.1). */
const STRONG_HASHES: ReadonlySet<string> = new Set([
  '2.16.840.1.101.3.4.2.1',
  '2.16.840.1.101.3.4.2.2',
  '2.16.840.1.101.3.4.2.3',
]);

function flawInSignature(certificate: Certificate): OmsError | undefined {
  const { isAlgorithmSigned, signatureAlgorithm } = certificate;
  if (!isAlgorithmSigned) {
    return unfit(certificate, 'one signature algorithm, inside and outside', 'two');
  }
  const { oid, pssHash } = signatureAlgorithm;
  const isStrong =
    oid === OID.rsassaPss
      ? pssHash !== undefined && STRONG_HASHES.has(pssHash)
      : STRONG_SIGNATURES.has(oid);
  return isStrong
    ? undefined
    : unfit(certificate, 'to be signed with ECDSA or RSA and SHA-256 or better', oid);
}

/** Critical extensions that are understood here; see §4.2 of RFC 5280. */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  OID.basicConstraints,
  OID.keyUsage,
  OID.extendedKeyUsage,
  // Names decide nothing in a chain; whom a keyless certificate names is compared by its verifier.
  OID.subjectAltName,
]);

function flawInAny(certificate: Certificate, time: Date): OmsError | undefined {
  const { notBefore, notAfter, criticalExtensions, hasNameConstraints } = certificate;
  // Negated, so that an invalid date is refused too.
  if (!(time >= notBefore && time <= notAfter)) {
    const state = time > notAfter ? 'expired' : 'is not valid yet';
    return refused(`the certificate ${nameOf(certificate)} ${state}`, {
      expected: `a validity that includes ${dateOf(time)}`,
      found: `${dateOf(notBefore)} to ${dateOf(notAfter)}`,
    });
  }
  if (hasNameConstraints) {
    return unfit(certificate, 'no name constraints, which are not supported', 'some');
  }
  const unknown = criticalExtensions.find((oid) => !UNDERSTOOD.has(oid));
  if (unknown !== undefined) {
    return unfit(certificate, 'critical extensions that are understood', unknown);
  }
  return undefined;
}

function allows({ extendedKeyUsage }: Certificate, purpose: Purpose): boolean {
  if (extendedKeyUsage === undefined) return true;
  return (
    extendedKeyUsage.includes(OID[purpose]) || extendedKeyUsage.includes(OID.anyExtendedKeyUsage)
  );
}

function usagesOf({ extendedKeyUsage }: Certificate): string {
  const usages = extendedKeyUsage?.map((oid) => {
    const name = USAGES.get(oid);
    return name === undefined ? oid : `${oid} (${name})`;
  });
  return `only ${usages?.join(', ') || 'none'}`;
}

/** Names of RFC 5280 §4.2.1.12, for messages. */
const USAGES: ReadonlyMap<string, string> = new Map([
  [OID.codeSigning, 'codeSigning'],
  [OID.timeStamping, 'timeStamping'],
  [OID.anyExtendedKeyUsage, 'anyExtendedKeyUsage'],
  ['1.3.6.1.5.5.7.3.1', 'serverAuth'],
  ['1.3.6.1.5.5.7.3.2', 'clientAuth'],
  ['1.3.6.1.5.5.7.3.4', 'emailProtection'],
  ['1.3.6.1.5.5.7.3.9', 'OCSPSigning'],
]);

/** Those of keyless signers have no subject. */
function nameOf({ subject, issuer }: Certificate): string {
  return subject === '' ? `issued by ${quoted(issuer, 80)}` : quoted(subject, 80);
}

function dateOf(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'an invalid date' : date.toISOString().replace('.000', '');
}

function unfit(certificate: Certificate, expected: string, found: string): OmsError {
  const summary = `the certificate ${nameOf(certificate)} may not be used for this`;
  return refused(summary, { expected, found });
}

export function refused(summary: string, details: ErrorDetails): OmsError {
  return new OmsError('CERTIFICATE_REFUSED', summary, details);
}
