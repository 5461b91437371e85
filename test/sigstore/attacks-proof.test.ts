import { describe, expect, it } from 'vitest';
import type { Bundle } from '../../src/format/bundle.ts';
import { makeKey } from '../helpers/pki.ts';
import { b64, sha256 } from '../helpers/sigstore/bytes.ts';
import {
  ENTRY,
  type Path,
  PROMISE,
  PROOF,
  textAt,
  withBit,
  withPartOf,
  withText,
  withValue,
} from '../helpers/sigstore/edit.ts';
import { check, errorOf, expectRefusal, signed } from './helpers.ts';
import { bundles, HASHES, hashesOf, VERSIONS, withEntry } from './logged.ts';

const code = 'LOG_ENTRY_INVALID';

describe.each(VERSIONS)('an inclusion proof of Rekor v%i', (version) => {
  const good = bundles[version];
  const refuse = (bad: Bundle): void => expectRefusal({ good, bad, code });

  it('must be there', () => {
    refuse(withValue(good, PROOF, undefined));
    refuse(withEntry(version, { proofless: true }));
  });

  it('must not be altered in any of its hashes', () => {
    expect(hashesOf(good)).toHaveLength(4);
    for (const at of hashesOf(good).keys()) {
      for (const byte of [0, 15, 31]) refuse(withBit(good, [...HASHES, at], byte, at));
    }
  });

  it('must not have more hashes, or fewer, or the same in another order', () => {
    const hashes = hashesOf(good);
    refuse(withValue(good, HASHES, hashes.slice(1)));
    refuse(withValue(good, HASHES, hashes.slice(0, -1)));
    refuse(withValue(good, HASHES, []));
    refuse(withValue(good, HASHES, [...hashes, b64(sha256('one more'))]));
    refuse(withValue(good, HASHES, [b64(sha256('one more')), ...hashes]));
    refuse(withValue(good, HASHES, hashes.toReversed()));
  });

  it('must not have hashes of another length', () => {
    const [first = '', ...rest] = hashesOf(good);
    const longer = b64(Buffer.concat([Buffer.from(first, 'base64'), Buffer.of(0)]));
    const bad = withValue(good, HASHES, [longer, ...rest]);
    expectRefusal({ good, bad, code: 'BUNDLE_MALFORMED' });
  });

  it('must not be altered in its index', () => {
    const index: Path = [...PROOF, 'logIndex'];
    for (const value of ['0', '4', '6', '12', '13', '4294967301', '9223372036854775807']) {
      refuse(withText(good, index, () => value));
    }
    for (const value of ['-1', '5.0', '0x5', ' 5', '05', '9223372036854775808']) {
      const bad = withText(good, index, () => value);
      expectRefusal({ good, bad, code: 'BUNDLE_MALFORMED' });
    }
  });

  it('must not be altered in its size', () => {
    for (const value of ['0', '5', '12', '14', '16', '4294967309']) {
      refuse(withText(good, [...PROOF, 'treeSize'], () => value));
    }
  });

  it('must not be altered in its root hash', () => {
    for (const byte of [0, 31]) refuse(withBit(good, [...PROOF, 'rootHash'], byte, 7));
  });

  it('must lead to the tree that the log signed, whatever is written beside it', () => {
    for (const size of ['0', '5', '8', '17', '1152921504606846976']) {
      const lie = withEntry(version, { note: (text) => text.replace('\n13\n', `\n${size}\n`) });
      refuse(withText(lie, [...PROOF, 'treeSize'], () => size));
    }
    const root = b64(sha256('another tree'));
    const lie = withEntry(version, {
      note: (text) => text.replace(/\n13\n.*\n/, `\n13\n${root}\n`),
    });
    refuse(withText(lie, [...PROOF, 'rootHash'], () => root));
  });

  it('must not be of another entry of the same tree', () => {
    const other = withEntry(version, { before: 4, after: 8 });
    refuse(withPartOf(good, other, PROOF));
  });

  it('must not take an inner node of the tree for an entry', () => {
    const node = Buffer.concat(
      hashesOf(good)
        .slice(0, 2)
        .map((one) => Buffer.from(one, 'base64')),
    );
    refuse(withValue(good, [...ENTRY, 'canonicalizedBody'], b64(node)));
  });

  it('may be of a tree with one entry, and then has no hashes', () => {
    const alone = withEntry(version, { before: 0, after: 0 });
    expect(hashesOf(alone)).toEqual([]);
    expect(check(alone)).toBeDefined();
    const withOne = withValue(alone, HASHES, [b64(sha256('one more'))]);
    expectRefusal({ good: alone, bad: withOne, code });
  });
});

describe('a promise of Rekor v1', () => {
  const good = signed();
  const refuse = (bad: Bundle): void => expectRefusal({ good, bad, code });

  it('must not be altered', () => {
    const { length } = Buffer.from(textAt(good, PROMISE), 'base64');
    for (const byte of [0, 3, 10, length - 1]) refuse(withBit(good, PROMISE, byte));
    refuse(withText(good, PROMISE, () => b64('short')));
  });

  it('must be by the log', () => {
    refuse(signed({ entries: [{ promiseKey: makeKey('P-256') }] }));
    refuse(signed({ entries: [{ promiseKey: makeKey('Ed25519') }] }));
  });

  it('must not be of another entry', () => {
    refuse(withPartOf(good, signed(), PROMISE));
  });

  it.each([
    ['another body', { body: b64('{}') }],
    ['another time', { integratedTime: 1_762_171_203 }],
    ['another index', { logIndex: 1 }],
    ['another log', { logID: '00'.repeat(32) }],
  ])('must not promise %s', (_, part) => {
    refuse(signed({ entries: [{ promise: (right) => ({ ...right, ...part }) }] }));
  });

  it('must not be altered in its time', () => {
    const time: Path = [...ENTRY, 'integratedTime'];
    refuse(withText(good, time, () => '1762171203'));
    refuse(withText(good, time, () => '1762171201'));
    refuse(withText(good, time, () => '0'));
  });

  it('must not be for a time that no clock shows', () => {
    const time: Path = [...ENTRY, 'integratedTime'];
    for (const value of ['9223372036854775807', '8640000000001', '253402300800', '1']) {
      const { outcome } = errorOf(() => check(withText(good, time, () => value)));
      expect(outcome).toBe('refused');
    }
  });

  it('must be good even where a timestamp already proves the time', () => {
    const stamped = signed({ timestamps: [{}] });
    const bad = signed({ timestamps: [{}], entries: [{ promiseKey: makeKey('P-256') }] });
    expectRefusal({ good: stamped, bad, code });
  });

  it('must not stand alone, without a proof', () => {
    refuse(signed({ entries: [{ proofless: true }] }));
  });
});
