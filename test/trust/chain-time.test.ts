import { describe, expect, it } from 'vitest';
import { findChain } from '../../src/trust/chain.ts';
import { chainOf, der, type Issued, issue, parsed, SIGNER } from '../helpers/pki.ts';
import { find, refusal } from './helpers.ts';

const FROM = new Date('2030-05-01T10:00:00Z');
const TO = new Date('2030-06-01T10:00:00Z');
const WITHIN = new Date('2030-05-15T00:00:00Z');
const LONG = { notBefore: new Date('2020-01-01'), notAfter: new Date('2060-01-01') };
const SHORT = { notBefore: FROM, notAfter: TO };

const SUBJECTS = {
  leaf: 'Test Signer',
  intermediate: 'Test Intermediate',
  root: 'Test Root',
} as const;

describe.each(['leaf', 'intermediate', 'root'] as const)('the validity of the %s', (part) => {
  const chain = chainOf({ root: LONG, intermediate: LONG, leaf: LONG, [part]: SHORT });
  const at = (time: Date) => find(chain.leaf, [chain.intermediate], [chain.root], time);

  it('includes the time', () => {
    expect(at(WITHIN)).toHaveLength(3);
  });

  it('begins with the very second of notBefore', () => {
    expect(at(FROM)).toHaveLength(3);
    expect(() => at(new Date(FROM.getTime() - 1))).toThrow(
      refusal(`the certificate "CN=${SUBJECTS[part]}" is not valid yet: expected a validity that`),
    );
  });

  it('ends with the very second of notAfter', () => {
    expect(at(TO)).toHaveLength(3);
    expect(() => at(new Date(TO.getTime() + 1))).toThrow(
      refusal(`the certificate "CN=${SUBJECTS[part]}" expired`),
    );
  });

  it('is shown when it does not include the time', () => {
    expect(() => at(new Date('2031-01-01T00:00:00Z'))).toThrow(
      refusal(
        'expected a validity that includes 2031-01-01T00:00:00Z, ' +
          'found 2030-05-01T10:00:00Z to 2030-06-01T10:00:00Z',
      ),
    );
  });
});

describe('an anchor that has expired', () => {
  it.each(['intermediate', 'leaf'] as const)('is refused when it is the %s', (part) => {
    const chain = chainOf({ [part]: SHORT });
    const after = new Date(TO.getTime() + 1000);
    expect(() => find(chain.leaf, [], [chain[part]], after)).toThrow(refusal('" expired'));
  });

  it('gives way to a renewed one with the same key', () => {
    const { root, intermediate, leaf } = chainOf({ root: SHORT, intermediate: LONG, leaf: LONG });
    const renewed = issue({
      subject: 'Test Root',
      key: root.privateKey,
      ca: true,
      ...LONG,
    });
    const after = new Date(TO.getTime() + 1000);
    expect(find(leaf, [intermediate], [root, renewed], after)).toHaveLength(3);
    expect(() => find(leaf, [intermediate], [root], after)).toThrow(refusal('Root" expired'));
  });
});

describe('a time', () => {
  it('in a certificate may lie after 2049', () => {
    const far = issue({ subject: 'Far', ...SIGNER, notAfter: new Date('9999-12-31T23:59:59Z') });
    expect(find(far, [], [far], new Date('9999-12-31T23:59:59Z'))).toEqual(['Far']);
  });

  it('of verification that is not a date is refused', () => {
    const { leaf } = chainOf();
    expect(() => find(leaf, [], [leaf], new Date('never'))).toThrow(
      refusal('expected a validity that includes an invalid date'),
    );
  });

  it('between the end and the beginning of a validity is never good', () => {
    const inverted = issue({ subject: 'Inverted', ...SIGNER, notBefore: TO, notAfter: FROM });
    expect(() => find(inverted, [], [inverted], WITHIN)).toThrow(refusal('" expired'));
  });
});

/**
 * Node reads the dates of a certificate without asking whether OpenSSL could read them, so what it
 * answers for these is left-over memory: one time a date, another time none.
 */
describe('a certificate with something else in place of a date', () => {
  const GARBAGE = der(0x17, Buffer.from('xxxxxxxxxxxxZ'));
  const NO_SUCH_MONTH = der(0x17, Buffer.from('491331235959Z'));
  const cases: readonly (readonly [string, Issued])[] = [
    ['letters as notBefore', issue({ subject: 'x', ...SIGNER, notBefore: GARBAGE })],
    ['letters as notAfter', issue({ subject: 'x', ...SIGNER, notAfter: GARBAGE })],
    ['month 13 as notAfter', issue({ subject: 'x', ...SIGNER, notAfter: NO_SUCH_MONTH })],
  ];

  it.each(cases)('is refused as malformed: %s', (_, certificate) => {
    expect(() => parsed(certificate)).toThrow(refusal('is not a well-formed certificate'));
  });

  it('is refused when its dates come out as invalid', () => {
    const certificate = { ...parsed(chainOf().leaf), notAfter: new Date(Number.NaN) };
    expect(() => findChain(certificate, [], [certificate], new Date())).toThrow(
      refusal(/found .* to an invalid date/),
    );
  });
});
