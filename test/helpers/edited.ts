import type { JsonObject, JsonValue } from '../../src/format/json.ts';

/** A copy of a JSON value in which what stands at a path (`a.b.0`) is another, or is gone. */
export function edited(
  value: JsonObject,
  path: string,
  replacement: JsonValue | undefined,
): JsonObject {
  return replaced(value, path.split('.'), replacement) as JsonObject;
}

function replaced(
  value: JsonValue | undefined,
  path: readonly string[],
  replacement: JsonValue | undefined,
): JsonValue | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return replacement;
  if (typeof value !== 'object' || value === null) throw new Error(`no member has a "${key}"`);
  const members = new Map<string, JsonValue>(Object.entries(value));
  const member = replaced(members.get(key), rest, replacement);
  if (member === undefined) members.delete(key);
  else members.set(key, member);
  return Array.isArray(value) ? [...members.values()] : Object.fromEntries(members);
}
