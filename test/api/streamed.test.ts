import { createReadStream, readdirSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DigestOptions,
  digest,
  keySigner,
  type NamedStream,
  type StreamedModel,
  sign,
  verify,
} from '../../src/index.ts';
import { Forger } from '../helpers/forge.ts';
import { makeModel } from '../helpers/model.ts';
import { refusal } from '../helpers/refusal.ts';

const forger = new Forger();
const signer = keySigner({ privateKey: forger.privateKey });

function namesIn(model: string): readonly string[] {
  return readdirSync(model, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(model, name)).isFile())
    .map((name) => name.split(sep).join('/'));
}

/** The files of a model on disk, as an uploader would hand them on. */
function streamed(model: string, reverse = false): StreamedModel {
  const names = namesIn(model);
  async function* files(): AsyncGenerator<NamedStream> {
    for (const name of reverse ? names.toReversed() : names) {
      yield { name, content: createReadStream(join(model, name)) };
    }
  }
  return { name: 'model', files: files() };
}

function of(files: Readonly<Record<string, string>>): StreamedModel {
  const entries = Object.entries(files);
  return {
    name: 'model',
    files: entries.map(([name, text]) => ({ name, content: [Buffer.from(text)] })),
  };
}

const FILES = {
  'config.json': '{}',
  'weights/one.bin': 'x'.repeat(300_000),
  'weights/é😀.bin': 'y'.repeat(1_000),
  '.git/HEAD': 'ref',
};

describe('a streamed model', () => {
  const options: readonly DigestOptions[] = [
    {},
    { hashAlgorithm: 'blake2b' },
    { hashAlgorithm: 'blake3' },
    { shardSize: 100_000 },
    { shardSize: 150_000, hashAlgorithm: 'blake3' },
    { shardSize: 1_000_000_000, ignorePaths: ['weights/one.bin'] },
    { ignorePaths: ['weights'], ignoreGitPaths: false },
  ];

  it.each(options)('has the manifest of the same files on disk, with %j', async (given) => {
    const model = makeModel(FILES);
    const expected = await digest(model, given);
    expect(await digest(streamed(model), given)).toEqual(expected);
    expect(await digest(streamed(model, true), given)).toEqual(expected);
  });

  it('is signed, and verified where it arrives', async () => {
    const model = makeModel(FILES);
    const bundle = await sign(streamed(model), signer);
    const { files, signer: who } = await verify(model, bundle, forger.policy);
    expect([files, who.method]).toEqual([3, 'key']);
  });

  it('may come in pieces of any size, synchronous or not, by any kind of stream', async () => {
    const content = Buffer.from(FILES['weights/one.bin']);
    const one = makeModel({ w: content });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(100_000), { maxLength: 12 }),
        fc.constantFrom(undefined, 99_999, 100_000, 300_000, 300_001),
        fc.nat(2),
        async (cuts, shardSize, kind) => {
          const pieces: Uint8Array[] = [];
          let at = 0;
          for (const cut of cuts) pieces.push(content.subarray(at, (at += cut)));
          pieces.push(content.subarray(at));
          const stream = [pieces, Readable.from(pieces), Readable.toWeb(Readable.from(pieces))][
            kind
          ];
          const files = [{ name: 'w', content: stream as NamedStream['content'] }];
          const given = shardSize === undefined ? {} : { shardSize };
          expect(await digest({ name: 'model', files }, given)).toEqual(await digest(one, given));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is read one file after the other, ignored ones too', async () => {
    const log: string[] = [];
    async function* content(name: string): AsyncGenerator<Uint8Array> {
      log.push(`open ${name}`);
      yield Buffer.from(name);
      log.push(`end ${name}`);
    }
    async function* files(): AsyncGenerator<NamedStream> {
      for (const name of ['b', '.git/x', 'a']) yield { name, content: content(name) };
    }
    const manifest = await digest({ name: 'model', files: files() });
    expect(log).toEqual(['b', '.git/x', 'a'].flatMap((name) => [`open ${name}`, `end ${name}`]));
    expect(manifest.resources.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it.each([
    ['a name that is taken', ['a', 'a'], 'two files of this name'],
    ['a file below a file', ['a', 'a/b'], 'a file and a directory of this name'],
    ['a file in the place of a directory', ['a/b/c', 'a'], 'a file and a directory of this name'],
    ['an absolute name', ['/a'], 'it is absolute'],
    ['a name that climbs', ['a/../../b'], 'a ".." component'],
    ['an empty name', [''], 'it is empty'],
    ['half a surrogate pair', ['a\ud800'], 'it is not valid Unicode'],
    ['a bad name under an ignored path', ['.git/../x'], 'a ".." component'],
  ])('is refused with %s', async (_, names, found) => {
    const files = names.map((name) => ({ name, content: [] }));
    const error = await refusal(() => digest({ name: 'model', files }), 'MODEL_UNSIGNABLE');
    expect(error.message).toContain(found);
  });

  it('is refused when there is nothing in it, or nothing that shards could cover', async () => {
    await refusal(() => digest(of({})), 'MODEL_EMPTY');
    const hidden = await refusal(() => digest(of({ '.git/a': '1' })), 'MODEL_EMPTY');
    expect(hidden.message).toContain('only 1 under ignored paths');
    const empty = await refusal(() => digest(of({ a: '' }), { shardSize: 5 }), 'MODEL_UNSIGNABLE');
    expect(empty.message).toContain('"a"');
    expect((await digest(of({ a: '' }))).resources).toHaveLength(1);
  });

  it.each(['', 'a/b', '..', '\ud800'])('is refused under the name %j', async (name) => {
    await refusal(() => digest({ name, files: [] }), 'MODEL_UNSIGNABLE');
  });

  it('is not taken for one on a disk', async () => {
    const usage: readonly DigestOptions[] = [
      { signaturePath: 'model.sig' },
      { allowSymlinks: true },
    ];
    for (const given of usage) await refusal(() => digest(of({ a: '1' }), given), 'USAGE');
  });

  it('ends with the error of a stream, which names the file, and closes what was open', async () => {
    let closed = false;
    async function* files(): AsyncGenerator<NamedStream> {
      try {
        yield { name: 'a', content: [Buffer.from('1')] };
        yield { name: 'd/b', content: Readable.from(failing()) };
        yield { name: 'never', content: [] };
      } finally {
        closed = true;
      }
    }
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('2');
      throw new Error('the network is down');
    }
    const error = await refusal(() => digest({ name: 'm', files: files() }), 'FILE_UNREADABLE');
    expect(error.message).toBe('the file "d/b" cannot be read: the network is down');
    expect(closed).toBe(true);
  });

  it('gives bytes, and nothing else', async () => {
    const content = Readable.from(['text']) as unknown as NamedStream['content'];
    const files = [{ name: 'a', content }];
    const error = await refusal(() => digest({ name: 'm', files }), 'USAGE');
    expect(error.message).toContain('"a"');
  });

  it('can be cancelled in the middle of a stream that never ends', async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      const piece = new Uint8Array(1_000_000);
      for (;;) yield piece;
    }
    const files = [{ name: 'a', content: endless() }];
    const signal = AbortSignal.timeout(50);
    await refusal(() => digest({ name: 'm', files }, { signal }), 'ABORTED');
  });

  it('lets events happen while a large piece is hashed', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await digest({ name: 'm', files: [{ name: 'a', content: [new Uint8Array(256 * 2 ** 20)] }] });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });
});
