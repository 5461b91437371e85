import type { Policy } from '../../../src/index.ts';
import type { Ledger } from '../corpus/ledger.ts';
import type { Model } from '../corpus/model.ts';
import type { Options, Trust } from '../corpus/seed.ts';
import type { Document } from '../documents/documents.ts';
import type { ObjectForm } from './draft.ts';

/** All that one run of a verifier is given, and what is known of it. */
export interface Input {
  readonly index: number;
  readonly seed: string;
  readonly method: string;
  /** What was done to the seed, in order. None: the seed as it is. */
  readonly steps: readonly string[];
  readonly bundle: Buffer;
  readonly objectForm: ObjectForm | undefined;
  readonly model: Model;
  /** Whether the model is the seed's own, so that it need not be written again. */
  readonly isOwnModel: boolean;
  readonly signature: string | undefined;
  readonly policy: Policy;
  readonly trust: Trust;
  readonly options: Options;
  readonly ledger: Ledger;
  /** A file of another kind, to be read by itself; not with every input. */
  readonly document: Document | undefined;
  /** Whether it is not known beforehand that a verifier takes it, if the model is what was signed. */
  readonly isOpen: boolean;
  /** Whether an error may be one of the caller's own making. */
  readonly isCallers: boolean;
}
