import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digest, keySigner, sign } from '../../src/index.ts';
import { refusal } from '../helpers/refusal.ts';
import { makeModel } from '../helpers/model.ts';
import { runProgram } from './measured.ts';
import { Scene, statement } from './scene.ts';

let scene: Scene;
beforeAll(() => {
  scene = new Scene();
});
afterAll(() => scene.remove());

/** Elsewhere a file of nothing takes room on the disk. */
const IS_WINDOWS = process.platform === 'win32';

const GIB = 2 ** 30;
const TIB = 2 ** 40;

/** A model of one file of nothing, which takes no room on the disk. */
function sparse(bytes: number): string {
  const model = makeModel({ w: '' });
  truncateSync(join(model, 'w'), bytes);
  return model;
}

function signing(model: string, size: string): readonly string[] {
  return ['sign', model, '--private-key', scene.path('key.pem'), `--shard-size=${size}`];
}

function verifying(model: string, bundle: string): readonly string[] {
  return ['verify', model, '--public-key', scene.path('key.pub'), '--signature', bundle];
}

describe('shards of one byte', () => {
  const TOO_MANY = 'the model has too many files or shards: expected at most 3000000, found';

  it('of a file of 1 GiB are not signed', async () => {
    const model = sparse(GIB);
    const line = `Wrong usage: ${TOO_MANY} 1073741824`;
    await runProgram(signing(model, '1'), { exit: 2, line, memory: 5 });
    const words = ['digest', model, '--shard-size', '1'];
    await runProgram(words, { exit: 2, line, memory: 5 });
    const signer = keySigner({ privateKey: scene.forger.privateKey });
    for (const call of [digest(model, { shardSize: 1 }), sign(model, signer, { shardSize: 1 })]) {
      expect((await refusal(() => call, 'USAGE')).message).toContain(TOO_MANY);
    }
  });

  it.skipIf(IS_WINDOWS)(
    'of a file of 8 TiB are not signed, nor are those of a megabyte',
    async () => {
      const model = sparse(8 * TIB);
      for (const [size, found] of [
        ['1', '8796093022208'],
        ['1MB', '8796094'],
      ] as const) {
        const line = `Wrong usage: ${TOO_MANY} ${found}`;
        await runProgram(signing(model, size), { exit: 2, line, memory: 5 });
      }
    },
  );

  it.each([
    ['one range', 1],
    ['a hundred thousand ranges', 100_000],
  ])('in a signed manifest of %s say that a file of 1 GiB is another', async (_, count) => {
    const name = (at: number): string => `w:${at}:${at + 1}`;
    const serialization = { method: 'shards', shard_size: 1 };
    const bundle = scene.sign('one.sig', statement({ count, name, serialization }));
    const line = 'the model differs from what was signed: 1 changed, 0 missing, 0 extra';
    for (const size of IS_WINDOWS ? [GIB] : [GIB, 8 * TIB]) {
      const expected = { exit: 1, line, memory: 5 + count / 700 } as const;
      const { stderr } = await runProgram(verifying(sparse(size), bundle), expected);
      expect(stderr).toContain(`w  (${size} bytes instead of ${count})`);
    }
  });
});

describe('a range of a petabyte', () => {
  const PETABYTE = 1e15;

  it('is compared with the size of a file before anything is read', async () => {
    const serialization = { method: 'shards', shard_size: PETABYTE };
    const name = (at: number): string => `w:${at * PETABYTE}:${(at + 1) * PETABYTE}`;
    for (const count of [1, 9]) {
      const bundle = scene.sign('petabyte.sig', statement({ count, name, serialization }));
      const line = 'the model differs from what was signed: 1 changed, 0 missing, 0 extra';
      const expected = { exit: 1, line, memory: 5 } as const;
      const { stderr } = await runProgram(verifying(sparse(GIB), bundle), expected);
      expect(stderr).toContain(`w  (1073741824 bytes instead of ${count}000000000000000)`);
    }
  });

  it('may reach as far as numbers are exact, and no farther', async () => {
    const most = Number.MAX_SAFE_INTEGER;
    const serialization = { method: 'shards', shard_size: most };
    const of = (name: string): string =>
      scene.sign('most.sig', statement({ count: 1, name: () => name, serialization }));
    const differs = { exit: 1, line: '1 changed, 0 missing, 0 extra', memory: 5 } as const;
    await runProgram(verifying(sparse(1), of(`w:0:${most}`)), differs);
    const beyond = { ...differs, line: 'the shards of "w" do not cover it exactly' };
    await runProgram(verifying(sparse(1), of('w:0:9999999999999999')), beyond);
    const digits = { ...differs, line: 'resources[0].name: expected "path:start:end"' };
    await runProgram(verifying(sparse(1), of(`w:0:${'9'.repeat(4_000)}`)), digits);
  });
});

describe('a shard size that is none', () => {
  it.each(['0', '-1', '1.5', '9007199254740992', ''])('is wrong usage: %j', async (size) => {
    const line = "Wrong usage: option '--shard-size <size>' argument";
    await runProgram(signing(scene.path('model'), size), { exit: 2, line, memory: 5 });
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1', [1], null])(
    'is wrong usage of the library: %j',
    async (size) => {
      const options = { shardSize: size as number };
      await refusal(() => digest(scene.path('model'), options), 'USAGE');
    },
  );
});
