import type { Bundle } from '../../../src/format/bundle.ts';
import type { JsonValue } from '../../../src/format/json.ts';

/** Where a value stands in a bundle. */
export type Path = readonly (string | number)[];

export const MATERIAL: Path = ['verificationMaterial'];
export const ENTRY: Path = [...MATERIAL, 'tlogEntries', 0];
export const PROOF: Path = [...ENTRY, 'inclusionProof'];
export const CHECKPOINT: Path = [...PROOF, 'checkpoint', 'envelope'];
export const PROMISE: Path = [...ENTRY, 'inclusionPromise', 'signedEntryTimestamp'];
export const BODY: Path = [...ENTRY, 'canonicalizedBody'];
export const CERTIFICATE: Path = [...MATERIAL, 'certificate', 'rawBytes'];
export const TIMESTAMPS: Path = [...MATERIAL, 'timestampVerificationData', 'rfc3161Timestamps'];
export const TIMESTAMP: Path = [...TIMESTAMPS, 0, 'signedTimestamp'];
export const SIGNATURE: Path = ['dsseEnvelope', 'signatures', 0, 'sig'];
export const PAYLOAD: Path = ['dsseEnvelope', 'payload'];

type Node = Record<string | number, JsonValue>;

/** What stands at a place; fails where there is nothing, so that no test edits what is not there. */
export function valueAt(bundle: Bundle, path: Path): JsonValue {
  let node = bundle as unknown as Node;
  for (const step of path) {
    const next = node[step];
    if (next === undefined) throw new Error(`there is no ${path.join('.')}`);
    node = next as Node;
  }
  return node;
}

export function textAt(bundle: Bundle, path: Path): string {
  const value = valueAt(bundle, path);
  if (typeof value !== 'string') throw new Error(`${path.join('.')} is not a string`);
  return value;
}

/** A copy of a bundle with another value at a place; `undefined` removes what is there. */
export function withValue(bundle: Bundle, path: Path, value: JsonValue | undefined): Bundle {
  const copy = structuredClone(bundle);
  const last = path.at(-1) ?? '';
  const parent = valueAt(copy, path.slice(0, -1)) as Node;
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

/** A copy with a text changed by a function, which has to change it. */
export function withText(bundle: Bundle, path: Path, change: (text: string) => string): Bundle {
  const before = textAt(bundle, path);
  const changed = change(before);
  if (changed === before) throw new Error(`${path.join('.')} was not changed`);
  return withValue(bundle, path, changed);
}

/** A copy with one bit of a base64 member turned over. */
export function withBit(bundle: Bundle, path: Path, byte: number, bit = 0): Bundle {
  return withText(bundle, path, (text) => {
    const bytes = Buffer.from(text, 'base64');
    bytes.writeUInt8(bytes.readUInt8(byte) ^ (1 << bit), byte);
    return bytes.toString('base64');
  });
}

/** A copy that takes what stands at a place from another bundle. */
export function withPartOf(bundle: Bundle, other: Bundle, path: Path): Bundle {
  return withValue(bundle, path, valueAt(other, path));
}

/** The places of all values in a bundle, those that hold others included. */
export function pathsOf(bundle: Bundle): Path[] {
  const below = (node: JsonValue, path: Path): Path[] =>
    typeof node !== 'object' || node === null
      ? [path]
      : [
          path,
          ...Object.entries(node).flatMap(([key, value]) =>
            below(value, [...path, Array.isArray(node) ? Number(key) : key]),
          ),
        ];
  return below(bundle as unknown as JsonValue, []).filter((path) => path.length > 0);
}

/** A copy without a member, or without one of the values of a list. */
export function withoutValue(bundle: Bundle, path: Path): Bundle {
  const last = path.at(-1);
  const parent = path.slice(0, -1);
  const list = valueAt(bundle, parent);
  if (!Array.isArray(list)) return withValue(bundle, path, undefined);
  return withValue(
    bundle,
    parent,
    list.filter((_, at) => at !== last),
  );
}
