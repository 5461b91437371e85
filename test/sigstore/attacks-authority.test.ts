import { describe, expect, it } from 'vitest';
import type { Bundle } from '../../src/format/bundle.ts';
import type { JsonObject } from '../../src/format/json.ts';
import { der, extension, SERVER_AUTH } from '../helpers/pki.ts';
import { makeAuthority } from '../helpers/sigstore/authority.ts';
import { b64 } from '../helpers/sigstore/bytes.ts';
import { type Instance, signModelStatement } from '../helpers/sigstore/instance.ts';
import { after, ERA, SIGNED_AT } from '../helpers/sigstore/times.ts';
import { check, expectRefusal, instance, signed } from './helpers.ts';

const code = 'CERTIFICATE_REFUSED';
const good = signed();

describe('the authority of a keyless certificate', () => {
  /** An instance with an authority that differs, trusted all the same. */
  function refuseAuthority(differences: Parameters<typeof makeAuthority>[1]): void {
    const authority = makeAuthority('Odd', differences);
    const bad = signModelStatement({ ...instance, authority });
    const trustedRoot = instance.trustedRoot({ authorities: [instance.authority, authority] });
    expectRefusal({ good, bad, code, policy: { trustedRoot } });
  }

  it('must be an authority', () => {
    refuseAuthority({ intermediate: { ca: false } });
    refuseAuthority({ intermediate: { ca: undefined } });
    refuseAuthority({ intermediate: { keyUsage: ['digitalSignature'] } });
  });

  it('must be one for signing code', () => {
    refuseAuthority({ intermediate: { extendedKeyUsage: [SERVER_AUTH] } });
  });

  it('must be valid at the proven time', () => {
    refuseAuthority({ intermediate: { notAfter: after(SIGNED_AT, 1) } });
    refuseAuthority({ intermediate: { notBefore: after(SIGNED_AT, 3) } });
    refuseAuthority({ root: { notAfter: after(SIGNED_AT, 1) } });
  });

  it('must not be further from its root than is allowed on the way', () => {
    const { root } = instance.authority;
    const bundleAndRoot = (pathLength: number): readonly [Bundle, JsonObject] => {
      const { intermediate: upper } = makeAuthority('Upper', {
        intermediate: { issuer: root, pathLength },
      });
      const { intermediate } = makeAuthority('Lower', { intermediate: { issuer: upper } });
      const certificates = [intermediate, upper, root].map((one) => ({ rawBytes: b64(one.der) }));
      const validFor = { start: ERA.notBefore.toISOString() };
      const certificateAuthorities = [{ certChain: { certificates }, validFor }];
      const bundle = signModelStatement({ ...instance, authority: { root: upper, intermediate } });
      return [bundle, { ...instance.trustedRoot(), certificateAuthorities }];
    };
    const [right, policy] = bundleAndRoot(1);
    const [bad, badPolicy] = bundleAndRoot(0);
    expectRefusal({
      good: right,
      policy: { trustedRoot: policy },
      bad,
      badPolicy: { trustedRoot: badPolicy },
      code,
    });
  });

  it('must not have a critical extension that nobody understands', () => {
    const extensions = [extension('1.2.3.4', true, der(0x05))];
    refuseAuthority({ intermediate: { extensions } });
    refuseAuthority({ root: { extensions } });
  });

  it('would be accepted if nothing was odd in it', () => {
    const authority = makeAuthority('Even', {});
    const even: Instance = { ...instance, authority };
    const trustedRoot = instance.trustedRoot({ authorities: [instance.authority, authority] });
    expect(check(signModelStatement(even), { trustedRoot })).toBeDefined();
  });
});
