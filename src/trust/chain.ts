import { type ErrorDetails, OmsError } from '../errors.ts';
import { quoted } from '../printable.ts';
import { type Certificate, OID } from './certificate.ts';
import { canonicalKey } from './keys.ts';

/** Certificates from the leaf to an anchor, each signed by the next. Never empty. */
export type Chain = readonly [Certificate, ...Certificate[]];

/** Certificates in one chain, leaf and anchor included. Real ones have two to four. */
const MAX_LENGTH = 10;

/**
 * Steps of the search for one chain. Certificates that sign each other in circles make the number
 * of possible chains grow without bound; honest ones need about as many steps as certificates.
 */
const MAX_STEPS = 1_000;

/**
 * Finds a chain from `leaf` to one of `anchors` that is good at `time` for signing code, and
 * throws the reason if there is none. What it asks of a chain:
 *
 * - an anchor is one of the certificates that the verifier named, byte for byte; it may be a root,
 *   an intermediate or the leaf itself. Nothing else is trusted; `others` only help to get there;
 * - every certificate is valid at `time`, the anchor too;
 * - the leaf may sign (`digitalSignature`, if it has a key usage) code (`codeSigning` or any, if it
 *   has an extended key usage) with a key on one of the three curves of OMS;
 * - every issuer is a CA (basic constraints, `keyCertSign`, path length, and if it has an extended
 *   key usage, one that allows code signing), with RSA of at least 2048 bits or one of the curves;
 * - no signature uses a hash weaker than SHA-256;
 * - name constraints, and any critical extension that is not understood, are refused.
 *
 * @throws {OmsError} `CERTIFICATE_REFUSED`
 */
export function findChain(
  leaf: Certificate,
  others: readonly Certificate[],
  anchors: readonly Certificate[],
  time: Date,
): Chain {
  const flaw = flawInLeaf(leaf, time);
  if (flaw !== undefined) throw flaw;
  return new Search(others, anchors, time).from(leaf);
}

class Search {
  readonly #others: readonly Certificate[];
  readonly #anchors: readonly Certificate[];
  readonly #time: Date;
  readonly #signedBy = new Map<string, boolean>();
  #steps = 0;
  /** Why the first chain that led further than the leaf was not taken. */
  #flaw: OmsError | undefined;

  constructor(others: readonly Certificate[], anchors: readonly Certificate[], time: Date) {
    this.#others = others;
    this.#anchors = anchors;
    this.#time = time;
  }

  from(leaf: Certificate): Chain {
    const chain = this.#extend([leaf]);
    if (chain !== undefined) return chain;
    throw this.#flaw ?? this.#unconnected(leaf);
  }

