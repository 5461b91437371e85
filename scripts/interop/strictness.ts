import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Case, columns } from './case.ts';
import { run } from './command.ts';
import type { CredentialStore, Credentials } from './credentials.ts';
import { expectEqual, expectFailure, expectSuccess } from './expectation.ts';
import { type Model, writeModel } from './model.ts';
import { EMPTY_FILE, FLAT } from './models.ts';
import { code, oms, runOms } from './oms.ts';
import { reference, referenceApi } from './reference.ts';
import { type Job, makeJob, type Tool } from './tool.ts';
import type { Venv } from './venv.ts';

const OWNER = { trust: 'owner' } as const;

/** What the reference accepts, and oms refuses on purpose. */
export function strictness(venv: Venv, store: CredentialStore): readonly Case[] {
  const key = store.key('P-256');
  const cli = reference(venv);
  const ours = oms();
  const linked: Model = { ...FLAT, links: {} };

  const certificate = (credentials: Credentials) => async (directory: string) => {
    const job = makeJob(directory, FLAT, credentials);
    writeModel(job.path, job.model);
    await signedByReference(job, cli);
    await refusedByOms(job, ours, 'CERTIFICATE_REFUSED', 'CERTIFICATE_REFUSED');
  };

  return [
    strict('link out of the model', async (directory) => {
      const job = makeJob(directory, linked, key);
      writeModel(job.path, job.model);
      writeFileSync(join(directory, 'outside'), 'content');
      symlinkSync('../outside', join(job.path, 'link'));
      await signedByReference(job, cli);
      await refusedByOms(job, ours, 'MODEL_UNSIGNABLE', 'MODEL_MISMATCH');
    }),
    strict('link to a directory', async (directory) => {
      const job = makeJob(directory, linked, key);
      writeModel(job.path, job.model);
      mkdirSync(join(directory, 'outside'));
      writeFileSync(join(directory, 'outside', 'code.py'), 'signed, one would think');
      symlinkSync('../outside', join(job.path, 'link'));
      await signedByReference(job, cli);
      // What is behind the link was never hashed.
      writeFileSync(join(directory, 'outside', 'code.py'), 'changed');
      expectSuccess(await cli.verify(job, OWNER), 'reference verify');
      await refusedByOms(job, ours, 'MODEL_UNSIGNABLE', 'MODEL_MISMATCH');
    }),
    strict('link that the signer ruled out', async (directory) => {
      const job = makeJob(directory, FLAT, key);
      writeModel(job.path, { ...job.model, files: { ...FLAT.files, copy: 'weights' } });
      expectSuccess(await cli.sign(job), 'reference sign');
      rmSync(join(job.path, 'copy'));
      symlinkSync('model.safetensors', join(job.path, 'copy'));
      const allowing = { ...job, model: linked };
      expectSuccess(await cli.verify(allowing, OWNER), 'reference verify');
      const ourRun = await ours.verify(allowing, OWNER);
      expectFailure(ourRun, 'oms verify', code('MODEL_MISMATCH'), 1);
    }),
    strict('expired certificate', certificate(store.expired())),
    strict('certificate of a TLS server', certificate(store.tlsServer())),
    strict('empty model', async (directory) => {
      const job = makeJob(directory, { ...FLAT, files: {} }, key);
      mkdirSync(job.path);
      await signedByReference(job, cli);
      await refusedByOms(job, ours, 'MODEL_EMPTY', 'STATEMENT_MALFORMED');
    }),
    strict('shards of a model with an empty file', async (directory) => {
      const job = makeJob(directory, EMPTY_FILE, key);
      writeModel(job.path, job.model);
      await signedByReference(job, referenceApi(venv, 'shards sha256 10'));
      await refusedByOms(job, oms(['--shard-size', '10']), 'MODEL_UNSIGNABLE', 'MODEL_MISMATCH');
    }),
    strict('ignored path outside the model', async (directory) => {
      const job = makeJob(directory, { ...FLAT, ignored: ['../elsewhere'] }, key);
      writeModel(job.path, job.model);
      await signedByReference(job, cli);
      expectFailure(await ours.sign(job), 'oms sign', code('USAGE'), 2);
    }),
    {
      title: columns('known difference', 'sign without --signature', 'another default'),
      check: async (directory) => {
        const job = makeJob(directory, FLAT, key);
        writeModel(job.path, job.model);
        const words = ['sign', 'key', 'model', ...key.sign];
        const inDirectory = join(directory, 'model.sig');
        const inModel = join(job.path, 'model.sig');
        expectSuccess(await run(venv.modelSigning, words, directory), 'reference sign');
        expectEqual([existsSync(inDirectory), existsSync(inModel)], [true, false], 'what it wrote');
        rmSync(inDirectory);
        expectSuccess(await runOms(words, directory), 'oms sign');
        expectEqual([existsSync(inDirectory), existsSync(inModel)], [false, true], 'what it wrote');
      },
    },
  ];
}

function strict(what: string, check: Case['check']): Case {
  return { title: columns('known difference', what, 'accepted; oms refuses'), check };
}

async function signedByReference(job: Job, cli: Tool): Promise<void> {
  expectSuccess(await cli.sign(job), 'reference sign');
  expectSuccess(await cli.verify(job, OWNER), 'reference verify');
}

/** Oms neither verifies what the reference signed nor signs the like itself. */
async function refusedByOms(
  job: Job,
  ours: Tool,
  whenSigning: string,
  whenVerifying: string,
): Promise<void> {
  expectFailure(await ours.verify(job, OWNER), 'oms verify', code(whenVerifying), 1);
  expectFailure(await ours.sign(job), 'oms sign', code(whenSigning), 1);
}
