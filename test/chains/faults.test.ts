import { describe, expect, it } from 'vitest';
import { paddedDigest } from './certificate.ts';
import { type Change, type Changes, having, present, type Setting, writeChain } from './draft.ts';
import { keyUsage } from './extensions.ts';
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
