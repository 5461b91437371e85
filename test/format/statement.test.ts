import { describe, expect, it } from 'vitest';
import {
  buildManifest,
  type Resource,
  type Serialization,
  shardName,
} from '../../src/format/manifest.ts';
import {
  encodeStatement,
  isAboutModel,
  parseStatement,
  readStatement,
} from '../../src/format/statement.ts';
import { hashOf, resource, type StatementParts, statementWith } from '../helpers/forge.ts';
import { failure } from '../trust/helpers.ts';

const SERIALIZATION: Serialization = {
  hashAlgorithm: 'sha256',
  shardSize: undefined,
  allowSymlinks: false,
  ignorePaths: [],
};

function files(...names: readonly string[]): Resource[] {
  return names.map((name) => ({
    name,
    path: name,
    start: 0,
    end: undefined,
    digest: hashOf(name),
  }));
}

function shards(count: number, size: number): Resource[] {
  return Array.from({ length: count }, (_, at) => {
    const [start, end] = [at * size, (at + 1) * size];
    const digest = hashOf(String(at));
    return { name: shardName('w', start, end), path: 'w', start, end, digest };
  });
}

describe('a statement that is written', () => {
  it.each<[string, string, Partial<Serialization>, Resource[]]>([
    ['of one file', 'm', {}, files('a')],
    [
      'of names that JSON escapes',
      '"resources":[',
      {},
      files('"', '\\', '\n\u0001', 'é', '\u{1F600}'),
    ],
    ['of names that JSON escapes only', 'm', {}, files('\u0001'.repeat(4096))],
    ['of a long name in three-byte characters', 'ア'.repeat(4096), {}, files('ア'.repeat(4096))],
    ['with all parameters', 'm', { allowSymlinks: true, ignorePaths: ['.git', 'x'] }, files('a')],
    ['of a shard', 'm', { shardSize: 7 }, shards(1, 7)],
    ['of 256 shards, which are one piece of text', 'm', { shardSize: 7 }, shards(256, 7)],
    ['of 257 shards, which are two', 'm', { shardSize: 7 }, shards(257, 7)],
    ['of 600 shards, which are three', 'm', { shardSize: 7 }, shards(600, 7)],
  ])('is read as what it was: %s', (_, name, parameters, resources) => {
    const manifest = buildManifest(name, { ...SERIALIZATION, ...parameters }, resources);
    const bytes = encodeStatement(manifest);
    expect(parseStatement({ bytes, encoding: 'dsse' })).toEqual(manifest);
  });

  it('is JSON without white space, resources first, and says only what there is to say', () => {
    const manifest = buildManifest('m', SERIALIZATION, files('b', 'a'));
    const resources = files('a', 'b').map(
      ({ name, digest }) => `{"name":"${name}","digest":"${digest}","algorithm":"sha256"}`,
    );
    expect(Buffer.from(encodeStatement(manifest)).toString()).toBe(
      `{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"m","digest":{"sha256":"${manifest.rootDigest}"}}],` +
        '"predicateType":"https://model_signing/signature/v1.0","predicate":{' +
        `"resources":[${resources.join(',')}],"serialization":{"method":"files","hash_type":"sha256","allow_symlinks":false}}}`,
    );
  });
});

describe('a statement that is read', () => {
  const read = (parts: StatementParts) =>
    readStatement(Buffer.from(JSON.stringify(statementWith(parts))), 'dsse').manifest;

  it('has the form that it says it has, when none is expected', () => {
    const bytes = Buffer.from(JSON.stringify(statementWith({})));
    expect(readStatement(bytes).encoding).toBe('dsse');
    const predicateType = 'https://model_signing/Digests/v0.1';
    const subject = [{ name: 'a', digest: { sha256: hashOf('a') } }];
    const old = { ...statementWith({}), predicateType, subject };
    expect(readStatement(Buffer.from(JSON.stringify(old))).encoding).toBe('legacy');
    expect(() => readStatement(Buffer.from('x'))).toThrow(
      failure('STATEMENT_MALFORMED', 'the signed statement is not JSON'),
    );
  });

  it.each<[unknown, string[]]>([
    [undefined, []],
    [null, []],
    [[], []],
    [
      ['z', './b/', 'b'],
      ['b', 'z'],
    ],
    [['/etc', '../x', 'a/../../b', 'in/side'], ['in/side']],
  ])('has of the ignore paths %j those inside the model', (paths, expected) => {
    const { ignorePaths } = read({ serialization: { ignore_paths: paths } }).serialization;
    expect(ignorePaths).toEqual(expected);
  });

  it('may be of a model of one file, by the name that the reference gives it, alone', () => {
    const { resources } = read({ resources: [resource('.', 'x')] });
    expect(resources).toMatchObject([{ name: '.', path: '.', start: 0, end: undefined }]);
    expect(() => read({ resources: [resource('.', 'x'), resource('a', 'y')] })).toThrow(
      failure('STATEMENT_MALFORMED', 'resources holds "." beside other names'),
    );
    const serialization = { method: 'shards', shard_size: 1 };
    const parts = [resource('.:0:1', 'x'), resource('.:1:2', 'y')];
    expect(read({ resources: parts, serialization }).resources).toMatchObject([
      { path: '.', start: 0, end: 1 },
      { path: '.', start: 1, end: 2 },
    ]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['name', { name: 1 }],
    ['digest', { digest: 'x' }],
    ['algorithm', { algorithm: 'x' }],
  ])('says of which resource the %s is wrong', (member, change) => {
    const resources = [resource('a', 'x'), { ...resource('b', 'y'), ...change }];
    expect(() => read({ resources })).toThrow(
      failure('STATEMENT_MALFORMED', `resources[1].${member}: expected`),
    );
  });
});

describe('a payload', () => {
  const good = JSON.stringify(statementWith({}));

  it.each([
    ['a statement of ours', good],
    ['one with white space', good.replace('"predicateType":', '"predicateType" \n:\t')],
    ['one of 0.2.0', '{"predicateType":"https://model_signing/Digests/v0.1"}'],
    ['one that is cut off', good.slice(0, good.indexOf('"predicate":'))],
  ])('is about a model: %s', (_, text) => {
    expect(isAboutModel(Buffer.from(text))).toBe(true);
  });

  it('is searched where it lies in a larger buffer, and nowhere else', () => {
    const whole = Buffer.from(`....${good}`);
    expect(isAboutModel(whole.subarray(4))).toBe(true);
    expect(isAboutModel(new Uint8Array(whole.buffer, whole.byteOffset, 4))).toBe(false);
  });

  it.each([
    ['a statement about something else', '{"predicateType":"https://slsa.dev/provenance/v1"}'],
    ['one whose type only starts so', '{"predicateType":"https://model_signing/signature/v1.0/x"}'],
    ['a text that tells of one', JSON.stringify({ text: good })],
    ['the type of something else', '{"type":"https://model_signing/signature/v1.0"}'],
    ['nothing', ''],
  ])('is not about a model: %s', (_, text) => {
    expect(isAboutModel(Buffer.from(text))).toBe(false);
  });
});
