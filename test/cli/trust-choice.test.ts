import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { chooseTrust, loadOptionsOf } from '../../src/cli/trust-choice.ts';
import { addTrustOptions } from '../../src/cli/trust-options.ts';
import { readEmbedded } from '../../src/roots/embedded.ts';
import { parseSigningConfig } from '../../src/trust/signing-config.ts';
import { parseTrustedRoot } from '../../src/trust/trusted-root.ts';
import { temporaryDirectory } from '../helpers/model.ts';
import { refusal } from '../helpers/refusal.ts';
import { IMPATIENT, later } from '../roots/helpers.ts';
import { NOW, TestRepository } from '../roots/repository.ts';
import { serve } from '../roots/server.ts';
import { sessionIn } from './trust-session.ts';

const { trust: EMBEDDED } = readEmbedded('production');
const ROOT = Buffer.from(EMBEDDED.trustedRoot).toString();
const CONFIG = Buffer.from(EMBEDDED.signingConfig).toString();
const MEDIA_TYPE = 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json';

/** Writes a file, and returns its path. */
function fileOf(content: string): string {
  const path = join(temporaryDirectory(), 'file.json');
  writeFileSync(path, content);
  return path;
}

describe('a file that says whom to trust', () => {
  const asked = vi.fn<() => never>();
  beforeEach(() => vi.stubGlobal('fetch', asked));
  afterEach(() => {
    vi.unstubAllGlobals();
    expect(asked).not.toHaveBeenCalled();
  });
  const session = sessionIn({});

  it('is a trusted root, which is not enough to sign', async () => {
    const path = fileOf(ROOT);
    const chosen = await chooseTrust({ trustedRoot: path }, session);
    expect(parseTrustedRoot(chosen.trustedRoot).logs).not.toEqual([]);
    expect(chosen).toMatchObject({
      signingConfig: undefined,
      description: `the trusted root "${path}"`,
      json: { source: 'trusted-root', path },
      notes: [],
    });
  });

  it('is a trust configuration, which holds a trusted root and a signing configuration', async () => {
    const path = fileOf(
      `{"mediaType":"${MEDIA_TYPE}","trustedRoot":${ROOT},"signingConfig":${CONFIG}}`,
    );
    const chosen = await chooseTrust({ trustConfig: path }, session);
    expect(parseTrustedRoot(chosen.trustedRoot).logs).not.toEqual([]);
    expect(parseSigningConfig(chosen.signingConfig ?? '').logs).not.toEqual([]);
    expect(chosen).toMatchObject({
      description: `the trust configuration "${path}"`,
      json: { source: 'trust-config', path },
    });
  });

  it('is named by its absolute path', async () => {
    const path = fileOf(ROOT);
    const relative = path.slice(resolve('/').length);
    const chosen = await chooseTrust({ trustedRoot: `/./${relative}` }, session);
    expect(chosen.json['path']).toBe(path);
  });

  it.each([
    ['not JSON', 'garbage', /the trust configuration ".*" is not JSON/],
    ['a trusted root alone', ROOT, /mediaType: expected "application.*clienttrustconfig/],
    ['without a root', `{"mediaType":"${MEDIA_TYPE}","signingConfig":${CONFIG}}`, /trustedRoot/],
    ['without services', `{"mediaType":"${MEDIA_TYPE}","trustedRoot":${ROOT}}`, /signingConfig/],
  ])('is refused as a trust configuration when it is %s', async (_, content, reason) => {
    const path = fileOf(content);
    const error = await refusal(
      () => chooseTrust({ trustConfig: path }, session),
      'TRUST_UNUSABLE',
    );
    expect(error.message).toMatch(reason);
  });

  it.each(['trustedRoot', 'trustConfig'])('has to be there, as %s', async (name) => {
    const path = join(temporaryDirectory(), 'missing.json');
    const error = await refusal(() => chooseTrust({ [name]: path }, session), 'FILE_UNREADABLE');
    expect(error.message).toMatch(/missing.json" cannot be read: there is no such file/);
  });
});

describe('the options of trust', () => {
  function parse(...words: string[]): unknown {
    const command = addTrustOptions(new Command('test'))
      .exitOverride()
      .configureOutput({ writeErr: () => {} });
    return command.parse(words, { from: 'user' }).opts();
  }

  it('are taken', () => {
    expect(parse()).toEqual({});
    expect(parse('--trusted-root', 'a')).toEqual({ trustedRoot: 'a' });
    expect(parse('--trust-config', 'a')).toEqual({ trustConfig: 'a' });
    expect(parse('--use-staging', '--offline')).toEqual({ useStaging: true, offline: true });
  });

  const root = ['--trusted-root', 'a'];
  const config = ['--trust-config', 'b'];
  it.each([
    [root, config],
    [config, root],
    [root, ['--use-staging']],
    [['--use-staging'], root],
    [root, ['--offline']],
    [config, ['--use-staging']],
    [config, ['--offline']],
    [['--offline'], config],
  ])('%j and %j exclude each other', (one, other) => {
    expect(() => parse(...one, ...other)).toThrow(
      /^error: option '--.*' cannot be used with option '--/,
    );
  });

  it.each([
    ['--trusted-root', ''],
    ['--trusted-root', 'a', '--trusted-root', 'b'],
    ['--trust-config', ''],
  ])('are given once, and not empty: %s %s', (...words) => {
    expect(() => parse(...words)).toThrow(/given only once|must not be empty/);
  });
});

describe('the cache of the command line', () => {
  it.each([
    [{ XDG_CACHE_HOME: '/x', LOCALAPPDATA: '/l', HOME: '/h' }, '/x/oms-signing/sigstore'],
    [{ XDG_CACHE_HOME: '', LOCALAPPDATA: '/l', HOME: '/h' }, '/l/oms-signing/sigstore'],
    [{ HOME: '/h' }, '/h/.cache/oms-signing/sigstore'],
    [{ XDG_CACHE_HOME: 'relative', HOME: '/h' }, undefined],
    [{ HOME: '' }, undefined],
    [{}, undefined],
  ])('with %j is %s', (env, expected) => {
    expect(loadOptionsOf({}, { env }, undefined)).toEqual({
      instance: 'production',
      cacheDirectory: expected,
    });
  });
});

describe('an instance', () => {
  it('is asked, and then is in the cache, and says how old it is', async () => {
    const repository = new TestRepository();
    const server = await serve(repository);
    const session = sessionIn({ XDG_CACHE_HOME: temporaryDirectory() });
    const choose = (now: Date, offline = false): ReturnType<typeof chooseTrust> => {
      const circumstances = {
        mirrorUrl: server.url,
        root: repository.root,
        patience: IMPATIENT,
        now,
      };
      return chooseTrust({ offline }, session, undefined, circumstances);
    };
    const first = await choose(NOW);
    expect(first.description).toBe(
      'the public Sigstore instance, as of 2030-03-01T12:00:00Z (asked just now)',
    );
    expect(first.json).toEqual({ source: 'tuf', instance: 'production', asOf: NOW, notes: [] });
    expect(Buffer.from(first.trustedRoot as Uint8Array).toString()).toBe('{"root":"first"}');
    expect((await choose(later(5))).description).toBe(
      'the public Sigstore instance, as of 2030-03-01T12:00:00Z (5 hours old, from the cache)',
    );
    await server.stop();
    expect((await choose(later(72), true)).description).toMatch(/\(3 days old, from the cache\)$/);
    const again = await choose(later(72));
    expect(again.description).toMatch(/\(3 days old, from the cache\)$/);
    expect(again.notes).toEqual([expect.stringMatching(/could not be asked again: .*refused/)]);
    expect(again.json['notes']).toEqual(again.notes);
  });

  it.each([
    [{}, EMBEDDED, /^the public Sigstore instance, as of .* old, came with oms\)$/],
    [
      { useStaging: true },
      readEmbedded('staging').trust,
      /^Sigstore's staging instance, as of .* old, came with oms\)$/,
    ],
  ])('comes with oms for %j --offline', async (given, { asOf, instance }, description) => {
    const session = sessionIn({ XDG_CACHE_HOME: temporaryDirectory() });
    const chosen = await chooseTrust({ ...given, offline: true }, session);
    expect(chosen.description).toMatch(description);
    expect(chosen.json).toEqual({ source: 'embedded', instance, asOf, notes: [] });
  });

  it('is not waited for after a cancellation', async () => {
    const call = () => chooseTrust({}, sessionIn({}), AbortSignal.abort());
    await refusal(call, 'ABORTED');
  });
});
