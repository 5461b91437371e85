import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { defaultSignaturePath, readSignatureFile } from '../../src/cli/files.ts';
import { writeSignatureFile } from '../../src/cli/signature-file.ts';
import { checkSignatureTarget } from '../../src/cli/signature-target.ts';
import { type Bundle, keySigner, sign } from '../../src/index.ts';
import { breakDisk } from '../helpers/disk-error.ts';
import { Forger } from '../helpers/forge.ts';
import { makeModel } from '../helpers/model.ts';
import { refusal } from '../helpers/refusal.ts';

const signer = keySigner({ privateKey: new Forger().privateKey });
const OPTIONS = { force: false };

let bundle: Bundle;
beforeAll(async () => {
  bundle = await sign({ name: 'model', files: [{ name: 'a', content: [Buffer.of(1)] }] }, signer);
});

/** A model that has a signature already. */
function signed(): { model: string; signature: string; old: Buffer } {
  const model = makeModel({ a: '1' });
  const signature = join(model, 'model.sig');
  writeFileSync(signature, JSON.stringify(bundle));
  return { model, signature, old: readFileSync(signature) };
}

describe('a signature file', () => {
  it('replaces an older one, and nothing is left beside it', async () => {
    const { model, signature } = signed();
    writeFileSync(signature, `${JSON.stringify(bundle)}\n\n`);
    await writeSignatureFile(signature, model, bundle, OPTIONS);
    expect(JSON.parse(readFileSync(signature, 'utf8'))).toEqual(bundle);
    expect(readdirSync(model)).toEqual(['a', 'model.sig']);
  });

  // A network file system says only there that it had no room for what was written.
  it('that cannot be closed leaves the older one, and nothing beside it', async () => {
    const { model, signature, old } = signed();
    const failures = breakDisk('closeSync', (path) => path.endsWith('.tmp'));
    const write = () => writeSignatureFile(signature, model, bundle, OPTIONS);
    await refusal(write, 'WRITE_FAILED');
    expect(failures()).toBe(1);
    expect(readFileSync(signature)).toEqual(old);
    expect(readdirSync(model)).toEqual(['a', 'model.sig']);
  });

  it.each(['fsyncSync', 'closeSync'] as const)(
    'that has taken its place is written, whatever its directory reports (%s)',
    async (call) => {
      const { model, signature } = signed();
      writeFileSync(signature, `${JSON.stringify(bundle)}\n\n`);
      const failures = breakDisk(call, (path) => path === dirname(signature));
      await writeSignatureFile(signature, model, bundle, OPTIONS);
      expect(failures()).toBe(1);
      expect(readFileSync(signature, 'utf8')).toBe(`${JSON.stringify(bundle)}\n`);
    },
  );

  it('that is not wanted any more leaves the older one, and nothing beside it', async () => {
    const { model, signature, old } = signed();
    const dsseEnvelope = { ...bundle.dsseEnvelope, payload: 'A'.repeat(2 ** 28) };
    const large = { ...bundle, dsseEnvelope };
    const controller = new AbortController();
    const write = writeSignatureFile(signature, model, large, {
      ...OPTIONS,
      signal: controller.signal,
    });
    // It is at it, and lets events happen.
    expect(readdirSync(model)).toHaveLength(3);
    controller.abort();
    await refusal(() => write, 'ABORTED');
    expect(readFileSync(signature)).toEqual(old);
    expect(readdirSync(model)).toEqual(['a', 'model.sig']);
  });
});

describe('an older signature on a disk that reports an error', () => {
  it.each(['readSync', 'closeSync'] as const)('is not something else (%s)', async (call) => {
    const { model, signature } = signed();
    breakDisk(call, (path) => path === signature);
    const { message } = await refusal(
      () => checkSignatureTarget(signature, model, false),
      'FILE_UNREADABLE',
    );
    expect(message).toMatch(/^the signature file .* the disk reported an error \(EIO\)$/);
    await refusal(() => readSignatureFile(signature), 'FILE_UNREADABLE');
  });
});

describe('the place of a signature', () => {
  it('is inside a directory, also behind a link, and beside a file', () => {
    const { model } = signed();
    expect(defaultSignaturePath(model)).toBe(join(model, 'model.sig'));
    symlinkSync(model, `${model}-link`);
    expect(defaultSignaturePath(`${model}-link`)).toBe(join(`${model}-link`, 'model.sig'));
    expect(defaultSignaturePath(join(model, 'a'))).toBe(join(model, 'a.sig'));
  });

  // It was: the signature of a directory went beside it, with the exit code 0.
  it('is not beside the model because a disk reports an error', async () => {
    const { model } = signed();
    breakDisk('statSync', (path) => path === model);
    await refusal(() => defaultSignaturePath(model), 'FILE_UNREADABLE');
  });
});
