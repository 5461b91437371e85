import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, it } from 'vitest';
import { browse, type Page } from '../scripts/sigstore/browser.ts';
import { CLIENT_SECRET } from '../scripts/sigstore/stack.ts';
import {
  asSigner,
  IDENTITY,
  pointedAt,
  withTrustConfig,
  withTrustedRoot,
} from './helpers/instance.ts';
import { Job } from './helpers/job.ts';
import { expectNoLeak, expectSuccess } from './helpers/judge.ts';
import { ADDRESS, once, type RunOptions, VERDICT } from './helpers/oms.ts';

const OPEN = fileURLToPath(new URL('helpers/open.ts', import.meta.url));

/** The address to go to, when the way back is a port. */
const SHOWN = /(http:\/\/127\.0\.0\.1:\d+\/auth\?\S+)\s/;

/** Goes to the address that is shown, and types what the page says. */
function typingTheCode(end: string, change = (code: string) => code) {
  const seen = { code: '' };
  const onOutput = once(ADDRESS, async ([, url = '']) => {
    seen.code = (await browse(url)).text;
    return `${change(seen.code)}${end}`;
  });
  return { seen, onOutput };
}

/** A display, and a program that opens browsers: a script, given the address as $1. */
function browserOf(job: Job, script: string): Record<string, string> {
  const bin = join(job.home, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'xdg-open'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return { DISPLAY: ':99', PATH: `${bin}:${process.env['PATH']}` };
}

/** What a shell reads as one word. */
function word(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Answers the question whether the identity may be public. */
function saying(answer: string): RunOptions {
  return { terminal: true, onOutput: once(/\[y\/N\] /, () => answer) };
}

describe.concurrent('a login', () => {
  const words = [...withTrustConfig(), '--yes'];

  it.each([
    ['on a terminal', { terminal: true }, '\r'],
    ['through pipes', {}, '\n'],
  ] as const)('with a code that is carried by hand, %s', async (_, options, end) => {
    const job = new Job();
    const { seen, onOutput } = typingTheCode(end);
    const run = await job.sign([...words, '--oauth-force-oob'], { ...options, onOutput });
    expectSuccess(run);
    expect(seen.code).not.toBe('');
    expect(run.stdout).toContain(IDENTITY);
    expect(`${run.stdout}${run.stderr}`).not.toMatch(/eyJ/);
    expectSuccess(await job.verify([...withTrustedRoot(), ...asSigner()]));
  });

  it('in the browser, which comes back to a port of this machine', async () => {
    const job = new Job();
    const record = join(job.home, 'page.json');
    const script = `exec ${word(process.execPath)} ${word(OPEN)} "$1" ${word(record)}`;
    const run = await job.sign(words, { terminal: true, env: browserOf(job, script) });
    expectSuccess(run);
    const page = JSON.parse(readFileSync(record, 'utf8')) as Page;
    expect(page.status).toBe(200);
    const { hostname, pathname, searchParams } = new URL(page.url);
    expect([hostname, pathname]).toEqual(['localhost', '/auth/callback']);
    expectNoLeak(run, [searchParams.get('code') ?? '']);
    expect(`${run.stdout}${run.stderr}`).not.toMatch(/eyJ/);
    expectSuccess(await job.verify([...withTrustedRoot(), ...asSigner()]));
  });

  it('in a browser that opens, and then the user goes to the shown address in another', async () => {
    const job = new Job();
    const options: RunOptions = {
      terminal: true,
      env: browserOf(job, 'exit 0'),
      onOutput: once(SHOWN, async ([, url = '']) => {
        // Somebody else knocks first, and does not end the login.
        const back = new URL(new URL(url).searchParams.get('redirect_uri') ?? '');
        back.search = 'code=stolen&state=guessed';
        expect((await fetch(back)).status).toBe(400);
        expect((await browse(url)).status).toBe(200);
        return undefined;
      }),
    };
    expectSuccess(await job.sign(words, options));
    expectSuccess(await job.verify([...withTrustedRoot(), ...asSigner()]));
  });

  it.each([
    ['no browser can be opened', {}],
    ['there is nothing to open one with', { DISPLAY: ':99', PATH: '/nowhere' }],
    ['the browser does not start', undefined],
  ])('goes on with a code where %s', async (_, env) => {
    const job = new Job();
    const { onOutput } = typingTheCode('\r');
    const run = await job.sign(words, {
      terminal: true,
      env: env ?? browserOf(job, 'exit 3'),
      onOutput,
    });
    expectSuccess(run);
    expectSuccess(await job.verify([...withTrustedRoot(), ...asSigner()]));
  });

  it('that the user refuses ends with one line, and nothing is signed', async () => {
    const job = new Job();
    const before = job.listing();
    const run = await job.sign(words, {
      terminal: true,
      env: browserOf(job, 'exit 0'),
      onOutput: once(SHOWN, async ([, url = '']) => {
        const asked = new URL(url).searchParams;
        const back = new URL(asked.get('redirect_uri') ?? '');
        back.searchParams.set('error', 'access_denied');
        back.searchParams.set('state', asked.get('state') ?? '');
        back.searchParams.set('iss', inject('instance').issuer.url);
        await fetch(back);
        return undefined;
      }),
    });
    expect(run.exitCode).toBe(3);
    expect(run.stdout).toMatch(/Not signed: .*(access_denied|denied|refused)/);
    expect(job.listing()).toEqual(before);
  });

  it.each([
    ['wrong', (code: string) => `${code.slice(0, -4)}AAAA`],
    ['empty', () => ''],
  ] as const)('with a code that is %s ends with one line', async (_, change) => {
    const job = new Job();
    const before = job.listing();
    const { seen, onOutput } = typingTheCode('\n', change);
    const run = await job.sign([...words, '--oauth-force-oob'], { onOutput });
    expect(run.exitCode).toBe(3);
    expect(run.stderr.match(VERDICT), run.stderr).toHaveLength(1);
    expect(seen.code).not.toBe('');
    expect(job.listing()).toEqual(before);
  });

  it('of a client with a secret works with it only, and does not show it', async () => {
    const job = new Job();
    const { otherIssuer } = inject('instance');
    const other = [...pointedAt(job, { issuer: otherIssuer.url }), '--yes', '--oauth-force-oob'];
    const before = job.listing();
    const without = await job.sign(other, { onOutput: typingTheCode('\n').onOutput });
    expect(without.exitCode).toBe(3);
    expect(without.stderr).toMatch(/Not signed: .*(client|invalid)/);
    expect(job.listing()).toEqual(before);
    const asWord = await job.sign([...other, '--client-secret', CLIENT_SECRET], {
      onOutput: typingTheCode('\n').onOutput,
    });
    expectSuccess(asWord, [CLIENT_SECRET]);
    const asVariable = await job.sign(other, {
      env: { OMS_CLIENT_SECRET: CLIENT_SECRET },
      onOutput: typingTheCode('\n').onOutput,
    });
    expectSuccess(asVariable, [CLIENT_SECRET]);
    const signer = asSigner(IDENTITY, otherIssuer.url);
    expectSuccess(await job.verify([...withTrustedRoot(), ...signer]));
  });

  it('comes after the question whether the identity may be public, which is asked once', async () => {
    const job = new Job();
    const { file } = await job.token();
    const signing = [...withTrustConfig(), '--identity-token-file', file];
    const before = job.listing();
    const refused = await job.sign(signing, saying('n\r'));
    expect(refused.exitCode).toBe(3);
    expect(job.listing()).toEqual(before);
    const agreed = await job.sign(signing, saying('y\r'));
    expectSuccess(agreed);
    expect(agreed.stdout).toMatch(/for ever/);
    const again = await job.sign(signing, { terminal: true });
    expectSuccess(again);
    expect(again.stdout).not.toMatch(/for ever/);
  });
});
