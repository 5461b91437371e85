import { describe, expect, it } from 'vitest';
import { type Bundle, parseBundle } from '../../src/format/bundle.ts';
import { assembleBundle, base64 } from '../../src/signers/signer.ts';
import { signPayload } from '../../src/trust/keys.ts';
import type { CertificatePolicy } from '../../src/verifiers/certificate.ts';
import { type Authenticated, authenticate } from '../../src/verifiers/verifier.ts';
import {
  CA,
  certificateBundle,
  chainOf,
  extension,
  type Issued,
  issue,
  SERVER_AUTH,
  SIGNER,
  sequence,
} from '../helpers/pki.ts';
import { failure, refusal, UNCONNECTED } from '../trust/helpers.ts';

const { root, intermediate, leaf } = chainOf();
const statement = Buffer.from('{"any":"bytes"}');
const good = certificateBundle(statement, [leaf, intermediate, root]);

function check(
  bundle: Bundle,
  anchors: CertificatePolicy['anchors'] = [root.pem],
  verificationTime?: Date,
): Authenticated {
  return authenticate(parseBundle(bundle), {
    method: 'certificate',
    anchors,
    ...(verificationTime === undefined ? {} : { verificationTime }),
  });
}

function subjects({ signer }: Authenticated): string[] {
  return signer.method === 'certificate' ? signer.chain.map(({ subject }) => subject) : [];
}

describe('a bundle signed with a certificate', () => {
  it('tells who signed, up to the anchor, and when that was judged', () => {
    const before = Date.now();
    const { signer, payload } = check(good);
    expect(payload).toEqual({ bytes: statement, encoding: 'dsse' });
    expect(signer).toMatchObject({
      method: 'certificate',
      curve: 'P-256',
      chain: [
        { subject: 'CN=Test Signer', issuer: 'CN=Test Intermediate' },
        { subject: 'CN=Test Intermediate', issuer: 'CN=Test Root' },
        { subject: 'CN=Test Root', issuer: 'CN=Test Root' },
      ],
      time: { source: 'now' },
    });
    const at = signer.method === 'certificate' ? signer.time.at.getTime() : Number.NaN;
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThanOrEqual(Date.now());
  });

  it.each(['P-256', 'P-384', 'P-521'] as const)('may be so with a key on %s', (curve) => {
    const chain = chainOf({ leaf: { key: curve } });
    const bundle = certificateBundle(statement, [chain.leaf, chain.intermediate]);
    expect(check(bundle, [chain.root.pem]).signer).toMatchObject({ curve });
  });

  it('may hold its certificate alone, as the Go client writes it', () => {
    const bundle = assembleBundle(statement, signPayload(statement, leaf.privateKey), {
      certificate: { rawBytes: base64(leaf.der) },
    });
    expect(subjects(check(bundle, [intermediate.pem]))).toHaveLength(2);
    expect(() => check(bundle)).toThrow(refusal(UNCONNECTED));
  });

  it('may hold the chain in any order behind the leaf, and more', () => {
    const extra = issue({ subject: 'Extra', ...CA });
    const bundle = certificateBundle(statement, [leaf, root, extra, leaf, intermediate]);
    expect(subjects(check(bundle))).toEqual([
      'CN=Test Signer',
      'CN=Test Intermediate',
      'CN=Test Root',
    ]);
  });

  it('is signed by the first certificate and no other', () => {
    const signature = signPayload(statement, leaf.privateKey);
    expect(() =>
      check(certificateBundle(statement, [intermediate, leaf, root], signature)),
    ).toThrow(refusal('expected the key usage digitalSignature'));
    const colleague = issue({ subject: 'Colleague', issuer: intermediate, ...SIGNER });
    expect(() =>
      check(certificateBundle(statement, [colleague, leaf, intermediate], signature)),
    ).toThrow(failure('SIGNATURE_INVALID', 'a signature by the key of "CN=Colleague"'));
  });

  it('is refused when one certificate is malformed, be it one that is not needed', () => {
    for (const der of [Buffer.concat([root.der, Buffer.of(0)]), Buffer.from(root.pem)]) {
      const bundle = certificateBundle(statement, [leaf, intermediate, { ...root, der }]);
      expect(() => check(bundle)).toThrow(
        refusal('certificate 3 of the bundle is not a well-formed certificate'),
      );
    }
  });
});

