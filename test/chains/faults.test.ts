import { describe, expect, it } from 'vitest';
import { longTime, name, paddedDigest, time, utcTime } from './certificate.ts';
import { type Change, type Changes, having, present, type Setting, writeChain } from './draft.ts';
import { basicConstraints, keyUsage } from './extensions.ts';
import { exponentOne, keyOf, LEAF } from './keys.ts';
import { ours } from './ours.ts';

/** Faults that the generated chains showed, by themselves. */
const CODE: Setting = { purpose: 'codeSigning', kinds: ['RSA-2048'], length: 3, dice: 0 };
const STAMP: Setting = { ...CODE, purpose: 'timeStamping' };

/** Why a chain of root, CA and leaf with these changes is refused. */
function judge(changes: Changes, setting = CODE): string | undefined {
  return ours(present(writeChain(setting, changes)), setting.purpose);
}

describe('a chain without changes', () => {
  it('is accepted', () => {
    expect(judge({})).toBeUndefined();
    expect(judge({}, STAMP)).toBeUndefined();
  });
});

describe('an RSA key with the exponent 1', () => {
  const owned: Change = ({ key }) => ({ key: exponentOne(key) });
  const byAnybody: Change = { sign: (tbs) => paddedDigest(tbs, 256) };
  const found = 'expected an odd RSA exponent from 3 to 2^32, found 1';

  it('does not vouch for what anybody can sign', () => {
    expect(judge({ 1: owned, 2: byAnybody })).toContain(found);
  });

  it('does not do so as an anchor', () => {
    expect(judge({ 0: owned, 1: byAnybody })).toContain(found);
  });

  it('does not date what anybody can sign', () => {
    const key = exponentOne(keyOf('RSA-2048', LEAF));
    expect(judge({ 2: { key } }, STAMP)).toContain(found);
  });
});

describe('a timestamp authority that has the key usage nonRepudiation alone', () => {
  const usage = having(keyUsage(['nonRepudiation']));

  it('may date signatures, as RFC 5280 §4.2.1.12 has it', () => {
    expect(judge({ 2: usage }, STAMP)).toBeUndefined();
  });

  it('may not sign models', () => {
    expect(judge({ 2: usage })).toContain('expected the key usage digitalSignature, found');
  });
});

describe('a certificate', () => {
  const from = time('2020-01-01T00:00:00Z');

  it.each([
    ['the 30th of February', utcTime('300230000000Z')],
    ['the 29th of February 2100', longTime('21000229000000Z')],
    ['hour 24', utcTime('300101240000Z')],
  ])('is not valid to %s', (_, end) => {
    expect(judge({ 2: { validity: [from, end] } })).toContain('a time is in no calendar');
  });

  it('may be valid to the 29th of February', () => {
    expect(judge({ 2: { validity: [from, utcTime('280229000000Z')] } })).toBeUndefined();
  });

  it.each([1, 2] as const)('has no extensions in version %i', (version) => {
    expect(judge({ 2: { version } })).toContain(`it is of version ${version} and has extensions`);
    expect(judge({ 2: { version, extensions: [] } })).toBeUndefined();
  });

  it('is not of version 4', () => {
    expect(judge({ 2: { version: 4 } })).toContain('it is of version 4');
    expect(judge({ 2: { version: 4, extensions: [] } })).toMatch(/it is of version 4$/);
  });

  it('has the name of its issuer also in another type of string', () => {
    const setting = { ...CODE, length: 4 };
    const limit = having(basicConstraints(true, 1));
    const subjectName = name('CA 1', 'printable');
    expect(judge({ 0: limit, 2: { subjectName } }, setting)).toBeUndefined();
    expect(judge({ 0: limit }, setting)).toContain('at most 1 CA certificates below it, found 2');
  });
});
