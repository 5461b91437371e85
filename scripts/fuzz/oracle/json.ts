/** JSON as it was read here; an object as a map, so that no key has a meaning of its own. */
export type Json = null | boolean | number | string | readonly Json[] | JsonMap;
export type JsonMap = ReadonlyMap<string, Json>;

/** Why a text is not JSON that has one meaning only. */
export class Flaw extends Error {}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Nesting beyond this is refused (spec/README.md, §8.1 parsing). */
const MAX_DEPTH = 16;

/**
 * A second reader of JSON (RFC 8259), by recursive descent, that shares nothing with the one in
 * `src`: what that one accepts must be one value without any doubt here too.
 *
 * @param maxKeys how many different keys are allowed in all.
 */
export function readStrictly(bytes: Uint8Array, maxKeys: number): Json {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw new Flaw('not UTF-8');
  }
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  if (reader.keys.size > maxKeys) throw new Flaw('too many different keys');
  return value;
}

class Reader {
  readonly #text: string;
  readonly keys = new Set<string>();
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): Json {
    this.#space();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      case undefined:
        throw new Flaw('it ends too early');
      default:
        return this.#literal();
    }
  }

  end(): void {
    this.#space();
    if (this.#at !== this.#text.length) throw new Flaw('something follows');
  }

  #object(depth: number): JsonMap {
    const members = new Map<string, Json>();
    this.#enter(depth);
    this.#space();
    if (this.#take('}')) return members;
    do {
      this.#space();
      const start = this.#at;
      const key = this.#string();
      // Our reader must not take it, as Node's may take it for another.
      if (hasEscapedWord(this.#text.slice(start, this.#at))) throw new Flaw('a key in disguise');
      if (members.has(key)) throw new Flaw(`the key ${JSON.stringify(key)} twice`);
      this.#space();
      if (!this.#take(':')) throw new Flaw('no colon');
      this.keys.add(key);
      members.set(key, this.value(depth + 1));
      this.#space();
    } while (this.#take(','));
    if (!this.#take('}')) throw new Flaw('no end of an object');
    return members;
  }

  #array(depth: number): readonly Json[] {
    const items: Json[] = [];
    this.#enter(depth);
    this.#space();
    if (this.#take(']')) return items;
    do {
      items.push(this.value(depth + 1));
      this.#space();
    } while (this.#take(','));
    if (!this.#take(']')) throw new Flaw('no end of an array');
    return items;
  }

  #enter(depth: number): void {
    if (depth >= MAX_DEPTH) throw new Flaw('nested too deep');
    this.#at++;
  }

  #string(): string {
    if (!this.#take('"')) throw new Flaw(`no string at ${this.#at}`);
    const start = this.#at;
    for (let unit = this.#unit(); unit !== QUOTE; unit = this.#unit()) {
      // Not a number at the end of the text.
      if (!(unit >= 0x20)) throw new Flaw('a string that does not end, or holds a control');
      this.#at += unit === BACKSLASH ? 2 : 1;
    }
    const literal = this.#text.slice(start, this.#at++);
    if (literal.replace(ESCAPE, '').includes('\\')) throw new Flaw('an escape that is none');
    const text = unescaped(literal);
    if (HALF_PAIR.test(text)) throw new Flaw('half of a surrogate pair');
    return text;
  }

  #unit(): number {
    return this.#text.charCodeAt(this.#at);
  }

  #literal(): null | boolean | number {
    const [word] = this.#match(
      /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y,
    );
    if (word === 'null') return null;
    if (word === 'true' || word === 'false') return word === 'true';
    return Number(word);
  }

  #match(form: RegExp): RegExpExecArray {
    form.lastIndex = this.#at;
    const match = form.exec(this.#text);
    if (match === null) throw new Flaw(`nothing that is JSON at ${this.#at}`);
    this.#at = form.lastIndex;
    return match;
  }

  #space(): void {
    while (' \t\n\r'.includes(this.#text[this.#at] ?? '?')) this.#at++;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }
}

/** Whether what stands there is not what it spells, in a letter, a digit or an underscore. */
function hasEscapedWord(literal: string): boolean {
  const [plain, spelt] = [literal.replace(ESCAPE, ''), unescaped(literal.replaceAll('\\\\', ''))];
  return spelt.replace(/\W/g, '').length > plain.replace(/\W/g, '').length;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/g;
const HALF_PAIR = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

const SHORT: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

function unescaped(text: string): string {
  return text.replace(/\\(?:u(.{4})|(.))/g, (_, code: string | undefined, letter: string) =>
    code === undefined ? (SHORT[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}

export function asMap(value: Json | undefined, what: string): JsonMap {
  if (value instanceof Map) return value;
  throw new Flaw(`${what} is no object`);
}

export function asList(value: Json | undefined, what: string): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[];
  throw new Flaw(`${what} is no array`);
}

export function asText(value: Json | undefined, what: string): string {
  if (typeof value === 'string') return value;
  throw new Flaw(`${what} is no string`);
}

/** Refuses members that are not in a list. */
export function onlyOf(map: JsonMap, what: string, ...known: readonly string[]): void {
  const unknown = map.keys().find((key) => !known.includes(key));
  if (unknown !== undefined) throw new Flaw(`${what} has ${JSON.stringify(unknown)}`);
}
