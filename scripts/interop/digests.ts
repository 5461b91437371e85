import { join } from 'node:path';
import { readBundle, rootDigestOf, sortByName } from './bundle.ts';
import { type Case, columns } from './case.ts';
import type { CredentialStore } from './credentials.ts';
import { expectEqual, expectSuccess } from './expectation.ts';
import { type Model, writeModel } from './model.ts';
import { MANY_SHARDS, MODELS, PREFIX_NAMES, SOME_SHARDS } from './models.ts';
import { runOms } from './oms.ts';
import { reference, referenceApi } from './reference.ts';
import { makeJob, scopeWords, type Tool } from './tool.ts';
import type { Venv } from './venv.ts';

/**
 * Compares `oms digest` with the subject of a bundle of the reference, which has no such command.
 * Where the reference's order is another, the digest over its resources in code point order is
 * compared, and the two root digests must differ.
 */
export function digests(venv: Venv, store: CredentialStore): readonly Case[] {
  const key = store.key('P-256');

  const compare = (model: Model, signer: Tool, hashing: readonly string[] = []): Case => ({
    title: columns('digest', model.otherOrder === true ? 'other order' : 'same order', model.title),
    check: async (directory) => {
      const job = makeJob(directory, model, key);
      writeModel(job.path, model);
      expectSuccess(await signer.sign(job), 'reference sign');
      const { rootDigest, resources } = readBundle(job.signature);

      const run = await runOms(['digest', job.path, ...digestWords(job.path, model), ...hashing]);
      expectSuccess(run, 'oms digest');
      // Notes about what is not covered follow on standard error.
      const ours = run.output.split('\n')[0]?.replace(/^sha256:/, '') ?? '';
      expectEqual(ours, rootDigestOf(sortByName(resources)), 'oms digest');
      expectEqual(rootDigest === ours, model.otherOrder !== true, 'that both digests are the same');
    },
  });

  const shards = referenceApi(venv, 'shards sha256 10');
  return [
    ...MODELS.map((model) => compare(model, reference(venv))),
    ...[SOME_SHARDS, MANY_SHARDS, PREFIX_NAMES].map((model) =>
      compare(model, shards, ['--shard-size', '10']),
    ),
  ];
}

function digestWords(path: string, model: Model): string[] {
  return [
    ...scopeWords(model),
    ...(model.ignored ?? []).flatMap((name) => ['--ignore-paths', join(path, name)]),
  ];
}
