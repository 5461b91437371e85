import { type Bundle, type Method, parseBundle } from '../format/bundle.ts';
import { compareModel, isEmpty, type ModelDiff, sizesOf, sortDifferences } from '../format/diff.ts';
import type { Manifest, Resource } from '../format/manifest.ts';
import { SINGLE_FILE } from '../format/predicate.ts';
import { parseStatement } from '../format/statement.ts';
import type { HashOptions } from '../hashing/pool.ts';
import { readModel, type Scope } from '../model/directory.ts';
import { mergeIgnorePaths } from '../model/ignore.ts';
import { checkUnchanged, type ModelTree } from '../model/tree.ts';
import { Pace } from '../pace.ts';
import { authenticate, type Policy, type SignerIdentity } from '../verifiers/verifier.ts';
import { measure, planFor } from './measure.ts';
import { MismatchError } from './mismatch.ts';
import {
  checkModelPath,
  checkVerifyOptions,
  ignorePathsOf,
  signatureNameIn,
  type VerifyOptions,
} from './options.ts';

/** A model that is what somebody trusted has signed. */
export interface Verification<Signer extends SignerIdentity = SignerIdentity> {
  readonly signer: Signer;
  /** What was signed, and what is there. */
  readonly manifest: Manifest;
  /** Files that were hashed and found as signed. */
  readonly files: number;
  /** Their size in bytes. */
  readonly bytes: number;
  /** Present under an ignored path, not signed, not looked into. */
  readonly ignored: readonly string[];
  /** Present, not signed, and accepted because `ignoreUnsignedFiles` was asked for. */
  readonly unsigned: readonly string[];
}

/** Who signed, by the method that was asked for. */
type SignerOf<M extends Method> = Extract<SignerIdentity, { readonly method: M }>;

/**
 * Verifies that a model is, file by file, what a trusted signer has signed (§8). Returns who that
 * is, or throws: there is no third outcome.
 *
 * @param model path of a directory or of a single file.
 * @param bundle the text or bytes of a signature file, or the object that a signer returned.
 * @param policy whom to trust; nothing in it has a default.
 * @throws {MismatchError} the signature is good, the model is not what was signed.
 * @throws {OmsError} outcome `refused`: `BUNDLE_MALFORMED`, `METHOD_MISMATCH`, `SIGNATURE_INVALID`,
 *   `KEY_MISMATCH`, `CERTIFICATE_REFUSED`, `STATEMENT_MALFORMED`; outcome `unchecked`:
 *   `KEY_UNUSABLE`, `FILE_UNREADABLE`, `FILE_CHANGED`, `WORKER_FAILED`, `ABORTED`; or `USAGE`.
 */
export async function verify<M extends Method>(
  model: string,
  bundle: string | Uint8Array | Bundle,
  policy: Policy & { readonly method: M },
  options?: VerifyOptions,
): Promise<Verification<SignerOf<M>>>;

export async function verify(
  model: string,
  bundle: string | Uint8Array | Bundle,
  policy: Policy,
  options: VerifyOptions = {},
): Promise<Verification> {
  checkModelPath(model);
  checkVerifyOptions(options);
  return verifyAgainst(await openBundle(bundle, policy, options), model, options);
}

/** What somebody trusted has signed. */
export interface SignedManifest {
  readonly signer: SignerIdentity;
  readonly manifest: Manifest;
}

/**
 * The first half of {@link verify}: everything that needs no model (§8.1 to §8.3). The program's
 * events happen between the steps.
 */
export async function openBundle(
  bundle: string | Uint8Array | Bundle,
  policy: Policy,
  { signal }: Pick<HashOptions, 'signal'>,
): Promise<SignedManifest> {
  const pace = new Pace(signal);
  const parsed = parseBundle(bundle);
  if (pace.isDue) await pace.rest();
  const { signer, payload } = authenticate(parsed, policy);
  if (pace.isDue) await pace.rest();
  return { signer, manifest: parseStatement(payload) };
}

