import { describe, expect, it } from 'vitest';
import type { Bundle } from '../../src/format/bundle.ts';
import { der, extension, integer, makeKey } from '../helpers/pki.ts';
import { makeCtLog, makeSct, type SctOptions, sctExtension } from '../helpers/sigstore/ct-log.ts';
import { certify } from '../helpers/sigstore/instance.ts';
import { check, expectRefusal, instance, signed, withLeaf } from './helpers.ts';

const code = 'CERTIFICATE_REFUSED';
const good = signed();

function refuse(bad: Bundle): void {
  expectRefusal({ good, bad, code });
}

describe('the certificate timestamps (SCT) in a keyless certificate', () => {
  const withScts = (...scts: readonly SctOptions[]): Bundle => signed({ scts });

  it('must be there', () => {
    refuse(withScts());
    refuse(withLeaf({ embed: () => [sctExtension([])] }));
  });

  it('must be of a log in the trusted root', () => {
    refuse(withScts({ log: makeCtLog() }));
  });

  it('must be signed with the key of the log that they name', () => {
    refuse(withScts({ signedWith: makeKey('P-256') }));
    refuse(withScts({ log: makeCtLog(), logId: instance.ctLog.id }));
    refuse(withScts({ logId: makeCtLog().id }));
  });

  it('must be of this certificate', () => {
    const shown: Buffer[] = [];
    certify(instance, {}, [{ precertificate: (right) => (shown.push(right), right) }]);
    const [other = Buffer.alloc(0)] = shown;
    expect(other.length).toBeGreaterThan(300);
    refuse(withScts({ precertificate: () => other }));
    refuse(withScts({ precertificate: (right) => Buffer.concat([right, Buffer.of(0)]) }));
  });

  it('must be of a certificate of this issuer', () => {
    refuse(withScts({ issuer: instance.authority.root }));
  });

  it('must be of the version that there is', () => {
    refuse(withScts({ version: 1 }));
  });

  it('must not be there twice', () => {
    const { ctLog, authority } = instance;
    const embed = (precertificate: Buffer): Buffer[] => {
      const one = sctExtension([makeSct(ctLog, precertificate, authority.intermediate)]);
      return [one, one];
    };
    refuse(withLeaf({ embed }));
  });

  it('may carry extensions of their own, which are signed', () => {
    expect(check(withScts({ extensions: Buffer.from('abc') }))).toBeDefined();
  });

  it.each([
    ['not a list', der(0x04, Buffer.from('x'))],
    ['an empty string', der(0x04)],
    ['a list that is longer than it says', der(0x04, Buffer.of(0, 1, 0, 0))],
    ['a list that is shorter than it says', der(0x04, Buffer.of(0, 9, 0, 1, 0))],
    ['a list of an empty one', der(0x04, Buffer.of(0, 2, 0, 0))],
    ['a number', integer(1)],
    ['not DER', Buffer.from('x')],
  ])('must be well-formed: %s', (_, value) => {
    refuse(withLeaf({ embed: () => [extension('1.3.6.1.4.1.11129.2.4.2', false, value)] }));
  });
});
