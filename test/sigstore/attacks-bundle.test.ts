import { describe, expect, it } from 'vitest';
import { parseBundle } from '../../src/format/bundle.ts';
import { authenticate } from '../../src/verifiers/verifier.ts';
import { makeKey } from '../helpers/pki.ts';
import { b64 } from '../helpers/sigstore/bytes.ts';
import {
  CERTIFICATE,
  ENTRY,
  MATERIAL,
  PAYLOAD,
  type Path,
  PROOF,
  SIGNATURE,
  TIMESTAMP,
  textAt,
  valueAt,
  withBit,
  withoutValue,
  withText,
  withValue,
} from '../helpers/sigstore/edit.ts';
import { certify, modelStatement } from '../helpers/sigstore/instance.ts';
import { SIGNED_AT } from '../helpers/sigstore/times.ts';
import { check, errorOf, expectRefusal, instance, signed } from './helpers.ts';

const good = signed({ timestamps: [{}] });
const code = 'BUNDLE_MALFORMED';

/** The good bundle with another value somewhere. */
function refuse(path: Path, value: Parameters<typeof withValue>[2]): void {
  expectRefusal({ good, bad: withValue(good, path, value), code });
}

describe('a keyless bundle', () => {
  const certificate = valueAt(good, [...MATERIAL, 'certificate']);

  it('must not hold two kinds of material', () => {
    refuse([...MATERIAL, 'publicKey'], { hint: 'abc' });
    refuse([...MATERIAL, 'x509CertificateChain'], { certificates: [certificate] });
    const both = withValue(good, [...MATERIAL, 'publicKey'], { hint: 'abc' });
    const chain: Path = [...MATERIAL, 'x509CertificateChain'];
    const bad = withValue(both, chain, { certificates: [certificate] });
    expectRefusal({ good, bad, code });
  });

  it('must not hold its certificate in a chain', () => {
    const bare = withValue(good, [...MATERIAL, 'certificate'], undefined);
    for (const certificates of [[certificate], [certificate, certificate]]) {
      const bad = withValue(bare, [...MATERIAL, 'x509CertificateChain'], { certificates });
      // It may be read as a bundle of the certificate method: keyless it is not.
      const { code: found } = errorOf(() => check(bad));
      expect([code, 'METHOD_MISMATCH']).toContain(found);
    }
  });

  it('is not one of the certificate method once its log entry is gone', () => {
    const bare = withoutValue(good, ENTRY);
    expect(errorOf(() => check(bare)).code).toBe('METHOD_MISMATCH');
    const { root, intermediate } = instance.authority;
    const policy = {
      method: 'certificate',
      anchors: [root.pem, intermediate.pem],
      verificationTime: SIGNED_AT,
    } as const;
    expect(errorOf(() => authenticate(parseBundle(bare), policy)).code).toBe('CERTIFICATE_REFUSED');
  });

  it('must not hold two certificates', () => {
    const { raw } = { raw: JSON.stringify(good) };
    const one = `"certificate":${JSON.stringify(certificate)}`;
    const other = `"certificate":{"rawBytes":"${b64(certify(instance).der)}"}`;
    expect(raw).toContain(one);
    for (const two of [`${one},${other}`, `${other},${one}`, `${one},${one}`]) {
      expectRefusal({ good, bad: raw.replace(one, two), code });
    }
    refuse([...MATERIAL, 'certificate'], [certificate, certificate]);
    refuse([...MATERIAL, 'certificates'], [certificate]);
    refuse([...MATERIAL, 'certificate', 'certificates'], [certificate]);
  });

  it('must hold one', () => {
    refuse([...MATERIAL, 'certificate'], undefined);
    refuse([...MATERIAL, 'certificate'], {});
    refuse(CERTIFICATE, '');
    refuse(CERTIFICATE, null);
  });

  it('must be of the one media type', () => {
    for (const type of ['v0.1', 'v0.2', 'v0.4', 'v0.3+json;x']) {
      refuse(['mediaType'], `application/vnd.dev.sigstore.bundle.${type}+json`);
    }
    refuse(['mediaType'], 'application/vnd.dev.sigstore.bundle+json;version=0.3');
  });

  it('must be about an envelope, and not about a message', () => {
    const messageSignature = {
      messageDigest: { algorithm: 'SHA2_256', digest: '' },
      signature: '',
    };
    refuse(['messageSignature'], messageSignature);
  });

  it.each<[string, Path]>([
    ['an index', [...ENTRY, 'logIndex']],
    ['a time', [...ENTRY, 'integratedTime']],
    ['an index in the proof', [...PROOF, 'logIndex']],
    ['a tree size', [...PROOF, 'treeSize']],
  ])('must hold %s that is a number', (_, path) => {
    for (const value of ['x', '-1', '1.5', '1e3', ' 1', '0x1', true, [], {}, -1, 1.5, 2 ** 70]) {
      refuse(path, value);
    }
  });

  it.each<[string, Path]>([
    ['a certificate', CERTIFICATE],
    ['a log id', [...ENTRY, 'logId', 'keyId']],
    ['a promise', [...ENTRY, 'inclusionPromise', 'signedEntryTimestamp']],
    ['a root hash', [...PROOF, 'rootHash']],
    ['a hash', [...PROOF, 'hashes', 0]],
    ['a body', [...ENTRY, 'canonicalizedBody']],
    ['a timestamp', TIMESTAMP],
    ['a signature', SIGNATURE],
    ['a payload', PAYLOAD],
  ])('must hold %s in canonical base64', (_, path) => {
    const text = textAt(good, path);
    for (const value of [`${text}=`, `${text}\n`, ` ${text}`, `${text}!`, '****', 7, {}, [text]]) {
      refuse(path, value);
    }
  });

  it('must not have members in its log entry that nobody knows', () => {
    refuse([...ENTRY, 'more'], 1);
    refuse([...ENTRY, 'logId', 'more'], 1);
    refuse([...ENTRY, 'kindVersion', 'more'], 1);
    refuse([...PROOF, 'more'], 1);
    refuse([...PROOF, 'checkpoint', 'more'], 1);
    refuse([...ENTRY, 'inclusionPromise', 'more'], 1);
  });

  it.each(['logId', 'kindVersion', 'canonicalizedBody'])('must have a log entry with %s', (key) => {
    refuse([...ENTRY, key], undefined);
  });

  it('must not have a log entry that is none', () => {
    for (const entry of [null, 1, 'entry', [], true]) refuse(ENTRY, entry);
  });
});

describe('the signature of a keyless bundle', () => {
  const signatures = 'SIGNATURE_INVALID';

  it('must be by the key of the certificate', () => {
    for (const rekor of [1, 2] as const) {
      const bad = signed({ rekor, signedWith: makeKey('P-256'), timestamps: [{}] });
      expectRefusal({ good, bad, code: signatures });
    }
  });

  it('must be over the envelope, and not over the payload alone', () => {
    for (const at of [SIGNATURE, PAYLOAD]) {
      const { outcome } = errorOf(() => check(withBit(good, at, 9)));
      expect(outcome).toBe('refused');
    }
    const changed = withText(good, PAYLOAD, () => b64(modelStatement('other')));
    expect(errorOf(() => check(changed)).outcome).toBe('refused');
  });

  it('must be over the type of the payload that it has', () => {
    refuse(['dsseEnvelope', 'payloadType'], 'text/plain');
  });

  it('must be one', () => {
    const { sig } = { sig: valueAt(good, ['dsseEnvelope', 'signatures', 0]) };
    refuse(['dsseEnvelope', 'signatures'], [sig, sig]);
    refuse(['dsseEnvelope', 'signatures'], []);
  });
});