describe('a signature by a certificate', () => {
  const broken = failure('SIGNATURE_INVALID', 'the signature is not by the certificate in the');

  it('does not survive a change of the payload', () => {
    const signature = signPayload(statement, leaf.privateKey);
    const bundle = certificateBundle(Buffer.from('{}'), [leaf, intermediate], signature);
    expect(() => check(bundle)).toThrow(broken);
  });

  it('does not survive a change of any of its bytes', () => {
    const signature = signPayload(statement, leaf.privateKey);
    for (let at = 0; at < signature.length; at++) {
      const flipped = Buffer.from(signature);
      flipped.writeUInt8((flipped[at] ?? 0) ^ 1, at);
      const bundle = certificateBundle(statement, [leaf, intermediate], flipped);
      expect(() => check(bundle), `byte ${at}`).toThrow(broken);
    }
  });

  it('is worth nothing when any byte of its certificates is another', () => {
    for (const changed of [0, 1] as const) {
      const { der } = [leaf, intermediate][changed] as Issued;
      for (let at = 0; at < der.length; at++) {
        const flipped = Buffer.from(der);
        flipped.writeUInt8((flipped[at] ?? 0) ^ 1, at);
        const chain: [Issued, Issued] = [leaf, intermediate];
        chain[changed] = { ...chain[changed], der: flipped };
        const signature = signPayload(statement, leaf.privateKey);
        const bundle = certificateBundle(statement, chain, signature);
        expect(() => check(bundle), `certificate ${changed}, byte ${at}`).toThrow(refusal(/./));
      }
    }
  });

  it('is not looked at before the chain is good', () => {
    const forged = certificateBundle(statement, [leaf, intermediate], Buffer.of(0));
    const stranger = issue({ subject: 'Stranger', ...CA });
    expect(() => check(forged, [stranger.pem])).toThrow(refusal(UNCONNECTED));
    expect(() => check(forged)).toThrow(broken);
  });
});

describe('validly signed bundles of strangers are refused:', () => {
  const stranger = chainOf();
  const own = issue({ subject: 'Test Root', ...SIGNER });
  const server = issue({
    subject: 'www.example.org',
    issuer: intermediate,
    ...SIGNER,
    extendedKeyUsage: [SERVER_AUTH],
  });
  const cases: readonly [string, readonly [Issued, ...Issued[]], string][] = [
    [
      'a chain with a root of its own',
      [stranger.leaf, stranger.intermediate, stranger.root],
      UNCONNECTED,
    ],
    [
      'a chain with the trusted root added',
      [stranger.leaf, stranger.intermediate, root],
      UNCONNECTED,
    ],
    ['a self-signed certificate with the name of the anchor', [own, root], UNCONNECTED],
    ['a TLS server certificate of the same CA', [server, intermediate], 'codeSigning'],
    [
      'a certificate that a signer issued',
      [issuedBySigner(), leaf, intermediate],
      'a CA certificate',
    ],
  ];
  it.each(cases)('%s', (_, certificates, part) => {
    expect(() => check(certificateBundle(statement, certificates))).toThrow(refusal(part));
  });

  function issuedBySigner(): Issued {
    return issue({ subject: 'Below', issuer: leaf, ...SIGNER });
  }
});

describe('the certificate of a keyless signer', () => {
  const issued = (id: string): Issued =>
    issue({
      subject: 'Keyless',
      issuer: intermediate,
      ...SIGNER,
      extensions: [extension(id, false, sequence())],
    });

  it('is refused, be it valid and trusted itself: nothing tells when it signed', () => {
    const keyless = issued('1.3.6.1.4.1.57264.1.8');
    const bundle = certificateBundle(statement, [keyless, intermediate]);
    for (const anchors of [[root.pem], [keyless.pem]]) {
      expect(() => check(bundle, anchors)).toThrow(
        refusal(
          'the certificate is one of keyless signing: expected a long-lived certificate, or a keyless bundle with its log entry, found "CN=Keyless" issued by "CN=Test Intermediate"',
        ),
      );
    }
  });

  it('is not one with extensions of somebody else', () => {
    const other = issued('1.3.6.1.4.1.57265.1.8');
    const bundle = certificateBundle(statement, [other, intermediate]);
    expect(subjects(check(bundle))).toEqual(['CN=Keyless', 'CN=Test Intermediate', 'CN=Test Root']);
  });
});

describe('the certificates of a bundle', () => {
  it('are counted from one where one of them is malformed', () => {
    const bad = Buffer.concat([intermediate.der, Buffer.of(0)]);
    const certificates = [leaf.der, bad].map((one) => ({ rawBytes: base64(one) }));
    const bundle = assembleBundle(statement, signPayload(statement, leaf.privateKey), {
      x509CertificateChain: { certificates },
    });
    expect(() => check(bundle)).toThrow(
      refusal('certificate 2 of the bundle is not a well-formed certificate'),
    );
  });
});

