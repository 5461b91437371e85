import { join } from 'node:path';
import { forge } from './bundle.ts';
import { type Case, columns } from './case.ts';
import type { Credentials } from './credentials.ts';
import { expectRefusal, expectSuccess } from './expectation.ts';
import { type Model, tamper, writeFiles, writeModel } from './model.ts';
import { type Job, makeJob, type Tool } from './tool.ts';

/** The first verifier is the one that the case is about. */
type Verifiers = readonly [Tool, ...Tool[]];

/**
 * One program signs; each verifier accepts what was signed, and refuses the same with one byte
 * changed, and for a stranger.
 */
export function exchangeCase(
  signer: Tool,
  verifiers: Verifiers,
  credentials: Credentials,
  model: Model,
): Case {
  return {
    title: title(signer, verifiers, credentials, model.title),
    check: async (directory) => {
      const job = makeJob(directory, model, credentials);
      writeModel(job.path, model);
      expectSuccess(await signer.sign(job), `${signer.name} sign`);
      writeFiles(job.path, model.harmless ?? {});
      for (const verifier of verifiers) await checkVerifier(job, verifier);
    },
  };
}

async function checkVerifier(job: Job, verifier: Tool): Promise<void> {
  const { model, path } = job;
  const what = `${verifier.name} verify`;
  expectSuccess(await verifier.verify(job, { trust: 'owner' }), what);
  const byStranger = await verifier.verify(job, { trust: 'stranger' });
  expectRefusal(verifier, byStranger, `${what}, for a stranger,`, 'stranger');

  if (model.links !== undefined || model.withUnsigned === true) {
    const bare = await verifier.verify(job, { trust: 'owner', bare: true });
    const reason = model.links === undefined ? 'content' : 'link';
    expectRefusal(verifier, bare, `${what}, without the option,`, reason);
  }
  const undo = tamper(join(path, model.tampered));
  const changed = await verifier.verify(job, { trust: 'owner' });
  undo();
  expectRefusal(verifier, changed, `${what}, of a changed model,`, 'content');
}

/** One program signs, somebody changes the signed statement, and each verifier refuses. */
export function forgeryCase(
  signer: Tool,
  verifiers: Verifiers,
  credentials: Credentials,
  model: Model,
): Case {
  return {
    title: title(signer, verifiers, credentials, 'forged statement'),
    check: async (directory) => {
      const job = makeJob(directory, model, credentials);
      writeModel(job.path, model);
      expectSuccess(await signer.sign(job), `${signer.name} sign`);
      forge(job.signature);
      for (const verifier of verifiers) {
        const run = await verifier.verify(job, { trust: 'owner' });
        expectRefusal(verifier, run, `${verifier.name} verify, of a forgery,`, 'forgery');
      }
    },
  };
}

function title(
  signer: Tool,
  [verifier]: Verifiers,
  { method, title: kind }: Credentials,
  what: string,
): string {
  return columns(`${signer.name} → ${verifier.name}`, `${method} ${kind}`, what);
}
