import { createHash } from 'node:crypto';
import { blake3 } from '@noble/hashes/blake3.js';
import { Random } from '../base/random.ts';

/** Something in a model: bytes for a name that is not UTF-8. */
export type Entry = { readonly name: string | Buffer } & (
  | { readonly kind: 'file'; readonly content: Buffer }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'directory' }
  | { readonly kind: 'fifo' }
);

/** A model as it is to be on the disk. */
export interface Model {
  /** Its basename. */
  readonly name: string;
  readonly shape: 'directory' | 'file';
  /** One file, in the shape of a file. */
  readonly entries: readonly Entry[];
}

export type HashName = 'sha256' | 'blake2b' | 'blake3';

/** Lower-case hex, by other code than what is tested where there is any. */
export function digestOf(algorithm: HashName, bytes: Uint8Array): string {
  if (algorithm === 'blake3') return Buffer.from(blake3(bytes)).toString('hex');
  const name = algorithm === 'blake2b' ? 'blake2b512' : 'sha256';
  return createHash(name).update(bytes).digest('hex');
}

export function file(name: string | Buffer, content: string | Buffer): Entry {
  return { name, kind: 'file', content: Buffer.from(content) };
}

export function link(name: string, target: string): Entry {
  return { name, kind: 'link', target };
}

function directory(...entries: readonly Entry[]): Model {
  return { name: 'model', shape: 'directory', entries };
}

const random = new Random('models');

/** Models whose names and sizes are at the edges of what is allowed. */
export const MODELS = {
  /** Names whose order differs between code points, UTF-16 and path components. */
  order: directory(
    file('a', 'first'),
    file('a-b', 'a hyphen comes before a slash'),
    file('a.txt', 'a full stop too'),
    file('b/c', 'but not by component'),
    file('b-c', ''),
    file('π/模型.bin', random.bytes(40)),
    file('\uE000', 'private use, below U+10000'),
    file('\u{1F600}', 'two UTF-16 units, above it'),
  ),
  weights: directory(
    file('config.json', '{"layers": 2}'),
    file('weights.bin', random.bytes(200)),
    file('part/deep/tensor.bin', random.bytes(64)),
    file('part/tensor.bin', random.bytes(64)),
  ),
  /** Names that a careless reader takes for others. */
  odd: directory(
    file('a:0:5', 'five!'),
    file('..a', 'not above'),
    file('a..', 'not above either'),
    file(' ', 'a space'),
    file('a\\b', 'no separator here'),
    file('*', 'no pattern'),
    file('con', 'no device here'),
    file('é', 'composed'),
    file('e\u0301', 'decomposed'),
    file('new\nline', 'two lines'),
    file('\u202Egnp.exe', 'right to left'),
    file('n'.repeat(255), 'as long as a name can be'),
    file('-rf', 'no option'),
    file('__proto__', 'no prototype'),
    file('constructor', 'no constructor'),
  ),
  /** With what is left out unless asked for. */
  ignored: directory(
    file('weights.bin', random.bytes(30)),
    file('.git/config', 'not part of it'),
    file('.gitignore', 'nor this'),
    file('logs/run/1.txt', 'left out by the signer'),
    file('logs.txt', 'not left out'),
  ),
  links: directory(
    file('weights.bin', random.bytes(30)),
    file('part/other.bin', random.bytes(30)),
    link('latest.bin', 'weights.bin'),
    link('part/up.bin', '../weights.bin'),
  ),
  many: directory(
    ...Array.from({ length: 60 }, (_, at) => file(`d${at % 7}/f${at}`, random.bytes(at))),
  ),
  single: { name: 'model.bin', shape: 'file', entries: [file('model.bin', random.bytes(50))] },
} as const satisfies Record<string, Model>;
