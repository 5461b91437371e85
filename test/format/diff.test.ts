import { describe, expect, it } from 'vitest';
import { compareModel, type Findings, isEmpty, sizesOf } from '../../src/format/diff.ts';
import { type Resource, shardName } from '../../src/format/manifest.ts';

const file = (name: string, digest: string): Resource => ({
  name,
  path: name,
  start: 0,
  end: undefined,
  digest,
});

const shard = (path: string, start: number, end: number, digest: string): Resource => ({
  name: shardName(path, start, end),
  path,
  start,
  end,
  digest,
});

const found = (findings: Partial<Findings>): Findings => ({
  resources: [],
  resized: new Map(),
  unlisted: [],
  irregular: [],
  ...findings,
});

const EMPTY = { changed: [], missing: [], extra: [] };

describe('a model compared with its manifest', () => {
  const signed = [file('b', '0b'), file('a', '0a')];

  it('has no difference when all digests are there, in any order', () => {
    const diff = compareModel(signed, found({ resources: signed.toReversed() }));
    expect(diff).toEqual(EMPTY);
    expect(isEmpty(diff)).toBe(true);
  });

  it('differs by what changed, with both digests, and by what is missing, in order of names', () => {
    const one = compareModel(signed, found({ resources: [{ name: 'a', digest: 'ff' }] }));
    expect(one).toEqual({
      changed: [{ name: 'a', expected: '0a', found: 'ff' }],
      missing: [{ name: 'b', expected: '0b' }],
      extra: [],
    });
    const none = compareModel(signed, found({}));
    expect(none.missing.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(none.changed).toEqual([]);
  });

  it('differs by a file that nobody signed, though its digest is that of a signed one', () => {
    const unlisted = [
      { name: 'd', target: undefined },
      { name: 'c', target: undefined },
    ];
    const resources = [...signed, { name: 'c', digest: '0a' }];
    expect(compareModel(signed, found({ resources, unlisted }))).toEqual({
      ...EMPTY,
      extra: [{ name: 'c' }, { name: 'd' }],
    });
  });

  it('differs when a signed name has the digest of another', () => {
    const resources = [
      { name: 'a', digest: '0b' },
      { name: 'b', digest: '0a' },
    ];
    const { changed } = compareModel(signed, found({ resources }));
    expect(changed.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('tells what stands in the place of a signed file from what else is no file', () => {
    const irregular = [
      { name: 'z', what: 'a FIFO' },
      { name: 'a', what: 'a symbolic link' },
    ];
    expect(compareModel(signed, found({ resources: [signed[0]!], irregular }))).toEqual({
      changed: [{ name: 'a', note: 'a symbolic link' }],
      missing: [],
      extra: [{ name: 'z', note: 'a FIFO' }],
    });
  });

  it('differs though there are as many files too much as there are wrong ones', () => {
    const unlisted = [{ name: 'x', target: undefined }];
    const missing = compareModel(signed, found({ resources: [signed[0]!], unlisted }));
    expect(isEmpty(missing)).toBe(false);
    const resources = [signed[0]!, { name: 'a', digest: 'ff' }];
    expect(isEmpty(compareModel(signed, found({ resources, unlisted })))).toBe(false);
  });

  it.each([
    ['changed', { resources: [{ name: 'a', digest: 'ff' }, signed[0]!] }],
    ['missing', { resources: [signed[0]!] }],
    ['extra', { resources: signed, unlisted: [{ name: 'x', target: undefined }] }],
  ] as const)('differs as soon as one is %s', (kind, findings) => {
    const diff = compareModel(signed, found(findings));
    expect(diff[kind]).toHaveLength(1);
    expect(isEmpty(diff)).toBe(false);
  });
});

describe('a file in shards', () => {
  const signed = [shard('w', 10, 20, '02'), shard('w', 0, 10, '01'), shard('v', 0, 5, '03')];

  it('is as long as its last shard says, wherever that stands', () => {
    expect([...sizesOf(signed)]).toEqual([
      ['w', 20],
      ['v', 5],
    ]);
    expect(sizesOf([file('a', '0a')]).size).toBe(0);
  });

  it('is named once when several of its shards differ, with the first of them', () => {
    const resources = signed.map(({ name }) => ({ name, digest: 'ff' }));
    expect(compareModel(signed, found({ resources })).changed).toEqual([
      { name: 'v', expected: '03', found: 'ff', note: 'in bytes 0 to 5' },
      { name: 'w', expected: '02', found: 'ff', note: 'in bytes 10 to 20' },
    ]);
  });

  it('is named once, by its own name, when it is missing', () => {
    expect(compareModel(signed, found({ resources: [signed[2]!] }))).toEqual({
      ...EMPTY,
      missing: [{ name: 'w', expected: '02' }],
    });
  });

  it('of another size says so, in place of its shards', () => {
    const resized = new Map([['w', 21]]);
    expect(compareModel(signed, found({ resources: [signed[2]!], resized }))).toEqual({
      ...EMPTY,
      changed: [{ name: 'w', note: '21 bytes instead of 20' }],
    });
  });
});
