import { createPublicKey } from 'node:crypto';
import { OmsError, retold } from '../errors.ts';
import { type ParsedBundle, parseBundle } from '../format/bundle.ts';
import { MAX_CERTIFICATES } from '../format/limits.ts';
import { quoted } from '../printable.ts';
import { type Certificate, loadAllCertificates, loadCertificates } from '../trust/certificate.ts';
import { findChain } from '../trust/chain.ts';
import { loadPrivateKey, type PrivateKeySource, signPayload } from '../trust/keys.ts';
import { ownsKey } from '../trust/rules.ts';
import { boundsOf, readStampClaim } from '../trust/stamp.ts';
import { authenticate } from '../verifiers/verifier.ts';
import { assembleBundle, base64, type Signer } from './signer.ts';
import { readStamping, type StampingOptions, stamped } from './stamping.ts';

export interface CertificateSignerOptions extends StampingOptions {
  /** The key that the certificate was issued for. */
  readonly privateKey: PrivateKeySource;
  /** For an encrypted key. */
  readonly password?: string;
  /** PEM text with the signing certificate; what follows it in the text is added to the chain. */
  readonly certificate: string | Uint8Array;
  /** PEM texts with the certificates between the signing one and the root, the root if wanted. */
  readonly chain?: readonly (string | Uint8Array)[];
}

/**
 * Signs with a key and the certificate that a private PKI issued for it (§4.1, method
 * *certificate*). Everything is read and checked at once: the key belongs to the certificate, the
 * certificate may sign code today, and the chain, if one is given, connects to it.
 *
 * @throws {OmsError} `KEY_UNUSABLE`, `CERTIFICATE_REFUSED`
 */
export function certificateSigner(options: CertificateSignerOptions): Signer {
  const stamping = readStamping(options);
  const key = loadPrivateKey(options.privateKey, options.password);
  const certificates = readCertificates(options);
  const [leaf, ...others] = certificates;
  if (!ownsKey(leaf, createPublicKey(key))) {
    throw new OmsError('KEY_UNUSABLE', 'the private key does not belong to the certificate', {
      expected: `the key of ${quoted(leaf.subject, 80)}`,
      hint: 'check --private-key and --signing-certificate',
    });
  }
  checkConnected(leaf, others);
  // Whatever of the chain was given may serve as the anchor: what is asked is that it is good.
  const anchors = others.length === 0 ? [leaf] : others;
  findChain(leaf, others, anchors, new Date());

  const x509CertificateChain = {
    certificates: certificates.map(({ der }) => ({ rawBytes: base64(der) })),
  };
  const anchorTexts = anchors.map(({ x509 }) => x509.toString());
  return async (statement) => {
    const signature = signPayload(statement, key);
    const material = await stamped({ x509CertificateChain }, signature, stamping);
    const bundle = assembleBundle(statement, signature, material);
    const parsed = parseBundle(bundle);
    authenticate(parsed, { method: 'certificate', anchors: anchorTexts });
    checkStamped(parsed, (time) => findChain(leaf, others, anchors, time));
    return bundle;
  };
}

/**
 * Whoever believes the authority judges the certificates at its time. With clocks that differ, or a
 * certificate that is seconds old, this may be one at which they are not valid.
 */
function checkStamped({ timestamps }: ParsedBundle, check: (time: Date) => void): void {
  for (const time of timestamps.map(readStampClaim).flatMap(boundsOf)) {
    try {
      check(time);
    } catch (error) {
      if (!(error instanceof OmsError)) throw error;
      throw retold(error, {
        summary: `at the time of its timestamp, ${error.summary}`,
        hint: 'check the clocks of this machine and of the authority, and try again',
      });
    }
  }
}

/** The leaf, then the rest in the order given; a certificate that comes twice is kept once. */
function readCertificates({
  certificate,
  chain = [],
}: CertificateSignerOptions): [Certificate, ...Certificate[]] {
  const [leaf, ...following] = loadCertificates(certificate, 'the signing certificate');
  if (leaf === undefined) {
    throw new OmsError('KEY_UNUSABLE', 'the signing certificate is missing');
  }
  const given = loadAllCertificates(chain, 'the certificate chain');
  const others = new Map([...following, ...given].map((other) => [other.fingerprint, other]));
  others.delete(leaf.fingerprint);
  if (others.size >= MAX_CERTIFICATES) {
    throw new OmsError('KEY_UNUSABLE', 'the certificate chain is too long', {
      expected: `at most ${MAX_CERTIFICATES} certificates with the signing one`,
      found: `${others.size + 1}`,
    });
  }
  return [leaf, ...others.values()];
}

function checkConnected(leaf: Certificate, others: readonly Certificate[]): void {
  if (others.length === 0 || others.some(({ subject }) => subject === leaf.issuer)) return;
  throw new OmsError('KEY_UNUSABLE', 'the certificate chain does not connect to the certificate', {
    expected: `the certificate of ${quoted(leaf.issuer, 80)}, which issued it`,
    found: others.map(({ subject }) => quoted(subject, 80)).join(', '),
    hint: 'check --certificate-chain',
  });
}
