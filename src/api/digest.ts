import { OmsError } from '../errors.ts';
import { buildManifest, type Manifest } from '../format/manifest.ts';
import { readModel, type Scope } from '../model/directory.ts';
import { flawInName } from '../model/names.ts';
import { checkUnchanged, type ModelTree } from '../model/tree.ts';
import { Pace } from '../pace.ts';
import { quoted } from '../printable.ts';
import { measure, planFor } from './measure.ts';
import {
  checkJobs,
  checkModelPath,
  type DigestOptions,
  serializationOf,
  signatureNameIn,
} from './options.ts';

/** A manifest, and how much was hashed for it. */
export interface MeasuredManifest {
  readonly manifest: Manifest;
  /** Regular files in the model. */
  readonly files: number;
  /** Their size in bytes. */
  readonly bytes: number;
  /** Names that are present under an ignored path. */
  readonly ignored: readonly string[];
}

/**
 * Computes the manifest of a model, as signing would (§6.1 to §6.5). Its `rootDigest` names the
 * model and all its content.
 *
 * @param model path of a directory or of a single file.
 * @throws {OmsError} `MODEL_UNSIGNABLE`, `MODEL_EMPTY`, `FILE_UNREADABLE`, `FILE_CHANGED`,
 *   `USAGE`, `WORKER_FAILED`, `ABORTED`
 */
export async function digest(model: string, options: DigestOptions = {}): Promise<Manifest> {
  return (await measureModel(model, options)).manifest;
}

/** As {@link digest}, with the figures that a report needs. */
export async function measureModel(
  model: string,
  options: DigestOptions,
): Promise<MeasuredManifest> {
  checkModelPath(model);
  checkJobs(options);
  const serialization = serializationOf(model, options);
  const pace = new Pace(options.signal);
  pace.check();
  const scope: Scope = {
    ignorePaths: serialization.ignorePaths,
    signature: signatureNameIn(model, options.signaturePath),
    allowSymlinks: serialization.allowSymlinks,
  };
  const tree = await readModel(model, scope, pace);
  checkSignable(tree);
  const plan = planFor(tree.root, tree.files, serialization);
  checkCovered(plan.emptyFiles);
  const { resources, bytes } = await measure(plan, serialization, options);
  checkUnchanged(tree, true);
  const recorded = tree.isSingleFile ? { ...serialization, ignorePaths: [] } : serialization;
  return {
    manifest: buildManifest(tree.name, recorded, resources),
    files: tree.files.length,
    bytes,
    ignored: tree.ignored,
  };
}

/** §6.1, §6.1.1: regular files only, at least one, and nothing else in between; and a name. */
function checkSignable({ files, irregular, ignored, root, name }: ModelTree): void {
  const [first] = irregular;
  if (first !== undefined) {
    const more = irregular.length === 1 ? '' : ` (and ${irregular.length - 1} more)`;
    throw new OmsError('MODEL_UNSIGNABLE', `${quoted(first.name)} cannot be signed${more}`, {
      expected: 'regular files and directories',
      found: first.what,
      hint: first.hint ?? 'remove it from the model, or leave it out with --ignore-paths',
    });
  }
  if (files.length === 0) {
    const hidden = ignored.length === 0 ? '' : `, only ${ignored.length} under ignored paths`;
    throw new OmsError('MODEL_EMPTY', `the model ${quoted(root)} holds no file to sign${hidden}`);
  }
  if (flawInName(name) !== undefined) {
    throw new OmsError('MODEL_UNSIGNABLE', 'the model has no name that can be signed', {
      expected: 'a directory or file with a name',
      found: quoted(root),
    });
  }
}

/** Shards say nothing of an empty file, so it could come or go unseen (§6.3.2). */
function checkCovered(emptyFiles: readonly string[]): void {
  const [first] = emptyFiles;
  if (first === undefined) return;
  const more = emptyFiles.length === 1 ? '' : ` (and ${emptyFiles.length - 1} more)`;
  throw new OmsError(
    'MODEL_UNSIGNABLE',
    `shards cannot cover the empty file ${quoted(first)}${more}`,
    {
      hint: 'sign without --shard-size, or leave the file out with --ignore-paths',
    },
  );
}
