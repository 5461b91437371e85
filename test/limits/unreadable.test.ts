import { afterEach, describe, expect, it, vi } from 'vitest';
import { verify } from '../../src/index.ts';
import { Forger, type RawResource, resource, statementWith } from '../helpers/forge.ts';
import { makeModel } from '../helpers/model.ts';
import { refusal } from '../helpers/refusal.ts';
import { unreadable } from '../helpers/unreadable.ts';

vi.mock(import('node:fs'), async (original) => {
  const { refusing } = await import('../helpers/unreadable.ts');
  return refusing(await original());
});

afterEach(() => {
  unreadable.directory = undefined;
});

const forger = new Forger();

/** Before, all these parents went into one set, which is more than V8 puts into one. */
const NAMES = 8_500;
const DEPTH = 2_000;

describe('a directory that cannot be read', () => {
  it('is compared with seventeen million directories that lead to signed names', async () => {
    const below = '/d'.repeat(DEPTH);
    const entry = resource('', 'x');
    const resources = Array.from({ length: NAMES }, (_, index): RawResource => {
      return { ...entry, name: `e${index}${below}` };
    });
    const serialization = { ignore_paths: ['ignored', 'e7'] };
    const bundle = forger.sign(statementWith({ resources, serialization }));
    const model = makeModel({ 'ignored/a': '1', 'e7/d/d/a': '2' });

    unreadable.directory = '/ignored';
    await refusal(() => verify(model, bundle, forger.policy), 'MODEL_MISMATCH');
    unreadable.directory = '/e7/d/d';
    const { message } = await refusal(
      () => verify(model, bundle, forger.policy),
      'FILE_UNREADABLE',
    );
    expect(message).toContain('the directory "e7/d/d/" cannot be read');
  });
});
