import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../src/cli/session.ts';
import { runTrust } from '../../src/cli/trust.ts';
import type { TrustArguments } from '../../src/cli/trust-options.ts';
import { readEmbedded } from '../../src/roots/embedded.ts';
import { temporaryDirectory } from '../helpers/model.ts';
import { refusal } from '../helpers/refusal.ts';
import { IMPATIENT, later, text } from '../roots/helpers.ts';
import { NOW, TestRepository } from '../roots/repository.ts';
import { type Served, serve } from '../roots/server.ts';
import { sessionIn } from './trust-session.ts';

/** The trust of the production instance, published by another repository. */
async function openInstance(cache?: string): Promise<{
  readonly server: Served;
  readonly cache: string;
  readonly run: (verb: string, given?: TrustArguments, now?: Date) => Promise<Report>;
}> {
  const { trust } = readEmbedded('production');
  const repository = new TestRepository({
    targets: {
      'trusted_root.json': text(trust.trustedRoot),
      'signing_config.v0.2.json': text(trust.signingConfig),
    },
  });
  const server = await serve(repository);
  const directory = cache ?? temporaryDirectory();
  const session = sessionIn({ XDG_CACHE_HOME: directory });
  const circumstances = { mirrorUrl: server.url, root: repository.root, patience: IMPATIENT };
  return {
    server,
    cache: directory,
    run: (verb, given = {}, now = NOW) =>
      runTrust([verb], given, session, { ...circumstances, now }),
  };
}

describe('oms trust update', () => {
  it('says as of when it is up to date, and where that is kept', async () => {
    const { run, cache } = await openInstance();
    const { command, exitCode, json, text: lines, notes } = await run('update');
    const keptIn = join(cache, 'oms-signing', 'sigstore', 'production.json');
    expect({ command, exitCode, notes }).toEqual({ command: 'trust', exitCode: 0, notes: [] });
    expect(lines).toEqual([
      'Updated: this is whom the instance asks you to trust.',
      '  Instance  the public Sigstore instance, as of 2030-03-01T12:00:00Z (asked just now)',
      `  Kept in   ${keptIn}`,
    ]);
    expect(json).toEqual({
      trustUpdate: { source: 'tuf', instance: 'production', asOf: NOW, notes: [], keptIn },
    });
  });

  it('asks again at once', async () => {
    const { run, server } = await openInstance();
    await run('update');
    server.asked.length = 0;
    await run('update');
    expect(server.asked).toContain('timestamp.json');
  });

  it('updates staging apart', async () => {
    const { run } = await openInstance();
    const { json } = await run('update', { useStaging: true });
    expect(json['trustUpdate']).toMatchObject({
      instance: 'staging',
      keptIn: expect.stringMatching(/staging\.json$/) as string,
    });
  });

  it('says when nothing is kept', async () => {
    const { run } = await openInstance('relative');
    const { text: lines, notes } = await run('update');
    expect([...lines].at(-1)).toBe('  Kept in   nowhere');
    expect(notes).toEqual(['Note: there is no directory for caches']);
    const { run: runElsewhere } = await openInstance('/dev/null');
    expect((await runElsewhere('update')).notes).toEqual([
      expect.stringMatching(/^Note: nothing is kept in "/),
    ]);
  });

  it('fails when the instance cannot be asked, although there is a copy', async () => {
    const { run, server } = await openInstance();
    await run('update');
    await server.stop();
    const error = await refusal(() => run('update', {}, later(1)), 'TRUST_UNUSABLE');
    expect(error.hint).toBe('--offline uses the copy of 2030-03-01');
  });

  it.each<TrustArguments>([{ offline: true }, { trustedRoot: 'a' }, { trustConfig: 'a' }])(
    'is not for %j',
    async (given) => {
      const { run, server } = await openInstance();
      await refusal(() => run('update', given), 'USAGE');
      expect(server.asked).toEqual([]);
    },
  );
});

describe('oms trust show', () => {
  it('asks like all others, and shows where that is from', async () => {
    const { run } = await openInstance();
    expect([...(await run('show')).text][0]).toMatch(/\(asked just now\)$/);
    expect([...(await run('show', {}, later(3))).text][0]).toBe(
      'Trusted: the public Sigstore instance, as of 2030-03-01T12:00:00Z (3 hours old, from the cache)',
    );
  });

  it('lists who is good now, who is no longer, and who not yet', async () => {
    const { run } = await openInstance();
    const goodAt = async (time: string): Promise<unknown> => {
      const { json } = await run('show', {}, new Date(time));
      const trust = json['trust'] as { trustedRoot: Record<string, { good: string }[]> };
      return trust.trustedRoot['certificateAuthorities']?.slice(0, 2).map(({ good }) => good);
    };
    expect(await goodAt('2021-01-01T00:00:00Z')).toEqual(['not yet', 'not yet']);
    expect(await goodAt('2021-06-01T00:00:00Z')).toEqual(['now', 'not yet']);
    expect(await goodAt('2022-06-01T00:00:00Z')).toEqual(['now', 'now']);
    expect(await goodAt('2024-01-01T00:00:00Z')).toEqual(['no longer', 'now']);
    // By the certificate; the root leaves the end open.
    expect(await goodAt('2032-01-01T00:00:00Z')).toEqual(['no longer', 'no longer']);
  });

  it('notes that the instance could not be asked', async () => {
    const { run, server } = await openInstance();
    await run('show');
    await server.stop();
    expect((await run('show', {}, later(30))).notes).toEqual([
      expect.stringMatching(/^Note: the repository could not be asked again: /),
    ]);
  });
});

describe('oms trust', () => {
  it.each([[[]], [['shw']], [['show', 'more']], [['']]])(
    'takes show or update, not %j',
    async (words) => {
      await refusal(() => runTrust(words, {}, sessionIn({})), 'USAGE');
    },
  );
});
