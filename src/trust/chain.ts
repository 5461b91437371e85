import type { OmsError } from '../errors.ts';
import { quoted } from '../printable.ts';
import type { Certificate } from './certificate.ts';
import { canHaveIssued, contradiction, isSignedBy, titleOf } from './issuance.ts';
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
  /** Of whom it was asked who signed whom, by both fingerprints. */
  readonly #signatures = new Set<string>();
  /** Who may have issued whom, by the fingerprint of whom. */
  readonly #issuers = new Map<string, readonly Certificate[]>();
  #ways = 0;
  /** Why the first certificate with the name of an issuer may not be one. */
  #flaw: OmsError | undefined;
  /** What stopped the search where it came furthest. */
  #obstacle: { readonly length: number; readonly error: OmsError } | undefined;

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
    throw this.#flaw ?? this.#obstacle?.error ?? this.#unconnected([leaf]);
  }

  #extend(chain: Chain): Chain | undefined {
    if (++this.#ways > MAX_WAYS) throw tooMany();
    const last = chain.at(-1) ?? chain[0];
    if (this.#anchors.some((anchor) => isSame(anchor, last))) return chain;
    if (chain.length >= MAX_LENGTH) return this.#stop(chain, () => tooLong(last, this.#purpose));
    for (const issuer of this.#named(last)) {
      if (chain.some((member) => isSame(member, issuer))) continue;
      const found = this.#isIssuer(issuer, last, chain)
        ? this.#extend([...chain, issuer])
        : undefined;
      if (found !== undefined) return found;
    }
    return this.#stop(chain, () => this.#unconnected(chain));
  }

  #stop(chain: Chain, error: () => OmsError): undefined {
    if (chain.length <= (this.#obstacle?.length ?? 0)) return;
    this.#obstacle = { length: chain.length, error: error() };
  }

  /** Those whom a certificate names as its issuer. Many ways may lead through it. */
  #named(subject: Certificate): readonly Certificate[] {
    const known = this.#issuers.get(subject.fingerprint);
    if (known !== undefined) return known;
    const issuers = [...this.#anchors, ...this.#others].filter(
      (issuer) => issuer.subject === subject.issuer || canHaveIssued(issuer, subject),
    );
    this.#issuers.set(subject.fingerprint, issuers);
    return issuers;
  }

  /** The cheap questions first: a signature is only verified of a CA that could have made it. */
  #isIssuer(issuer: Certificate, subject: Certificate, below: Chain): boolean {
    const flaw = flawInIssuer(issuer, below, this.#time, this.#purpose);
    if (flaw !== undefined) {
      this.#flaw ??= flaw;
      return false;
    }
    const isNamed = canHaveIssued(issuer, subject);
    if (isNamed && this.#signed(issuer, subject)) return true;
    this.#stop(below, () => notIssued(issuer, subject, isNamed, this.#purpose));
    return false;
  }

  #signed(issuer: Certificate, subject: Certificate): boolean {
    this.#signatures.add(`${subject.fingerprint} ${issuer.fingerprint}`);
    if (this.#signatures.size > MAX_SIGNATURES) throw tooMany();
    return isSignedBy(subject, issuer);
  }

  #unconnected(chain: Chain): OmsError {
    const anchors = this.#anchors.map(({ subject }) => quoted(subject, 80));
    const [first, last] = [chain[0], chain.at(-1) ?? chain[0]].map(
      (member) => `${titleOf(member)} issued by ${quoted(member.issuer, 80)}`,
    );
    return refused(UNCONNECTED[this.#purpose], {
      expected: `a chain to ${anchors.slice(0, 3).join(' or ')}${anchors.length > 3 ? ' …' : ''}`,
      found: chain.length === 1 ? first : `${first}, up to ${last}`,
      hint: 'pass the certificate that you trust with --certificate-chain; those between belong in the bundle',
    });
  }
}

const UNCONNECTED: Readonly<Record<Purpose, string>> = {
  codeSigning: 'the signing certificate does not lead to a trusted certificate',
  timeStamping: 'the certificate of its authority does not lead to a trusted certificate',
};

function notIssued(
  issuer: Certificate,
  subject: Certificate,
  isNamed: boolean,
  purpose: Purpose,
): OmsError {
  return refused(UNCONNECTED[purpose], {
    expected: `${titleOf(subject)} issued by ${titleOf(issuer)}`,
    found: isNamed ? 'a signature that is not by its key' : contradiction(issuer, subject),
  });
}

function tooLong(last: Certificate, purpose: Purpose): OmsError {
  return refused(UNCONNECTED[purpose], {
    expected: `a chain of at most ${MAX_LENGTH} certificates`,
    found: `a longer one, beyond ${titleOf(last)}`,
  });
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
