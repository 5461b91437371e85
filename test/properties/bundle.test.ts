import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keySigner, OmsError, sign, type Verification, verify } from '../../src/index.ts';
import { Forger } from '../helpers/forge.ts';
import { makeModel } from '../helpers/model.ts';

const forger = new Forger();

/** Verifies damaged text: it is refused by an error of ours, or says exactly what it said before. */
async function checkDamaged(model: string, text: Uint8Array, good: Verification): Promise<boolean> {
  try {
    expect(await verify(model, text, forger.policy)).toEqual(good);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(OmsError);
    expect((error as OmsError).outcome).toBe('refused');
    return false;
  }
}

describe('a bundle with one byte', () => {
  const edits: Readonly<Record<string, (text: Buffer, at: number, byte: number) => Buffer>> = {
    changed: (text, at, byte) => {
      const copy = Buffer.from(text);
      copy[at] = byte === copy[at] ? byte ^ 1 : byte;
      return copy;
    },
    removed: (text, at) => Buffer.concat([text.subarray(0, at), text.subarray(at + 1)]),
    inserted: (text, at, byte) =>
      Buffer.concat([text.subarray(0, at), Buffer.of(byte), text.subarray(at)]),
    doubled: (text, at) =>
      Buffer.concat([text.subarray(0, at), text.subarray(at, at + 1), text.subarray(at)]),
  };

  it.each(Object.entries(edits))('%s, at every place, is refused or harmless', async (_, edit) => {
    const model = makeModel({ a: '1' });
    const text = Buffer.from(
      JSON.stringify(await sign(model, keySigner({ privateKey: forger.privateKey }))),
    );
    const good = await verify(model, text, forger.policy);
    let harmless = 0;
    for (let at = 0; at < text.length; at++) {
      const damaged = edit(text, at, (at * 97 + 13) % 256);
      if (await checkDamaged(model, damaged, good)) harmless++;
    }
    // White space between tokens and the letters of "keyid" are all that may differ unseen.
    expect(harmless).toBeLessThan(text.length / 50);
  });

  it('replaced by any, anywhere, is refused or harmless', async () => {
    const model = makeModel({ a: '1' });
    const text = Buffer.from(
      JSON.stringify(await sign(model, keySigner({ privateKey: forger.privateKey }))),
    );
    const good = await verify(model, text, forger.policy);
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), fc.nat(255), async (at, byte) => {
        const damaged = Buffer.from(text);
        damaged[at] = byte;
        await checkDamaged(model, damaged, good);
      }),
      { numRuns: 2_000 },
    );
  });
});
