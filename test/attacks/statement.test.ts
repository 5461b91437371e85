import { describe, expect, it } from 'vitest';
import { type ErrorCode, type VerifyOptions, verify } from '../../src/index.ts';
import { Forger, hashOf, resource, statementWith } from '../helpers/forge.ts';
import { makeModel } from '../helpers/model.ts';
import { refusal } from '../helpers/refusal.ts';

/** Every statement here is validly signed by a key that the verifier trusts. */
const forger = new Forger();

const GOOD = { a: 'content of a' };

async function refused(
  statement: unknown,
  reason: string,
  code: ErrorCode = 'STATEMENT_MALFORMED',
  options: VerifyOptions = {},
): Promise<void> {
  // Were the statement accepted, this would notice: the path is not there.
  const nowhere = '/nonexistent/model';
  const { message } = await refusal(
    () => verify(nowhere, forger.sign(statement), forger.policy, options),
    code,
  );
  expect(message).toContain(reason);
}

describe('a validly signed statement', () => {
  it('is accepted as the forger makes it, so that the refusals below mean something', async () => {
    const result = await verify(makeModel(GOOD), forger.sign(statementWith({})), forger.policy);
    expect(result.files).toBe(1);
  });

  it.each<[string, unknown, string]>([
    ['that is blank', ' ', 'not JSON'],
    ['that is no JSON', 'statement', 'not JSON'],
    ['that is an array', [], 'an object'],
    ['with trailing data', `${JSON.stringify(statementWith({}))}{}`, 'not JSON'],
    ['with invalid UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'UTF-8'],
    [
      'with a duplicate key',
      JSON.stringify(statementWith({})).replace('{', '{"predicateType":"x",'),
      'appears twice',
    ],
    [
      'with a duplicate key in a resource',
      JSON.stringify(statementWith({})).replace('"name":"a"', '"name":"b","name":"a"'),
      'appears twice',
    ],
    ['of another type', statementWith({ statement: { _type: 'x' } }), '_type'],
    [
      'of in-toto 0.1',
      statementWith({ statement: { _type: 'https://in-toto.io/Statement/v0.1' } }),
      '_type',
    ],
    [
      'with another predicate type',
      statementWith({ statement: { predicateType: 'https://slsa.dev/provenance/v1' } }),
      'predicateType',
    ],
    [
      'of 0.2.0 with the standard encoding',
      {
        ...statementWith({ statement: { predicateType: 'https://model_signing/Digests/v0.1' } }),
        subject: [{ name: 'a', digest: { sha256: hashOf(GOOD.a) } }],
      },
      'predicateType',
    ],
    ['with an unknown member', statementWith({ statement: { extra: 1 } }), '"extra"'],
    ['without subject', statementWith({ subject: [] }), 'exactly one subject'],
    [
      'with two subjects',
      statementWith({
        subject: [
          { name: 'm', digest: { sha256: '00' } },
          { name: 'n', digest: { sha256: '00' } },
        ],
      }),
      'exactly one subject',
    ],
    [
      'with a subject without name',
      statementWith({ subject: [{ name: '', digest: { sha256: '00' } }] }),
      'subject[0].name',
    ],
    [
      'with a subject without SHA-256',
      statementWith({ subject: [{ name: 'm', digest: { sha512: '00' } }] }),
      'sha256',
    ],
    [
      'whose root digest is not that of the resources',
      statementWith({ subject: [{ name: 'm', digest: { sha256: '0'.repeat(64) } }] }),
      'root digest',
    ],
    [
      'whose root digest is in capitals',
      statementWith({
        subject: [{ name: 'm', digest: { sha256: hashOf('x').toUpperCase() } }],
      }),
      'root digest',
    ],
    ['without predicate', statementWith({ statement: { predicate: undefined } }), 'predicate'],
    ['with predicate null', statementWith({ statement: { predicate: null } }), 'predicate'],
    ['with an unknown predicate member', statementWith({ predicate: { extra: 1 } }), '"extra"'],
    [
      'without serialization',
      statementWith({ predicate: { serialization: undefined } }),
      'serialization',
    ],
    ['without resources', statementWith({ resources: [] }), 'at least one resource'],
    ['with resources that are no array', statementWith({ resources: {} }), 'an array'],
  ])('%s is refused', async (_, statement, reason) => {
    await refused(statement, reason);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['an unknown method', { method: 'tensors' }, 'method'],
    ['no method', { method: undefined }, 'method'],
    ['an unknown hash', { hash_type: 'md5' }, 'hash_type: expected one of'],
    [
      'a hash named like a member of every object',
      { hash_type: 'toString' },
      'hash_type: expected one of',
    ],
    ['SHA-1', { hash_type: 'sha1' }, 'hash_type: expected one of'],
    ['symlinks as text', { allow_symlinks: 'false' }, 'allow_symlinks'],
    ['symlinks unsaid', { allow_symlinks: undefined }, 'allow_symlinks'],
    ['a shard size without shards', { shard_size: 10 }, 'shard_size'],
    ['shards without size', { method: 'shards' }, 'shard_size'],
    ['a shard size of 0', { method: 'shards', shard_size: 0 }, 'shard_size'],
    ['a negative shard size', { method: 'shards', shard_size: -1 }, 'shard_size'],
    ['half a byte as shard size', { method: 'shards', shard_size: 0.5 }, 'shard_size'],
    ['a shard size as text', { method: 'shards', shard_size: '10' }, 'shard_size'],
    ['a shard size beyond exact numbers', { method: 'shards', shard_size: 2 ** 53 }, 'shard_size'],
    ['an unknown member', { exclude: ['a'] }, '"exclude"'],
    ['ignore paths as text', { ignore_paths: 'a' }, 'ignore_paths'],
    ['an ignore path that is a number', { ignore_paths: [1] }, 'ignore_paths'],
    ['the ignore path "."', { ignore_paths: ['.git', '.'] }, 'excludes the whole model'],
    ['the ignore path ""', { ignore_paths: [''] }, 'excludes the whole model'],
    ['the ignore path "./"', { ignore_paths: ['./'] }, 'excludes the whole model'],
    ['the ignore path "/"', { ignore_paths: ['/'] }, 'excludes the whole model'],
    ['the ignore path "././/"', { ignore_paths: ['././/'] }, 'excludes the whole model'],
  ])('with %s is refused', async (_, serialization, reason) => {
    await refused(statementWith({ serialization }), reason);
  });

  it.each([
    ['empty', ''],
    ['absolute', '/etc/passwd'],
    ['upwards', '../x'],
    ['upwards from inside', 'd/../../x'],
    ['upwards and back', 'd/../a'],
    ['two dots', '..'],
    ['dot beside others', '.'],
    ['dot component', './a'],
    ['dot inside', 'd/./a'],
    ['doubled slash', 'd//a'],
    ['trailing slash', 'a/'],
    ['only a slash', '/'],
    ['NUL', 'a\0b'],
  ])(
    'with a name that is not canonical is refused before a file is touched: %s',
    async (_, name) => {
      const resources = [resource('a', 'content of a'), resource(name, 'x')];
      await refused(statementWith({ resources }), name === '.' ? '"."' : 'canonical name');
    },
  );

  it('with half of a surrogate pair in a name is refused', async () => {
    const text = JSON.stringify(statementWith({})).replace('"name":"a"', '"name":"\\ud800"');
    await refused(text, 'surrogate');
  });

  it('with the same name twice is refused, whatever the digests are', async () => {
    const twice = [resource('a', 'content of a'), resource('a', 'content of a')];
    await refused(statementWith({ resources: twice }), 'twice');
    const differing = [resource('a', 'evil'), resource('a', 'content of a')];
    await refused(statementWith({ resources: differing }), 'twice');
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['a label that does not fit the hash', { algorithm: 'blake2b' }, 'algorithm'],
    ['no label', { algorithm: undefined }, 'algorithm'],
    ['a label in capitals', { algorithm: 'SHA256' }, 'algorithm'],
    ['the label of shards without shards', { algorithm: 'sha256-sharded-10' }, 'algorithm'],
    ['the label of shards of no size', { algorithm: 'sha256-sharded-undefined' }, 'algorithm'],
    ['a short digest', { digest: '00' }, 'digest'],
    ['a long digest', { digest: '0'.repeat(128) }, 'digest'],
    ['a digest in capitals', { digest: hashOf('a').toUpperCase() }, 'digest'],
    ['a digest that is no hex', { digest: 'x'.repeat(64) }, 'digest'],
    ['no digest', { digest: undefined }, 'digest'],
    ['a digest with a line end', { digest: `${hashOf('a')}\n` }, 'digest'],
    ['a number as name', { name: 1 }, 'name'],
  ])('with %s in a resource is refused', async (_, change, reason) => {
    const resources = [{ ...resource('a', 'content of a'), ...change }];
    await refused(statementWith({ resources }), reason);
  });

  it('with algorithms that are mixed is refused', async () => {
    const resources = [resource('a', 'content of a'), resource('b', 'b', 'blake2b')];
    await refused(statementWith({ resources }), 'algorithm');
  });

  it('with a digest of the right hash but the length of another is refused', async () => {
    const resources = [{ ...resource('a', 'x'), algorithm: 'blake2b' }];
    const serialization = { hash_type: 'blake2b' };
    await refused(statementWith({ resources, serialization }), '128 lower-case hex digits');
  });

  it('with unknown members in a resource is accepted (§5.2.1)', async () => {
    const resources = [{ ...resource('a', GOOD.a), uri: 'https://x', annotations: { b: [1] } }];
    const bundle = forger.sign(statementWith({ resources }));
    expect((await verify(makeModel(GOOD), bundle, forger.policy)).files).toBe(1);
  });

  it('with resources in another order is accepted, its root digest taken in that order', async () => {
    const model = makeModel({ 'a/b': '1', 'a-b': '2', 'a.txt': '3' });
    const resources = [resource('a/b', '1'), resource('a-b', '2'), resource('a.txt', '3')];
    const bundle = forger.sign(statementWith({ resources }));
    expect((await verify(model, bundle, forger.policy)).files).toBe(3);
  });
});
