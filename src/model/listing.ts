import { type Dirent, readdirSync } from 'node:fs';

/** What a directory holds. */
export interface Listing {
  readonly entries: readonly Dirent[];
  /** Names that are not UTF-8, in a form that can be shown. */
  readonly badNames: readonly string[];
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads a directory. Node replaces what is not UTF-8 in a name by U+FFFD, so only a name that holds
 * one can be affected; then the directory is read again as bytes (which takes twice as long).
 */
export function list(path: string): Listing {
  const entries = readdirSync(path, { withFileTypes: true });
  if (!entries.some((entry) => entry.name.includes('\uFFFD'))) return { entries, badNames: [] };
  const good: Dirent[] = [];
  const badNames: string[] = [];
  for (const entry of readdirSync(path, { withFileTypes: true, encoding: 'buffer' })) {
    try {
      good.push(Object.assign(entry, { name: strictUtf8.decode(entry.name) }));
    } catch {
      badNames.push(showBytes(entry.name));
    }
  }
  return { entries: good, badNames };
}

function showBytes(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1');
  return text.replace(/[^ -~]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
