import { type Dirent, readdirSync } from 'node:fs';

/** Something in a directory. */
export type Entry =
  | { readonly name: string; readonly type: Dirent }
  /** A name that is not UTF-8, in a form that can be shown. */
  | { readonly badName: string };

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads a directory, in the order of the names' bytes: files that were written together are read
 * together. (`opendir` would need less memory, but gives them in the file system's own order.)
 *
 * Node replaces what is not UTF-8 in a name by U+FFFD, so only a name that holds one can be
 * affected; for these the directory is read again as bytes.
 *
 * @throws what the file system says of a directory that cannot be read.
 */
export function* list(path: string): Generator<Entry, void, undefined> {
  let isDoubtful = false;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (isReplaced(entry.name)) isDoubtful = true;
    else yield { name: entry.name, type: entry };
  }
  if (isDoubtful) yield* listDoubtful(path);
}

function* listDoubtful(path: string): Generator<Entry, void, undefined> {
  for (const entry of readdirSync(path, { withFileTypes: true, encoding: 'buffer' })) {
    if (!isReplaced(Buffer.from(entry.name).toString())) continue;
    try {
      const name = strictUtf8.decode(entry.name);
      yield { name, type: Object.assign(entry, { name }) };
    } catch {
      yield { badName: showBytes(entry.name) };
    }
  }
}

function isReplaced(name: string): boolean {
  return name.includes('\uFFFD');
}

function showBytes(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1');
  return text.replace(/[^ -~]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
