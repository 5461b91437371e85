import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { certificateSigner, keySigner, sign } from '../../src/index.ts';
import { chainOf } from '../../test/helpers/pki.ts';
import { compileInjector } from './compile.ts';
import { MODELS, writeModel } from './models.ts';
import { findUnprivileged, type Unprivileged } from './unprivileged.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Directory of all that the tests make. */
    readonly base: string;
    readonly injector: { readonly path: string; readonly missing?: string };
    readonly unprivileged: Unprivileged;
  }
}

/** Makes what all tests share: keys, certificates, signed models, the injector. */
export default async function setUp(project: TestProject): Promise<() => void> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'oms-faults-')));
  // Some programs run as another user.
  chmodSync(base, 0o755);
  mkdirSync(join(base, 'cache'), { mode: 0o700 });
  const path = join(base, 'injector.so');
  const missing = compileInjector(path);
  project.provide('base', base);
  project.provide('injector', { path, ...(missing === undefined ? {} : { missing }) });
  project.provide('unprivileged', findUnprivileged());
  await makeModels(base);
  return () => rmSync(base, { recursive: true, force: true, maxRetries: 10 });
}

async function makeModels(base: string): Promise<void> {
  const write = (name: string, content: string): void => {
    writeFileSync(join(base, name), content, { mode: 0o644 });
  };
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = pemOf(privateKey);
  write('key.pem', key);
  write('key.pub', publicKey.export({ type: 'spki', format: 'pem' }).toString());
  const { root, intermediate, leaf } = chainOf();
  write('root.pem', root.pem);
  write('intermediate.pem', intermediate.pem);
  write('leaf.pem', leaf.pem);
  write('leaf.key', pemOf(leaf.privateKey));
  // The models have one name, which is signed.
  for (const kind of MODELS) {
    const model = join(base, 'made', 'model');
    writeModel(kind, model);
    const signaturePath = join(model, 'model.sig');
    const bundle = await sign(model, keySigner({ privateKey: key }), { signaturePath });
    write(join('made', 'model', 'model.sig'), JSON.stringify(bundle));
    if (kind === 'small') {
      const certified = certificateSigner({
        privateKey: pemOf(leaf.privateKey),
        certificate: leaf.pem,
        chain: [intermediate.pem],
      });
      write('certified.sig', JSON.stringify(await sign(model, certified, { signaturePath })));
    }
    renameSync(model, join(base, kind));
  }
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