  #extend(chain: Chain): Chain | undefined {
    const last = chain.at(-1) as Certificate;
    if (this.#anchors.some((anchor) => isSame(anchor, last))) return chain;
    for (const issuer of this.#issuersOf(last)) {
      if (chain.length >= MAX_LENGTH || chain.some((member) => isSame(member, issuer))) continue;
      const flaw = flawInIssuer(issuer, chain, this.#time);
      if (flaw !== undefined) {
        this.#flaw ??= flaw;
        continue;
      }
      const found = this.#extend([...chain, issuer]);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  *#issuersOf(subject: Certificate): Generator<Certificate> {
    for (const candidate of [...this.#anchors, ...this.#others]) {
      if (++this.#steps > MAX_STEPS) {
        throw refused('there are too many ways through the certificates', {
          expected: `a chain that is found in ${MAX_STEPS} steps`,
          hint: 'the bundle may be an attack; ask the signer for one with only the needed chain',
        });
      }
      if (this.#isSignedBy(subject, candidate)) yield candidate;
    }
  }

  #isSignedBy(subject: Certificate, issuer: Certificate): boolean {
    const key = `${subject.fingerprint} ${issuer.fingerprint}`;
    let answer = this.#signedBy.get(key);
    if (answer === undefined) {
      answer = isSignedBy(subject, issuer);
      this.#signedBy.set(key, answer);
    }
    return answer;
  }

  #unconnected(leaf: Certificate): OmsError {
    const anchors = this.#anchors.map(({ subject }) => quoted(subject, 80));
    return refused('the signing certificate does not lead to a trusted certificate', {
      expected: `a chain to ${anchors.slice(0, 3).join(' or ')}${anchors.length > 3 ? ' …' : ''}`,
      found: `${quoted(leaf.subject, 80)} issued by ${quoted(leaf.issuer, 80)}`,
      hint: 'pass the certificate that you trust, and any missing one between, with --certificate-chain',
    });
  }
}

/** Names, key identifiers and key usage fit, and the signature is right. */
function isSignedBy({ x509 }: Certificate, issuer: Certificate): boolean {
  try {
    return x509.checkIssued(issuer.x509) && x509.verify(issuer.x509.publicKey);
  } catch {
    // A key or an algorithm that OpenSSL does not know.
    return false;
  }
}

function isSame(a: Certificate, b: Certificate): boolean {
  return a.fingerprint === b.fingerprint;
}

function flawInLeaf(leaf: Certificate, time: Date): OmsError | undefined {
  if (leaf.keyUsage?.digitalSignature === false) {
    return unfit(leaf, 'the key usage digitalSignature', 'a key usage without it');
  }
  if (!allowsCodeSigning(leaf)) {
    return unfit(leaf, 'the extended key usage codeSigning', usagesOf(leaf));
  }
  return flawInKeyOfLeaf(leaf) ?? flawInAny(leaf, time);
}

const CURVES = 'ECDSA on P-256, P-384 or P-521';

function flawInKeyOfLeaf(leaf: Certificate): OmsError | undefined {
  return hasNamedCurve(leaf) ? undefined : unfit(leaf, CURVES, keyOf(leaf));
}

/** RFC 5480 §2.1.1: the curve stands there by name, not by its parameters, which take more room. */
function hasNamedCurve({ x509 }: Certificate): boolean {
  try {
    const { publicKey } = x509;
    const asNamed = canonicalKey(publicKey).export({ type: 'spki', format: 'der' });
    return publicKey.export({ type: 'spki', format: 'der' }).length <= asNamed.length;
  } catch {
    return false;
  }
}

function keyOf({ x509 }: Certificate): string {
  try {
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = x509.publicKey;
    const size = details?.modulusLength ?? details?.namedCurve ?? '';
    return `${type ?? 'an unknown key'} ${size}`.trim();
  } catch {
    return 'an unknown key';
  }
}

function flawInIssuer(issuer: Certificate, below: Chain, time: Date): OmsError | undefined {
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
  if (!allowsCodeSigning(issuer)) {
    return unfit(issuer, 'the extended key usage codeSigning, or none', usagesOf(issuer));
  }
  const signed = below.at(-1) as Certificate;
  return flawInKeyOfIssuer(issuer) ?? flawInSignature(signed) ?? flawInAny(issuer, time);
}

const MIN_RSA_BITS = 2048;

function flawInKeyOfIssuer(issuer: Certificate): OmsError | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = issuer.x509.publicKey;
  const isRsa = type === 'rsa' || type === 'rsa-pss';
  const isStrong = isRsa ? (details?.modulusLength ?? 0) >= MIN_RSA_BITS : hasNamedCurve(issuer);
  if (isStrong) return undefined;
  return unfit(issuer, `RSA with at least ${MIN_RSA_BITS} bits, or ${CURVES}`, keyOf(issuer));
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
  const { oid, pssHash } = certificate.signatureAlgorithm;
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
  // Names are shown, and never compared with anything, so an alternative one decides nothing.
  OID.subjectAltName,
]);

function flawInAny(certificate: Certificate, time: Date): OmsError | undefined {
  const { notBefore, notAfter, criticalExtensions, hasNameConstraints } = certificate;
  // Negated, so that an invalid date is refused too.
  if (!(time >= notBefore && time <= notAfter)) {
    const state = time > notAfter ? 'expired' : 'is not valid yet';
    return refused(`the certificate ${quoted(certificate.subject, 80)} ${state}`, {
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

function allowsCodeSigning({ extendedKeyUsage }: Certificate): boolean {
  if (extendedKeyUsage === undefined) return true;
  return (
    extendedKeyUsage.includes(OID.codeSigning) || extendedKeyUsage.includes(OID.anyExtendedKeyUsage)
  );
}

function usagesOf({ extendedKeyUsage }: Certificate): string {
  return `only ${extendedKeyUsage?.join(', ') || 'none'}`;
}

function dateOf(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'an invalid date' : date.toISOString().replace('.000', '');
}

function unfit(certificate: Certificate, expected: string, found: string): OmsError {
  const summary = `the certificate ${quoted(certificate.subject, 80)} may not be used for this`;
  return refused(summary, { expected, found });
}

function refused(summary: string, details: ErrorDetails): OmsError {
  return new OmsError('CERTIFICATE_REFUSED', summary, details);
}
