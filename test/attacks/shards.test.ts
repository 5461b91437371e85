import { describe, expect, it } from 'vitest';
import { keySigner, type MismatchError, sign, verify } from '../../src/index.ts';
import { Forger, type RawResource, resource, statementWith } from '../helpers/forge.ts';
import { makeModel, writeFiles } from '../helpers/model.ts';
import { refusal } from '../helpers/refusal.ts';

const forger = new Forger();
const CONTENT = '0123456789abcdefghij';

function shard(path: string, start: number, end: number, content = CONTENT): RawResource {
  return resource(`${path}:${start}:${end}`, content.slice(start, end));
}

function shards(resources: readonly RawResource[], size = 10): Record<string, unknown> {
  return statementWith({ resources, serialization: { method: 'shards', shard_size: size } });
}

const WHOLE = [shard('w', 0, 10), shard('w', 10, 20)];

describe('a validly signed manifest of shards', () => {
  it('is accepted when it covers the file exactly', async () => {
    const result = await verify(
      makeModel({ w: CONTENT }),
      forger.sign(shards(WHOLE)),
      forger.policy,
    );
    expect(result).toMatchObject({ files: 1, bytes: 20 });
  });

  it('is accepted in any order, with the labels and the number form of the reference', async () => {
    const labelled = [WHOLE[1], WHOLE[0]].map((entry) => ({
      ...entry,
      algorithm: 'sha256-sharded-10',
    })) as RawResource[];
    const text = JSON.stringify(shards(labelled)).replace('"shard_size":10', '"shard_size":10.0');
    const result = await verify(makeModel({ w: CONTENT }), forger.sign(text), forger.policy);
    expect(result.manifest.serialization.shardSize).toBe(10);
  });

  it('takes the last two fields of a name for the range', async () => {
    const model = makeModel({ 'w:0:10': '01234' });
    const bundle = forger.sign(shards([resource('w:0:10:0:5', '01234')]));
    expect((await verify(model, bundle, forger.policy)).files).toBe(1);
  });

  it.each<[string, string]>([
    ['no range', 'w'],
    ['one number', 'w:10'],
    ['digit separators', 'w:0_0:10'],
    ['a sign', 'w:+0:10'],
    ['a negative start', 'w:-1:10'],
    ['a leading zero', 'w:00:10'],
    ['a leading zero in the end', 'w:0:010'],
    ['hexadecimal', 'w:0x0:0xa'],
    ['an exponent', 'w:0:1e1'],
    ['white space', 'w: 0:10'],
    ['a line end', 'w:0:10\n'],
    ['an empty start', 'w::10'],
    ['an empty end', 'w:0:'],
    ['other digits', 'w:٠:10'],
    ['an empty range', 'w:0:0'],
    ['a range backwards', 'w:20:10'],
    ['a range that is empty', 'w:10:10'],
    ['numbers beyond exactness', 'w:0:99999999999999999999'],
    ['an empty path', ':0:10'],
    ['a path upwards', '../w:0:10'],
    ['an absolute path', '/w:0:10'],
  ])('is refused with %s in a name', async (_, name) => {
    const statement = shards([{ ...shard('w', 0, 10), name }]);
    const bundle = forger.sign(statement);
    const refused = refusal(
      () => verify('/nonexistent', bundle, forger.policy),
      'STATEMENT_MALFORMED',
    );
    expect((await refused).message).toContain('name');
  });

  it.each<[string, readonly RawResource[]]>([
    ['a gap at the start', [shard('w', 10, 20)]],
    ['a gap inside', [shard('w', 0, 10), resource('w:20:30', 'x')]],
    ['an overlap', [shard('w', 0, 10), shard('w', 5, 15)]],
    ['a shard that is too long', [shard('w', 0, 20)]],
    ['a short shard before the last', [shard('w', 0, 5), shard('w', 5, 15)]],
    ['two last shards', [shard('w', 0, 10), shard('w', 10, 20), shard('w', 10, 15)]],
    ['a second file with a gap', [...WHOLE, shard('v', 10, 20)]],
  ])('is refused with %s', async (_, resources) => {
    const bundle = forger.sign(shards(resources));
    const { message } = await refusal(
      () => verify('/nonexistent', bundle, forger.policy),
      'STATEMENT_MALFORMED',
    );
    expect(message).toContain('do not cover it exactly');
  });

  it('is refused with the same shard twice', async () => {
    const bundle = forger.sign(shards([...WHOLE, shard('w', 10, 20)]));
    await refusal(() => verify('/nonexistent', bundle, forger.policy), 'STATEMENT_MALFORMED');
  });
});

describe('a model signed in shards', () => {
  const signer = keySigner({ privateKey: forger.privateKey });

  it('notices bytes appended to a file whose size is a multiple of the shard size', async () => {
    const model = makeModel({ w: CONTENT });
    const bundle = await sign(model, signer, { shardSize: 10 });
    writeFiles(model, { w: `${CONTENT}evil` });
    for (const ignoreUnsignedFiles of [false, true]) {
      const error = await refusal(
        () => verify(model, bundle, forger.policy, { ignoreUnsignedFiles }),
        'MODEL_MISMATCH',
      );
      expect((error as MismatchError).diff.changed).toMatchObject([
        { name: 'w', note: '24 bytes instead of 20' },
      ]);
    }
  });

  it('notices a whole shard cut off, and says which shard changed', async () => {
    const model = makeModel({ w: CONTENT });
    const bundle = await sign(model, signer, { shardSize: 10 });
    writeFiles(model, { w: CONTENT.slice(0, 10) });
    const cut = await refusal(() => verify(model, bundle, forger.policy), 'MODEL_MISMATCH');
    expect((cut as MismatchError).diff.changed).toMatchObject([{ note: '10 bytes instead of 20' }]);
    writeFiles(model, { w: CONTENT.replace('a', 'A') });
    const changed = await refusal(() => verify(model, bundle, forger.policy), 'MODEL_MISMATCH');
    expect((changed as MismatchError).diff.changed).toMatchObject([
      { name: 'w', note: 'in bytes 10 to 20' },
    ]);
  });

  it('is not made of empty files, which could come and go unseen', async () => {
    const model = makeModel({ w: CONTENT, empty: '' });
    const { message } = await refusal(
      () => sign(model, signer, { shardSize: 10 }),
      'MODEL_UNSIGNABLE',
    );
    expect(message).toContain('"empty"');
  });

  it('refuses an empty file that was added', async () => {
    const model = makeModel({ w: CONTENT });
    const bundle = await sign(model, signer, { shardSize: 10 });
    writeFiles(model, { '__init__.py': '' });
    const error = await refusal(() => verify(model, bundle, forger.policy), 'MODEL_MISMATCH');
    expect((error as MismatchError).diff.extra).toEqual([{ name: '__init__.py' }]);
  });

  it('refuses a file that was emptied', async () => {
    const model = makeModel({ w: CONTENT, v: 'x' });
    const bundle = await sign(model, signer, { shardSize: 10 });
    writeFiles(model, { v: '' });
    const error = await refusal(() => verify(model, bundle, forger.policy), 'MODEL_MISMATCH');
    expect((error as MismatchError).diff.changed).toMatchObject([
      { name: 'v', note: '0 bytes instead of 1' },
    ]);
  });

  it('is refused with a shard size that would make too many of them', async () => {
    const model = makeModel({ w: 'x'.repeat(5_000_000) });
    const { message } = await refusal(() => sign(model, signer, { shardSize: 1 }), 'USAGE');
    expect(message).toContain('too many files or shards');
  });
});
