import { describe, expect, it } from 'vitest';
import type { Bundle } from '../../src/format/bundle.ts';
import { der, extension, makeKey, pemOf, SERVER_AUTH } from '../helpers/pki.ts';
import { leafExtensions, makeAuthority, namesExtension } from '../helpers/sigstore/authority.ts';
import { b64 } from '../helpers/sigstore/bytes.ts';
import { CERTIFICATE, withPartOf, withText } from '../helpers/sigstore/edit.ts';
import { certify, signModelStatement } from '../helpers/sigstore/instance.ts';
import { after, SIGNED_AT } from '../helpers/sigstore/times.ts';
import { TIME_STAMPING } from '../helpers/sigstore/tsa.ts';
import { check, expectRefusal, instance, signed, withLeaf } from './helpers.ts';

const code = 'CERTIFICATE_REFUSED';
const good = signed();

function refuse(bad: Bundle): void {
  expectRefusal({ good, bad, code });
}

describe('the certificate of a keyless bundle', () => {
  it('must lead to an authority in the trusted root', () => {
    refuse(signModelStatement({ ...instance, authority: makeAuthority('Stranger') }));
  });

  it('must lead there by its signature, and not by names', () => {
    refuse(signModelStatement({ ...instance, authority: makeAuthority() }));
    refuse(withLeaf({ signedWith: makeKey('P-384') }));
  });

  it('must not be issued by somebody whom the authority certified for signing only', () => {
    const leaf = certify(instance);
    const authority = { ...instance.authority, intermediate: leaf };
    refuse(signModelStatement({ ...instance, authority }));
  });

  it('must be the one that signed', () => {
    const other = signed();
    const swapped = withPartOf(good, other, CERTIFICATE);
    // The log entry names the certificate, and the signature is not by its key: both are wrong.
    expect(() => check(swapped)).toThrow(
      expect.objectContaining({
        code: expect.stringMatching(/^(?:SIGNATURE_INVALID|LOG_ENTRY_INVALID)$/),
      }),
    );
  });

  it.each([
    ['nothing of the sort', () => b64('certificate')],
    ['cut short', (text: string) => b64(Buffer.from(text, 'base64').subarray(0, -1))],
    [
      'followed by a byte',
      (text: string) => b64(Buffer.concat([Buffer.from(text, 'base64'), Buffer.of(0)])),
    ],
    ['as PEM', (text: string) => b64(pemOf('CERTIFICATE', Buffer.from(text, 'base64')))],
  ])('must be one in DER, and is not: %s', (_, change) => {
    refuse(withText(good, CERTIFICATE, change));
  });

  it('must not be expired at the proven time', () => {
    const entries = [{ time: after(SIGNED_AT, 601) }];
    refuse(signed({ entries }));
    expect(check(signed({ entries: [{ time: after(SIGNED_AT, 600) }] }))).toBeDefined();
  });

  it('must not be from a time after the proven time', () => {
    refuse(signed({ entries: [{ time: after(SIGNED_AT, -1) }] }));
    expect(check(signed({ entries: [{ time: SIGNED_AT }] }))).toBeDefined();
  });

  it('must not be expired at the time that a timestamp proves, nor from after it', () => {
    const right = signed({ rekor: 2 });
    for (const seconds of [-1, 601, 86_400]) {
      const bad = signed({ rekor: 2, timestamps: [{ time: after(SIGNED_AT, seconds) }] });
      expectRefusal({ good: right, bad, code });
    }
    for (const seconds of [0, 600]) {
      const atEdge = signed({ rekor: 2, timestamps: [{ time: after(SIGNED_AT, seconds) }] });
      expect(check(atEdge)).toBeDefined();
    }
  });

  it('must be valid at every time that is proven, not at one of them', () => {
    const right = signed({ timestamps: [{}] });
    const late = { time: after(SIGNED_AT, 3_600) };
    expectRefusal({ good: right, bad: signed({ timestamps: [late] }), code });
    expectRefusal({ good: right, bad: signed({ timestamps: [{}], entries: [late] }), code });
    expectRefusal({ good: right, bad: signed({ timestamps: [{}, late] }), code });
  });

  it('may be expired long ago, if it was not when it signed', () => {
    const notBefore = after(SIGNED_AT, -3 * 365 * 86_400);
    const entries = [{ time: after(notBefore, 5) }];
    const old = signed({ leaf: { notBefore }, scts: [{ time: notBefore }], entries });
    expect(check(old)).toBeDefined();
  });

  it('must be for signing code', () => {
    refuse(withLeaf({ extendedKeyUsage: [SERVER_AUTH] }));
    refuse(withLeaf({ extendedKeyUsage: [TIME_STAMPING] }));
    refuse(withLeaf({ extendedKeyUsage: [] }));
    refuse(withLeaf({ extendedKeyUsage: undefined }));
  });

  it('must be for signing', () => {
    refuse(withLeaf({ keyUsage: ['keyEncipherment'] }));
    refuse(withLeaf({ keyUsage: ['keyCertSign', 'cRLSign'] }));
    refuse(withLeaf({ keyUsage: [] }));
    refuse(withLeaf({ keyUsage: undefined }));
  });

  it('must not be the certificate of an authority', () => {
    refuse(withLeaf({ ca: true, keyUsage: ['digitalSignature', 'keyCertSign'] }));
    refuse(withLeaf({ ca: true }));
    expect(check(withLeaf({ ca: false }))).toBeDefined();
  });

  it('must not have a critical extension that nobody understands', () => {
    const critical = extension('1.2.3.4', true, der(0x05));
    refuse(withLeaf({ extensions: [...leafExtensions(), critical] }));
    const harmless = extension('1.2.3.4', false, der(0x05));
    expect(check(withLeaf({ extensions: [...leafExtensions(), harmless] }))).toBeDefined();
  });

  it('must not be the certificate that was only shown to the log (RFC 6962 §3.1)', () => {
    const poison = extension('1.3.6.1.4.1.11129.2.4.3', true, der(0x05));
    refuse(withLeaf({ extensions: [...leafExtensions(), poison] }));
  });

  it('must not have name constraints, which are for authorities', () => {
    const constraints = extension('2.5.29.30', false, der(0x30));
    refuse(withLeaf({ extensions: [...leafExtensions(), constraints] }));
  });

  it('must not have an extension twice', () => {
    for (const one of leafExtensions()) {
      refuse(withLeaf({ extensions: [...leafExtensions(), one] }));
    }
    const other = namesExtension([{ email: 'other@example.com' }]);
    refuse(withLeaf({ extensions: [...leafExtensions(), other] }));
    refuse(withLeaf({ extensions: [other, ...leafExtensions()] }));
  });

  it.each(['RSA-2048', 'Ed25519', 'secp256k1'] as const)(
    'must not have a key of kind %s',
    (key) => {
      const signer = certify(instance, { certificate: { key } });
      const signedWith = key === 'Ed25519' ? makeKey('P-256') : signer.privateKey;
      refuse(signed({ signer, signedWith }));
    },
  );

  it('must not be signed with SHA-1', () => {
    refuse(withLeaf({ hash: 'sha1' }));
  });

  it('must not say one algorithm inside and another outside', () => {
    const innerAlgorithm = Buffer.from('300a06082a8648ce3d040302', 'hex');
    refuse(withLeaf({ innerAlgorithm }));
  });
});
