import { hash } from 'node:crypto';
import { OmsError } from '../errors.ts';
import { type Bundle, type ParsedBundle, parseBundle } from '../format/bundle.ts';
import { encodeStatement } from '../format/statement.ts';
import { Pace } from '../pace.ts';
import type { Signer } from '../signers/signer.ts';
import { measureModel } from './digest.ts';
import type { MeasuredManifest } from './measured.ts';
import type { SignOptions } from './options.ts';
import type { StreamedModel } from './streamed.ts';

/**
 * Signs a model: hashes its files into a manifest, and has the signer sign the statement of it
 * (§6). Nothing is written; `JSON.stringify` of the result is the text of a signature file.
 *
 * @param model path of a directory or of a single file, or its files as streams.
 * @throws {OmsError} what {@link digest} throws, and what the signer throws.
 */
export async function sign(
  model: string | StreamedModel,
  signer: Signer,
  options: SignOptions = {},
): Promise<Bundle> {
  return (await signMeasured(model, signer, options)).bundle;
}

/** What a report tells of a bundle; its statement may be large, and is not kept for that. */
export type Seal = Pick<ParsedBundle, 'material' | 'timestamps'>;

/** As {@link sign}, with the figures that a report needs. */
export async function signMeasured(
  model: string | StreamedModel,
  signer: Signer,
  options: SignOptions,
): Promise<MeasuredManifest & { readonly bundle: Bundle; readonly seal: Seal }> {
  const pace = new Pace(options.signal);
  const measured = await measureModel(model, options);
  await pace.rest();
  const statement = encodeStatement(measured.manifest);
  if (pace.isDue) await pace.rest();
  const signed = hash('sha256', statement, 'hex');
  const bundle = await signer(statement);
  if (pace.isDue) await pace.rest();
  return { ...measured, bundle, seal: checkBundle(bundle, signed) };
}

/**
 * A signer may be anybody's function: what it returns must be a bundle over the statement as it was
 * when the signer got it.
 *
 * @param digest of that statement.
 */
function checkBundle(bundle: Bundle, digest: string): Seal {
  const { envelope, material, timestamps } = parseBundle(bundle);
  if (hash('sha256', envelope.payload, 'hex') !== digest) {
    throw new OmsError('BUNDLE_MALFORMED', 'the signer signed another statement than it was given');
  }
  return { material, timestamps };
}
