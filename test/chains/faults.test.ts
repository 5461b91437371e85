import { describe, expect, it } from 'vitest';
import { oid, sequence } from '../helpers/pki.ts';
import { longTime, name, paddedDigest, time, utcTime } from './certificate.ts';
import { type Change, type Changes, having, present, type Setting, writeChain } from './draft.ts';
import { authorityKeyId, basicConstraints, keyIdentifier, keyUsage } from './extensions.ts';
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

describe('a refusal', () => {
  it('tells a broken signature from a missing issuer', () => {
    const broken = judge({ 1: { onSignature: (made) => Buffer.from(made).fill(0) } });
    expect(broken).toMatch(/expected "CN=CA 1" issued by "CN=Root", found a signature that is not/);
    const renamed = judge({ 1: { issuerName: name('Somebody') } });
    expect(renamed).toMatch(/found "CN=Signer" .*, up to "CN=CA 1" issued by "CN=Somebody"$/);
  });

  it('tells a key identifier that does not fit', () => {
    const wrongId = having(authorityKeyId(keyIdentifier(Buffer.alloc(20))));
    expect(judge({ 2: wrongId })).toContain('"CN=Signer" names another key identifier or serial');
  });

  it('tells an algorithm that is another inside, or for another kind of key', () => {
    const innerAlgorithm = sequence(oid('1.2.840.10045.4.3.2'));
    expect(judge({ 2: { innerAlgorithm } })).toContain(
      'one signature algorithm, inside and outside',
    );
    expect(judge({ 2: { innerAlgorithm, outerAlgorithm: innerAlgorithm } })).toContain(
      '"CN=Signer" names a signature algorithm of another kind of key',
    );
  });

  it('tells a path length that stands without the CA flag', () => {
    const found = judge({ 1: having(basicConstraints(false, 3)) });
    expect(found).toContain('a path length stands without the CA flag');
  });

  it('tells a chain that is too long', () => {
    const found = judge({}, { ...CODE, kinds: ['P-256'], length: 11 });
    expect(found).toContain('expected a chain of at most 10 certificates, found a longer one');
  });

  it('tells what is wrong where it came furthest', () => {
    const [leaf, issuer, root] = writeChain(CODE);
    const [, impostor] = writeChain(CODE, {
      1: ({ key }) => ({ key: { ...keyOf('RSA-2048', 3), id: key.id } }),
    });
    const [stranger] = writeChain({ ...CODE, length: 1 });
    if (!leaf || !issuer || !root || !impostor || !stranger) throw new Error('a chain is short');
    const chain = present([leaf], { others: [impostor.der, issuer.der], anchors: [stranger.der] });
    expect(ours(chain, 'codeSigning')).toMatch(/up to "CN=CA 1" issued by "CN=Root"$/);
  });
});
