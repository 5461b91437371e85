import { getEventListeners } from 'node:events';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { OmsError } from '../../src/errors.ts';
import {
  type CallOptions,
  callService,
  fetchOptions,
  RETRIES,
} from '../../src/signers/service-call.ts';
import { refusal } from '../helpers/refusal.ts';

const URL = 'https://service.example/api';
const SECRET = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzb21lYm9keSJ9.c2lnbmF0dXJlLW9mLXNvbWVib2R5';

afterEach(() => {
  vi.useRealTimers();
});

function options(differences: Partial<CallOptions> = {}): CallOptions {
  return { timeout: 1_000, signal: undefined, secrets: [SECRET], ...differences };
}

function call<T>(work: () => Promise<T>, differences: Partial<CallOptions> = {}): Promise<T> {
  return callService('a thing', URL, options(differences), work);
}

const never = (): Promise<never> => new Promise(() => {});

function failWith(reason: unknown): () => Promise<never> {
  // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- libraries do
  return () => Promise.reject(reason);
}

describe('a call to a service', () => {
  it('returns what the service gives', async () => {
    expect(await call(() => Promise.resolve('thing'))).toBe('thing');
    const { signal } = new AbortController();
    expect(await call(() => Promise.resolve(undefined), { signal })).toBe(undefined);
  });

  it('says which service did not give what, and why', async () => {
    const error = await refusal(() => call(failWith(new Error('it rains'))), 'SERVICE_FAILED');
    expect(error.message).toBe(`"${URL}" did not give a thing: "it rains"`);
    expect(error.hint).toContain('nothing was written');
    expect(error.outcome).toBe('unchecked');
  });

  it.each<[string, unknown, string]>([
    ['an error in an error', new Error('a', { cause: new Error('b') }), '"b"'],
    [
      'an error in an error in an error',
      new Error('a', { cause: new Error('b', { cause: new Error('c') }) }),
      '"c"',
    ],
    ['a text in an error', new Error('a', { cause: 'b' }), '"b"'],
    ['a text', 'b', '"b"'],
    ['nothing', undefined, '"undefined"'],
    ['a stumble', new TypeError("reading 'x' of undefined"), '"an answer that is not of'],
    [
      'a stumble in an error',
      new Error('a', { cause: new TypeError('b') }),
      '"an answer that is not of the protocol"',
    ],
    [
      'an error of ours',
      new OmsError('BUNDLE_MALFORMED', 'the bundle is malformed'),
      '"an answer that is not of the protocol"',
    ],
    ['an error for terminals', new Error('a\u001b[2J\n'), '"a\\x1b[2J"'],
  ])('makes one line of %s', async (_, reason, found) => {
    const error = await refusal(() => call(failWith(reason)), 'SERVICE_FAILED');
    expect(error.message).toContain(`did not give a thing: ${found}`);
    expect(error.message).not.toContain('\n');
  });

  it('makes the same of what is thrown at once', async () => {
    const stumble = (): Promise<never> => {
      throw new TypeError('x is not a function');
    };
    const error = await refusal(() => call(stumble), 'SERVICE_FAILED');
    expect(error.message).toContain('an answer that is not of the protocol');
  });

  it('cuts what is too long', async () => {
    const reason = new Error('no '.repeat(10_000));
    const error = await refusal(() => call(failWith(reason)), 'SERVICE_FAILED');
    expect(error.message.length).toBeLessThan(400);
  });

  it.each<[string, string]>([
    ['whole', SECRET],
    ['in a sentence', `the token ${SECRET} is bad`],
    ['twice', `${SECRET} ${SECRET}`],
    ['quoted', `"${SECRET}"`],
    ['in part', SECRET.split('.')[1] ?? ''],
    ['with another beginning', `x${SECRET.slice(1)}`],
    ['in a URL', `https://a.example/?token=${encodeURIComponent(SECRET)}`],
    ['turned round', SECRET.split('').toReversed().join('')],
  ])('never shows a secret: %s', async (_, text) => {
    const reasons = [text, new Error(text), new Error('a', { cause: new Error(text) })];
    const tagged = Object.assign(new Error(text), { token: SECRET, response: { body: text } });
    for (const reason of [...reasons, tagged]) {
      const error = await refusal(() => call(failWith(reason)), 'SERVICE_FAILED');
      expect(error.cause).toBeUndefined();
      const shown = `${inspect(error, { depth: 10 })}\n${error.stack}`;
      const parts = SECRET.split('.').flatMap((part) => [part, part.slice(0, 16)]);
      expect(parts.filter((part) => shown.includes(part))).toEqual([]);
    }
  });

  it('never shows any of several secrets, one of which is part of another', async () => {
    const secrets = ['abc', 'abc-and-more', 'x'];
    const error = await refusal(
      () => call(failWith('abc-and-more, abc and x'), { secrets }),
      'SERVICE_FAILED',
    );
    expect(error.message).toContain('"…, … and …"');
  });

  it('takes no empty secret for one', async () => {
    const error = await refusal(
      () => call(failWith('all of it'), { secrets: ['', SECRET] }),
      'SERVICE_FAILED',
    );
    expect(error.message).toContain('"all of it"');
  });
});

