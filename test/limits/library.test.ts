import { describe, expect, it } from 'vitest';
import {
  type Bundle,
  digest,
  inspect,
  keySigner,
  sign,
  type StreamedModel,
} from '../../src/index.ts';
import { Forger, statementWith } from '../helpers/forge.ts';
import { refusal } from '../helpers/refusal.ts';
import { IS_FULL } from './measured.ts';

/** Far more than any of these takes. */
const QUICKLY = 20_000;

const good = new Forger().sign(statementWith({}));

describe('a bundle as a program has it', { timeout: QUICKLY }, () => {
  it('may be an object, but not one that is a million deep', async () => {
    let deep: object = {};
    for (let left = 1_000_000; left > 0; left--) deep = { deep };
    for (const bundle of [deep, { ...good, verificationMaterial: deep }]) {
      const call = (): unknown => inspect(bundle as Bundle);
      expect((await refusal(call, 'BUNDLE_MALFORMED')).message).toBe(
        'the bundle is not plain JSON',
      );
    }
  });

  it('may be an object, but not one that is in itself', async () => {
    const circle: Record<string, unknown> = { ...good };
    circle['verificationMaterial'] = circle;
    const call = (): unknown => inspect(circle as unknown as Bundle);
    expect((await refusal(call, 'BUNDLE_MALFORMED')).message).toBe('the bundle is not plain JSON');
  });

  it('may be text, but not of more bytes than a file may have', async () => {
    // As many characters as a string can have, of three bytes each.
    const text = 'ﷺ'.repeat(170_000_000);
    const call = (): unknown => inspect(text);
    const { message } = await refusal(call, 'BUNDLE_MALFORMED');
    expect(message).toContain('expected at most 503316480 bytes, found 510000000 bytes');
  });

  it('may be bytes, but not more than a file may have', async () => {
    const bytes = new Uint8Array(2 ** 31);
    await refusal(() => inspect(bytes), 'BUNDLE_MALFORMED');
  });
});

describe('a model that comes in streams', { timeout: QUICKLY }, () => {
  function* files(count: number, below: string): Generator<StreamedFile, void> {
    for (let at = 0; at < count; at++) yield { name: `${at}${below}`, content: [] };
  }

  it('takes time with the length of its names, however many components they have', async () => {
    const model = { name: 'model', files: files(300, '/d'.repeat(2_000)) };
    expect((await digest(model, { ignorePaths: ['x/y'] })).resources).toHaveLength(300);
  });

  it.runIf(IS_FULL)('may not need more directories than a model may have files', async () => {
    const model = { name: 'model', files: files(2_000, '/d'.repeat(2_000)) };
    const { message } = await refusal(() => digest(model), 'USAGE');
    expect(message).toContain('the model has too many directories: expected at most 3000000');
  });

  it.runIf(IS_FULL)('may not have names that make a statement beyond 360 MiB', async () => {
    const signer = keySigner({ privateKey: new Forger().privateKey });
    const model = { name: 'model', files: files(95_000, 'n'.repeat(4_000)) };
    const { message } = await refusal(() => sign(model, signer), 'MODEL_UNSIGNABLE');
    expect(message).toContain('is too large: expected at most 377487360 bytes, found 39');
  });

  it('leaves out what lies in an ignored path of any length', async () => {
    const long = `${'d/'.repeat(1_000)}e`;
    const beside = `${long.slice(0, -1)}x`;
    const names = [`${long}/f`, `${long}f`, beside, 'a/b/c', 'a/bc'];
    const model = { name: 'model', files: names.map((name) => ({ name, content: [] })) };
    const of = async (...ignorePaths: string[]): Promise<readonly string[]> =>
      (await digest(model, { ignorePaths })).resources.map(({ name }) => name).toSorted();
    expect(await of('a/b')).toEqual(names.filter((name) => name !== 'a/b/c').toSorted());
    expect(await of(long, 'a')).toEqual([`${long}f`, beside].toSorted());
  });
});

type StreamedFile = StreamedModel['files'] extends AsyncIterable<infer T> | Iterable<infer T>
  ? T
  : never;
