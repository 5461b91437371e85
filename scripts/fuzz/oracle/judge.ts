import { OmsError, type Verification } from '../../../src/index.ts';
import type { Input } from '../base/input.ts';
import { readBundle } from './envelope.ts';
import type { Finding, FindingKind } from './finding.ts';
import { Flaw } from './json.ts';
import { type NaiveManifest, readManifest } from './manifest.ts';
import { describeThrown, flawsInError } from './message.ts';
import { judgeModel, type NaiveTree } from './model.ts';
import { judgeSigner } from './signer.ts';

/** How a run ended. */
export type Ending = { readonly result: Verification } | { readonly error: unknown };

/** Says what is wrong with how a verifier treated an input. */
export function judge(input: Input, ending: Ending, readTree: () => NaiveTree): Finding[] {
  const flaws =
    'result' in ending
      ? judgeResult(input, ending.result, readTree())
      : judgeError(input, ending.error, readTree);
  return flaws.map(([kind, what]) => findingOf(input, kind, what));
}

export function findingOf({ index, seed, steps }: Input, kind: FindingKind, what: string): Finding {
  return { kind, index, seed, steps, what };
}

type Flaws = (readonly [FindingKind, string])[];

function judgeResult(input: Input, result: Verification, tree: NaiveTree): Flaws {
  try {
    const bundle = readBundle(input.bundle);

    const manifest = readManifest(bundle.payload);
    const { encoding } = manifest;
    const claim = { signer: result.signer, bundle, ledger: input.ledger, encoding };
    const flaws = judgeSigner(claim, input.trust, new Date());
    const model = judgeModel(manifest, tree, input.options, input.signature);
    flaws.push(...model.flaws, ...differences(result, manifest));
    const counts = [result.files, result.bytes, result.ignored.length, result.unsigned.length];
    const right = [model.files, model.bytes, model.ignored, model.unsigned];
    const told = `counted ${counts.join()} files, bytes, ignored, unsigned`;
    if (counts.join() !== right.join()) flaws.push(`${told}, and not ${right.join()}`);
    return flaws.map((what) => ['wrongly verified', what] as const);
  } catch (error) {
    if (!(error instanceof Flaw)) throw error;
    return [['wrongly verified', error.message]];
  }
}

/** The verifier must tell of the manifest what stands in it. */
function differences({ manifest }: Verification, naive: NaiveManifest): string[] {
  const told = manifest.resources.map((one) => JSON.stringify([one.name, one.path, one.digest]));
  const read = naive.resources.map((one) => JSON.stringify([one.name, one.path, one.digest]));
  const { hashAlgorithm, shardSize, allowSymlinks, ignorePaths } = manifest.serialization;
  const parameters = [hashAlgorithm, shardSize, allowSymlinks, [...ignorePaths].toSorted()];
  const right = [naive.hash, naive.shardSize, naive.allowSymlinks, [...naive.ignored].toSorted()];
  return [
    ...(told.join() === read.join() ? [] : ['other resources than were signed']),
    ...(JSON.stringify(parameters) === JSON.stringify(right) ? [] : ['other parameters']),
    ...(manifest.name === naive.name && manifest.rootDigest === naive.rootDigest
      ? []
      : ['another name or root digest']),
  ];
}

function judgeError(input: Input, error: unknown, readTree: () => NaiveTree): Flaws {
  if (!(error instanceof OmsError) || error.code === 'INTERNAL') {
    return [['foreign error', describeThrown(error)]];
  }
  const flaws: Flaws = flawsInError(error).map((what) => ['unsafe message', what]);
  if (error.outcome !== 'refused' && !input.isCallers) {
    flaws.push(['wrong outcome', describeThrown(error)]);
  }
  if (!input.isOpen && mustVerify(input, readTree)) {
    flaws.push(['wrongly refused', describeThrown(error)]);
  }
  return flaws;
}

/** The signer is right; is the statement, and the model? */
function mustVerify(input: Input, readTree: () => NaiveTree): boolean {
  try {
    const bundle = readBundle(input.bundle);
    const manifest = readManifest(bundle.payload);
    if (input.ledger.payloads.at(-1)?.encoding !== manifest.encoding) return false;
    return judgeModel(manifest, readTree(), input.options, input.signature).flaws.length === 0;
  } catch (error) {
    if (error instanceof Flaw) return false;
    throw error;
  }
}
