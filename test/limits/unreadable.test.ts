import { describe, it, expect } from 'vitest';
import { verify } from '../../src/index.ts';
import { Forger, type RawResource, resource, statementWith } from '../helpers/forge.ts';
import { makeModel } from '../helpers/model.ts';
import { refusal } from '../helpers/refusal.ts';
import { whileUnreadable } from '../helpers/unreadable.ts';

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

    const check = (): Promise<unknown> => verify(model, bundle, forger.policy);
    await whileUnreadable('/ignored', () => refusal(check, 'MODEL_MISMATCH'));
    const { message } = await whileUnreadable('/e7/d/d', () => refusal(check, 'FILE_UNREADABLE'));
    expect(message).toContain('the directory "e7/d/d/" cannot be read');
  });
});
