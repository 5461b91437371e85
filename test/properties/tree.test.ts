import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keySigner, MismatchError, sign, verify } from '../../src/index.ts';
import { Forger } from '../helpers/forge.ts';
import { type Files, writeFiles } from '../helpers/model.ts';
import { tree } from '../helpers/trees.ts';

const forger = new Forger();
const signer = keySigner({ privateKey: forger.privateKey });

/** Runs with the tree on the disk, and removes it. */
async function withModel(files: Files, use: (model: string) => Promise<void>): Promise<void> {
  const parent = mkdtempSync(join(tmpdir(), 'oms-test-'));
  const model = join(parent, 'model');
  try {
    mkdirSync(model);
    writeFiles(model, files);
    await use(model);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

/** Everything that a mismatch names, in one list. */
async function namedIn(model: string, bundle: Awaited<ReturnType<typeof sign>>): Promise<string[]> {
  try {
    await verify(model, bundle, forger.policy);
  } catch (error) {
    expect(error).toBeInstanceOf(MismatchError);
    const { changed, missing, extra } = (error as MismatchError).diff;
    return [...changed, ...missing, ...extra].map(({ name }) => name);
  }
  return [];
}

type Change = (model: string, name: string, content: Uint8Array) => readonly string[];

/** Each changes one thing about one file and returns the names that must be reported. */
const CHANGES: Readonly<Record<string, Change>> = {
  'a byte flipped or, in an empty file, added': (model, name, content) => {
    const changed =
      content.length === 0 ? Uint8Array.of(0) : content.map((b, i) => (i === 0 ? b ^ 1 : b));
    writeFileSync(join(model, name), changed);
    return [name];
  },
  'a byte appended': (model, name, content) => {
    writeFileSync(join(model, name), Buffer.concat([content, Uint8Array.of(0)]));
    return [name];
  },
  'the file removed': (model, name) => {
    rmSync(join(model, name));
    return [name];
  },
  'the file renamed': (model, name) => {
    renameSync(join(model, name), join(model, `${name}~`));
    return [name, `${name}~`];
  },
  'a file added beside it': (model, name) => {
    const added = join(dirname(name), 'zz added').replace(/^\.\//, '');
    writeFileSync(join(model, added), '');
    return [added];
  },
  'a directory in its place': (model, name) => {
    rmSync(join(model, name));
    mkdirSync(join(model, name));
    return [name];
  },
};

describe.skipIf(process.platform !== 'linux')('any tree of files', () => {
  it('verifies after it was signed, whole or in shards', async () => {
    await fc.assert(
      fc.asyncProperty(tree, fc.integer({ min: 1, max: 50 }), async (files, shardSize) => {
        await withModel(files, async (model) => {
          const whole = await sign(model, signer);
          expect((await verify(model, whole, forger.policy)).files).toBe(Object.keys(files).length);
          if (Object.values(files).some(({ length }) => length === 0)) return;
          const sharded = await sign(model, signer, { shardSize });
          expect((await verify(model, sharded, forger.policy)).files).toBe(
            Object.keys(files).length,
          );
        });
      }),
      { numRuns: 150 },
    );
  });

  it.each(Object.entries(CHANGES))('is refused, and the path named, with %s', async (_, change) => {
    await fc.assert(
      fc.asyncProperty(tree, fc.nat(), async (files, choice) => {
        const names = Object.keys(files);
        const name = names[choice % names.length] as string;
        await withModel(files, async (model) => {
          const bundle = await sign(model, signer);
          const expected = change(model, name, files[name] as Uint8Array);
          expect((await namedIn(model, bundle)).toSorted()).toEqual(expected.toSorted());
        });
      }),
      { numRuns: 60 },
    );
  });
});
