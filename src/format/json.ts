import { type ErrorCode, OmsError } from '../errors.ts';
import { quoted } from '../printable.ts';
import { hintFor } from './malformed.ts';
import { type OpenObject, Shapes } from './shapes.ts';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** An object as `JSON.parse` made it. Its keys are untrusted: read it through `Fields` only. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** What a JSON text from outside may cost. All three are checked before a value is built. */
export interface JsonLimits {
  /** Length of the text in bytes. */
  readonly bytes: number;
  /** How deep objects and arrays may be nested. */
  readonly depth: number;
  /** How many values the text may hold, keys not counted. */
  readonly values: number;
  /**
   * How many different keys, a key counting anew behind each other sequence of keys. Each costs the
   * reader far more than a value, as it makes objects of another shape.
   */
  readonly keys: number;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads JSON (RFC 8259) that somebody else wrote, more strictly than `JSON.parse`: duplicate keys,
 * escaped letters in keys, invalid UTF-8, a byte-order mark, lone surrogates and anything beyond the
 * limits are refused, because two readers of such a text can see two different documents (RFC 8259
 * §4, §8.1, §8.2).
 *
 * @param what names the text in messages, as in "the bundle".
 * @throws {OmsError} with `code`.
 */
export function readJson(
  bytes: Uint8Array,
  limits: JsonLimits,
  what: string,
  code: ErrorCode,
): JsonValue {
  checkSize(bytes.length, limits, what, code);
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (cause) {
    throw new OmsError(code, `${what} is not valid UTF-8`, { ...hintFor(code), cause });
  }
  const flaw = findFlaw(text, limits);
  if (flaw !== undefined) {
    throw new OmsError(code, `${what} is not acceptable JSON: ${flaw}`, hintFor(code));
  }
  try {
    return JSON.parse(text) as JsonValue;
  } catch (cause) {
    throw new OmsError(code, `${what} is not JSON`, {
      expected: 'one JSON object',
      found: outlineOf(text.trim()),
      ...hintFor(code),
      cause,
    });
  }
}

/** As {@link readJson}. Half of a surrogate pair in a text would become another character in bytes. */
export function readJsonText(
  text: string,
  limits: JsonLimits,
  what: string,
  code: ErrorCode,
): JsonValue {
  // First: in bytes it can be three times as long.
  checkSize(Buffer.byteLength(text), limits, what, code);
  if (text.isWellFormed()) return readJson(Buffer.from(text), limits, what, code);
  const flaw = 'it holds half of a surrogate pair';
  throw new OmsError(code, `${what} is not acceptable JSON: ${flaw}`, hintFor(code));
}

const SHOWN = 24;

/** What begins like an object is most often a file that came in part: its end shows that. */
function outlineOf(text: string): string {
  if (text === '') return 'nothing';
  const start = `text that starts with ${quoted(text, SHOWN)}`;
  const isCut = text.startsWith('{') && text.length > 2 * SHOWN;
  return isCut ? `${start} and ends with ${quoted(text.slice(-SHOWN))}` : start;
}

/** @throws {OmsError} with `code` for a text that is too large to be read. */
function checkSize(bytes: number, limits: JsonLimits, what: string, code: ErrorCode): void {
  if (bytes <= limits.bytes) return;
  throw new OmsError(code, `${what} is too large`, {
    expected: `at most ${limits.bytes} bytes`,
    found: `${bytes} bytes`,
  });
}

/**
 * Looks for what `JSON.parse` lets pass. It follows strings, brackets and commas only, so it is
 * exact on text that is JSON; text that is not JSON fails in `JSON.parse` afterwards, whatever was
 * seen here.
 */
function findFlaw(text: string, limits: JsonLimits): string | undefined {
  /** With `null` for an array. */
  const open: (OpenObject | null)[] = [];
  const shapes = new Shapes(limits.keys);
  let values = 1;
  let keyNext = false;
  let backslash = text.indexOf('\\');
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: {
        let end = text.indexOf('"', at + 1);
        if (end === -1) return undefined;
        let content: string | undefined;
        if (backslash !== -1 && backslash < end) {
          end = endOfEscaped(text, at);
          if (end === -1) return undefined;
          content = unescape(text.slice(at, end + 1));
          if (content?.isWellFormed() === false) {
            return `a string at offset ${at} holds half of a surrogate pair`;
          }
          backslash = text.indexOf('\\', end + 1);
        }
        const object = open.at(-1);
        if (keyNext && object) {
          const literal = text.slice(at + 1, end);
          const flaw = shapes.extend(object, content ?? literal);
          if (flaw !== undefined) return flaw;
          if (content !== undefined && hidesLetter(literal)) {
            return `it spells a letter of the key ${quoted(content, 60)} as an escape`;
          }
          keyNext = false;
        }
        at = end;
        break;
      }
      case 0x7b: // {
      case 0x5b: // [
        if (open.length >= limits.depth) return `it is nested deeper than ${limits.depth} levels`;
        keyNext = text.charCodeAt(at) === 0x7b;
        open.push(keyNext ? shapes.open() : null);
        if (++values > limits.values) return `it holds more than ${limits.values} values`;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        open.pop();
        keyNext = false;
        break;
      case 0x2c: // ,
        keyNext = open.at(-1) !== null;
        if (++values > limits.values) return `it holds more than ${limits.values} values`;
        break;
    }
  }
  return undefined;
}

/** The offset of the quotation mark that ends the string starting at `start`, or -1. */
function endOfEscaped(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x5c) at++;
    else if (unit === 0x22) return at;
  }
  return -1;
}

const ESCAPE = /\\(?:u([0-9a-f]{4})|.)/gi;

/**
 * Whether a letter, a digit or an underscore is written as an escape, which nobody does who writes
 * JSON. `JSON.parse` of Node.js 24 and 26 may take a key with an escape for another one, with a
 * backslash in it, if that was read before (nodejs/node#63785): a member that is known could be
 * passed over. No other key with an escape is one of ours.
 */
function hidesLetter(literal: string): boolean {
  const codes = Array.from(literal.matchAll(ESCAPE), ([, code = '']) => Number.parseInt(code, 16));
  return codes.some((code) => /\w/.test(String.fromCharCode(code)));
}

function unescape(literal: string): string | undefined {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return undefined;
  }
}