/** The second half of {@link verify}: is the model what was signed (§8.4)? */
export async function verifyAgainst(
  { signer, manifest }: SignedManifest,
  model: string,
  options: VerifyOptions,
): Promise<Verification> {
  checkModelPath(model);
  checkVerifyOptions(options);
  const tree = await readSignedModel(model, manifest, options);
  const { diff, files, bytes } = await compareTree(tree, manifest, options);
  const refused = applyOptions(diff, tree, options);
  if (!isEmpty(refused)) {
    throw new MismatchError(refused, signer, manifest, hintFor(manifest, tree));
  }
  const unsigned = diff.extra.map(({ name }) => name);
  return { signer, manifest, files, bytes, ignored: tree.ignored, unsigned };
}

/**
 * Enumerates with the signed parameters (§8.4, steps 1 to 6). The caller may leave out more, which
 * hides nothing that is signed.
 */
function readSignedModel(
  model: string,
  { serialization, resources }: Manifest,
  options: VerifyOptions,
): Promise<ModelTree> {
  const scope: Scope = {
    ignorePaths: mergeIgnorePaths(serialization.ignorePaths, ignorePathsOf(options)),
    signature: signatureNameIn(model, options.signaturePath),
    // Links need the signer's word and the verifier's: a bundle alone must not turn them on.
    allowSymlinks: serialization.allowSymlinks && options.allowSymlinks === true,
    listed: pathsOf(resources),
    onlyListed: options.ignoreUnsignedFiles === true,
  };
  return readModel(model, scope, new Pace(options.signal));
}

function pathsOf(resources: readonly Resource[]): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const { path } of resources) paths.add(path);
  return paths;
}

/** Hashes what is signed, and nothing else, and compares (§8.4, steps 7 to 9). */
async function compareTree(
  tree: ModelTree,
  { resources, serialization }: Manifest,
  options: VerifyOptions,
): Promise<{ readonly diff: ModelDiff; readonly files: number; readonly bytes: number }> {
  const expected = nameSingleFile(resources, tree);
  const listed = pathsOf(expected);
  const signed = tree.files.filter(({ name }) => listed.has(name));
  const unlisted = tree.files.filter(({ name }) => !listed.has(name));
  const plan = planFor(tree.root, signed, serialization, sizesOf(expected));
  const measured = await measure(plan, serialization, options);
  checkUnchanged(tree, options.ignoreUnsignedFiles !== true);
  const diff = compareModel(expected, { ...measured, unlisted, irregular: tree.irregular });
  return { diff, files: signed.length, bytes: measured.bytes };
}

/** The reference calls the one file of a model "."; here it goes by its name. */
function nameSingleFile(resources: readonly Resource[], tree: ModelTree): readonly Resource[] {
  if (!tree.isSingleFile || resources[0]?.path !== SINGLE_FILE) return resources;
  return resources.map((resource) => ({
    ...resource,
    name: tree.name + resource.name.slice(SINGLE_FILE.length),
    path: tree.name,
  }));
}

function applyOptions(diff: ModelDiff, tree: ModelTree, options: VerifyOptions): ModelDiff {
  if (options.ignoreUnsignedFiles === true) return { ...diff, extra: [] };
  if (options.forbidIgnoredFiles !== true) return diff;
  const hidden = tree.ignored.map((name) => ({ name, note: 'under an ignored path' }));
  return { ...diff, extra: sortDifferences([...diff.extra, ...hidden]) };
}

function hintFor({ serialization, resources }: Manifest, tree: ModelTree): string | undefined {
  if (resources[0]?.path === SINGLE_FILE && !tree.isSingleFile) {
    return 'the bundle is of a single file, and the model is a directory';
  }
  if (
    serialization.allowSymlinks &&
    tree.irregular.some(({ what }) => what === 'a symbolic link')
  ) {
    return 'the signer allowed symbolic links; to follow those inside the model, use --allow-symlinks';
  }
  return undefined;
}
