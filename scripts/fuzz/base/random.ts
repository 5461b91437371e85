import { createHash } from 'node:crypto';

/**
 * A source of chance that a text decides: the same text, the same numbers, on every machine. The
 * generator is Doty-Humphrey's small fast counting one (sfc32).
 */
export class Random {
  readonly #text: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(text: string) {
    this.#text = text;
    const seed = createHash('sha256').update(text).digest();
    [this.#a, this.#b, this.#c] = [seed.readInt32LE(0), seed.readInt32LE(4), seed.readInt32LE(8)];
  }

  /** Another source, which does not depend on how many numbers were taken of this one. */
  fork(label: string): Random {
    return new Random(`${this.#text}/${label}`);
  }

  /** 32 bits. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    this.#c |= 0;
    return sum >>> 0;
  }

  /** A whole number from 0 to below `count`; 0 if there is none. */
  below(count: number): number {
    return count < 1 ? 0 : this.next() % Math.min(count, 2 ** 32);
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True once in so many times, on average. */
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    const one = list[this.below(list.length)];
    if (one === undefined && !(0 in list)) throw new Error('there is nothing to pick from');
    return one as T;
  }

  /** One of a list, each as often as its weight says. */
  weighted<T extends { readonly weight: number }>(list: readonly T[]): T {
    const total = list.reduce((sum, { weight }) => sum + weight, 0);
    let at = this.below(total);
    for (const one of list) {
      at -= one.weight;
      if (at < 0) return one;
    }
    throw new Error('there is nothing to pick from');
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length; at++) bytes[at] = this.next() & 0xff;
    return bytes;
  }

  /** From 1 to `most`: small numbers often, large ones seldom. */
  size(most: number): number {
    return 1 + this.below(Math.min(most, 1 << this.below(Math.ceil(Math.log2(most + 1)) + 1)));
  }

  shuffled<T>(list: readonly T[]): T[] {
    const copy = [...list];
    for (let at = copy.length - 1; at > 0; at--) {
      const other = this.below(at + 1);
      [copy[at], copy[other]] = [copy[other] as T, copy[at] as T];
    }
    return copy;
  }
}
