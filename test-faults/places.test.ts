import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { expectFailure, expectFired, expectSuccess } from './helpers/judge.ts';
import { Mount } from './helpers/mount.ts';
import { asUnprivileged, needInjector, needMounts, needUnprivileged } from './helpers/need.ts';
import { Place } from './helpers/place.ts';

let place: Place;
afterEach(() => place?.remove());

describe('a model on a file system that is read-only', () => {
  it('is verified, and not signed there', async (context) => {
    needMounts(context);
    const mount = new Mount('size=8m');
    place = new Place('small', 'key', mount.path);
    mount.remount('ro');
    expectFailure(await place.sign(), 3, /the file system is read-only \(EROFS\)/);
    expectSuccess(await place.verify());
    const elsewhere = join(dirname(mount.path), 'elsewhere.sig');
    expectSuccess(await place.sign({}, ['--signature', elsewhere]));
    expectSuccess(await place.verify({}, ['--signature', elsewhere, '--ignore-unsigned-files']));
    expect(await place.state()).toBe('old');
    mount.remount('rw');
    rmSync(elsewhere);
  });

  it.for([
    ['before the signature is written', 'open', 'model/.oms-*.tmp'],
    ['while a file is read', 'read', 'model/weights.bin'],
  ] as const)('since a moment %s', async ([, call, path], context) => {
    needMounts(context);
    needInjector(context);
    const mount = new Mount('size=8m');
    place = new Place('small', 'key', mount.path);
    const during = () => mount.remount('ro');
    const run = await place.sign({ rules: [{ call, path, does: 'pause' }], during });
    expectFired(run);
    expectFailure(run, 3, /the file system is read-only \(EROFS\)/);
    expect(await place.state()).toBe('old');
    expect(place.strays()).toEqual([]);
    mount.remount('rw');
  });
});

describe('a directory', () => {
  it.for([
    ['that may not be written to', 0o555],
    ['that may be listed only', 0o444],
    ['that may not be entered', 0o000],
  ] as const)('%s has no signature put into it', async ([, mode], context) => {
    needUnprivileged(context);
    place = new Place();
    chmodSync(place.model, mode);
    const signed = await place.sign(asUnprivileged());
    const verified = await place.verify(asUnprivileged());
    chmodSync(place.model, 0o755);
    expectFailure(signed, 3, /permission denied \(EACCES\)/);
    if (mode === 0o555) expectSuccess(verified);
    else expectFailure(verified, 3, /permission denied \(EACCES\)/);
    expect(await place.state()).toBe('old');
  });

  it('of the signature that may be written to, but not listed, gets one', async (context) => {
    needUnprivileged(context);
    place = new Place();
    // Beside the model, which must be listed to be signed.
    const signature = join(place.root, 'new.sig');
    chmodSync(place.root, 0o333);
    const signed = await place.sign(asUnprivileged(), ['--signature', signature]);
    chmodSync(place.root, 0o755);
    expectSuccess(signed);
    expect(JSON.parse(readFileSync(signature, 'utf8'))).toHaveProperty('dsseEnvelope');
  });
});

/** What can be where a signature should be, and whether --force replaces it. */
const TAKEN: readonly (readonly [what: string, make: (path: string) => void, yields: boolean])[] = [
  ['a directory', (path) => mkdirSync(path), false],
  ['a FIFO', (path) => execFileSync('mkfifo', [path]), true],
  ['a symbolic link', (path) => symlinkSync('weights.bin', path), true],
  ['a symbolic link', (path) => symlinkSync('nowhere', path), true],
  ['a symbolic link to a device', (path) => symlinkSync('/dev/null', path), false],
  // As /dev/stdout is one. The output of these runs is a pipe.
  ['a symbolic link to', (path) => symlinkSync('/proc/self/fd/1', path), false],
  ['a file that is not a signature bundle', (path) => writeFileSync(path, '{}'), true],
];

describe('what is in the place of a signature', () => {
  it.each(TAKEN)('stays, if it is %s', async (what, make, yields) => {
    place = new Place();
    place.forget();
    make(place.signature);
    const before = lstatSync(place.signature);
    expectFailure(await place.sign(), 2, new RegExp(`is not overwritten: expected .*${what}`));
    expect(lstatSync(place.signature).ino).toBe(before.ino);
    const forced = await place.sign({}, ['--force']);
    if (yields) expectSuccess(forced);
    else expectFailure(forced, 2);
    expect(lstatSync(place.signature).isFile()).toBe(yields);
    if (yields) expect(await place.state()).toBe('new');
    expect(readFileSync(join(place.model, 'weights.bin'))).toHaveLength(700_000);
    expect(place.strays()).toEqual([]);
  });

  it.each(TAKEN)('keeps nobody waiting who verifies, if it is %s', async (_, make) => {
    place = new Place();
    place.forget();
    make(place.signature);
    const run = await place.verify();
    expectFailure(run, run.exit === 1 ? 1 : 3);
  });

  it('is nothing, below what is no directory', async () => {
    place = new Place();
    const below = join(place.model, 'config.json', 'model.sig');
    expectFailure(await place.sign({}, ['--signature', below]), 3, /not a directory \(ENOTDIR\)/);
    const missing = join(place.root, 'none', 'model.sig');
    expectFailure(await place.sign({}, ['--signature', missing]), 3, /no such file \(ENOENT\)/);
  });

  it('is a device of the system', async () => {
    place = new Place();
    // Never with --force, which must not be tried on what others use.
    for (const path of ['/dev/null', '/dev/stdout', '/dev/full']) {
      expectFailure(await place.sign({}, ['--signature', path]), 2, /is not overwritten/);
    }
  });
});

describe('a FIFO in a model', () => {
  it.each(['sign', 'verify'] as const)('keeps %s not waiting', async (command) => {
    place = new Place();
    execFileSync('mkfifo', [join(place.model, 'fifo')]);
    expectFailure(await place[command](), 1);
    rmSync(join(place.model, 'config.json'));
    execFileSync('mkfifo', [join(place.model, 'config.json')]);
    expectFailure(await place[command](), 1);
  });
});
