import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readEmbedded } from '../../src/roots/embedded.ts';
import { refusal } from '../helpers/refusal.ts';
import { later, openBench, text } from './helpers.ts';
import { NOW, TestRepository } from './repository.ts';
import { answer, only } from './server.ts';

const FIRST = '{"root":"first"}';

describe('a repository that cannot be asked', () => {
  it('is done without while what it said before has not expired', async () => {
    const { load, server } = await openBench();
    await load();
    await server.stop();
    const trust = await load({ now: later(24 * 365) });
    expect(trust).toMatchObject({ source: 'cache', asOf: NOW });
    expect(text(trust.trustedRoot)).toBe(FIRST);
    expect(trust.notes).toEqual([
      expect.stringMatching(
        /^the repository could not be asked again: http:.*the connection was refused \(ECONNREFUSED\)$/,
      ),
    ]);
  });

  it('is an error when what it said before has expired, and says how to go on', async () => {
    const expires = later(48).toISOString();
    const { load, server } = await openBench(
      new TestRepository({ expires: { timestamp: expires } }),
    );
    await load();
    await server.stop();
    expect(await load({ now: later(47.9) })).toMatchObject({ source: 'cache' });
    const error = await refusal(() => load({ now: later(72) }), 'TRUST_UNUSABLE');
    expect(error.outcome).toBe('unchecked');
    expect(error.message).toBe(
      'the trust root of the public Sigstore instance cannot be refreshed: ' +
        `expected an answer from ${server.url}, ` +
        `found ${server.url}/2.root.json: the connection was refused (ECONNREFUSED), ` +
        'and the copy in the cache expired on 2030-03-03; the newest copy here is 3 days old',
    );
    expect(error.hint).toBe('--offline uses the copy of 2030-03-01');
  });

  it.each(['root', 'snapshot', 'targets'] as const)(
    'is an error too when %s expired',
    async (role) => {
      const expires = { [role]: later(48).toISOString() };
      const repository = new TestRepository({ expires });
      if (role === 'root') {
        repository.publishRoot({ expires });
        repository.publish();
      }
      const { load, server } = await openBench(repository);
      await load();
      await server.stop();
      expect(await load({ now: later(47.9) })).toMatchObject({ source: 'cache' });
      await refusal(() => load({ now: later(48) }), 'TRUST_UNUSABLE');
    },
  );

  it('is an error when nothing was kept, and the copy that came with oms is not used', async () => {
    const { load, server, cachePath } = await openBench();
    await server.stop();
    const error = await refusal(() => load(), 'TRUST_UNUSABLE');
    const { asOf } = readEmbedded('production').trust;
    expect(error.hint).toBe(`--offline uses the copy of ${asOf.toISOString().slice(0, 10)}`);
    expect(existsSync(cachePath)).toBe(false);
  });

  it.each([
    ['refuses with 500', answer.status(500), /the answer is HTTP status 500/, 3],
    ['refuses with 429', answer.status(429), /the answer is HTTP status 429/, 3],
    ['refuses with 400', answer.status(400), /the answer is HTTP status 400/, 1],
    ['never answers', answer.nothing(), /no answer in time/, 3],
    ['answers too slowly', answer.slow(), /no answer in time/, 3],
    ['cuts the connection', answer.cut(), /the connection was cut/, 3],
    ['cuts the connection half-way', answer.half(), /the connection was cut/, 3],
    ['never ends its answer', answer.endless(), /the answer is longer than 16384 bytes/, 1],
    ['has lost the file', answer.status(404), /timestamp.json: there is no such file/, 1],
    ['answers garbage', answer.text('\u0000<html>'), /the answer cannot be trusted: .*JSON/, 1],
    ['answers nothing', answer.text(''), /the answer cannot be trusted: /, 1],
    ['answers another document', answer.text('{"signed":{}}'), /the answer cannot be trusted/, 1],
  ])('is asked no more than three times when it %s', async (_, hook, reason, tries) => {
    const { load, server, cachePath } = await openBench();
    server.hook = only('timestamp.json', hook);
    const error = await refusal(() => load(), 'TRUST_UNUSABLE');
    expect(error.found).toMatch(reason);
    expect(server.asked.filter((path) => path === 'timestamp.json')).toHaveLength(tries);
    expect(existsSync(cachePath)).toBe(false);
    server.hook = undefined;
    expect(await load()).toMatchObject({ source: 'tuf' });
  });

  it('is asked again, and answers then', async () => {
    const { load, server } = await openBench();
    let failures = 2;
    server.hook = (...all) => failures-- > 0 && answer.cut()(...all);
    expect(await load()).toMatchObject({ source: 'tuf' });
  });

  it('is waited for only so long in all', async () => {
    const { load, server } = await openBench();
    server.hook = answer.nothing();
    const start = Date.now();
    const patience = { answer: 200, total: 300, pauses: [1, 1, 1, 1, 1] };
    await refusal(() => load({ patience }), 'TRUST_UNUSABLE');
    expect(server.asked).toHaveLength(2);
    expect(Date.now() - start).toBeGreaterThan(250);
  });

  it('is hung up on when its answer is not read', async () => {
    const { load, server } = await openBench();
    const closed = new Promise<void>((resolve) => {
      server.hook = (path, response, request) => {
        response.on('close', resolve).writeHead(400);
        return answer.endless()(path, response, request);
      };
    });
    const patience = { answer: 60_000, total: 60_000, pauses: [] };
    const error = await refusal(() => load({ patience }), 'TRUST_UNUSABLE');
    expect(error.found).toMatch(/HTTP status 400/);
    await closed;
  });

  it('ends with the cancellation of the caller', async () => {
    const { load, update, server } = await openBench();
    await refusal(() => load({ signal: AbortSignal.abort() }), 'ABORTED');
    expect(server.asked).toEqual([]);
    await load();
    for (const call of [load, update]) {
      const controller = new AbortController();
      server.hook = (...all) => {
        setImmediate(() => controller.abort());
        return answer.nothing()(...all);
      };
      const patience = { answer: 60_000, total: 60_000, pauses: [] };
      const options = { signal: controller.signal, patience, now: later(25) };
      await refusal(() => call(options), 'ABORTED');
    }
  });
});
