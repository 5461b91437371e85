import { truncateSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planFiles, planShards } from '../../src/hashing/plan.ts';
import { JobTable, layOut, type TableMemory } from '../../src/hashing/table.ts';
import type { ModelFile } from '../../src/model/tree.ts';
import { ALGORITHMS, sparseModel } from '../helpers/hashing.ts';
import { canonicalName } from '../helpers/trees.ts';

/** The table of a plan, as a thread gets it. */
function sent(memory: TableMemory): JobTable {
  return new JobTable(structuredClone(memory));
}

function namesIn(names: readonly string[]): readonly string[] {
  const files = names.map((name) => ({ name, target: undefined }));
  const table = sent(layOut(planFiles('/m', files), 'sha256'));
  return names.map((_, index) => table.job(index).name);
}

describe('the jobs of whole files', () => {
  it('are the files, under the root', () => {
    const files = [
      { name: 'a', target: undefined },
      { name: 'd/b', target: undefined },
      { name: 'link', target: '/elsewhere/c' },
      { name: 'z', target: undefined },
    ];
    const table = sent(layOut(planFiles('/models/m', files), 'sha256'));
    const whole = { start: 0, end: undefined, state: undefined };
    expect(table.count).toBe(4);
    expect([0, 1, 2, 3].map((index) => table.job(index))).toEqual([
      { name: 'a', path: join('/models/m', 'a'), ...whole },
      { name: 'd/b', path: join('/models/m', 'd/b'), ...whole },
      { name: 'link', path: '/elsewhere/c', ...whole },
      { name: 'z', path: join('/models/m', 'z'), ...whole },
    ]);
    expect(table.knownSize(0)).toBeUndefined();
  });

  it('are at the root of a file system too', () => {
    const plan = planFiles('/', [{ name: 'a', target: undefined }]);
    expect(sent(layOut(plan, 'sha256')).job(0).path).toBe('/a');
  });

  it('may be none', () => {
    expect(sent(layOut(planFiles('/m', []), 'sha256')).count).toBe(0);
  });

  it('have names of any script, length and form', () => {
    const names = [
      'é',
      'e\u0301',
      'модель/веса',
      '模型',
      '🤖',
      '👩‍👩‍👧‍👦/👍🏽',
      '𝒳'.repeat(60),
      '\u0001\u007f\u0085\u2028',
      'w:0:300000',
      ' ',
      '\u{10ffff}',
      'ﷺ'.repeat(80),
      `${'d/'.repeat(2_000)}f`,
      'x',
    ];
    expect(namesIn(names)).toEqual(names);
  });

  const file: fc.Arbitrary<ModelFile> = fc.record({
    name: canonicalName,
    target: fc.option(
      canonicalName.map((name) => `/${name}`),
      { nil: undefined },
    ),
  });

  it('are told apart whatever they are called, and wherever links lead', () => {
    const model = fc.array(file, { maxLength: 20 });
    fc.assert(
      fc.property(model, (files) => {
        const table = sent(layOut(planFiles('/m', files), 'blake2b'));
        expect(table.count).toBe(files.length);
        for (const [index, { name, target }] of files.entries()) {
          expect(table.job(index)).toMatchObject({ name, path: target ?? `/m/${name}` });
        }
      }),
    );
  });
});

describe('the jobs of shards', () => {
  it('cover each file from its beginning to its end', () => {
    const { root, files } = sparseModel([10, 0, 8, 3]);
    const plan = planShards(root, files, 4);
    const table = sent(layOut(plan, 'sha256'));
    const jobs = Array.from({ length: table.count }, (_, index) => table.job(index));
    expect(jobs.map(({ name, start, end }) => [name, start, end])).toEqual([
      ['f0', 0, 4],
      ['f0', 4, 8],
      ['f0', 8, 10],
      ['f2', 0, 4],
      ['f2', 4, 8],
      ['f3', 0, 3],
    ]);
    expect(jobs.map(({ path }) => path)).toEqual(jobs.map(({ name }) => join(root, name)));
    expect(jobs.map((_, index) => table.knownSize(index))).toEqual([4, 4, 2, 4, 4, 3]);
  });

  it('carry the state of their file', () => {
    const { root, files } = sparseModel([10, 5]);
    utimesSync(join(root, 'f0'), 1e9, 1e9);
    const plan = planShards(root, files, 6);
    const table = sent(layOut(plan, 'sha256'));
    const [first, second] = plan.shards?.states ?? [];
    expect([0, 1, 2].map((index) => table.job(index).state)).toEqual([first, first, second]);
  });

  it('are as many as there are bytes when each is one byte', () => {
    const { root, files } = sparseModel([3, 2]);
    const table = sent(layOut(planShards(root, files, 1), 'sha256'));
    const starts = Array.from({ length: 5 }, (_, index) => table.job(index).start);
    expect(starts).toEqual([0, 1, 2, 0, 1]);
  });

  it('reach beyond 4 GiB', () => {
    const { root, files } = sparseModel([9 * 2 ** 30 + 1]);
    const table = sent(layOut(planShards(root, files, 3 * 2 ** 30), 'sha256'));
    expect(table.job(3)).toMatchObject({ start: 9 * 2 ** 30, end: 9 * 2 ** 30 + 1 });
    expect([2, 3].map((index) => table.knownSize(index))).toEqual([3 * 2 ** 30, 1]);
  });

  it('lead to the target of a link', () => {
    const { root } = sparseModel([10]);
    const files = [{ name: 'link', target: join(root, 'f0') }];
    const table = sent(layOut(planShards('/nonexistent', files, 6), 'sha256'));
    expect(table.job(1)).toMatchObject({ name: 'link', path: join(root, 'f0'), start: 6, end: 10 });
  });

  it('leave no byte out, for any sizes', () => {
    const { root, files } = sparseModel([0, 0, 0, 0]);
    const sizes = fc.array(fc.nat({ max: 100 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 40 }), (bytes, size) => {
        for (const [index, length] of bytes.entries())
          truncateSync(join(root, `f${index}`), length);
        const table = sent(layOut(planShards(root, files, size), 'sha256'));
        const found = Array.from({ length: table.count }, (_, index) => {
          const { name, start, end } = table.job(index);
          expect(table.knownSize(index)).toBe((end ?? 0) - start);
          return `${name}:${start}:${end}`;
        });
        const expected = bytes.flatMap((length, index) =>
          Array.from({ length: Math.ceil(length / size) }, (_, shard) => {
            return `f${index}:${shard * size}:${Math.min(length, (shard + 1) * size)}`;
          }),
        );
        expect(found).toEqual(expected);
      }),
    );
  });
});

describe('the digests of a table', () => {
  it.each(ALGORITHMS)('with %s are read by one thread as another kept them', (algorithm) => {
    const length = algorithm === 'blake2b' ? 128 : 64;
    const files = ['a', 'b', 'c'].map((name) => ({ name, target: undefined }));
    const memory = layOut(planFiles('/m', files), algorithm);
    const [reader, writer] = [new JobTable(memory), sent(memory)];
    const [first, last] = ['0f', 'e1'].map((byte) => byte.repeat(length / 2)) as [string, string];
    writer.keep(2, last);
    writer.keep(0, first);
    expect([0, 1, 2].map((index) => reader.digest(index))).toEqual([
      first,
      '0'.repeat(length),
      last,
    ]);
  });
});
