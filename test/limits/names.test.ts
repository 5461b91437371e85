import { describe, expect, it } from 'vitest';
import { digest, keySigner, sign, verify } from '../../src/index.ts';
import { Forger, type RawResource, resource, statementWith } from '../helpers/forge.ts';
import { makeModel } from '../helpers/model.ts';
import { refusal } from '../helpers/refusal.ts';

/** Of the slowest here before there were bounds: minutes. Now it takes a tenth of this. */
const QUICKLY = 10_000;

const forger = new Forger();
const LONGEST = 'n'.repeat(4096);

async function refuse(statement: unknown, reason: string): Promise<void> {
  const bundle = forger.sign(statement);
  const call = (): Promise<unknown> => verify('/nonexistent', bundle, forger.policy);
  expect((await refusal(call, 'STATEMENT_MALFORMED')).message).toContain(reason);
}

function named(...names: readonly string[]): readonly RawResource[] {
  return names.map((name) => resource(name, 'x'));
}

describe('a signed name', () => {
  it('may have 4096 characters, and no more', { timeout: QUICKLY }, async () => {
    const bundle = forger.sign(statementWith({ resources: named(LONGEST) }));
    await refusal(() => verify(makeModel({}), bundle, forger.policy), 'MODEL_MISMATCH');
    await refuse(statementWith({ resources: named(`${LONGEST}n`) }), 'more than 4096 characters');
    const longest = 'n'.repeat(5_000_000);
    await refuse(statementWith({ resources: named(longest) }), 'more than 4096 characters');
  });

  it('may not have a million components', { timeout: QUICKLY }, async () => {
    const resources = named(`${'d/'.repeat(1_000_000)}f`);
    await refuse(statementWith({ resources }), 'more than 4096 characters');
  });

  it('may have as many characters before its range, and no more', async () => {
    const serialization = { method: 'shards', shard_size: 2 ** 53 - 1 };
    const range = ':0:9007199254740991';
    const good = statementWith({ resources: named(LONGEST + range), serialization });
    await refusal(() => verify(makeModel({}), forger.sign(good), forger.policy), 'MODEL_MISMATCH');
    for (const name of [`${LONGEST}n${range}`, `${'n'.repeat(5_000_000)}:0:1`]) {
      await refuse(statementWith({ resources: named(name), serialization }), '4096 characters');
    }
  });

  it('does not make V8 compare each with each', { timeout: QUICKLY }, async () => {
    // Of strings beyond 16383 characters V8 takes the length for the hash.
    const names = Array.from({ length: 300 }, (_, index) => `${'n'.repeat(50_000)}${1000 + index}`);
    await refuse(statementWith({ resources: named(...names) }), 'more than 4096 characters');
  });

  it('of a model has a bound as well', async () => {
    const subject = (name: string): object => [{ name, digest: { sha256: '00' } }];
    await refuse(statementWith({ subject: subject(LONGEST) }), 'the root digest');
    await refuse(statementWith({ subject: subject(`${LONGEST}n`) }), 'at most 4096 characters');
  });

  it('that is too long is not signed either', async () => {
    const files = [{ name: `${LONGEST}n`, content: [Buffer.from('x')] }];
    const { message } = await refusal(() => digest({ name: 'model', files }), 'MODEL_UNSIGNABLE');
    expect(message).toContain('more than 4096 characters');
  });
});

describe('ignored paths', () => {
  const paths = (count: number): string[] => Array.from({ length: count }, (_, at) => `p${at}`);

  it('may be a hundred thousand, and no more', { timeout: QUICKLY }, async () => {
    const model = makeModel({ a: 'x' });
    const signer = keySigner({ privateKey: forger.privateKey });
    const ignorePaths = paths(100_000);
    const bundle = await sign(model, signer, { ignorePaths, ignoreGitPaths: false });
    const options = { ignorePaths: ['another'] };
    const { manifest } = await verify(model, bundle, forger.policy, options);
    expect(manifest.serialization.ignorePaths).toHaveLength(100_000);

    const more = [...ignorePaths, 'one more'];
    const { message } = await refusal(() => sign(model, signer, { ignorePaths: more }), 'USAGE');
    expect(message).toContain('at most 100000, found 100001');
    const serialization = { ignore_paths: more };
    await refuse(statementWith({ serialization }), 'ignore_paths: expected at most 100000 paths');
  });

  it('are not longer than names', { timeout: QUICKLY }, async () => {
    for (const path of [`${LONGEST}n`, '/'.repeat(5_000_000), `${'d/'.repeat(1_000_000)}f`]) {
      const serialization = { ignore_paths: ['a', path] };
      await refuse(statementWith({ serialization }), 'paths of at most 4096 characters');
    }
    const good = forger.sign(statementWith({ serialization: { ignore_paths: [LONGEST] } }));
    const missing = (): Promise<unknown> => verify(makeModel({}), good, forger.policy);
    await refusal(missing, 'MODEL_MISMATCH');
    const model = makeModel({ a: 'x' });
    await refusal(() => digest(model, { ignorePaths: [`${LONGEST}n`] }), 'USAGE');
  });
});
