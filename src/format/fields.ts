import type { ErrorCode, OmsError } from '../errors.ts';
import { quoted } from '../printable.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { malformed } from './malformed.ts';

/**
 * Reads the members of one JSON object by name. Only the object's own members count, so a key such
 * as `__proto__` or `toString` is a member like any other.
 */
export class Fields {
  readonly #object: JsonObject;
  readonly #where: string;
  readonly #code: ErrorCode;

  /**
   * @param where names the object in messages: a path such as `dsseEnvelope.signatures[0]`,
   *   empty for the document itself.
   * @throws {OmsError} with `code` when `value` is not an object.
   */
  constructor(value: JsonValue | undefined, where: string, code: ErrorCode) {
    if (typeof value !== 'object' || value === null || isArray(value)) {
      throw malformed(code, where, { expected: 'an object', found: describe(value) });
    }
    this.#object = value;
    this.#where = where;
    this.#code = code;
  }

  /** The object itself, for what is handed on unread. */
  get raw(): JsonObject {
    return this.#object;
  }

  get keys(): readonly string[] {
    return Object.keys(this.#object);
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#object, key);
  }

  /** The member's value; `undefined` when it is absent, or `null`, which protobuf JSON equates. */
  optional(key: string): JsonValue | undefined {
    return this.has(key) ? (this.#object[key] ?? undefined) : undefined;
  }

  string(key: string): string {
    const value = this.optional(key);
    if (typeof value !== 'string') throw this.#wrong(key, 'a string', value);
    return value;
  }

  /** A string that must be exactly this one. */
  constant(key: string, expected: string): void {
    const value = this.string(key);
    if (value !== expected) throw this.#wrong(key, quoted(expected), value);
  }

  boolean(key: string): boolean {
    const value = this.optional(key);
    if (typeof value !== 'boolean') throw this.#wrong(key, 'true or false', value);
    return value;
  }

  array(key: string): readonly JsonValue[] {
    const value = this.optional(key);
    if (!isArray(value)) throw this.#wrong(key, 'an array', value);
    return value;
  }

  object(key: string): Fields {
    return new Fields(this.optional(key), this.#path(key), this.#code);
  }

  /** Refuses members that the format does not have: a typing error must not become a default. */
  only(...known: readonly string[]): this {
    for (const key of this.keys) {
      if (!known.includes(key)) {
        throw malformed(this.#code, this.#where, {
          expected: `only ${known.join(', ')}`,
          found: `the unknown member ${quoted(key, 60)}`,
        });
      }
    }
    return this;
  }

  /** An error about one member, for checks that only the caller can do. */
  error(key: string, expected: string): OmsError {
    return this.#wrong(key, expected, this.optional(key));
  }

  #wrong(key: string, expected: string, found: JsonValue | undefined): OmsError {
    return malformed(this.#code, this.#path(key), { expected, found: describe(found) });
  }

  #path(key: string): string {
    return this.#where === '' ? key : `${this.#where}.${key}`;
  }
}

function describe(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return quoted(value, 80);
  if (isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  if (typeof value === 'object') return value === null ? 'null' : 'an object';
  return String(value);
}

function isArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}
