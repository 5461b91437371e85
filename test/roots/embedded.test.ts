import { readFileSync } from 'node:fs';
import { Metadata, MetadataKind } from '@tufjs/models';
import { describe, expect, it } from 'vitest';
import { type EmbeddedCopy, readEmbedded } from '../../src/roots/embedded.ts';
import { INSTANCES, type InstanceName } from '../../src/roots/instance.ts';
import { parseTrustedRoot } from '../../src/trust/trusted-root.ts';
import { gapsAt, signsOfAge } from './ends.ts';

const NAMES = Object.keys(INSTANCES) as InstanceName[];
const DAYS = 24 * 3_600_000;

/**
 * Fails only when offline verification of what is signed today really would, so that nobody who
 * works on something else is stopped by the calendar. Before that it warns.
 */
describe.each(NAMES)('the copy of %s that comes with oms', (name) => {
  const copy = readEmbedded(name);

  it('is good for what is signed today, and does not end within 60 days', () => {
    const now = new Date();
    expect(gapsAt(copy, now)).toEqual([]);
    const soon = new Date(now.getTime() + 60 * DAYS);
    const ends = gapsAt(copy, soon).map((gap) => `${gap} on ${soon.toISOString().slice(0, 10)}`);
    const warnings = [...ends, ...signsOfAge(copy, now)];
    if (warnings.length === 0) return;
    console.warn(
      `The copy of the trust root of ${name} nears its end: ${warnings.join('; ')}. ` +
        'A maintainer should run: node scripts/refresh-trust.ts',
    );
  });

  it('starts from a TUF root that enough of its own keys have signed', () => {
    const json: unknown = JSON.parse(Buffer.from(copy.root).toString());
    const root = Metadata.fromJSON(MetadataKind.Root, json as never);
    expect(() => root.verifyDelegate('root', root)).not.toThrow();
    expect(root.signed.roles['root']?.threshold).toBeGreaterThanOrEqual(2);
    expect(root.signed.consistentSnapshot).toBe(true);
  });

  it('is of the instance that it is said to be of', () => {
    const { hostname } = new URL(INSTANCES[name].repository);
    const domain = hostname.split('.').slice(-2).join('.');
    const { certificateAuthorities, logs } = parseTrustedRoot(copy.trust.trustedRoot);
    const urls = [
      ...certificateAuthorities.map(({ uri }) => uri),
      ...logs.map((log) => log.baseUrl),
    ];
    for (const url of urls) expect(new URL(url).hostname).toMatch(new RegExp(`\\.${domain}$`));
  });

  it('is of the past', () => {
    expect(copy.trust.asOf.getTime()).toBeLessThan(Date.now());
    expect(copy.trust).toMatchObject({ source: 'embedded', instance: name, keptIn: undefined });
  });
});

describe('the end of a copy', () => {
  const copy = readEmbedded('production');
  const before = copy.trust.asOf;

  it('is noticed when the last certificate authority ends', () => {
    expect(gapsAt(copy, before)).toEqual([]);
    expect(gapsAt(ending('certificateAuthorities'), before)).toEqual([
      'no certificate authority is good',
    ]);
  });

  it.each(['ctlogs', 'tlogs', 'timestampAuthorities'])('is noticed when %s end', (key) => {
    expect(gapsAt(ending(key), before)).toEqual([expect.stringMatching(/^no .* is good$/)]);
  });

  it('is noticed when a certificate ends of which the root says nothing', () => {
    const far = new Date('2200-01-01T00:00:00Z');
    expect(gapsAt(copy, far)).toContain('no certificate authority is good');
  });

  it('is noticed when nothing is left to sign with', () => {
    const config = { ...JSON.parse(Buffer.from(copy.trust.signingConfig).toString()), caUrls: [] };
    const trust = { ...copy.trust, signingConfig: Buffer.from(JSON.stringify(config)) };
    expect(gapsAt({ ...copy, trust }, before)).toEqual([expect.stringMatching(/too few services/)]);
  });

  it('is announced by an expired TUF root, and by age', () => {
    expect(signsOfAge(copy, before)).toEqual([]);
    expect(signsOfAge(copy, new Date('2200-01-01T00:00:00Z'))).toEqual([
      expect.stringMatching(/^its TUF root expired on \d{4}/),
      expect.stringMatching(/^it is of \d{4}/),
    ]);
  });

  /** A copy whose root ends all members of one kind in 2025. */
  function ending(key: string): EmbeddedCopy {
    const root = JSON.parse(Buffer.from(copy.trust.trustedRoot).toString()) as Record<
      string,
      { validFor?: object; publicKey?: { validFor: object } }[]
    >;
    const validFor = { start: '2020-01-01T00:00:00Z', end: '2025-01-01T00:00:00Z' };
    for (const member of root[key] ?? []) {
      if (member.publicKey === undefined) member.validFor = validFor;
      else member.publicKey.validFor = validFor;
    }
    return { ...copy, trust: { ...copy.trust, trustedRoot: Buffer.from(JSON.stringify(root)) } };
  }
});

describe('the files of the copies', () => {
  it('are found from the compiled library and from the bundle of the command line, too', () => {
    const source = readFileSync(new URL('../../src/roots/embedded.ts', import.meta.url), 'utf8');
    const [, path = ''] = /new URL\(`([^`$]+)/.exec(source) ?? [];
    for (const from of ['src/roots/embedded.ts', 'dist/roots/embedded.js', 'dist/bin/oms.cjs']) {
      const top = from.split('/')[0] ?? '';
      const { pathname } = new URL(path, `file:///${from}`);
      expect(pathname).toBe(`/${top}/roots/embedded/`);
    }
  });
});
