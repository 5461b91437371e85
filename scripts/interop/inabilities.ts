import { symlinkSync, writeFileSync } from 'node:fs';
import { readBundle } from './bundle.ts';
import { type Case, columns } from './case.ts';
import { run } from './command.ts';
import type { CredentialStore } from './credentials.ts';
import { expectEqual, expectFailure, expectRefusal, expectSuccess } from './expectation.ts';
import { tamper, writeModel } from './model.ts';
import { FLAT, GIT_COUNTED, NESTED, PUNCTUATION } from './models.ts';
import { oms } from './oms.ts';
import { reference, referenceApi } from './reference.ts';
import { type Job, makeJob, type Tool } from './tool.ts';
import type { Venv } from './venv.ts';

const OWNER = { trust: 'owner' } as const;
const STRANGER = { trust: 'stranger' } as const;

/** What the reference cannot do, and oms can. */
export function inabilities(venv: Venv, store: CredentialStore): readonly Case[] {
  const key = store.key('P-256');
  const cli = reference(venv);
  const ours = oms();
  const guessed = referenceApi(venv, 'files sha256', 'guessed');
  const shards = referenceApi(venv, 'shards sha256 10');
  const mismatch = /Signature mismatch/;

  /** Of what one program signed, the reference refuses all, as told, and oms accepts it. */
  const refuses = (
    signer: Tool,
    verifiers: readonly (readonly [Tool, RegExp])[],
    model = FLAT,
    credentials = key,
  ) => {
    return async (directory: string) => {
      const job = makeJob(directory, model, credentials);
      writeModel(job.path, model);
      expectSuccess(await signer.sign(job), `${signer.name} sign`);
      expectSuccess(await ours.verify(job, OWNER), 'oms verify');
      for (const [verifier, said] of verifiers) {
        expectFailure(await verifier.verify(job, OWNER), `${verifier.name} verify`, said);
      }
    };
  };

  return [
    inability('single file of the reference', 'oms verifies it', (directory) =>
      singleFile(makeJob(directory, FLAT, key, 'model.bin'), cli, [cli, ours], '.'),
    ),
    inability('single file of oms', 'refused: no "."', async (directory) => {
      const job = makeJob(directory, FLAT, key, 'model.bin');
      await singleFile(job, ours, [ours], 'model.bin');
      const said = /Extra files .*'model\.bin': \.".*Missing files .*'model\.bin': model\.bin/;
      expectFailure(await cli.verify(job, OWNER), 'reference verify', said);
    }),
    inability(
      'shards of the reference',
      'refused by its command line',
      refuses(shards, [[cli, /Missing files .*README\.md:0:4/]]),
    ),
    inability(
      'shards of the reference',
      'refused by its API, guessing',
      refuses(shards, [[guessed, /'float' object cannot be interpreted as an integer/]]),
    ),
    inability(
      'shards with a colon in a name',
      'refused by its API, told how',
      refuses(shards, [[shards, /expected 3 components separated by `:`/]], PUNCTUATION),
    ),
    inability(
      'shards of oms',
      'refused',
      refuses(oms(['--shard-size', '10']), [
        [cli, /Missing files .*README\.md:0:4/],
        [guessed, /Expected .*'sha256',.* Actual .*'sha256-sharded-10'/],
        [shards, /Expected .*'sha256',.* Actual .*'sha256-sharded-10'/],
      ]),
    ),
    ...['of the reference', 'of oms'].flatMap((whose) => {
      const blake2 =
        whose === 'of oms' ? oms(['--hash', 'blake2b']) : referenceApi(venv, 'files blake2');
      const blake3 =
        whose === 'of oms' ? oms(['--hash', 'blake3']) : referenceApi(venv, 'files blake3');
      return [
        inability(
          `BLAKE2b ${whose}`,
          'refused',
          refuses(blake2, [
            [cli, mismatch],
            [guessed, /Unsupported hashing method blake2b/],
          ]),
        ),
        inability(
          `BLAKE3 ${whose}`,
          'refused by its command line',
          refuses(blake3, [[cli, mismatch]]),
        ),
      ];
    }),
    inability('git paths signed', 'refused without the option', async (directory) => {
      const job = makeJob(directory, GIT_COUNTED, key);
      writeModel(job.path, job.model);
      expectSuccess(await cli.sign(job), 'reference sign');
      const plain = { ...job, model: FLAT };
      expectSuccess(await ours.verify(plain, OWNER), 'oms verify');
      const said = /Missing files in model 'model': \.git\/HEAD, \.gitattributes/;
      expectFailure(await cli.verify(plain, OWNER), 'reference verify', said);
      const undo = tamper(`${job.path}/.git/HEAD`);
      expectRefusal(ours, await ours.verify(plain, OWNER), 'oms verify', 'content');
      undo();
    }),
    inability('model path that is a link', 'refused without the option', async (directory) => {
      const real = makeJob(directory, FLAT, key, 'real');
      const job = makeJob(directory, FLAT, key);
      writeModel(real.path, FLAT);
      symlinkSync('real', job.path);
      expectFailure(await cli.sign(job), 'reference sign', /because it is a symlink/);
      expectSuccess(await ours.sign(job), 'oms sign');
      expectSuccess(await ours.verify(job, OWNER), 'oms verify');
      expectFailure(await cli.verify(job, OWNER), 'reference verify', /because it is a symlink/);
    }),
    inability(
      'trust in an intermediate',
      'refused without its root',
      refuses(
        ours,
        [[cli, /unable to get issuer certificate/]],
        NESTED,
        store.intermediateTrusted(),
      ),
    ),
    inability('no --certificate_chain', 'cannot sign', (directory) =>
      cannotSign(
        makeJob(directory, FLAT, store.leafAlone()),
        cli,
        /Signing failed with error: Unable to load PEM file/,
      ),
    ),
    inability('encrypted key', 'cannot sign', (directory) =>
      cannotSign(
        makeJob(directory, FLAT, store.encryptedKey('secret')),
        cli,
        /Signing failed with error: Cannot convert "<class 'str'>" instance to a buffer/,
      ),
    ),
    inability('pyOpenSSL', 'imported, not declared', () => undeclared(venv)),
  ];
}