describe('the anchors of the verifier', () => {
  it('may be several texts with several certificates', () => {
    const a = issue({ subject: 'A', ...CA });
    expect(subjects(check(good, [a.pem, Buffer.from(`# ours\n${a.pem}${root.pem}`)]))).toHaveLength(
      3,
    );
  });

  it('may be the leaf of the bundle', () => {
    expect(subjects(check(good, [leaf.pem]))).toEqual(['CN=Test Signer']);
  });

  it('have no default: without one nothing is verified', () => {
    expect(() => check(good, [])).toThrow(failure('USAGE', 'at least one trusted certificate'));
  });

  it('must be certificates', () => {
    const key = leaf.privateKey.export({ type: 'pkcs8', format: 'pem' });
    expect(() => check(good, [root.pem, key])).toThrow(
      failure('KEY_UNUSABLE', 'the trusted certificates in file 2 of 2 cannot be used'),
    );
    const none = 'the trusted certificates cannot be used: expected at least one PEM block';
    expect(() => check(good, [''])).toThrow(failure('KEY_UNUSABLE', none));
  });
});

function years(notBefore: number, notAfter: number): { notBefore: Date; notAfter: Date } {
  return {
    notBefore: new Date(`${notBefore}-01-01T00:00:00Z`),
    notAfter: new Date(`${notAfter}-01-01T00:00:00Z`),
  };
}

describe('the time of verification', () => {
  const past = chainOf({
    root: years(2000, 2100),
    intermediate: years(2000, 2100),
    leaf: years(2010, 2011),
  });
  const future = chainOf({
    root: years(2000, 2200),
    intermediate: years(2000, 2200),
    leaf: years(2150, 2151),
  });
  const verifyAt = (chain: typeof past, time?: Date) =>
    check(certificateBundle(statement, [chain.leaf, chain.intermediate]), [chain.root.pem], time);

  it('is now, so a leaf that has expired is refused', () => {
    expect(() => verifyAt(past)).toThrow(refusal('"CN=Test Signer" expired'));
  });

  it('is now, so a leaf of the future is refused', () => {
    expect(() => verifyAt(future)).toThrow(refusal('"CN=Test Signer" is not valid yet'));
  });

  it('can be given, and is then reported with where it comes from', () => {
    const at = new Date('2010-06-01T00:00:00Z');
    expect(verifyAt(past, at).signer).toMatchObject({ time: { at, source: 'verification-time' } });
    expect(() => verifyAt(past, new Date('2009-06-01T00:00:00Z'))).toThrow(
      refusal('is not valid yet'),
    );
    expect(subjects(verifyAt(future, new Date('2150-06-01T00:00:00Z')))).toHaveLength(3);
  });

  it('is not what keeps a certificate without a way to an anchor, or for another use, from being good', () => {
    const lost = certificateBundle(statement, [past.leaf, past.intermediate]);
    const at = new Date('2010-06-01T00:00:00Z');
    const nobody = issue({ subject: 'Nobody', ...CA, ...years(2000, 2100) });
    const chain = expect.stringContaining('--certificate-chain');
    expect(() => check(lost, [nobody.pem], at)).toThrow(expect.objectContaining({ hint: chain }));
    for (const validity of [years(2010, 2011), years(2150, 2151)]) {
      const { root: anchor, ...odd } = chainOf({
        leaf: { ...validity, extendedKeyUsage: ['1.3.6.1.5.5.7.3.1'] },
      });
      const bundle = certificateBundle(statement, [odd.leaf, odd.intermediate]);
      expect(() => check(bundle, [anchor.pem])).toThrow(
        expect.objectContaining({ hint: undefined }),
      );
    }
  });

  it('is said to be now, with what may help', () => {
    const hint = 'ask its signer to sign anew, with a timestamp (oms sign --tsa-url)';
    expect(() => verifyAt(past)).toThrow(expect.objectContaining({ hint }));
    const clock = 'check the clock of this machine';
    expect(() => verifyAt(future)).toThrow(expect.objectContaining({ hint: clock }));
    const named = new Date('2020-01-01T00:00:00Z');
    for (const chain of [past, future]) {
      expect(() => verifyAt(chain, named)).toThrow(expect.objectContaining({ hint: undefined }));
    }
  });

  it('must be a date', () => {
    expect(() => verifyAt(past, new Date('yesterday'))).toThrow(
      failure('USAGE', 'the verification time is not a date'),
    );
  });

  it('is not taken from a timestamp in the bundle that nobody vouches for', () => {
    const bundle = certificateBundle(statement, [past.leaf, past.intermediate]);
    const timestampVerificationData = {
      rfc3161Timestamps: [{ signedTimestamp: base64(Buffer.from('2010-06-01')) }],
    };
    const verificationMaterial = { ...bundle.verificationMaterial, timestampVerificationData };
    expect(() => check({ ...bundle, verificationMaterial }, [past.root.pem])).toThrow(
      refusal('"CN=Test Signer" expired'),
    );
  });
});
