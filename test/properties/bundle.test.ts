import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBundle } from '../../src/format/bundle.ts';
import type { LogEntry } from '../../src/format/log-entry.ts';
import { keySigner, OmsError, sign, type Verification, verify } from '../../src/index.ts';
import { Forger } from '../helpers/forge.ts';
import { logEntry } from '../helpers/log-entry.ts';
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

describe('a bundle with log entries', () => {
  const { verificationMaterial, ...rest } = forger.sign('a statement');
  const text = Buffer.from(
    JSON.stringify({
      ...rest,
      verificationMaterial: { ...verificationMaterial, tlogEntries: [logEntry(), logEntry()] },
    }),
  );
  const from = text.indexOf('"tlogEntries"');
  const to = text.indexOf('"dsseEnvelope"') > from ? text.indexOf('"dsseEnvelope"') : text.length;

  /** What is read is within bounds, whatever the text was. */
  function checkBounds({ logIndex, integratedTime, proof }: LogEntry): void {
    for (const integer of [logIndex, integratedTime, proof?.logIndex, proof?.treeSize]) {
      expect(BigInt.asUintN(63, integer ?? 0n)).toBe(integer ?? 0n);
    }
    for (const hash of proof === undefined ? [] : [proof.rootHash, ...proof.hashes]) {
      expect(hash).toHaveLength(32);
    }
  }

  it('is read within bounds, or refused as malformed, when bytes of them are others', () => {
    const damage = fc.array(fc.tuple(fc.integer({ min: from, max: to - 1 }), fc.nat(255)), {
      minLength: 1,
      maxLength: 4,
    });
    let accepted = 0;
    fc.assert(
      fc.property(damage, (changes) => {
        const damaged = Buffer.from(text);
        for (const [at, byte] of changes) damaged[at] = byte;
        try {
          const { logEntries } = parseBundle(damaged);
          logEntries.forEach(checkBounds);
          accepted++;
        } catch (error) {
          expect(error).toMatchObject({ name: 'OmsError', code: 'BUNDLE_MALFORMED' });
        }
      }),
      { numRuns: 1_000 },
    );
    // Letters of base64 stand for other bytes, which only the log's signature can tell.
    expect(accepted).toBeGreaterThan(0);
    expect(accepted).toBeLessThan(900);
  });

  it('is refused with any JSON in place of one that is not an entry', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const bundle = {
          ...rest,
          verificationMaterial: { ...verificationMaterial, tlogEntries: [value] },
        };
        expect(() => parseBundle(JSON.stringify(bundle))).toThrow(
          expect.objectContaining({ code: 'BUNDLE_MALFORMED' }),
        );
      }),
    );
  });
});
