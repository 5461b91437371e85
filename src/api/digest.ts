import { OmsError } from '../errors.ts';
import { buildManifest, type Manifest } from '../format/manifest.ts';
import { readModel, type Scope } from '../model/directory.ts';
import { checkUnchanged, type ModelTree } from '../model/tree.ts';
import { Pace } from '../pace.ts';
import { quoted } from '../printable.ts';
import { measure, planFor } from './measure.ts';
import { checkCovered, checkName, type MeasuredManifest, nothingToSign } from './measured.ts';
import {
  checkJobs,
  checkModelPath,
  type DigestOptions,
  serializationOf,
  signatureNameIn,
} from './options.ts';
import { measureStreams, type StreamedModel } from './streamed.ts';

/**
 * Computes the manifest of a model, as signing would (§6.1 to §6.5). Its `rootDigest` is over the
 * content of all files in the order of their names, and not over the names (§6.5.1): what is to be
 * compared with another model is the manifest.
 *
 * @param model path of a directory or of a single file, or its files as streams.
 * @throws {OmsError} `MODEL_UNSIGNABLE`, `MODEL_EMPTY`, `FILE_UNREADABLE`, `FILE_CHANGED`,
 *   `USAGE`, `WORKER_FAILED`, `ABORTED`
 */
export async function digest(
  model: string | StreamedModel,
  options: DigestOptions = {},
): Promise<Manifest> {
  return (await measureModel(model, options)).manifest;
}

/** As {@link digest}, with the figures that a report needs. */
export async function measureModel(
  model: string | StreamedModel,
  options: DigestOptions,
): Promise<MeasuredManifest> {
  checkJobs(options);
  if (isStreamed(model)) return measureStreams(model, options);
  checkModelPath(model);
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

function isStreamed(model: string | StreamedModel): model is StreamedModel {
  return typeof model === 'object' && model !== null && 'files' in model;
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
  if (files.length === 0) throw nothingToSign(root, ignored);
  checkName(name, root);
}
