import { X509Certificate } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { CA, type Issued, issue, makeKey, SIGNER } from '../helpers/pki.ts';
import { find, refusal, UNCONNECTED } from './helpers.ts';

/** Far above what any of these takes, far below what trying every way would take. */
const QUICKLY = 5_000;
const TOO_MANY = 'there are too many ways through the certificates';
const root = issue({ subject: 'Test Root', ...CA });

describe('certificates that sign each other in a circle', () => {
  const a = issue({ subject: 'A', ...CA });
  const b = issue({ subject: 'B', ...CA });
  const aByB = issue({ subject: 'A', key: a.privateKey, issuer: b, ...CA });
  const bByA = issue({ subject: 'B', key: b.privateKey, issuer: a, ...CA });
  const leaf = issue({ subject: 'Leaf', issuer: a, ...SIGNER });

  it('end in a refusal when they lead nowhere', { timeout: QUICKLY }, () => {
    expect(() => find(leaf, [aByB, bByA], [root])).toThrow(refusal(UNCONNECTED));
  });

  it('do not hide the way out', { timeout: QUICKLY }, () => {
    expect(find(leaf, [aByB, bByA], [b])).toEqual(['Leaf', 'A', 'B']);
    const bByRoot = issue({ subject: 'B', key: b.privateKey, issuer: root, ...CA });
    expect(find(leaf, [aByB, bByA, bByRoot], [root])).toEqual(['Leaf', 'A', 'B', 'Test Root']);
  });

  it('may have the leaf among them', { timeout: QUICKLY }, () => {
    const ends = issue({ subject: 'A', key: a.privateKey, issuer: b, ca: true });
    expect(() => find(ends, [bByA, aByB, ends], [root])).toThrow(refusal(UNCONNECTED));
    expect(find(ends, [bByA, ends], [b])).toEqual(['A', 'B']);
  });
});

describe('thirty CAs that all sign each other', () => {
  const cas = Array.from({ length: 30 }, (_, index) => issue({ subject: `CA ${index}`, ...CA }));
  const crossed = cas.flatMap((subject) =>
    cas
      .filter((issuer) => issuer !== subject)
      .map((issuer) => issue({ subject: subject.subject, key: subject.privateKey, issuer, ...CA })),
  );
  const [first, second] = cas as [Issued, Issued];
  const leaf = issue({ subject: 'Leaf', issuer: first, ...SIGNER });

  it('end quickly in a refusal when they lead nowhere', { timeout: QUICKLY }, () => {
    expect(() => find(leaf, crossed, [root])).toThrow(refusal(TOO_MANY));
  });

  it('do not hide an anchor that is one step away', { timeout: QUICKLY }, () => {
    expect(find(leaf, crossed, [first])).toEqual(['Leaf', 'CA 0']);
  });

  it('end quickly when the anchor is two steps away', { timeout: QUICKLY }, () => {
    expect(find(leaf, crossed, [second]).at(-1)).toBe('CA 1');
  });
});

describe('the search for a chain', () => {
  const key = makeKey('P-256');

  it('tries a bounded number of ways, though the signatures are few', { timeout: QUICKLY }, () => {
    const clones = Array.from({ length: 6 }, () => issue({ subject: 'Clone', key, ...CA }));
    const leaf = issue({ subject: 'Leaf', issuer: clones[0] as Issued, ...SIGNER });
    expect(() => find(leaf, clones, [root])).toThrow(refusal(TOO_MANY));
    expect(() => find(leaf, clones.slice(0, 4), [root])).toThrow(refusal(UNCONNECTED));
  });

  it('verifies a bounded number of signatures, though the ways are few', {
    timeout: QUICKLY,
  }, () => {
    const plain = { ...CA, keyIdentifiers: false };
    const real = issue({ subject: 'Test CA', ...plain });
    const leaf = issue({ subject: 'Leaf', issuer: real, ...SIGNER, keyIdentifiers: false });
    const impostors = Array.from({ length: 100 }, () =>
      issue({ subject: 'Test CA', key, ...plain }),
    );
    const [, ...fewer] = impostors;
    expect(find(leaf, [], [...fewer, real])).toEqual(['Leaf', 'Test CA']);
    expect(() => find(leaf, [], [...impostors, real])).toThrow(refusal(TOO_MANY));
  });
});

/** As many ways as with thirty that sign each other, and small enough for one bundle. */
describe('thirty certificates of one CA with one key', () => {
  const key = makeKey('P-256');
  const clones = Array.from({ length: 30 }, () => issue({ subject: 'Clone', key, ...CA }));
  const [first] = clones as [Issued];
  const leaf = issue({ subject: 'Leaf', issuer: first, ...SIGNER });

  it('end quickly in a refusal when they lead nowhere', { timeout: QUICKLY }, () => {
    expect(() => find(leaf, clones, [root])).toThrow(refusal(TOO_MANY));
  });

  it('do not hide an anchor among them', { timeout: QUICKLY }, () => {
    expect(find(leaf, clones, [clones.at(-1) as Issued])).toEqual(['Leaf', 'Clone']);
  });

  it('end quickly in a refusal or the right answer when one leads to the anchor', {
    timeout: QUICKLY,
  }, () => {
    const bridge = issue({ subject: 'Clone', key, issuer: root, ...CA });
    expect(find(leaf, [bridge, ...clones], [root])).toEqual(['Leaf', 'Clone', 'Test Root']);
    expect(() => find(leaf, [...clones, bridge], [root])).toThrow(refusal(TOO_MANY));
  });

  it('cannot use up path lengths by signing themselves', { timeout: QUICKLY }, () => {
    const limited = issue({ subject: 'Clone', key, ...CA, pathLength: 0 });
    const other = issue({ subject: 'Other', issuer: first, ...CA });
    const below = issue({ subject: 'Below', issuer: other, ...SIGNER });
    expect(() => find(below, [other], [limited])).toThrow(refusal('at most 0 CA certificates'));
  });
});

describe('a way out behind hundreds of dead ends', () => {
  const plain = { ...CA, keyIdentifiers: false } as const;
  const key = makeKey('P-256');
  const clones = Array.from({ length: 5 }, () => issue({ subject: 'Clone', key, ...plain }));
  const between = { subject: 'Between', key: makeKey('P-256'), ...plain };
  const dead = issue({ ...between, issuer: clones[0] as Issued });
  const out = issue({ ...between, issuer: root });
  const leaf = issue({ subject: 'Leaf', issuer: out, ...SIGNER, keyIdentifiers: false });
  const others = [dead, ...clones, out];

  function count(what: 'checkIssued' | 'publicKey', strangers: number): number {
    const anchors = Array.from({ length: strangers }, (_, at) =>
      issue({ subject: `Anchor ${at}`, key, ...plain }),
    );
    const spy =
      what === 'publicKey'
        ? vi.spyOn(X509Certificate.prototype, what, 'get')
        : vi.spyOn(X509Certificate.prototype, what);
    try {
      expect(find(leaf, others, [...anchors, root])).toEqual(['Leaf', 'Between', 'Test Root']);
      return spy.mock.calls.length;
    } finally {
      spy.mockRestore();
    }
  }

  it('does not have each of them compared with all anchors', () => {
    // One question for each certificate on the way and each anchor.
    const more = count('checkIssued', 100) - count('checkIssued', 0);
    expect(more).toBe(100 * (1 + others.length));
  });

  it('does not have the same keys read again for each of them', () => {
    expect(count('publicKey', 0)).toBeLessThan(100);
  });
});
