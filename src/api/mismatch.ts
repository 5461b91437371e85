import { OmsError } from '../errors.ts';
import type { ModelDiff } from '../format/diff.ts';
import type { Manifest } from '../format/manifest.ts';
import type { SignerIdentity } from '../verifiers/verifier.ts';

/** The signature is good, and the model is not what was signed. */
export class MismatchError extends OmsError {
  /** Everything that differs. */
  readonly diff: ModelDiff;
  /** Who signed what the model should be. */
  readonly signer: SignerIdentity;
  /** What the model should be. */
  readonly manifest: Manifest;

  constructor(diff: ModelDiff, signer: SignerIdentity, manifest: Manifest, hint?: string) {
    const { changed, missing, extra } = diff;
    super(
      'MODEL_MISMATCH',
      `the signature is good, but the model differs from what was signed: ` +
        `${changed.length} changed, ${missing.length} missing, ${extra.length} extra`,
      { hint },
    );
    this.name = 'MismatchError';
    this.diff = diff;
    this.signer = signer;
    this.manifest = manifest;
  }
}
