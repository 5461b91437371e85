import { OmsError } from '../errors.ts';
import { type JsonObject, type JsonValue, readJson, readJsonText } from '../format/json.ts';
import { TRUST_LIMITS } from '../format/limits.ts';

/** A file of a trust configuration: its JSON text, the bytes of it, or the object. */
export type TrustSource = string | Uint8Array | JsonObject;

/** @throws {OmsError} `TRUST_UNUSABLE` */
export function readTrustSource(source: TrustSource, what: string): JsonValue {
  const code = 'TRUST_UNUSABLE';
  if (source instanceof Uint8Array) return readJson(source, TRUST_LIMITS, what, code);
  if (typeof source === 'string') return readJsonText(source, TRUST_LIMITS, what, code);
  if (typeof source !== 'object' || source === null) {
    throw new OmsError(code, `${what} cannot be used`, {
      expected: 'JSON text, its bytes, or an object',
      found: source === null ? 'null' : typeof source,
    });
  }
  // An object from outside goes through its text, so that it is plain data afterwards.
  return readJsonText(textOf(source, what), TRUST_LIMITS, what, code);
}

function textOf(source: JsonObject, what: string): string {
  try {
    return JSON.stringify(source) ?? '';
  } catch (cause) {
    throw new OmsError('TRUST_UNUSABLE', `${what} is not plain JSON`, { cause });
  }
}
