import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { expectFailure, expectSuccess } from './helpers/judge.ts';
import { Mount } from './helpers/mount.ts';
import { needMounts } from './helpers/need.ts';
import { Place } from './helpers/place.ts';

beforeEach(needMounts);

const FULL = /cannot be written: the disk is full \(ENOSPC\)\n$/;

/** Fills a file system, but for so many bytes. Returns the file that is in the way. */
function fill(path: string, left: number): string {
  const filler = join(path, 'filler');
  const { bavail, bsize } = statfsSync(path);
  writeFileSync(filler, Buffer.alloc(bavail * bsize - left));
  return filler;
}

/** A signature of a small model takes one block, of one with many files some dozens. */
const ROOM = { small: [0], many: [0, 4_096, 65_536, 131_072] } as const;

describe.each(['small', 'many'] as const)('a disk that is full, with a %s model', (kind) => {
  it.each(ROOM[kind])('but for %d bytes', async (left) => {
    const { path } = new Mount('size=64m');
    const place = new Place(kind, 'key', path);
    const filler = fill(path, left);
    for (const before of ['old', 'none']) {
      if (before === 'none') place.forget();
      // What was the signature's now is room for another.
      if (before === 'none') writeFileSync(join(path, 'second'), Buffer.alloc(freeIn(path) - left));
      expectFailure(await place.sign(), 3, FULL);
      expect(await place.state()).toBe(before);
      expect(place.strays()).toEqual([]);
    }
    rmSync(filler);
    expectSuccess(await place.sign());
    expectSuccess(await place.verify());
  });

  it('still lets a model be verified', async () => {
    const { path } = new Mount('size=64m');
    const place = new Place(kind, 'key', path);
    fill(path, 0);
    expectSuccess(await place.verify({ env: { XDG_CACHE_HOME: path } }));
  });
});

describe('a disk that has no room for one more file', () => {
  it('leaves the old signature', async () => {
    const { path } = new Mount('size=8m,nr_inodes=64');
    const place = new Place('small', 'key', path);
    for (let file = 0; statfsSync(path).ffree > 0; file++) writeFileSync(join(path, `${file}`), '');
    expectFailure(await place.sign(), 3, FULL);
    expect(await place.state()).toBe('old');
    rmSync(join(path, '0'));
    expectSuccess(await place.sign());
    expect(await place.state()).toBe('new');
  });
});

function freeIn(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}
