import type { Policy } from '../../../src/index.ts';
import type { Corpus } from '../corpus/corpus.ts';
import { type Ledger, NOTHING, together } from '../corpus/ledger.ts';
import type { Model } from '../corpus/model.ts';
import type { Options, Sealing, Seed, Trust } from '../corpus/seed.ts';
import { type Node, nodeOf, textOf } from '../json/tree.ts';
import type { Random } from './random.ts';

/** How a bundle that is not given as text is given. */
export type ObjectForm =
  | 'plain'
  | 'null prototype'
  | 'class'
  | 'toJSON'
  | 'cycle'
  | 'bigint'
  | 'getter';

/** An input while it is made: first the statement, then the papers, the bundle and its text. */
export class Draft {
  readonly corpus: Corpus;
  readonly seed: Seed;
  readonly random: Random;
  statement: Buffer;
  sealing: Sealing;
  /** The signature of the seed's own statement stays under another one. */
  keepsSignature = false;
  model: Model;
  signature: string | undefined;
  policy: Policy;
  trust: Trust;
  options: Options;
  objectForm: ObjectForm | undefined;
  /** What the model, the policy or the options were changed by, so that other errors are right. */
  readonly touched = new Set<'model' | 'policy' | 'options'>();
  #isOpen = false;
  #ledger: Ledger;
  #bundle: Node | undefined;
  #text: Buffer | undefined;

  constructor(corpus: Corpus, seed: Seed, random: Random) {
    this.corpus = corpus;
    this.seed = seed;
    this.random = random;
    this.statement = seed.statement;
    this.sealing = { random: random.fork('sealing') };
    this.model = seed.model;
    this.signature = seed.signature;
    this.policy = seed.policy;
    this.trust = seed.trust;
    this.options = seed.options;
    this.#ledger = corpus.ledger;
  }

  /** Says that whether this verifies is no longer known beforehand, only when it may not. */
  open(): void {
    this.#isOpen = true;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** What those who are trusted did for this input. */
  get ledger(): Ledger {
    return this.#ledger;
  }

  record(facts: Partial<Ledger>): void {
    this.#ledger = together(this.#ledger, { ...NOTHING, ...facts });
  }

  /** The bundle, signed when it is first asked for. */
  get bundle(): Node {
    this.#bundle ??= this.#seal();
    return this.#bundle;
  }

  set bundle(node: Node) {
    this.#bundle = node;
  }

  /** The text of the bundle, written when it is first asked for. */
  get text(): Buffer {
    this.#text ??= Buffer.from(textOf(this.bundle));
    return this.#text;
  }

  set text(text: Buffer) {
    this.#text = text;
  }

  #seal(): Node {
    const { seal, statement: own } = this.seed;
    if (!this.keepsSignature) {
      const { bundle, ledger } = seal(this.statement, this.sealing);
      this.record(ledger);
      return nodeOf(bundle);
    }
    const { bundle, ledger } = seal(own, this.sealing);
    this.record(ledger);
    const payload = this.statement.toString('base64');
    return nodeOf({ ...bundle, dsseEnvelope: { ...bundle.dsseEnvelope, payload } });
  }
}
