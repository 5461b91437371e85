import { describe, expect, it } from 'vitest';
import { parseCertificate } from '../../src/trust/certificate.ts';
import { checkIssued } from '../../src/trust/issuers.ts';
import type { Authority } from '../../src/trust/trusted-root.ts';
import { ALWAYS, type Validity } from '../../src/trust/validity.ts';
import { issueLeaf, makeAuthority } from '../helpers/sigstore/authority.ts';
import { after, SIGNED_AT } from '../helpers/sigstore/times.ts';
import { failure } from './helpers.ts';

const fulcio = makeAuthority();
const other = makeAuthority('Other Fulcio');
/** Of the same names, and other keys. */
const namesake = makeAuthority();
const leaf = parseCertificate(issueLeaf(fulcio).der, 'the leaf');

function authority({ intermediate, root }: typeof fulcio, validity: Validity = ALWAYS): Authority {
  const [first, last] = [intermediate, root].map(({ der }) => parseCertificate(der, 'it'));
  if (first === undefined || last === undefined) throw new Error('there is none');
  return { uri: 'https://fulcio.example', operator: '', chain: [first, last], validity };
}

const at = (...seconds: readonly number[]): readonly Date[] =>
  seconds.map((second) => after(SIGNED_AT, second));

function check(authorities: readonly Authority[], times: readonly Date[] = at(1)): void {
  checkIssued(leaf, authorities, times);
}

const refused = (what: string | RegExp): unknown => failure('CERTIFICATE_REFUSED', what);

describe('a keyless certificate', () => {
  it('is issued by one of the authorities', () => {
    expect(() => check([authority(fulcio)])).not.toThrow();
    expect(() => check([authority(other), authority(namesake), authority(fulcio)])).not.toThrow();
    expect(() => check([authority(fulcio), authority(namesake)])).not.toThrow();
  });

  it('is not issued by others', () => {
    expect(() => check([])).toThrow(refused('expected issued by nobody'));
    expect(() => check([authority(other)])).toThrow(
      refused(/not of an authority .* issued by "CN=Other Fulcio Intermediate", found issued by/),
    );
  });

  it('is not issued by who has the name of its issuer: that one tells what is wrong', () => {
    for (const authorities of [
      [authority(namesake)],
      [authority(other), authority(namesake)],
      [authority(namesake), authority(other)],
    ]) {
      expect(() => check(authorities)).toThrow(
        refused(/does not lead to a trusted certificate|signature/),
      );
    }
  });

  it('must have been good at each of the times', () => {
    expect(() => check([authority(fulcio)], at(0, 1, 600))).not.toThrow();
    for (const times of [at(601), at(1, 601), at(601, 1), at(-1, 1), at(1, -1)]) {
      expect(() => check([authority(fulcio)], times)).toThrow(refused(/expired|not valid yet/));
    }
  });

  it('must be of an authority that was trusted at each of the times', () => {
    const [early, late] = [
      { start: undefined, end: after(SIGNED_AT, 5) },
      { start: after(SIGNED_AT, 6), end: undefined },
    ];
    expect(() => check([authority(fulcio, early)], at(1, 5))).not.toThrow();
    expect(() => check([authority(fulcio, late)], at(6, 7))).not.toThrow();
    for (const times of [at(6), at(1, 6), at(6, 1)]) {
      expect(() => check([authority(fulcio, early)], times)).toThrow(
        refused(/not of an authority that was trusted at that time.*used on 2025-11-03T12:00:06/),
      );
    }
    expect(() => check([authority(fulcio, late)], at(7, 5))).toThrow(refused('12:00:05'));
    const both = [authority(fulcio, early), authority(fulcio, late)];
    expect(() => check(both, at(1, 7))).not.toThrow();
    expect(() => check(both, at(1, 5.5))).toThrow(refused('was trusted at that time'));
  });

  it('is told nothing of the options of another method', () => {
    for (const authorities of [[authority(namesake)], [authority(fulcio)]]) {
      try {
        check(authorities, at(601));
        expect.fail('accepted');
      } catch (error) {
        expect(error).toMatchObject({ code: 'CERTIFICATE_REFUSED', hint: undefined });
      }
    }
  });

  it('may have an intermediate for its anchor', () => {
    const { chain } = authority(fulcio);
    const short: Authority = { ...authority(fulcio), chain: [chain[0]] };
    expect(() => check([short])).not.toThrow();
  });
});
