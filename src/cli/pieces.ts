/** Characters that are written at once. */
const CHUNK = 2 ** 16;

/** Members of a list that become one piece of text. */
const BATCH = 1_000;

/**
 * Writes a text that comes in pieces: what there is to say of a million files may be more than fits
 * into one string.
 */
export function write(stream: NodeJS.WriteStream, pieces: Iterable<string>): void {
  let waiting = '';
  for (const piece of pieces) {
    waiting += piece;
    if (waiting.length < CHUNK) continue;
    stream.write(waiting);
    waiting = '';
    // Its reader is gone.
    if (stream.destroyed) return;
  }
  if (waiting !== '') stream.write(waiting);
}

/** Lines with their ends, each made as `show` does. */
export function* lines(
  texts: Iterable<string>,
  show: (text: string) => string = (text) => text,
): Generator<string, void> {
  for (const text of texts) yield `${show(text)}\n`;
}

/** What `JSON.stringify` makes of plain data with an indent of two. */
export function* json(value: unknown, margin = ''): Generator<string, void> {
  if (Array.isArray(value) && value.length > 0) {
    for (let at = 0; at < value.length; at += BATCH) {
      // Without the brackets: the last line end and what is before the first.
      const text = jsonText(value.slice(at, at + BATCH), margin).slice(1, -margin.length - 2);
      yield (at === 0 ? '[' : ',') + text;
    }
    yield `\n${margin}]`;
  } else if (isObject(value)) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    for (const [index, [name, member]] of members.entries()) {
      yield `${index === 0 ? '{' : ','}\n${margin}  ${JSON.stringify(name)}: `;
      yield* json(member, `${margin}  `);
    }
    yield members.length === 0 ? '{}' : `\n${margin}}`;
  } else {
    yield jsonText(value, margin);
  }
}

function isObject(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && !('toJSON' in value || Array.isArray(value))
  );
}

function jsonText(value: unknown, margin: string): string {
  return JSON.stringify(value, undefined, 2).replaceAll('\n', `\n${margin}`);
}
