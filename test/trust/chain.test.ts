import { describe, expect, it } from 'vitest';
import { CA, chainOf, type Issued, issue, makeKey, parsed, SIGNER } from '../helpers/pki.ts';
import { find, refusal, UNCONNECTED } from './helpers.ts';

const { root, intermediate, leaf } = chainOf();
const FULL = ['Test Signer', 'Test Intermediate', 'Test Root'];

describe('an anchor', () => {
  it('may be a root', () => {
    expect(find(leaf, [intermediate], [root])).toEqual(FULL);
  });

  it('may be an intermediate, and the chain ends there', () => {
    expect(find(leaf, [root], [intermediate])).toEqual(FULL.slice(0, 2));
  });

  it('may be the leaf itself, whoever issued it', () => {
    expect(find(leaf, [], [leaf])).toEqual(['Test Signer']);
  });

  it('may be a self-signed leaf', () => {
    const own = issue({ subject: 'Own', ...SIGNER });
    expect(find(own, [], [own])).toEqual(['Own']);
  });

  it('may be a self-signed leaf that is called a CA but may not sign certificates', () => {
    const own = issue({ subject: 'Own', ca: true, keyUsage: ['digitalSignature'] });
    expect(parsed(own).x509.checkIssued(parsed(own).x509)).toBe(false);
    expect(find(own, [], [own])).toEqual(['Own']);
  });

  it('is not found in the bundle: its root is not trusted', () => {
    expect(() => find(leaf, [intermediate, root], [])).toThrow(refusal(UNCONNECTED));
    const stranger = issue({ subject: 'Stranger', ...CA });
    expect(() => find(leaf, [intermediate, root], [stranger])).toThrow(
      refusal(/expected a chain to "CN=Stranger", found "CN=Test Signer" issued by "CN=Test Inter/),
    );
  });

  it('is not a self-signed leaf that nobody named', () => {
    const own = issue({ subject: 'Own', ...SIGNER });
    expect(() => find(own, [own], [root])).toThrow(refusal(UNCONNECTED));
  });

  it('is matched by its bytes: a twin with the same name and key is another certificate', () => {
    const key = makeKey('P-256');
    const own = issue({ subject: 'Own', key, ...SIGNER, keyUsage: undefined });
    const twin = issue({ subject: 'Own', key, ...SIGNER, keyUsage: undefined });
    expect(() => find(own, [], [twin])).toThrow(refusal(/"CN=Own".*expected a CA certificate/));
  });

  it('is not replaced by a root of the same name with another key', () => {
    const impostor = chainOf();
    expect(() => find(impostor.leaf, [impostor.intermediate, impostor.root], [root])).toThrow(
      refusal(UNCONNECTED),
    );
  });

  it('does not vouch for what it signed if it is not a CA', () => {
    const signer = issue({ subject: 'Signer', ...SIGNER, keyUsage: undefined });
    const below = issue({ subject: 'Below', issuer: signer, ...SIGNER });
    expect(() => find(below, [], [signer])).toThrow(refusal(/"CN=Signer".*a CA certificate/));
  });

  it('is trusted as it is, so its own signature is not looked at', () => {
    const old = chainOf({ root: { hash: 'sha1' } });
    expect(find(old.leaf, [old.intermediate], [old.root])).toEqual(FULL);
    const pinned = issue({ subject: 'Own', hash: 'sha1', ...SIGNER });
    expect(find(pinned, [], [pinned])).toEqual(['Own']);
  });

  it('may be one of several', () => {
    const strangers = ['A', 'B', 'C'].map((subject) => issue({ subject, ...CA }));
    expect(find(leaf, [intermediate], [...strangers, root])).toEqual(FULL);
    expect(() => find(leaf, [intermediate], strangers)).toThrow(
      refusal('expected a chain to "CN=A" or "CN=B" or "CN=C",'),
    );
  });

  it('may be one of six hundred', () => {
    const key = makeKey('P-256');
    const strangers = Array.from({ length: 600 }, (_, index) =>
      issue({ subject: `Stranger ${index}`, key, ...CA }),
    );
    expect(find(leaf, [intermediate], [...strangers, root])).toEqual(FULL);
  });
});

describe('the certificates of the bundle', () => {
  const extra = ['X', 'Y'].map((subject) => issue({ subject, ...CA }));

  it('may come in any order, with unrelated ones between them', () => {
    const orders: readonly (readonly Issued[])[] = [
      [intermediate, root],
      [root, intermediate],
      [...extra, root, leaf, intermediate, intermediate],
    ];
    for (const others of orders) expect(find(leaf, others, [root])).toEqual(FULL);
  });

  it('cannot be done without: with the intermediate missing there is no chain', () => {
    expect(() => find(leaf, [root], [root])).toThrow(refusal(UNCONNECTED));
  });

  it('are not needed when the verifier has them among the anchors', () => {
    expect(find(leaf, [], [root, intermediate])).toEqual(FULL.slice(0, 2));
  });
});

describe('an issuer', () => {
  it('has the key that made the signature, not just the right name', () => {
    const forged = issue({
      subject: 'Test Signer',
      issuer: intermediate,
      signedWith: makeKey('P-256'),
      ...SIGNER,
    });
    expect(() => find(forged, [intermediate], [root])).toThrow(refusal(UNCONNECTED));
    const plain = { ...SIGNER, keyIdentifiers: false } as const;
    const own = issue({ subject: 'Test Root', ...CA, keyIdentifiers: false });
    const bare = issue({ subject: 'Bare', issuer: own, signedWith: makeKey('P-256'), ...plain });
    expect(() => find(bare, [], [own])).toThrow(refusal(UNCONNECTED));
  });

  it('has the right name, not just the key that made the signature', () => {
    const renamed = issue({ subject: 'L', issuer: root, issuerName: 'Another Root', ...SIGNER });
    expect(() => find(renamed, [], [root])).toThrow(refusal(UNCONNECTED));
  });

  it('has the key identifier that the certificate names', () => {
    const wrongId = issue({
      subject: 'L',
      issuer: intermediate,
      issuerName: 'Test Root',
      ...SIGNER,
    });
    expect(() => find(wrongId, [], [root])).toThrow(refusal(UNCONNECTED));
  });

  it('is told from others of its name, wherever they stand', () => {
    const impostor = chainOf().intermediate;
    expect(find(leaf, [impostor, intermediate], [root])).toEqual(FULL);
    expect(find(leaf, [intermediate, impostor], [root])).toEqual(FULL);
  });

  it('is replaced by its renewal when it has expired', () => {
    const expired = issue({
      subject: 'Test Intermediate',
      issuer: root,
      key: intermediate.privateKey,
      notBefore: new Date('2020-01-01'),
      notAfter: new Date('2021-01-01'),
      ...CA,
    });
    expect(find(leaf, [expired, intermediate], [root])).toEqual(FULL);
    expect(() => find(leaf, [expired], [root])).toThrow(refusal(/Intermediate" expired/));
  });

  it('does not name another signature algorithm inside than outside', () => {
    const innerAlgorithm = Buffer.from('300a06082a8648ce3d040303', 'hex');
    const torn = issue({ subject: 'Torn', issuer: root, innerAlgorithm, ...SIGNER });
    const message = '"CN=Torn" may not be used for this: expected one signature algorithm';
    expect(() => find(torn, [], [root])).toThrow(refusal(message));
  });
});

describe('a leaf with the name of its issuer', () => {
  const trap = { subject: 'Test Root', issuer: root, ca: true } as const;

  it('is not taken for self-signed, even when it is called a CA', () => {
    const named = issue({ ...trap, keyUsage: ['digitalSignature'] });
    expect(find(named, [named], [root])).toEqual(['Test Root', 'Test Root']);
  });

  it('does not become an anchor by its name', () => {
    const named = issue({ ...trap, keyUsage: ['digitalSignature'] });
    const other = issue({ subject: 'Test Root', ...CA });
    expect(() => find(named, [root], [other])).toThrow(refusal(UNCONNECTED));
  });
});

function ladder(certificates: number): { leaf: Issued; others: Issued[]; top: Issued } {
  const top = issue({ subject: 'CA 0', ...CA });
  const others: Issued[] = [];
  for (let index = 1; index < certificates - 1; index++) {
    others.push(issue({ subject: `CA ${index}`, issuer: others.at(-1) ?? top, ...CA }));
  }
  return { leaf: issue({ subject: 'L', issuer: others.at(-1) ?? top, ...SIGNER }), others, top };
}

describe('the length of a chain', () => {
  it('may be ten certificates', () => {
    const { leaf: end, others, top } = ladder(10);
    expect(find(end, others, [top])).toHaveLength(10);
  });

  it('may not be eleven', () => {
    const { leaf: end, others, top } = ladder(11);
    expect(() => find(end, others, [top])).toThrow(refusal(UNCONNECTED));
  });
});
