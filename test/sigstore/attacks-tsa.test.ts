import { describe, expect, it } from 'vitest';
import type { Bundle } from '../../src/format/bundle.ts';
import { type IssueOptions, makeKey, SERVER_AUTH } from '../helpers/pki.ts';
import { after, SIGNED_AT } from '../helpers/sigstore/times.ts';
import { makeTsa, TIME_STAMPING } from '../helpers/sigstore/tsa.ts';
import { check, expectRefusal, instance, signed } from './helpers.ts';

const code = 'TIMESTAMP_INVALID';
const good = signed({ rekor: 2 });

function refuse(bad: Bundle): void {
  expectRefusal({ good, bad, code });
}

describe('the certificate of a timestamp authority', () => {
  /** An authority with a certificate that differs, in the trusted root all the same. */
  function refuseTsa(leaf: Partial<IssueOptions>, root: Partial<IssueOptions> = {}): void {
    const odd = makeTsa('Odd TSA', { leaf, root });
    const trustedRoot = instance.trustedRoot({ tsas: [instance.tsa, odd] });
    const bad = signed({ rekor: 2, timestamps: [{ tsa: odd }] });
    expectRefusal({ good, bad, code, policy: { trustedRoot } });
  }

  it('must be for timestamps', () => {
    refuseTsa({ extendedKeyUsage: ['1.3.6.1.5.5.7.3.3'] });
    refuseTsa({ extendedKeyUsage: [SERVER_AUTH] });
    refuseTsa({ extendedKeyUsage: [] });
  });

  it('must be for timestamps and nothing else (RFC 3161 §2.3)', () => {
    refuseTsa({ extendedKeyUsage: [TIME_STAMPING, SERVER_AUTH] });
  });

  it('must say so', () => {
    refuseTsa({ extendedKeyUsage: undefined });
  });

  it('must say so in a critical extension (RFC 3161 §2.3)', () => {
    refuseTsa({ criticalExtendedKeyUsage: false });
  });

  it('must be for signing', () => {
    refuseTsa({ keyUsage: ['keyEncipherment'] });
  });

  it('must be valid at the time that it proves', () => {
    refuseTsa({ notAfter: SIGNED_AT });
    refuseTsa({ notBefore: after(SIGNED_AT, 2) });
    refuseTsa({}, { notAfter: SIGNED_AT });
  });

  it('must lead to its root', () => {
    refuseTsa({ signedWith: makeKey('P-384') });
    refuseTsa({}, { ca: false });
    refuseTsa({}, { keyUsage: ['digitalSignature'] });
  });

  it('is that of the authority that signed, where two have one name and number', () => {
    const odd = makeTsa('Example TSA', { leaf: { extendedKeyUsage: [SERVER_AUTH] } });
    const bad = signed({ rekor: 2, timestamps: [{ tsa: odd }] });
    for (const tsas of [
      [instance.tsa, odd],
      [odd, instance.tsa],
    ]) {
      expect(() => check(bad, { trustedRoot: instance.trustedRoot({ tsas }) })).toThrow(
        expect.objectContaining({ code }),
      );
    }
    const twin = makeTsa('Example TSA');
    for (const tsa of [instance.tsa, twin]) {
      const trustedRoot = instance.trustedRoot({ tsas: [instance.tsa, twin] });
      const right = signed({ rekor: 2, timestamps: [{ tsa }] });
      expect(check(right, { trustedRoot })).toBeDefined();
    }
  });

  it('may be expired today', () => {
    const old = makeTsa('Old TSA', { leaf: { notAfter: after(SIGNED_AT, 60) } });
    const trustedRoot = instance.trustedRoot({ tsas: [old] });
    const bundle = signed({ rekor: 2, timestamps: [{ tsa: old }] });
    expect(check(bundle, { trustedRoot })).toBeDefined();
  });

  it('is taken from the trusted root, not from the token', () => {
    // A token with a certificate of the right name and number, by the right root, but another key.
    const { root } = instance.tsa;
    const twin = makeTsa('Example TSA', { leaf: { issuer: root } });
    const tsa = { ...twin, root };
    refuse(signed({ rekor: 2, timestamps: [{ tsa }] }));
    // And the other way round: what is embedded decides nothing.
    const stamped = { tsa: { ...instance.tsa, leaf: { ...twin.leaf } } };
    const { privateKey } = instance.tsa.leaf;
    const bundle = signed({
      rekor: 2,
      timestamps: [{ ...stamped, signedWith: privateKey, namedCertificate: instance.tsa.leaf }],
    });
    expect(['accepted', code]).toContain(outcomeOf(bundle));
  });
});

/** A token that embeds another certificate than the one that signed is odd, and no danger. */
function outcomeOf(bundle: Bundle): string {
  try {
    check(bundle);
    return 'accepted';
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
}
