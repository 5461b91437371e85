import { hash } from 'node:crypto';
import { type ErrorDetails, OmsError } from '../errors.ts';
import { quoted } from '../printable.ts';
import {
  type Certificate,
  type CertificateSummary,
  parseCertificate,
  summarise,
} from './certificate.ts';
import { findChain } from './chain.ts';
import { readToken, type TimestampToken } from './timestamp-token.ts';

/** When a signature was there, by what a timestamp says of itself. */
export interface StampClaim {
  readonly at: Date;
  /** It may have been so many milliseconds earlier, or later. */
  readonly accuracy: number;
  /** OID of the authority's policy. */
  readonly policy: string;
  /** Whose certificate the timestamp names; `undefined` where it does not hold that certificate. */
  readonly authority: CertificateSummary | undefined;
  readonly anchor?: undefined;
}

/** When a signature was there, on the word of an authority that the verifier named. */
export interface Stamp extends Omit<StampClaim, 'anchor'> {
  readonly authority: CertificateSummary;
  /** The certificate that the verifier named, to which the authority's leads. */
  readonly anchor: CertificateSummary;
}

/**
 * Verifies all timestamps over a signature (RFC 3161); each must be good. Returns them, the earliest
 * first.
 *
 * @param tokens `TimeStampResp`, DER.
 * @param anchors whom the verifier trusts: roots, intermediates, or an authority's certificate.
 * @throws {OmsError} `TIMESTAMP_INVALID`
 */
export function verifyStamps(
  tokens: readonly Uint8Array[],
  signature: Uint8Array,
  anchors: readonly Certificate[],
): readonly Stamp[] {
  const stamps = tokens.map((der, index) => verifyStamp(der, index + 1, signature, anchors));
  return stamps.toSorted((a, b) => a.at.getTime() - b.at.getTime());
}

/**
 * Reads what a timestamp says, and verifies nothing of it.
 *
 * @param der `TimeStampResp`.
 * @throws {OmsError} `TIMESTAMP_INVALID` for what is none, `CERTIFICATE_REFUSED`
 */
export function readStampClaim(der: Uint8Array): StampClaim {
  const { time: at, accuracy, policy, certificates, names } = parse(der, 'the timestamp');
  const named = certificates.find((certificate) => names(certificate));
  const what = 'the certificate of the timestamp';
  const authority = named === undefined ? undefined : summarise(parseCertificate(named, what));
  return { at, accuracy, policy, authority };
}

function verifyStamp(
  der: Uint8Array,
  number: number,
  signature: Uint8Array,
  anchors: readonly Certificate[],
): Stamp {
  const what = `timestamp ${number}`;
  const token = parse(der, what);
  const certificates = readCertificates(token, what);
  const signer = findSigner(token, [...certificates, ...anchors], what);
  checkImprint(token, signature, what);
  const { time: at, accuracy, policy } = token;
  const chains = boundsOf({ at, accuracy }).map((time) =>
    chainAt(signer, certificates, anchors, time, what),
  );
  const anchor = chains[0]?.at(-1) ?? signer;
  return { at, accuracy, policy, authority: summarise(signer), anchor: summarise(anchor) };
}

/** The first and the last moment that a timestamp leaves open, in whole milliseconds as dates are. */
export function boundsOf({
  at,
  accuracy,
}: Pick<StampClaim, 'at' | 'accuracy'>): readonly [Date, Date] {
  const time = at.getTime();
  return [new Date(Math.floor(time - accuracy)), new Date(Math.ceil(time + accuracy))];
}

function parse(der: Uint8Array, what: string): TimestampToken {
  try {
    return readToken(der);
  } catch (cause) {
    throw invalid(`${what} is malformed, or was not granted`, {
      expected: 'a timestamp response (RFC 3161) with a token',
      hint: GET_ANOTHER,
      cause,
    });
  }
}

function readCertificates(token: TimestampToken, what: string): readonly Certificate[] {
  try {
    return token.certificates.map((der) => parseCertificate(der, 'it'));
  } catch (cause) {
    throw invalid(`a certificate of ${what} is not well-formed`, {
      hint: GET_ANOTHER,
      cause,
    });
  }
}

/** The certificate that the token names, with whose key it is signed. */
function findSigner(
  token: TimestampToken,
  certificates: readonly Certificate[],
  what: string,
): Certificate {
  const named = certificates.find(({ der }) => token.names(der));
  if (named === undefined) {
    throw invalid(`the certificate of ${what} is missing`, {
      expected: 'the certificate of its authority, in it or given by you',
      hint: 'give the certificate of the authority with --tsa-certificate-chain',
    });
  }
  if (isSignedBy(token, named)) return named;
  throw invalid(`${what} is not signed by its authority`, {
    expected: `a signature by ${quoted(named.subject, 80)}`,
    hint: GET_ANOTHER,
  });
}

function isSignedBy(token: TimestampToken, { x509 }: Certificate): boolean {
  try {
    return token.isSignedBy(x509.publicKey);
  } catch {
    // A key that OpenSSL cannot read.
    return false;
  }
}

function checkImprint({ imprint }: TimestampToken, signature: Uint8Array, what: string): void {
  if (imprint.digest.equals(hash(imprint.algorithm, signature, 'buffer'))) return;
  throw invalid(`${what} is of another signature`, {
    hint: 'it was taken from another bundle, or the bundle was changed',
  });
}

function chainAt(
  signer: Certificate,
  others: readonly Certificate[],
  anchors: readonly Certificate[],
  time: Date,
  what: string,
): readonly Certificate[] {
  try {
    return findChain(signer, others, anchors, time, 'timeStamping');
  } catch (error) {
    if (!(error instanceof OmsError)) throw error;
    const { summary, expected, found, hint } = error;
    throw invalid(`${what}: ${summary}`, {
      expected,
      found,
      // Of a certificate that is known and no good, another one to trust changes nothing.
      ...(hint === undefined ? {} : { hint: TRUST_HINT }),
      cause: error,
    });
  }
}

const GET_ANOTHER = 'the bundle was changed, or was never good: ask its signer for another';
const TRUST_HINT =
  'give the certificates that you trust for timestamps with --tsa-certificate-chain';

function invalid(summary: string, details: ErrorDetails): OmsError {
  return new OmsError('TIMESTAMP_INVALID', summary, details);
}