function inability(what: string, how: string, check: Case['check']): Case {
  return { title: columns('known difference', what, how), check };
}

/** A single file goes by the name given, and is refused when changed or for a stranger. */
async function singleFile(
  job: Job,
  signer: Tool,
  verifiers: readonly Tool[],
  name: string,
): Promise<void> {
  writeFileSync(job.path, 'weights');
  expectSuccess(await signer.sign(job), `${signer.name} sign`);
  expectEqual(
    readBundle(job.signature).resources.map((resource) => resource.name),
    [name],
    'the names',
  );
  for (const verifier of verifiers) {
    const what = `${verifier.name} verify`;
    expectSuccess(await verifier.verify(job, OWNER), what);
    expectRefusal(verifier, await verifier.verify(job, STRANGER), what, 'stranger');
    const undo = tamper(job.path);
    expectRefusal(verifier, await verifier.verify(job, OWNER), what, 'content');
    undo();
  }
}

/** The reference cannot sign so; oms can, and the reference verifies that. */
async function cannotSign(job: Job, cli: Tool, said: RegExp): Promise<void> {
  writeModel(job.path, job.model);
  expectFailure(await cli.sign(job), 'reference sign', said);
  expectSuccess(await oms().sign(job), 'oms sign');
  expectSuccess(await cli.verify(job, OWNER), 'reference verify');
}

const WITHOUT_OPENSSL = 'import sys; sys.modules["OpenSSL"] = None; import model_signing';
const REQUIRES = 'import importlib.metadata as m; print(*m.requires("model-signing"), sep="\\n")';

async function undeclared({ python }: Venv): Promise<void> {
  const without = await run(python, ['-c', WITHOUT_OPENSSL]);
  expectFailure(without, 'import model_signing', /ModuleNotFoundError: .*OpenSSL/);
  const requires = await run(python, ['-c', REQUIRES]);
  expectSuccess(requires, 'importlib.metadata.requires');
  expectEqual(/openssl/i.test(requires.output), false, 'that pyOpenSSL is declared');
}
