import { execFileSync, spawn } from 'node:child_process';
import { truncateSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verify } from '../../src/index.ts';
import { signModelStatement, makeInstance } from '../helpers/sigstore/instance.ts';
import { refusal } from '../helpers/refusal.ts';
import { MIB, runProgram, sized } from './measured.ts';
import { Scene } from './scene.ts';

let scene: Scene;
beforeAll(() => {
  scene = new Scene();
});
afterAll(() => scene.remove());

/** A keyless policy of the tests' own instance, but for what is given. */
const instance = makeInstance();
const keyless = signModelStatement(instance);
const issuer = 'https://accounts.example.com';
const trustedRoot = instance.trustedRoot();

describe('a file that the user names', () => {
  const OPTIONS: readonly (readonly [string, string, readonly string[]])[] = [
    ['the public key', '--public-key', ['verify']],
    ['the trusted certificate', '--certificate-chain', ['verify']],
    ['the trusted root', '--trusted-root', ['verify', '--identity=a', '--identity-provider=b']],
    ['the private key', '--private-key', ['sign', '--signature=new.sig']],
  ];

  it.each(OPTIONS)(
    'has a mebibyte at the most: %s',
    async (what, option, [command = '', ...rest]) => {
      const big = scene.write('big', '');
      truncateSync(big, 200 * MIB);
      const words = [command, scene.path('model'), `--signature=${scene.path('model.sig')}`];
      const line = `${what} "${big}" is too large: expected at most 1048576 bytes`;
      const expected = { exit: 3, line, memory: 10 } as const;
      const given = command === 'sign' ? [command, scene.path('model')] : words;
      await runProgram([...given, ...rest, option, big], expected, { cwd: scene.root });
      if (process.platform === 'win32') return;
      const endless = { ...expected, line: `${what} "/dev/zero" is too large` };
      await runProgram([...given, ...rest, option, '/dev/zero'], endless, { cwd: scene.root });
    },
  );
});

describe.skipIf(process.platform === 'win32')('a pipe that never ends', () => {
  it('is read as far as a key can be long', async () => {
    const fifo = scene.path('fifo');
    execFileSync('mkfifo', [fifo]);
    const writer = spawn('sh', ['-c', 'exec cat /dev/zero > "$0"', fifo]);
    const words = ['verify', scene.path('model'), `--signature=${scene.path('model.sig')}`];
    const line = `the public key "${fifo}" is too large`;
    const expected = { exit: 3, line, memory: 10 } as const;
    await runProgram([...words, '--public-key', fifo], expected).finally(() => writer.kill());
  });
});

describe.skipIf(process.platform === 'win32')('a model that is a device', () => {
  it('is not read', async () => {
    const line = '"zero" cannot be signed: expected regular files and directories, found a device';
    const expected = { exit: 1, line, memory: 5 } as const;
    await runProgram(['digest', '/dev/zero'], expected);
    const words = scene.verify(scene.path('model.sig')).with(1, '/dev/zero');
    await runProgram(words, { ...expected, line: '0 changed, 1 missing, 1 extra' });
  });
});

describe('options that are given very often', () => {
  it('take time with their number', async () => {
    const count = sized(20_000, 50_000);
    const ignored = Array.from({ length: count }, (_, at) => `--ignore-paths=model/p${at}`);
    const words = scene.verify(scene.path('model.sig'), ...ignored);
    const line = 'Verified: the model is what was signed.';
    await runProgram(words, { exit: 0, line, memory: sized(60, 110) }, { cwd: scene.root });
  });
});

describe('a trusted root', () => {
  it('has four mebibytes at the most, as text, as bytes and as an object', async () => {
    const line = 'the trusted root is too large: expected at most 4194304 bytes';
    const long = `{"mediaType":"${'x'.repeat(sized(10, 200) * MIB)}"}`;
    for (const root of [long, Buffer.from(long), { ...trustedRoot, x: 'x'.repeat(5_000_000) }]) {
      const policy = { method: 'sigstore', identity: 'a', issuer, trustedRoot: root } as const;
      const { message } = await refusal(() => verify('x', keyless, policy), 'TRUST_UNUSABLE');
      expect(message).toContain(line);
    }
  });
});

describe('a pattern for an identity', { timeout: 10_000 }, () => {
  it.each([
    ['of megabytes', 'a'.repeat(5_000_000), 'at most 2000 characters'],
    ['of many repetitions', '(?:a{0,1000})'.repeat(150), 'without'],
    ['of repetitions of repetitions', '(?:(?:(?:a{0,9}){0,9}){0,9}){0,9}'.repeat(50), 'without'],
    ['of classes', '\\pL{100}'.repeat(200), 'without'],
    ['of nested brackets', '('.repeat(990) + ')'.repeat(990), 'somebody else signed'],
  ])('%s is refused at once', async (_, identityRegExp, reason) => {
    const policy = { method: 'sigstore', identityRegExp, issuer, trustedRoot } as const;
    const code = reason === 'somebody else signed' ? 'IDENTITY_MISMATCH' : 'USAGE';
    const { message } = await refusal(() => verify('x', keyless, policy), code);
    expect(message).toContain(reason);
  });
});
