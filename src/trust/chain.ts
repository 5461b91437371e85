import type { OmsError } from '../errors.ts';
import { quoted } from '../printable.ts';
import type { Certificate } from './certificate.ts';
import { flawInIssuer, flawInLeaf, type Purpose, refused } from './rules.ts';

/** Certificates from the leaf to an anchor, each signed by the next. Never empty. */
export type Chain = readonly [Certificate, ...Certificate[]];

/** Certificates in one chain, leaf and anchor included. Real ones have two to four. */
const MAX_LENGTH = 10;

/**
 * Ways tried in the search for one chain. Certificates that sign each other in circles make the
 * number of possible chains grow without bound; honest ones need as many as there are certificates.
 */
const MAX_WAYS = 500;

/** Signatures verified in one search. Each can take a millisecond and more. */
const MAX_SIGNATURES = 100;

/**
 * Finds a chain from `leaf` to one of `anchors` that is good at `time` for signing code, or for
 * timestamps (RFC 3161), and throws the reason if there is none. What it asks of a chain:
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
  purpose: Purpose = 'codeSigning',
): Chain {
  const flaw = flawInLeaf(leaf, time, purpose);
  if (flaw !== undefined) throw flaw;
  return new Search(others, anchors, time, purpose).from(leaf);
}

class Search {
  readonly #others: readonly Certificate[];
  readonly #anchors: readonly Certificate[];
  readonly #time: Date;
  readonly #purpose: Purpose;
  /** Who signed whom, by both fingerprints. */
  readonly #signatures = new Map<string, boolean>();
  #ways = 0;
  /** Why the first certificate with the name of an issuer was not taken for one. */
  #flaw: OmsError | undefined;

  constructor(
    others: readonly Certificate[],
    anchors: readonly Certificate[],
    time: Date,
    purpose: Purpose,
  ) {
    this.#others = others;
    this.#anchors = anchors;
    this.#time = time;
    this.#purpose = purpose;
  }

  from(leaf: Certificate): Chain {
    const chain = this.#extend([leaf]);
    if (chain !== undefined) return chain;
    throw this.#flaw ?? this.#unconnected(leaf);
  }

  #extend(chain: Chain): Chain | undefined {
    if (++this.#ways > MAX_WAYS) throw tooMany();
    const last = chain.at(-1) ?? chain[0];
    if (this.#anchors.some((anchor) => isSame(anchor, last))) return chain;
    if (chain.length >= MAX_LENGTH) return undefined;
    for (const issuer of [...this.#anchors, ...this.#others]) {
      if (chain.some((member) => isSame(member, issuer))) continue;
      const found = this.#isIssuer(issuer, last, chain)
        ? this.#extend([...chain, issuer])
        : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The cheap questions first: a signature is only verified of a CA that could have made it. */
  #isIssuer(issuer: Certificate, subject: Certificate, below: Chain): boolean {
    if (issuer.subject !== subject.issuer && !canHaveIssued(issuer, subject)) return false;
    const flaw = flawInIssuer(issuer, below, this.#time, this.#purpose);
    if (flaw === undefined) return canHaveIssued(issuer, subject) && this.#signed(issuer, subject);
    this.#flaw ??= flaw;
    return false;
  }

  #signed(issuer: Certificate, subject: Certificate): boolean {
    const key = `${subject.fingerprint} ${issuer.fingerprint}`;
    let answer = this.#signatures.get(key);
    if (answer === undefined) {
      if (this.#signatures.size >= MAX_SIGNATURES) throw tooMany();
      answer = isSignedBy(subject, issuer);
      this.#signatures.set(key, answer);
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

/** Whether names, key identifiers and key usage fit; says nothing of the signature. */
function canHaveIssued(issuer: Certificate, subject: Certificate): boolean {
  try {
    return subject.x509.checkIssued(issuer.x509);
  } catch {
    return false;
  }
}

function isSignedBy(subject: Certificate, issuer: Certificate): boolean {
  try {
    return subject.x509.verify(issuer.x509.publicKey);
  } catch {
    // A key or an algorithm that OpenSSL does not know.
    return false;
  }
}

function tooMany(): OmsError {
  return refused('there are too many ways through the certificates', {
    expected: `a chain that is found in ${MAX_WAYS} tries and ${MAX_SIGNATURES} signatures`,
    hint: 'the bundle may be an attack; ask the signer for one with only the needed chain',
  });
}

function isSame(a: Certificate, b: Certificate): boolean {
  return a.fingerprint === b.fingerprint;
}
