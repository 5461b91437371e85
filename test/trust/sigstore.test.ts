import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ErrorCode, OmsError } from '../../src/errors.ts';
import { parseBundle } from '../../src/format/bundle.ts';
import { parseCertificate } from '../../src/trust/certificate.ts';
import { verifyPayload } from '../../src/trust/keys.ts';
import { loggedSignature } from '../../src/trust/log-body.ts';
import { findLog } from '../../src/trust/proof.ts';
import { type SignedEvidence, verifyEvidence } from '../../src/trust/sigstore.ts';
import { findAuthority } from '../../src/trust/timestamp.ts';
import { parseTrustedRoot, type TrustedRoot } from '../../src/trust/trusted-root.ts';
import { makeKey } from '../helpers/pki.ts';
import {
  makeInstance,
  type SignOptions,
  signModelStatement,
} from '../helpers/sigstore/instance.ts';
import { makeTsa, timestamp } from '../helpers/sigstore/tsa.ts';

const instance = makeInstance();
const root = parseTrustedRoot(instance.trustedRoot());
const other = parseTrustedRoot(makeInstance().trustedRoot());

/** What a bundle of the instance comes to, as the verifier hands it on. */
function evidence(options: SignOptions = {}): SignedEvidence {
  const { envelope, logEntries, material, timestamps } = parseBundle(
    signModelStatement(instance, options),
  );
  if (material.method !== 'sigstore') throw new Error('another method');
  const leaf = parseCertificate(material.certificate, 'the leaf');
  const key = createPublicKey(leaf.x509.publicKey.export({ type: 'spki', format: 'pem' }));
  return {
    leaf,
    signed: loggedSignature(envelope),
    entries: logEntries.map((entry) => findLog(entry, root.logs, [])),
    timestamps: timestamps.map((one) =>
      findAuthority(one, envelope.signature, root.timestampAuthorities),
    ),
    isSigned: () => verifyPayload(envelope.payload, envelope.signature, key),
  };
}

const good = evidence();

function errorOf(changed: Partial<SignedEvidence>, trusted: TrustedRoot = root): OmsError {
  try {
    verifyEvidence({ ...good, ...changed }, trusted);
  } catch (error) {
    return error as OmsError;
  }
  return expect.fail('accepted');
}

describe('the evidence for a keyless signature', () => {
  it('is accepted whole, with the log of either version', () => {
    expect(() => verifyEvidence(good, root)).not.toThrow();
    expect(() => verifyEvidence(evidence({ rekor: 2 }), root)).not.toThrow();
    expect(() => verifyEvidence(evidence({ timestamps: [{}] }), root)).not.toThrow();
  });

  it('is refused without any entry, and without any time', () => {
    expect(errorOf({ entries: [] }).code).toBe('TIMESTAMP_INVALID');
    const timed = evidence({ timestamps: [{}] });
    expect(errorOf({ ...timed, entries: [] }).code).toBe('LOG_ENTRY_INVALID');
    expect(errorOf({ ...evidence({ rekor: 2 }), timestamps: [] }).code).toBe('TIMESTAMP_INVALID');
  });

  it('is refused when the signature is not by the certificate', () => {
    const error = errorOf({ isSigned: () => false });
    expect(error).toMatchObject({
      code: 'SIGNATURE_INVALID',
      summary: 'the signature is not by the certificate in the bundle',
      hint: 'the bundle was changed after signing',
      found: 'signature verification failed',
    });
  });

  it('is refused when the certificate is of another authority, which is named', () => {
    const { certificateAuthorities } = other;
    const error = errorOf({}, { ...root, certificateAuthorities });
    expect(error).toMatchObject({
      code: 'CERTIFICATE_REFUSED',
      summary: 'the signing certificate is not in a trusted log of certificates',
      hint: 'check that the trusted root is of the Sigstore instance that the signer used',
    });
    expect(error.found).toBe(
      `"${good.leaf.issuer}" as issuer: Failed to verify certificate chain: no valid certificate path found`,
    );
  });

  it('is refused when no trusted log has the certificate', () => {
    for (const ctLogs of [[], other.ctLogs]) {
      const error = errorOf({}, { ...root, ctLogs });
      expect(error.code).toBe('CERTIFICATE_REFUSED');
      expect(error.found).toContain(' as issuer: ');
    }
  });

  const SUMMARIES: Partial<Record<ErrorCode, string>> = {
    LOG_ENTRY_INVALID: 'the transparency log does not vouch for this signature',
    TIMESTAMP_INVALID: 'the timestamp does not vouch for this signature',
  };

  it.each<[string, ErrorCode, () => Partial<SignedEvidence>]>([
    [
      'a log entry with the promise of another key',
      'LOG_ENTRY_INVALID',
      () => ({
        entries: good.entries.map((one) => ({
          ...one,
          log: { ...one.log, key: createPublicKey(makeKey('P-256')) },
        })),
      }),
    ],
    [
      'a log entry with another body',
      'LOG_ENTRY_INVALID',
      () => ({
        entries: good.entries.map((one) => ({
          ...one,
          entry: { ...one.entry, body: Buffer.from('{}') },
        })),
      }),
    ],
    [
      'a proof of another leaf',
      'LOG_ENTRY_INVALID',
      () => ({
        entries: good.entries.map((one) => ({
          ...one,
          proof: { ...one.proof, hashes: [...one.proof.hashes, Buffer.alloc(32)] },
        })),
      }),
    ],
    [
      'a timestamp over something else',
      'TIMESTAMP_INVALID',
      () => {
        const tsa = makeTsa();
        const data = Buffer.from('something else');
        const [authority] = parseTrustedRoot(
          instance.trustedRoot({ tsas: [tsa] }),
        ).timestampAuthorities;
        if (authority === undefined) throw new Error('there is no authority');
        return { timestamps: [findAuthority(timestamp(tsa, data), data, [authority])] };
      },
    ],
  ])('is refused with %s, and says that it was changed', (_, code, change) => {
    const error = errorOf(change());
    expect(error).toMatchObject({ code, summary: SUMMARIES[code] });
    expect(error.hint).toBe(
      'the bundle was changed after signing, or the trusted root is of another instance',
    );
    expect(error.found).not.toContain(' as issuer: ');
    expect(error.found).toMatch(/[a-z]/);
    expect(error.cause).toBeInstanceOf(Error);
  });

  it('is judged by the windows of the authority and the logs, which may be open', () => {
    const [authority] = root.certificateAuthorities;
    if (authority === undefined) throw new Error('there is no authority');
    const within = (start: Date | undefined, end: Date | undefined): TrustedRoot => ({
      ...root,
      certificateAuthorities: [{ ...authority, validity: { start, end } }],
    });
    const [past, future] = [new Date('2000-01-01'), new Date('2100-01-01')];
    for (const [start, end] of [
      [undefined, undefined],
      [past, undefined],
      [undefined, future],
      [past, future],
    ] as const) {
      expect(() => verifyEvidence(good, within(start, end))).not.toThrow();
    }
    for (const [start, end] of [
      [future, undefined],
      [undefined, past],
    ] as const) {
      expect(errorOf({}, within(start, end)).code).toBe('CERTIFICATE_REFUSED');
    }
  });
});
