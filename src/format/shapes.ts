import { quoted } from '../printable.ts';

/**
 * Longer keys are in no format that is read here. V8 hashes strings beyond some thousand characters
 * by their length alone, so that many long ones would be compared each with each.
 */
const MAX_KEY_LENGTH = 1_000;

/** Objects that begin with the same keys in the same order, by the last of these keys. */
interface Shape {
  readonly key: string;
  readonly before: Shape | undefined;
  /** By the key that comes next. */
  readonly next: Map<string, Shape>;
}

/** An object that is still open. */
export interface OpenObject {
  shape: Shape;
  /** Its keys, from the first that nobody has had in its place before. */
  keys: Set<string> | undefined;
}

/**
 * The shapes of the objects in a text. Where one of a million objects is like another before it,
 * that its keys differ from each other is known.
 */
export class Shapes {
  readonly #limit: number;
  readonly #empty: Shape = { key: '', before: undefined, next: new Map() };
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  open(): OpenObject {
    return { shape: this.#empty, keys: undefined };
  }

  /** Adds a key to an object. Returns what is wrong with it. */
  extend(object: OpenObject, key: string): string | undefined {
    const { shape } = object;
    const known = shape.next.get(key);
    if (known !== undefined) {
      // One that was open meanwhile may have gone on from where this one left what was known.
      object.keys?.add(key);
      object.shape = known;
      return undefined;
    }
    if (key.length > MAX_KEY_LENGTH) return `it holds a key of ${key.length} characters`;
    object.keys ??= new Set(keysOf(shape));
    if (object.keys.has(key)) return `the key ${quoted(key, 60)} appears twice`;
    if (++this.#count > this.#limit) {
      return `it holds more than ${this.#limit} different keys, or orders of keys`;
    }
    object.keys.add(key);
    object.shape = { key, before: shape, next: new Map() };
    shape.next.set(key, object.shape);
    return undefined;
  }
}

function* keysOf(last: Shape): Generator<string, void> {
  for (let shape = last; shape.before !== undefined; shape = shape.before) yield shape.key;
}