describe('a call that takes long', () => {
  it('is given up after all attempts and their pauses, and not before', async () => {
    vi.useFakeTimers();
    const failed = vi.fn<(error: unknown) => void>();
    void call(never, { timeout: 1_000 }).catch(failed);
    await vi.advanceTimersByTimeAsync(3 * 1_000 + 500 + 1_000);
    expect(failed).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(failed).toHaveBeenCalledOnce();
    const [error] = failed.mock.calls[0] ?? [];
    expect(error).toMatchObject({
      code: 'SERVICE_FAILED',
      message: expect.stringContaining('no answer within 6 seconds') as string,
    });
  });

  it('leaves no timer and no listener behind, however it ends', async () => {
    vi.useFakeTimers();
    const { signal } = new AbortController();
    await call(() => Promise.resolve(1), { signal });
    await call(failWith(new Error('no')), { signal }).catch(() => {});
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);

    // Answers are watched for as long as the library reads them, and no longer.
    const { promise, resolve } = Promise.withResolvers<number>();
    const late = call(() => promise, { signal }).catch(() => {});
    await vi.advanceTimersByTimeAsync(60_000);
    await late;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    resolve(1);
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('may fail after it was given up', async () => {
    vi.useFakeTimers();
    let fail: (reason: Error) => void = () => {};
    const late = new Promise<never>((_, reject) => (fail = reject));
    const given = call(() => late).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(60_000);
    // Nobody listens any more; the test run would end with an unhandled rejection.
    fail(new Error('too late'));
    expect(await given).toMatchObject({ message: expect.stringContaining('no answer') as string });
  });
});

describe('a call that is cancelled', () => {
  it('is not made when that was before', async () => {
    const work = vi.fn<() => Promise<number>>(() => Promise.resolve(1));
    const reason = new Error('enough');
    const error = await refusal(() => call(work, { signal: AbortSignal.abort(reason) }), 'ABORTED');
    expect(error.cause).toBe(reason);
    expect(work).not.toHaveBeenCalled();
  });

  it('ends at once', async () => {
    const controller = new AbortController();
    const ended = call(never, { signal: controller.signal }).catch((error: unknown) => error);
    controller.abort(new Error('enough'));
    expect(await ended).toMatchObject({ code: 'ABORTED', cause: new Error('enough') });
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('ends so also where the call says it', async () => {
    const reason = new OmsError('ABORTED', 'cancelled below');
    const error = await refusal(() => call(failWith(reason)), 'ABORTED');
    expect(error).toBe(reason);
  });

  it('gives what was there before that', async () => {
    const controller = new AbortController();
    const given = await call(() => Promise.resolve(1), { signal: controller.signal });
    controller.abort();
    expect(given).toBe(1);
  });
});

describe('the options for the library', () => {
  it('let it try as often as is waited for', () => {
    expect(fetchOptions(options({ timeout: 7 }))).toEqual({
      timeout: 7,
      retry: { retries: RETRIES, minTimeout: 500, factor: 2 },
    });
    expect(RETRIES).toBe(2);
  });
});
