/** Paths that Node's text of them would lead elsewhere than the system goes, who reads the model. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digest, verify } from '../../src/index.ts';
import { absolutePath, nameInModel } from '../../src/model/location.ts';
import { Forger, statementWith } from '../helpers/forge.ts';
import { makeModel, temporaryDirectory, writeFiles } from '../helpers/model.ts';
import { refusal } from '../helpers/refusal.ts';

const forger = new Forger();
const GOOD = 'content of a';
const bundle = forger.sign(statementWith({}));
const linked = forger.sign(statementWith({ serialization: { allow_symlinks: true } }));
const LINKS = { allowSymlinks: true };

/** As Node reads a name that ends with a byte that is no UTF-8, there may be another. */
const REPLACED = '\ufffd';
const bytes = (name: string): Buffer => Buffer.concat([Buffer.from(name), Buffer.of(0xff)]);

describe.skipIf(process.platform === 'win32')('`..` behind a link', () => {
  /** `s/..` is `elsewhere`, not the directory. */
  function twoModels(): string {
    const directory = temporaryDirectory();
    writeFiles(directory, { 'model/a': GOOD, 'elsewhere/model/a': 'evil', 'elsewhere/s/x': '' });
    symlinkSync('elsewhere/s', join(directory, 's'));
    return directory;
  }

  it('in the target of the link that is the model', async () => {
    const directory = twoModels();
    symlinkSync('s/../model', join(directory, 'link'));
    await refusal(() => verify(join(directory, 'link'), bundle, forger.policy), 'MODEL_MISMATCH');
  });

  it('in the path that the user names', async () => {
    const path = `${twoModels()}/s/../model`;
    expect(readFileSync(`${path}/a`, 'utf8')).toBe('evil');
    await refusal(() => verify(path, bundle, forger.policy), 'MODEL_MISMATCH');
    const good = forger.sign(statementWith({}));
    writeFileSync(`${path}/a`, GOOD);
    expect((await verify(path, good, forger.policy)).files).toBe(1);
  });

  it('is gone up from where the link leads', () => {
    const directory = twoModels();
    const elsewhere = join(directory, 'elsewhere');
    expect(absolutePath(`${directory}/s/..`)).toBe(elsewhere);
    expect(absolutePath(`${directory}/s/../.`)).toBe(elsewhere);
    expect(absolutePath(`${directory}/s/../none`)).toBe(join(elsewhere, 'none'));
    expect(absolutePath(`${directory}/none/../none`)).toBe(join(directory, 'none'));
    expect(nameInModel(elsewhere, `${directory}/s/../model.sig`)).toBe('model.sig');
    expect(nameInModel(directory, `${directory}/s/../model.sig`)).toBe('elsewhere/model.sig');
  });

  it('in the target of an allowed link', async () => {
    const model = makeModel({ '.git/x': GOOD, '.git/d/x': 'evil', '.git/d/e/y': '' });
    symlinkSync('d/e', join(model, '.git', 'link'));
    symlinkSync('.git/link/../x', join(model, 'a'));
    expect(readFileSync(join(model, 'a'), 'utf8')).toBe('evil');
    await refusal(() => verify(model, linked, forger.policy, LINKS), 'MODEL_MISMATCH');
    writeFileSync(join(model, '.git', 'd', 'x'), GOOD);
    expect((await verify(model, linked, forger.policy, LINKS)).files).toBe(1);
  });
});

describe.skipIf(process.platform === 'win32')('a path that only its text makes one', () => {
  it('is not taken for another', async () => {
    const model = makeModel({ a: GOOD });
    const check = (): Promise<unknown> => verify(`${model}/none/../a`, bundle, forger.policy);
    const { message } = await refusal(check, 'FILE_UNREADABLE');
    expect(message).toContain('cannot be followed: it leads nowhere');
  });

  it.each(['a', 'a/', 'a//', './a', './/a'])('is one, however it is written: %s', async (path) => {
    const model = makeModel({ a: GOOD });
    expect((await verify(`${model}/${path}`, bundle, forger.policy)).files).toBe(1);
    expect((await digest(`${model}/`)).resources).toHaveLength(1);
  });
});

describe.skipIf(process.platform !== 'linux')('a name that is not UTF-8', () => {
  /** A good model, and an evil one with a name that Node takes for the good one's. */
  function twins(): string {
    const directory = temporaryDirectory();
    writeFiles(directory, { [`m${REPLACED}/a`]: GOOD });
    const evil = bytes(join(directory, 'm'));
    mkdirSync(evil);
    writeFileSync(Buffer.concat([evil, Buffer.from('/a')]), 'evil');
    return directory;
  }

  it('in the target of the link that is the model', async () => {
    const directory = twins();
    symlinkSync(bytes('m'), join(directory, 'link'));
    const { message } = await refusal(
      () => verify(join(directory, 'link'), bundle, forger.policy),
      'FILE_UNREADABLE',
    );
    expect(message).toContain('link" cannot be followed: it leads elsewhere than');
  });

  it('in the target of an allowed link', async () => {
    const model = makeModel({ [`.git/x${REPLACED}`]: GOOD });
    writeFileSync(bytes(join(model, '.git', 'x')), 'evil');
    symlinkSync(bytes('.git/x'), join(model, 'a'));
    await refusal(() => verify(model, linked, forger.policy, LINKS), 'FILE_UNREADABLE');
  });

  it('of the working directory', () => {
    const directory = twins();
    writeFileSync(join(directory, 'bundle'), JSON.stringify(bundle));
    const key = forger.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const program = `
      const { verify } = await import(${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)});
      const policy = { method: 'key', publicKey: ${JSON.stringify(key)} };
      const bundle = process.getBuiltinModule('fs').readFileSync('../bundle');
      await verify('.', bundle, policy).then(() => console.log('accepted'), ({ code }) => console.log(code));
    `;
    const run = (name: string): string =>
      execFileSync(
        'sh',
        [
          '-c',
          `cd "$(printf 'm${name}')" && exec "$@"`,
          'sh',
          process.execPath,
          '--input-type=module',
          '-e',
          program,
        ],
        { cwd: directory, encoding: 'utf8' },
      );
    expect(run('\\357\\277\\275')).toBe('accepted\n');
    expect(run('\\377')).toBe('FILE_UNREADABLE\n');
  });
});
