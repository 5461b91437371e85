import { quoted } from '../printable.ts';
import type { Certificate } from './certificate.ts';

/** Whether names, key identifiers and kinds of keys fit; says nothing of the signature. */
export function canHaveIssued(issuer: Certificate, subject: Certificate): boolean {
  try {
    return subject.x509.checkIssued(issuer.x509);
  } catch {
    return false;
  }
}

/** What was asked before, by the fingerprint of the issuer: one chain is judged at several times. */
const ANSWERS = new WeakMap<Certificate, Map<string, boolean>>();

export function isSignedBy(subject: Certificate, issuer: Certificate): boolean {
  const answers = ANSWERS.get(subject) ?? new Map<string, boolean>();
  const answer = answers.get(issuer.fingerprint) ?? verifies(subject, issuer);
  ANSWERS.set(subject, answers.set(issuer.fingerprint, answer));
  return answer;
}

function verifies(subject: Certificate, issuer: Certificate): boolean {
  try {
    return subject.x509.verify(issuer.x509.publicKey);
  } catch {
    // A key or an algorithm that OpenSSL does not know.
    return false;
  }
}

/** How a message names a certificate; those of keyless signers have no subject. */
export function titleOf({ subject }: Certificate): string {
  return subject === '' ? 'a certificate without a subject' : quoted(subject, 80);
}

/** What a certificate says that keeps one of its issuer's name from being its issuer. */
export function contradiction(issuer: Certificate, subject: Certificate): string {
  const who = `${titleOf(subject)} names`;
  const isEcdsa = subject.signatureAlgorithm.oid.startsWith('1.2.840.10045.');
  if (isEcdsa !== (issuer.x509.publicKey.asymmetricKeyType === 'ec')) {
    return `${who} a signature algorithm of another kind of key`;
  }
  return `${who} another key identifier or serial number`;
}
