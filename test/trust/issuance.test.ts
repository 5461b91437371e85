import { describe, expect, it } from 'vitest';
import { type Certificate, parseCertificate } from '../../src/trust/certificate.ts';
import { canHaveIssued, contradiction, isSignedBy, titleOf } from '../../src/trust/issuance.ts';
import { CA, chainOf, issue, parsed } from '../helpers/pki.ts';

const { root, intermediate, leaf } = chainOf();
const other = issue({ subject: 'Test Intermediate', ...CA });

/** The same issuer with a key that nobody can read. */
function unreadable(): Certificate {
  const ecPublicKey = Buffer.from('06072a8648ce3d0201', 'hex');
  const bytes = Buffer.from(intermediate.der);
  bytes.writeUInt8(0x7f, bytes.indexOf(ecPublicKey) + ecPublicKey.length - 1);
  return parseCertificate(bytes, 'it');
}

describe('a certificate is signed', () => {
  it('by its issuer, however often that is asked, and by nobody else of the name', () => {
    const subject = parsed(leaf);
    for (let times = 0; times < 2; times++) {
      expect(isSignedBy(subject, parsed(intermediate))).toBe(true);
      expect(isSignedBy(subject, parsed(other))).toBe(false);
      expect(isSignedBy(subject, parsed(root))).toBe(false);
    }
  });

  it('by none whose key cannot be read', () => {
    expect(isSignedBy(parsed(leaf), unreadable())).toBe(false);
  });
});

describe('what keeps a certificate from being an issuer', () => {
  it('is the kind of its key, where the signature is of another', () => {
    const rsa = issue({ subject: 'Test Intermediate', key: 'RSA-2048', ...CA });
    const text = '"CN=Test Signer" names a signature algorithm of another kind of key';
    expect(contradiction(parsed(rsa), parsed(leaf))).toBe(text);
    const byRsa = issue({ subject: 'Test Signer', issuer: rsa });
    expect(contradiction(parsed(intermediate), parsed(byRsa))).toBe(text);
  });

  it('is an identifier, where the kind is right', () => {
    const text = '"CN=Test Signer" names another key identifier or serial number';
    expect(canHaveIssued(parsed(other), parsed(leaf))).toBe(false);
    expect(contradiction(parsed(other), parsed(leaf))).toBe(text);
    const rsa = issue({ subject: 'Test Intermediate', key: 'RSA-2048', ...CA });
    const byRsa = issue({ subject: 'Test Signer', issuer: rsa });
    expect(contradiction(parsed(rsa), parsed(byRsa))).toBe(text);
  });
});

describe('the title of a certificate', () => {
  it('is its subject, or that it has none', () => {
    expect(titleOf(parsed(leaf))).toBe('"CN=Test Signer"');
    const nameless = issue({ subject: 'Nobody', issuer: intermediate, nameless: true });
    expect(titleOf(parsed(nameless))).toBe('a certificate without a subject');
  });
});
